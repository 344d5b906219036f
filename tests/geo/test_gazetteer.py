from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.geo.circle import regions_within
from tracker.geo.countries import country_code, country_key, fold_place
from tracker.geo.gazetteer import Distance, find_city, near_distance
from tracker.geo.tables import distance_km
from tracker.model.record import GeoPoint, Site
from tracker.model.watch import Near

MUNICH = Near(place="80331 München", country="Germany", km=50, latitude=48.137, longitude=11.575)
BOSTON = Near(place="Boston, MA 02115", country="United States", km=50, latitude=42.358, longitude=-71.06)


# --- names


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("München", "Muenchen"),
        ("München", "MUNCHEN"),
        ("St. Pölten", "St Poelten"),
        ("Łódź", "lodz"),
        ("Århus", "Arhus"),
        ("Tromsø", "Tromsoe"),
        ("Ærøskøbing", "Aeroskobing"),
        ("Ħamrun", "Hamrun"),
        ("İstanbul", "istanbul"),
        ("Weißenfels", "Weissenfels"),
        ("Côte d’Ivoire", "Cote d'Ivoire"),
        ("Xi’an", "Xi'An"),
        ("Sao  Paulo", "São-Paulo"),
    ],
)
def test_spellings_of_one_name_fold_into_one(one: str, other: str) -> None:
    assert fold_place(one) == fold_place(other)


@given(st.text())
def test_folding_forgets_case_and_surrounding_blanks(name: str) -> None:
    assert fold_place(f" {name}\n") == fold_place(name)
    assert fold_place(fold_place(name)).isalnum() or fold_place(fold_place(name)) == ""


# --- countries


@pytest.mark.parametrize(
    ("code", "names"),
    {
        "TR": ("Turkey", "Turkey (Türkiye)", "Türkiye", "TUR"),
        "RU": ("Russia", "Russian Federation"),
        "CI": ("Côte d’Ivoire", "Côte d'Ivoire", "Ivory Coast"),
        "KR": ("South Korea", "Korea, Republic of", "Republic of Korea"),
        "KP": ("North Korea", "Korea, Democratic People's Republic of"),
        "US": ("United States", "USA", "U.S.A.", "us", "United States of America"),
        "GB": ("United Kingdom", "UK", "England"),
        "CZ": ("Czechia", "Czech Republic"),
        "NL": ("Netherlands", "The Netherlands"),
        "TW": ("Taiwan", "Taiwan, Province of China"),
        "HK": ("Hong Kong",),
        "VN": ("Vietnam", "Viet Nam"),
        "IR": ("Iran", "Iran, Islamic Republic of"),
        "MD": ("Moldova", "Moldova, Republic of"),
        "MK": ("North Macedonia", "Macedonia, The Former Yugoslav Republic of"),
        "BN": ("Brunei", "Brunei Darussalam"),
        "LA": ("Laos", "Lao People's Democratic Republic"),
        "SY": ("Syria", "Syrian Arab Republic"),
        "TZ": ("Tanzania",),
        "CD": ("Congo, The Democratic Republic of the", "Democratic Republic of the Congo"),
        "PS": ("Palestinian Territories, Occupied", "Palestinian Territory"),
        "AE": ("United Arab Emirates", "ae"),
        "GE": ("Georgia",),
        "PR": ("Puerto Rico",),
        "XK": ("Kosovo",),
        "DE": ("Germany", " germany ", "Deutschland"),
    }.items(),
)
def test_countries_are_known_by_the_names_registries_use(code: str, names: tuple[str, ...]) -> None:
    assert {name: country_code(name) for name in names} == dict.fromkeys(names, code)


@pytest.mark.parametrize("name", ["", "Atlantis", "A", "Former Serbia and Montenegro", "Europe"])
def test_what_is_no_country_has_no_code(name: str) -> None:
    assert country_code(name) is None


def test_a_country_is_one_under_all_its_names_and_an_unknown_one_under_its_spellings() -> None:
    assert country_key("Turkey (Türkiye)") == country_key("Turkey") == "TR"
    assert country_key("Républiqué of Atlantis (former)") == country_key("republique of atlantis")
    assert country_key(None) == ""


# --- places


