"""One place in two spellings, and two places that look alike."""

from __future__ import annotations

import pytest

from tracker.geo.same_place import Place, city_key, is_respelt, same_city, same_postcode
from tracker.geo.watched import named_countries
from tracker.model.watch import Near, Watch

ONE = [
    ("Napoli", "Naples", "Italy"),
    ("Köln", "Cologne", "Germany"),
    ("Taoyuan District", "Taoyuan", "Taiwan"),
    ("Taoyuan", "Taoyuan City", "Taiwan"),
    ("Padova", "Padua", "Italy"),
    ("Wien", "Vienna", "Austria"),
    ("Osaka-shi", "Osaka", "Japan"),
    ("Chuo-ku", "Chūōku", "Japan"),
    ("Toulon Cedex 9", "Toulon", "France"),
    ("Praha 4", "Prague", "Czechia"),
    ("Caba", "Buenos Aires", "Argentina"),
    ("Berlin", "Berlin-Mitte", "Germany"),
    ("St-Eligius", "Saint-Éligius", "Canada"),
    ("Bangalore", "Bengaluru", "India"),
    ("Nirgendwohausen", "Nirgendwo-Hausen", "Germany"),
]
TWO = [
    ("Frankfurt am Main", "Frankfurt (Oder)", "Germany"),
    ("Halle (Saale)", "Halle (Westfalen)", "Germany"),
    ("York", "Yorkton", "Canada"),
    ("Springfield", "Springdale", "United States"),
    ("Milano", "Torino", "Italy"),
    ("Nowhere", "Elsewhere", "Germany"),
]


@pytest.mark.parametrize(("one", "other", "country"), ONE)
def test_a_city_under_another_of_its_names_is_the_same(one: str, other: str, country: str) -> None:
    assert same_city(Place(one, country=country), Place(other, country=country))
    assert same_city(Place(other, country=country), Place(one, country=country))


@pytest.mark.parametrize(("one", "other", "country"), TWO)
def test_letters_alone_make_no_city_the_same(one: str, other: str, country: str) -> None:
    assert not same_city(Place(one, country=country), Place(other, country=country))


def test_one_name_in_two_states_is_two_cities() -> None:
    illinois, missouri = (Place("Springfield", state, country="United States") for state in ("Illinois", "Missouri"))
    assert not same_city(illinois, missouri)
    assert same_city(illinois, illinois._replace(state=""))
    assert same_city(illinois, illinois._replace(state="IL"))


def test_a_known_city_has_one_key_in_all_its_spellings() -> None:
    assert city_key(Place("Napoli", country="Italy")) == city_key(Place("Naples", country="Italia"))
    assert city_key(Place("Nirgends", country="Italy")) != city_key(Place("Naples", country="Italy"))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("NW3 2QG", "NW32QG", True),
        ("08035", "8035", True),
        ("30322-1013", "30322", True),
        ("SW3 6JJ", "NW3 2QG", False),
        ("", "80331", None),
    ],
)
def test_postcodes_are_compared_as_they_are_meant(one: str, other: str, same: bool | None) -> None:
    assert same_postcode(one, other) is same


@pytest.mark.parametrize(
    ("one", "other", "respelt"),
    [
        (Place("Essen", "Nordrhein-Westfalen", "45136", "Germany"), Place("Essen", "", "45136", "Germany"), True),
        (Place("Ankara", "", "06", "Turkey"), Place("Ankara", "", "06", "Turkey (Türkiye)"), True),
        (Place("Seoul", "", "", "Korea, Republic of"), Place("Seoul", "", "", "South Korea"), True),
        (Place("Unheardof", "", "12345", "Germany"), Place("Neverheard", "", "12345", "Germany"), True),
        (Place("Munich", "", "80331", "Germany"), Place("Munich", "", "80333", "Germany"), False),
        (Place("Munich", "", "", "Germany"), Place("Berlin", "", "", "Germany"), False),
        (Place("Frankfurt", "", "", "Germany"), Place("Frankfurt", "", "", "United States"), False),
    ],
)
def test_a_place_is_respelt_when_only_its_names_differ(one: Place, other: Place, respelt: bool) -> None:
    assert is_respelt(one, other) is respelt


def test_a_watch_names_countries_in_its_place_its_fields_and_its_search() -> None:
    search = "https://clinicaltrials.gov/search?cond=Lupus&locn=Austria&country=Korea%2C%20Republic%20of"
    watch = Watch(name="w", near=Near(place="München", km=50), query={"country": "Spain OR France"}, search=search)
    assert named_countries(watch) == {"DE", "ES", "FR", "AT", "KR"}
    assert named_countries(Watch(name="w", query={"condition": "Georgia"})) == frozenset()
