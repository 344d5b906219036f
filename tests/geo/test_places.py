"""Which towns a watch's place can mean."""

from __future__ import annotations

import pytest

from tracker.geo.places import described, find_places, is_postcode


@pytest.mark.parametrize(
    ("text", "country", "town"),
    [
        ("Neustadt an der Weinstraße", None, "Neustadt an der Weinstraße, Rhineland-Palatinate, Germany"),
        ("Munich", None, "Munich, Bavaria, Germany"),
        ("80331 München", "Germany", "Munich, Bavaria, Germany"),
        ("Frankfurt am Main", None, "Frankfurt am Main, Hesse, Germany"),
        ("60311 Frankfurt", "Germany", "Frankfurt am Main, Hesse, Germany"),
        ("15230 Frankfurt", "Germany", "Frankfurt (Oder), Brandenburg, Germany"),
        ("06108 Halle", "Germany", "Halle (Saale), Saxony-Anhalt, Germany"),
        ("Newcastle upon Tyne", None, "Newcastle upon Tyne, England, United Kingdom"),
        ("Freiburg", "Germany", "Freiburg, Baden-Württemberg, Germany"),
        ("Wien", None, "Vienna, Austria"),
        ("Genf", None, "Geneva, 46.20, 6.15, Switzerland"),
        ("León", "Spain", "León, 42.60, -5.57, Spain"),
        ("Paris", None, "Paris, Île-de-France, France"),
        ("Boston, MA", None, "Boston, Massachusetts, United States"),
        ("Halle, North Rhine-Westphalia", "Germany", "Halle, North Rhine-Westphalia, Germany"),
        ("Springfield, Missouri", None, "Springfield, Missouri, United States"),
    ],
)
def test_a_clear_name_is_one_town_and_says_where_it_lies(text: str, country: str | None, town: str) -> None:
    assert [described(city) for city in find_places(text, country)] == [town]


@pytest.mark.parametrize(
    ("text", "country", "among"),
    [
        ("Neustadt", "Germany", {"Neustadt an der Weinstraße", "Neustadt am Rübenberge", "Neustadt in Holstein"}),
        ("Springfield", "United States", {"Springfield"}),
        ("Rochester", None, {"Rochester"}),
        ("Birmingham", None, {"Birmingham"}),
        ("Frankfurt", None, {"Frankfurt am Main", "Frankfurt (Oder)"}),
        ("Frankfurt", "Germany", {"Frankfurt am Main", "Frankfurt (Oder)"}),
        ("Halle", "Germany", {"Halle (Saale)", "Halle"}),
        ("Newcastle", None, {"Newcastle", "Newcastle upon Tyne"}),
        ("San José", None, {"San Jose", "San José"}),
        ("Leon", None, {"León de los Aldama", "León"}),
        ("Victoria", None, {"Hong Kong", "Victoria"}),
    ],
)
def test_a_name_that_several_towns_share_is_all_of_them(text: str, country: str | None, among: set[str]) -> None:
    found = find_places(text, country)
    assert len(found) > 1
    assert among <= {city.name for city in found}


@pytest.mark.parametrize("text", ["Neustadt", "Springfield", "Rochester"])
def test_each_candidate_written_as_it_is_shown_is_clear(text: str) -> None:
    for city in find_places(text):
        if city.country in ("DE", "US"):
            [again] = find_places(described(city))
            assert (again.latitude, again.longitude) == (city.latitude, city.longitude)


@pytest.mark.parametrize(
    ("postcode", "country", "latitude", "longitude"),
    [
        ("80331", "Germany", 48.1, 11.6),
        ("D-80331", "Germany", 48.1, 11.6),
        ("5020", "Austria", 47.8, 13.0),
        ("02115", "United States", 42.3, -71.1),
        ("02115-5804", "US", 42.3, -71.1),
        ("1012 AB", "Netherlands", 52.4, 4.9),
        ("CH-3010", "Switzerland", 46.9, 7.4),
        ("SW3 6JJ", "United Kingdom", 51.5, -0.2),
        ("sw36jj", "GB", 51.5, -0.2),
        ("M20 4BX", "GB", 53.5, -2.2),
        ("NE1", "GB", 55.0, -1.6),
        ("75013", "France", 48.9, 2.3),
        ("20133", "Italy", 45.5, 9.2),
        ("28041", "Spain", 40.4, -3.7),
        ("08035", "Spain", 41.4, 2.2),
        ("M5G 2M9", "Canada", 43.7, -79.4),
        ("3000", "Australia", -37.8, 145.0),
        ("02-781", "Poland", 52.1, 21.0),
        ("413 45", "Sweden", 57.7, 12.0),
    ],
)
def test_a_bare_postcode_with_its_country_is_found(postcode: str, country: str, latitude: float, longitude: float) -> None:
    [town] = find_places(postcode, country)
    assert (round(town.latitude, 1), round(town.longitude, 1)) == (latitude, longitude)


@pytest.mark.parametrize(("text", "country"), [("80331", None), ("99999999", "Germany"), ("Xyzzyville", "Germany"), ("", None)])
def test_what_is_no_place_is_none(text: str, country: str | None) -> None:
    assert find_places(text, country) == ()


@pytest.mark.parametrize(
    ("postcode", "country"),
    [("97070", "Mexico"), ("06720", "MX"), ("28160", "Spain"), ("ZZ9 9ZZ", "GB"), ("104-0045", "Japan")],
)
def test_a_postcode_that_the_table_does_not_place_rightly_is_refused(postcode: str, country: str) -> None:
    assert find_places(postcode, country) == ()


def test_a_postcode_with_a_name_is_no_bare_postcode() -> None:
    assert is_postcode("SW3 6JJ")
    assert not is_postcode("80331 München")
    assert not is_postcode("Munich")
