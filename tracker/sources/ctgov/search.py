"""A search pasted from the browser, or given in fields, as parameters of the API's ``/studies``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import parse_qsl, urlsplit, urlunsplit

import msgspec

from tracker.errors import UsageError
from tracker.model.ids import split_key
from tracker.model.source import Region, Search
from tracker.model.vocabulary import PHASES, REGISTRY_STATUSES, STUDY_TYPES
from tracker.model.watch import Near
from tracker.sources.ctgov.circles import MILES, MOST_REGIONS, centre, circle, in_region, pairs_of, phrase

Params = list[tuple[str, str]]

_NUMBERS = "filter.ids"
_ADVANCED = "filter.advanced"

_QUERIES = {
    "cond": "query.cond",
    "term": "query.term",
    "intr": "query.intr",
    "titles": "query.titles",
    "outc": "query.outc",
    "spons": "query.spons",
    "lead": "query.lead",
    "id": "query.id",
    "locn": "query.locn",
    "patient": "query.patient",
    "aggFilters": "aggFilters",
}
_DATES = {
    "start": "StartDate",
    "primComp": "PrimaryCompletionDate",
    "studyComp": "CompletionDate",
    "firstPost": "StudyFirstPostDate",
    "resFirstPost": "ResultsFirstPostDate",
    "lastUpdPost": "LastUpdatePostDate",
}
_PLACES = {"country": "LocationCountry", "state": "LocationState", "city": "LocationCity"}
_GEO = frozenset({"lat", "lng", "distance", "locStr"})
_VIEWING = frozenset(
    {"page", "limit", "viewType", "rank", "sort", "checkSpell", "tab", "from", "format", "pageSize", "pageToken"}
)
_API = frozenset(_QUERIES.values()) | {
    f"{when}.{what}" for when in ("filter", "postFilter") for what in ("overallStatus", "geo", "advanced", "synonyms", "ids")
}
_UNREAD_API = frozenset({"fields", "countTotal", "markupFormat", "geoDecay"})

SEARCH_PARAMETERS = frozenset({*_QUERIES, *_DATES, *_PLACES}) | _GEO | _VIEWING | _API | _UNREAD_API
"""What an address may hold: that of the search page, that of the expert search, or that of the API itself."""

_FIELDS = {
    "condition": "query.cond",
    "term": "query.term",
    "title": "query.titles",
    "intervention": "query.intr",
    "outcome": "query.outc",
    "sponsor": "query.spons",
    "lead_sponsor": "query.lead",
    "id": "query.id",
    "location": "query.locn",
    "patient": "query.patient",
}
_WORD_FIELDS = {
    "status": ("OverallStatus", frozenset(REGISTRY_STATUSES)),
    "phase": ("Phase", PHASES),
    "study_type": ("StudyType", STUDY_TYPES),
}

QUERY_FIELDS = frozenset({*_FIELDS, *_WORD_FIELDS, *_PLACES})
"""What a ``query = {…}`` may hold."""

_DAY = r"(?:\d{4}(?:-\d{2}(?:-\d{2})?)?)"
_RANGE = re.compile(rf"(?P<first>{_DAY}?)(?:_(?P<last>{_DAY}?))?\Z")


def parameters(search: Search) -> Params:
    """The search as API parameters, in a stable order. Raises UsageError that names all that is not understood."""
    return _parameters(search, own_circle=True)


def _parameters(search: Search, *, own_circle: bool) -> Params:
    """``own_circle``: with the watch's own circle, whether it was given as `near` or stands in the address."""
    found: dict[str, list[str]] = {}
    if search.url:
        _add_address(search.url, found, search.near)
    _add_fields(search.fields, found)
    if search.near and own_circle:
        _add_near(search.near, found)
    return [(name, " AND ".join(_bracketed(values))) for name, values in sorted(found.items())]


def in_regions(search: Search, regions: Sequence[Region]) -> Params:
    """The search as API parameters with the regions in the place of its circle; without one where they would be too many."""
    found = dict(_parameters(search, own_circle=False))
    if regions and len(regions) <= MOST_REGIONS:
        inside = " OR ".join(in_region(region) for region in regions)
        given = found.get(_ADVANCED)
        found[_ADVANCED] = f"({given}) AND ({inside})" if given else inside
    return sorted(found.items())


def understood(search: Search) -> str:
    """The search as it is asked: each parameter with its value."""
    return ", ".join(f"{name} = {value}" for name, value in parameters(search))


def narrow(search: Search, trials: Sequence[str]) -> Search | None:
    """The same search, for these trials only; None for one that names its trials already.

    By the filter, not in the words: a query of nothing but numbers makes ClinicalTrials.gov forget the rest of it.
    """
    parts = urlsplit(search.url or "")
    if any(name == _NUMBERS for name, _ in parse_qsl(parts.query)):
        return None
    numbers = ",".join(split_key(trial).number for trial in trials)
    query = "&".join(part for part in (parts.query, f"{_NUMBERS}={numbers}") if part)
    return msgspec.structs.replace(search, url=urlunsplit(parts._replace(query=query)))


