"""Places in searches: the circle that an address asks for, and countries and states in the registry's search language."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from tracker.errors import SearchError
from tracker.geo.countries import country_code, country_name, fold_place, states
from tracker.geo.places import described, find_places
from tracker.model.source import Region
from tracker.model.watch import Near

MOST_REGIONS = 40
"""A circle that reaches into more countries is half the world: then the search is read without a place."""

_COUNTRY_NAMES: Mapping[str, tuple[str, ...]] = {
    "BN": ("Brunei", "Brunei Darussalam"),
    "CD": ("Congo",),
    "CG": ("Congo",),
    "CI": ("Côte d'Ivoire", "Côte d’Ivoire", "Ivory Coast"),
    "CV": ("Cape Verde", "Cabo Verde"),
    "CZ": ("Czechia", "Czech Republic"),
    "FM": ("Micronesia",),
    "HK": ("Hong Kong",),
    "IR": ("Iran",),
    "KP": ("Korea",),
    "KR": ("South Korea", "Korea, Republic of"),
    "LA": ("Laos", "Lao People's Democratic Republic"),
    "LY": ("Libya", "Libyan Arab Jamahiriya"),
    "MD": ("Moldova",),
    "MK": ("Macedonia",),
    "MM": ("Myanmar", "Burma"),
    "MO": ("Macau", "Macao"),
    "NL": ("Netherlands",),
    "PS": ("Palestinian", "Palestine"),
    "RU": ("Russia", "Russian Federation"),
    "SY": ("Syria", "Syrian Arab Republic"),
    "SZ": ("Swaziland", "Eswatini"),
    "TL": ("Timor-Leste", "East Timor"),
    "TR": ("Turkey", "Türkiye"),
    "TW": ("Taiwan",),
    "TZ": ("Tanzania",),
    "VA": ("Holy See", "Vatican"),
    "VI": ("Virgin Islands",),
    "VN": ("Vietnam", "Viet Nam"),
    "XK": ("Kosovo", "Serbia"),
}
"""The registry's names of countries, new and old, that are not the usual ones; a phrase also finds names that contain it."""

MILES = "50"
"""The distance that the search page means where its address has none."""

_KM_PER_MILE = 1.609344
_DISTANCE = re.compile(r"distance\(\s*(-?\d+(?:\.\d+)?)\s*,\s*(-?\d+(?:\.\d+)?)\s*,\s*(\d+(?:\.\d+)?)\s*(km|mi)?\s*\)\Z")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?\Z")


def circle(given: Mapping[str, str]) -> Near | None:
    """The circle of an address's parameters. Raises SearchError for one that cannot be read."""
    if written := given.get("filter.geo"):
        return _written_circle(written)
    middle = centre(given)
    if middle is None:
        return None
    latitude, longitude, miles = (_number(part) for part in (*middle, given.get("distance", MILES)))
    if (
        latitude is None
        or longitude is None
        or miles is None
        or not (abs(latitude) <= 90 and abs(longitude) <= 180 and miles > 0)
    ):
        shown = ", ".join((*middle, given.get("distance", MILES)))
        raise SearchError((f"lat, lng and distance of the search are not a circle: {shown}. Copy it again.",))
    place = given.get("locStr") or given.get("city") or ", ".join(middle)
    km = round(miles * _KM_PER_MILE, 3)
    return Near(place=place, country=given.get("country"), km=km, latitude=latitude, longitude=longitude)


def _written_circle(written: str) -> Near:
    match = _DISTANCE.match(written)
    if not match or abs(float(match[1])) > 90 or abs(float(match[2])) > 180 or not float(match[3]):
        raise SearchError((f'"filter.geo={written}" is not a circle. Write it as filter.geo=distance(48.137,11.575,100km).',))
    km = float(match[3]) * (1.0 if match[4] == "km" else _KM_PER_MILE)
    return Near(place=f"{match[1]}, {match[2]}", km=round(km, 3), latitude=float(match[1]), longitude=float(match[2]))


def centre(given: Mapping[str, str]) -> tuple[str, str] | None:
    """The middle of an address's circle in degrees; None where it has none.

    The search page writes a distance for countries and states too, where it means nothing.
    """
    if "lat" in given or "lng" in given:
        return given.get("lat", ""), given.get("lng", "")
    area, words = [given[name] for name in ("state", "country") if name in given], given.get("locStr", "")
    if "distance" not in given or not ("city" in given or words):
        return None
    if "city" not in given and _is_area(words, area):
        return None
    text = ", ".join([given["city"], *area[:-1]]) if "city" in given else words
    found = find_places(text, given.get("country")) or find_places(words, given.get("country"))
    if len(found) != 1:
        towns = "; ".join(map(described, found[:6]))
        why = f"can mean several towns: {towns}" if found else "is not in the list of places"
        raise SearchError(
            (
                f'The place "{words or text}" of the search {why}, so its distance has no middle. Give it as '
                "near = { place = …, latitude = …, longitude = …, km = … } and leave it out of the address.",
            )
        )
    return str(found[0].latitude), str(found[0].longitude)


def _is_area(words: str, area: Sequence[str]) -> bool:
    """Whether the words typed name no more than a country or state."""
    parts = [part.strip() for part in words.split(",") if part.strip()]
    known = {fold_place(part) for part in area}
    return all(fold_place(part) in known or country_code(part) or states(part) for part in parts)


def _number(text: str) -> float | None:
    return float(text) if _NUMBER.match(text) else None


def in_region(region: Region) -> str:
    """A region as an expression: one and the same site must lie in the country and in one of the states."""
    country = _country(_COUNTRY_NAMES.get(region.country, (region.name,)))
    return f"SEARCH[Location]({country} AND AREA[LocationState]{_any_of(region.states)})" if region.states else country


def in_country(name: str) -> str:
    """A country as an expression, by the names that the registry knows it by; one that is no other's name stands as given."""
    code = country_code(name)
    usual = (country_name(code), *_COUNTRY_NAMES.get(code, ())) if code else ()
    known = code is None or fold_place(name) in map(fold_place, usual)
    return _country((name,) if known or code is None else _COUNTRY_NAMES.get(code, usual))


def _country(names: Sequence[str]) -> str:
    return f"AREA[LocationCountry]{_any_of(names)}"


def _any_of(names: Sequence[str]) -> str:
    phrases = [phrase(name) for name in names]
    return phrases[0] if len(phrases) == 1 else f"({' OR '.join(phrases)})"


def phrase(text: str) -> str:
    """Words that belong together; no quotation mark in them can end the phrase."""
    return '"' + text.replace('"', " ").strip() + '"'