@pytest.mark.parametrize(
    ("text", "country", "expected"),
    [
        ("80331 München", None, ("Munich", "DE")),
        ("80331 Muenchen", "Germany", ("Munich", "DE")),
        ("D-80331 München", "Germany", ("Munich", "DE")),
        ("Munich, Germany", None, ("Munich", "DE")),
        ("München, BY", "Germany", ("Munich", "DE")),
        ("Munich, Bavaria, Germany", None, ("Munich", "DE")),
        ("Boston, MA", None, ("Boston", "US")),
        ("Boston, MA 02115", None, ("Boston", "US")),
        ("Boston, Massachusetts, USA", None, ("Boston", "US")),
        ("Boston", "United Kingdom", ("Boston", "GB")),
        ("Atlanta, Georgia", None, ("Atlanta", "US")),
        ("Tbilisi, Georgia", None, ("Tbilisi", "GE")),
        ("Wilmington, DE", None, ("Wilmington", "US")),
        ("Berlin, DE", None, ("Berlin", "DE")),
        ("London, ON", None, ("London", "CA")),
        ("London SW1A 1AA", None, ("London", "GB")),
        ("1012 AB Amsterdam", "Netherlands", ("Amsterdam", "NL")),
        ("Seoul, Korea, Republic of", None, ("Seoul", "KR")),
        ("St. Poelten", "Austria", ("Sankt Pölten", "AT")),
        ("Praha 2", None, ("Prague", "CZ")),
        ("Lille Cedex", "France", ("Lille", "FR")),
        ("Aarhus N", "Denmark", ("Århus", "DK")),
        ("Paris", None, ("Paris", "FR")),
        ("Paris, Ontario", None, ("Paris", "CA")),
        ("83607 Holzkirchen", "Germany", ("Holzkirchen", "DE")),
    ],
)
def test_places_are_found_as_people_write_them(text: str, country: str | None, expected: tuple[str, str]) -> None:
    found = find_city(text, country)
    assert found is not None
    assert (found.name, found.country) == expected


def test_a_place_has_degrees_and_its_other_spellings() -> None:
    found = find_city("Munich", "Germany")
    assert found is not None
    assert (round(found.latitude, 1), round(found.longitude, 1)) == (48.1, 11.6)
    assert {"München", "Muenchen", "Munich", "Monaco di Baviera"} <= set(found.spellings)


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("", None),
        ("80331", "Germany"),
        (" , ", None),
        ("Munich", "Atlantis"),
        ("Munich, Germany", "France"),
        ("Xyzzyville", "Germany"),
    ],
)
def test_what_is_no_place_is_not_placed(text: str, country: str | None) -> None:
    assert find_city(text, country) is None


# --- distances


def test_known_distances_come_out_right() -> None:
    assert distance_km(48.137, 11.575, 52.52, 13.405) == pytest.approx(504, abs=2)  # Munich to Berlin
    assert distance_km(42.358, -71.06, 51.507, -0.128) == pytest.approx(5265, rel=0.006)  # Boston to London
    assert distance_km(0, 179.5, 0, -179.5) == pytest.approx(111.2, abs=0.1)  # over the date line


DEGREES = (st.floats(-90, 90), st.floats(-180, 180))


@given(*DEGREES, *DEGREES)
def test_a_distance_is_the_same_both_ways_and_at_most_half_around(a: float, b: float, c: float, d: float) -> None:
    assert distance_km(a, b, c, d) == pytest.approx(distance_km(c, d, a, b), abs=1e-6)
    assert 0 <= distance_km(a, b, c, d) <= 20016
    assert distance_km(a, b, a, b) == 0


# --- sites near a watch's place


@pytest.mark.parametrize("city", ["München", "Muenchen", "Munich", "MUNCHEN", "München 80804", "81675 München"])
def test_a_site_is_near_however_its_city_is_spelt(city: str) -> None:
    distance = near_distance(Site(city=city, country="Germany"), MUNICH)
    assert (distance.how, distance.within) == ("city", True)
    assert distance.km is not None
    assert distance.km < 2


def test_a_border_is_no_limit_though_the_watch_names_its_country() -> None:
    """The country says where the place lies; whoever lives near a border looks over it."""
    salzburg = Near(place="Salzburg", country="Austria", km=50, latitude=47.8, longitude=13.04)
    freilassing = Site(city="Freilassing", zip="83395", country="Germany", geo=GeoPoint(lat=47.84, lon=12.98))
    traunstein = Site(city="Traunstein", country="Germany")
    assert near_distance(freilassing, salzburg).within
    assert near_distance(traunstein, salzburg).within
    assert not near_distance(Site(city="Berlin", country="Germany"), salzburg).within


def test_a_postcode_counts_in_its_own_country_only() -> None:
    assert near_distance(Site(zip="80331", country="Austria"), MUNICH).how == "elsewhere"


