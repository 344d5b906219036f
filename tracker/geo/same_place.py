"""Is it the same place in another spelling or language? The gazetteer's alternate names decide, not letters alone.

"Napoli" and "Naples" are one, "Frankfurt am Main" and "Frankfurt (Oder)" are two, and "Taoyuan District" is Taoyuan.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import product
from typing import NamedTuple

from tracker.geo.countries import country_code, country_key, fold_place, states
from tracker.geo.gazetteer import city_points
from tracker.geo.tables import Point, distance_km
from tracker.text.normalize import fold

_DISTRICT_KM = 30.0  # a district lies no further from its city's centre
_TYPING_ERROR = 0.85
_LEAST_LETTERS = 4
_LONGEST_NAME = 200
_KIND_OF_PLACE = re.compile(
    r"\b(?:metropolitan|municipality|prefecture|district|province|county|city|town|region|cedex|shi|ku|gu|si|gun|shiqu|qu|"
    r"autonoma?|autonomous|ciudad|cidade|comune|de|of)\b|\d+"
)
_SAINT = re.compile(r"\b(?:st|ste|sainte)\b")
_ENDING = re.compile(r"(?<=\w{3})(?:shi|ku|gu|si)\Z")
_OWN_NAMES = {("AR", "caba"): "buenosaires", ("AR", "capitalfederal"): "buenosaires"}
"""Names of cities that registries use and the gazetteer does not have."""


class Place(NamedTuple):
    """Where a site lies, as its record says it; an empty text where it does not."""

    city: str = ""
    state: str = ""
    zip: str = ""
    country: str = ""


def same_country(one: str, other: str) -> bool:
    """Whether two names mean one country: "Turkey" and "Turkey (Türkiye)", "Korea, Republic of" and "South Korea"."""
    return country_key(one) == country_key(other)


def same_postcode(one: str, other: str) -> bool | None:
    """Whether two postcodes are one, however written ("NW3 2QG", "8035" for "08035", ZIP+4); None where one is not given."""
    mine, theirs = fold(one), fold(other)
    if not mine or not theirs:
        return None
    if mine == theirs or mine.lstrip("0") == theirs.lstrip("0"):
        return True
    short, long = sorted((mine, theirs), key=len)
    return len(short) == 5 and len(long) == 9 and long.isdigit() and long.startswith(short)


def states_contradict(one: Place, other: Place) -> bool:
    """Whether both name a state, known ones of one country, and not the same: Springfield lies in many."""
    code = country_code(one.country)
    mine = {state for at, state in states(one.state) if at == code}
    theirs = {state for at, state in states(other.state) if at == code}
    return bool(mine and theirs and not mine & theirs)


def is_respelt(one: Place, other: Place) -> bool:
    """Whether two places at one facility differ in spelling only.

    A postcode that came or went and a state that was dropped, added or renamed are spelling; another postcode is none. Under
    one postcode the place is one, whatever its names.
    """
    if not same_country(one.country, other.country):
        return False
    postcode = same_postcode(one.zip, other.zip)
    return postcode is not False and (postcode is True or same_city(one, other))


@lru_cache(maxsize=16384)
def same_city(one: Place, other: Place) -> bool:
    """Whether two places are in one city of one country."""
    if not same_country(one.country, other.country) or states_contradict(one, other):
        return False
    mine, theirs = _plain(one), _plain(other)
    if fold_place(one.city) == fold_place(other.city) or (mine and mine == theirs):
        return True
    return _known_as_one(one, other) if mine and theirs else False


def _known_as_one(one: Place, other: Place) -> bool:
    here, there = _points(one), _points(other)
    if here & there:
        return True
    letters = _one_in_other(one.city, other.city)
    if here and there:
        return letters and min(distance_km(*a, *b) for a, b in product(here, there)) <= _DISTRICT_KM
    return letters or _is_typing_error(_plain(one), _plain(other))


def _is_typing_error(one: str, other: str) -> bool:
    """Whether two names differ in a few letters. Texts longer than any city's name are not compared by their letters."""
    if max(len(one), len(other)) > _LONGEST_NAME:
        return False
    return SequenceMatcher(None, one, other, autojunk=False).ratio() >= _TYPING_ERROR


def _points(place: Place) -> frozenset[Point]:
    return city_points(place.city, place.state, place.country) or city_points(_plain(place), place.state, place.country)


def city_key(place: Place) -> tuple[str, ...]:
    """A key that is the same for all spellings of a city that the gazetteer knows; else its name without kinds of place."""
    country = country_key(place.country)
    points = _points(place)
    return (country, *map(str, next(iter(points)))) if len(points) == 1 else (country, _plain(place))


def _plain(place: Place) -> str:
    """The city's name folded, without words for kinds of place: "Taoyuan District", "Osaka-shi", "Toulon Cedex 9"."""
    words = _SAINT.sub("saint", _unaccented(place.city))
    name = _ENDING.sub("", fold_place(_KIND_OF_PLACE.sub(" ", words))) or fold_place(place.city)
    return _OWN_NAMES.get((country_code(place.country) or "", name), name)


def _unaccented(text: str) -> str:
    return " ".join(fold(word) for word in re.split(r"[\W_]+", text))


def _one_in_other(one: str, other: str) -> bool:
    """One name begins with all words of the other: "Berlin" and "Berlin-Mitte", but not "York" and "Yorkton"."""
    short, long = sorted((_unaccented(one).split(), _unaccented(other).split()), key=len)
    if not short or sum(map(len, short)) < _LEAST_LETTERS:
        return False
    return long[: len(short)] == short or long[-len(short) :] == short