def _bracketed(values: list[str]) -> Iterable[str]:
    """Several expressions of one parameter hold together, each in brackets of its own."""
    return values if len(values) == 1 else (f"({value})" for value in values)


def _add_address(url: str, found: dict[str, list[str]], near: Near | None) -> None:
    pairs = pairs_of(url)
    unknown = sorted({name for name, _ in pairs} - SEARCH_PARAMETERS)
    if unknown:
        raise UsageError(
            f"The search {url} has what is not understood: {', '.join(unknown)}.",
            remedy="Leave it out, or say it with aggFilters or term, as the search page does.",
        )
    given = dict(pairs)
    if len(given) < len(pairs):
        twice = sorted({name for name, _ in pairs if sum(name == other for other, _ in pairs) > 1})
        raise UsageError(f"The search {url} gives more than once: {', '.join(twice)}.", remedy="Give each of them once.")
    for name, value in given.items():
        if name == "filter.geo" and circle(given) == near:
            continue
        if name in _QUERIES or name in _API:
            found.setdefault(_QUERIES.get(name, name), []).append(value)
        elif name in _DATES:
            found.setdefault(_ADVANCED, []).append(_date_range(name, value))
    _add_place(given, found, near)


def _date_range(name: str, value: str) -> str:
    match = _RANGE.match(value)
    if not match or not (match["first"] or match["last"]):
        raise UsageError(
            f'"{name}={value}" is no range of dates.', remedy="Write it as 2026-01-01_2026-12-31; either may be left out."
        )
    return f"AREA[{_DATES[name]}]RANGE[{match['first'] or 'MIN'},{match['last'] or 'MAX'}]"


def _add_place(given: dict[str, str], found: dict[str, list[str]], near: Near | None) -> None:
    """A circle if the address has one that is not the watch's own, else the named places, else the words typed."""
    if middle := centre(given):
        if circle(given) != near:
            latitude, longitude, distance = *middle, given.get("distance", MILES)
            found.setdefault("filter.geo", []).append(f"distance({latitude},{longitude},{distance}mi)")
    elif any(name in given for name in _PLACES):
        found.setdefault(_ADVANCED, []).append(_in_place({name: given[name] for name in _PLACES if name in given}))
    elif "locStr" in given:
        found.setdefault("query.locn", []).append(given["locStr"])


def _in_place(places: dict[str, str]) -> str:
    """One and the same site must lie in all the named places."""
    areas = [f"AREA[{_PLACES[name]}]{phrase(value)}" for name, value in places.items()]
    return areas[0] if len(areas) == 1 else f"SEARCH[Location]({' AND '.join(areas)})"


def _add_fields(given: Mapping[str, str], found: dict[str, list[str]]) -> None:
    unknown = sorted(set(given) - QUERY_FIELDS)
    if unknown:
        raise UsageError(
            f"The query has fields that ClinicalTrials.gov does not know: {', '.join(unknown)}.",
            remedy=f"It knows {', '.join(sorted(QUERY_FIELDS))}.",
        )
    for name, value in given.items():
        if name in _FIELDS:
            found.setdefault(_FIELDS[name], []).append(value)
        elif name in _WORD_FIELDS:
            found.setdefault(_ADVANCED, []).append(_one_of(name, value))
    places = {name: given[name] for name in _PLACES if name in given}
    if places:
        found.setdefault(_ADVANCED, []).append(_in_place(places))


def _one_of(name: str, value: str) -> str:
    """``status = "recruiting, not yet recruiting"`` as an expression; each word must be one of the registry's."""
    area, known = _WORD_FIELDS[name]
    words = []
    for given in re.split(r"[,|/]", value):
        word = re.sub(r"[\s-]+", "_", given.strip()).upper()
        word = f"PHASE{word}" if name == "phase" and word.isdigit() else re.sub(r"^PHASE_(\d)", r"PHASE\1", word)
        if word not in known:
            raise UsageError(
                f'"{given.strip()}" is no {name} of ClinicalTrials.gov.', remedy=f"Known: {', '.join(sorted(known))}."
            )
        words.append(word)
    return f"AREA[{area}]{words[0]}" if len(words) == 1 else f"AREA[{area}]({' OR '.join(words)})"


def _add_near(near: Near, found: dict[str, list[str]]) -> None:
    """Narrow to a circle. A circle that the search itself has stays: the API takes a second one as ``postFilter``."""
    if near.latitude is None or near.longitude is None:
        return
    name = "postFilter.geo" if "filter.geo" in found else "filter.geo"
    found.setdefault(name, []).append(f"distance({near.latitude:.6g},{near.longitude:.6g},{near.km:g}km)")