def test_a_watch_without_a_country_looks_over_the_border() -> None:
    salzburg = Near(place="Salzburg", km=50, latitude=47.8, longitude=13.04)
    freilassing = Site(city="Freilassing", country="Germany", geo=GeoPoint(lat=47.84, lon=12.98))
    assert near_distance(freilassing, salzburg).within
    assert not near_distance(Site(city="Berlin", country="Germany"), salzburg).within
    assert near_distance(Site(city="Xyzzyville", country="Germany"), salzburg).how == "unsure"
    assert near_distance(Site(city="Xyzzyville", country="Italy"), salzburg).how == "elsewhere"


@pytest.mark.parametrize("city", ["München-Großhadern", "Muenchen - Pasing", "Munich/Bogenhausen"])
def test_a_district_written_behind_its_city_is_placed_with_the_city(city: str) -> None:
    assert near_distance(Site(city=city, country="Germany"), MUNICH).how == "city"


def test_a_double_name_is_no_district_of_a_small_town() -> None:
    assert near_distance(Site(city="Dachau-Xyzzyville", country="Germany"), MUNICH).how == "unsure"


# --- what a circle reaches into


@pytest.mark.parametrize(
    ("place", "km", "countries"),
    [
        ("Salzburg", 100, {"AT", "DE"}),
        ("Salzburg", 2, {"AT", "DE"}),
        ("Munich", 20, {"DE"}),
        ("Basel", 15, {"CH", "DE", "FR"}),
        ("Vienna", 80, {"AT", "CZ", "HU", "SK"}),
        ("Singapore", 40, {"SG", "MY", "ID"}),
    ],
)
def test_a_circle_reaches_into_every_country_with_a_place_inside(place: str, km: float, countries: set[str]) -> None:
    assert {region.country for region in regions_within(near_of(place, km))} == countries


def test_of_the_united_states_only_the_states_inside_are_meant() -> None:
    [region] = regions_within(near_of("Boston", 60))
    assert region.country == "US"
    assert {"Massachusetts", "New Hampshire", "Rhode Island"} <= set(region.states)
    assert "Texas" not in region.states


def test_a_circle_without_a_centre_reaches_nowhere() -> None:
    assert regions_within(Near(place="Xyzzyville", country="Germany")) == ()


@given(*DEGREES, st.floats(1, 300), st.floats(1, 300))
@settings(max_examples=5, deadline=None)
def test_a_wider_circle_reaches_into_no_fewer_countries(latitude: float, longitude: float, one: float, more: float) -> None:
    narrow = regions_within(Near(place="x", km=one, latitude=latitude, longitude=longitude))
    wide = regions_within(Near(place="x", km=one + more, latitude=latitude, longitude=longitude))
    assert {region.country for region in narrow} <= {region.country for region in wide}


def near_of(place: str, km: float) -> Near:
    city = find_city(place)
    assert city is not None
    return Near(place=place, km=km, latitude=city.latitude, longitude=city.longitude)


def test_the_names_of_a_country_may_differ() -> None:
    istanbul = Near(place="İstanbul", country="Türkiye", km=30)
    assert near_distance(Site(city="Istanbul", country="Turkey (Türkiye)"), istanbul).within
    assert near_distance(Site(city="Istanbul", country="Turkey"), istanbul).within


def test_a_site_further_off_than_the_radius_is_not_within() -> None:
    augsburg = Site(city="Augsburg", country="Germany")
    distance = near_distance(augsburg, MUNICH)
    assert distance.km == pytest.approx(57, abs=3)
    assert (distance.how, distance.within) == ("city", False)


def test_one_postcode_is_one_place() -> None:
    assert near_distance(Site(zip="80331", country="Germany"), MUNICH) == Distance(
        km=0.0, how="postcode", within=True, in_city=True
    )
    assert near_distance(Site(zip="02115-5804", country="United States"), BOSTON).how == "postcode"
    london = Near(place="London SW1A 1AA", country="United Kingdom")
    assert near_distance(Site(zip="SW1A1AA", country="United Kingdom"), london).how == "postcode"
    assert near_distance(Site(zip="80331", country="France"), MUNICH).how == "elsewhere"


def test_a_city_the_gazetteer_does_not_know_is_placed_by_the_registrys_point() -> None:
    site = Site(city="Xyzzyville", country="Germany", geo=GeoPoint(lat=48.2, lon=11.6))
    distance = near_distance(site, MUNICH)
    assert (distance.how, distance.within) == ("geo point", True)
    assert near_distance(Site(city="Xyzzyville", country="Germany", geo=GeoPoint(lat=53, lon=10)), MUNICH).within is False


@pytest.mark.parametrize(
    "site", [Site(city="Xyzzyville", country="Germany"), Site(country="Germany"), Site(city="Xyzzyville"), Site()]
)
def test_what_cannot_be_placed_in_the_right_country_is_unsure_and_not_dropped(site: Site) -> None:
    assert near_distance(site, MUNICH) == Distance(km=None, how="unsure", within=True)


def test_a_watch_whose_place_cannot_be_placed_keeps_its_country() -> None:
    nowhere = Near(place="Xyzzyville", country="Germany")
    assert near_distance(Site(city="Munich", country="Germany"), nowhere).how == "unsure"
    assert near_distance(Site(city="Paris", country="France"), nowhere).how == "elsewhere"


def test_a_watch_by_coordinates_alone_lies_in_the_country_of_the_nearest_city() -> None:
    near = Near(place="48.137, 11.575", latitude=48.137, longitude=11.575)
    assert near_distance(Site(city="Xyzzyville", country="Germany"), near).how == "unsure"
    assert near_distance(Site(city="Xyzzyville", country="Japan"), near).how == "elsewhere"


# --- cities of one name


def test_a_famous_city_is_believed_before_a_wrong_point() -> None:
    """Registries place München in a village of that name 400 km away."""
    site = Site(city="München", country="Germany", geo=GeoPoint(lat=50.97, lon=11.27))
    assert near_distance(site, MUNICH).within
    weimar = Near(place="Weimar", country="Germany", km=50, latitude=50.98, longitude=11.32)
    assert not near_distance(site, weimar).within


def test_the_state_tells_cities_of_one_name_apart() -> None:
    springfield = Near(place="Springfield, MA", country="United States", km=30, latitude=42.1, longitude=-72.59)
    assert near_distance(Site(city="Springfield", state="Massachusetts", country="United States"), springfield).within
    assert near_distance(Site(city="Springfield", state="MA", country="United States"), springfield).within
    assert not near_distance(Site(city="Springfield", state="Illinois", country="United States"), springfield).within


def test_a_city_that_is_only_known_in_another_state_is_not_taken_for_it() -> None:
    site = Site(city="Boston", state="Wyoming", country="United States")
    assert near_distance(site, BOSTON).how == "unsure"


def test_of_several_cities_the_registrys_point_decides_and_else_the_nearest_is_taken() -> None:
    springfield = Near(place="Springfield, MA", country="United States", km=30, latitude=42.1, longitude=-72.59)
    illinois = Site(city="Springfield", country="United States", geo=GeoPoint(lat=39.8, lon=-89.64))
    assert not near_distance(illinois, springfield).within
    assert near_distance(Site(city="Springfield", country="United States"), springfield).within


def test_a_small_namesake_is_not_taken_for_the_famous_city() -> None:
    oder = Near(place="Frankfurt (Oder)", country="Germany", km=50, latitude=52.34, longitude=14.55)
    assert not near_distance(Site(city="Frankfurt", country="Germany"), oder).within


def test_where_a_small_city_and_the_point_contradict_the_nearer_counts() -> None:
    site = Site(city="Freilassing", country="Germany", geo=GeoPoint(lat=52.5, lon=13.4))
    bavaria = Near(place="Salzburg", km=50, latitude=47.8, longitude=13.04)
    berlin = Near(place="Berlin", country="Germany", km=50, latitude=52.52, longitude=13.4)
    assert near_distance(site, bavaria).how == "city"
    assert near_distance(site, berlin).how == "geo point"
    assert near_distance(site, bavaria).within
    assert near_distance(site, berlin).within


# --- real records


def real_sites(real_data: Path) -> Iterator[dict[str, Any]]:
    for path in sorted((real_data / "ctgov" / "studies").glob("*.ndjson.gz")):
        with gzip.open(path) as lines:
            for line in lines:
                record = json.loads(line)
                study = record.get("study", record)
                yield from study["protocolSection"].get("contactsLocationsModule", {}).get("locations", [])


@pytest.mark.real_data
def test_every_country_of_real_sites_is_known_and_nearly_every_site_is_placed(real_data: Path) -> None:
    anywhere = Near(place="Munich", km=100, latitude=48.137, longitude=11.575)
    unknown: set[str] = set()
    count, by_city, placed = 0, 0, 0
    for location in real_sites(real_data):
        country, geo = location.get("country"), location.get("geoPoint")
        if country and country_code(country) is None:
            unknown.add(country)
        point = GeoPoint(lat=geo["lat"], lon=geo["lon"]) if geo else None
        given = {key: location.get(key) for key in ("city", "state", "zip", "country")}
        distance = near_distance(Site(geo=point, **given), anywhere)
        count += 1
        by_city += distance.how == "city"
        placed += distance.km is not None
    assert unknown == set()
    assert count > 20_000
    assert by_city / count > 0.9
    assert placed / count > 0.97
