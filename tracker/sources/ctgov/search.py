"""A search pasted from the browser, or given in fields, as parameters of the API's ``/studies``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from urllib.parse import parse_qsl, urlsplit, urlunsplit

import msgspec

from tracker.errors import SearchError
from tracker.geo.countries import country_code, country_codes, country_name
from tracker.model import ids
from tracker.model.ids import split_key
from tracker.model.source import Region, Search, SearchReading
from tracker.model.watch import Near
from tracker.sources.ctgov.circles import MILES, MOST_REGIONS, centre, circle, in_country, in_region, phrase
from tracker.sources.ctgov.search_fields import (
    API,
    DATES,
    FIELDS,
    PLACES,
    QUERIES,
    QUERY_FIELDS,
    SEARCH_PARAMETERS,
    WORD_FIELDS,
)
from tracker.sources.ctgov.search_values import age_range, date_range, expression, filters, numbers, statuses
from tracker.text.suggest import did_you_mean

Params = list[tuple[str, str]]

_NUMBERS = "filter.ids"
_ADVANCED = "filter.advanced"

_FORMER = re.compile(r"(?:the )?(?:former|federal republic of) ", re.IGNORECASE)
_CLICKS = re.compile(
    r"(utm_.*|mtm_.*|pk_.*|hsa_.*|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|yclid|twclid|ttclid|igsh(id)?|li_fat_id|"
    r"epik|mc_[ce]id|_hs(enc|mi)|vero_id|oly_(anon|enc)_id|s_cid|mkt_tok|_ga|_gl)\Z",
    re.IGNORECASE,
)
"""What newsletters, networks and advertisers add to an address. It never says what is searched."""

_OLD_SITE = re.compile(
    r"(recrs?|rslt|type|cntry|dist|age(_v|Unit)?|gndr|hlth|(str|prc|stc|sfp|rfp|lup)d_[se]|flds|fund|phase|u_(prot|sap|icf)|Search)\Z"
)
"""What only addresses of the site before 2023 hold."""


def parameters(search: Search) -> Params:
    """The search as API parameters, in a stable order. Raises SearchError that names all that is not understood."""
    return _parameters(search, own_circle=True)


def _parameters(search: Search, *, own_circle: bool) -> Params:
    """``own_circle``: with the watch's own circle, whether it was given as `near` or stands in the address."""
    found, reading = _read(search, own_circle=own_circle)
    if reading.problems:
        raise SearchError(reading.problems, source="ctgov")
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


def read_search(search: Search) -> SearchReading:
    """What is wrong with the search, what of its address is left out, and the circle that its address asks for."""
    return _read(search, own_circle=True)[1]


def _read(search: Search, *, own_circle: bool) -> tuple[dict[str, list[str]], SearchReading]:
    """The parameters that the search asks for, by name, and what was met on the way."""
    found: dict[str, list[str]] = {}
    problems: list[str] = []
    left_out: tuple[str, ...] = ()
    near: Near | None = None

    def each(add: Callable[[], None]) -> None:
        """One part of the search: what is wrong with it does not hide what is wrong with the others."""
        try:
            add()
        except SearchError as error:
            problems.extend(error.problems)

    if search.url:
        try:
            given, left_out = _given(search.url)
        except SearchError as error:
            return found, SearchReading(problems=error.problems)
        try:
            near = circle(given)
        except SearchError as error:
            return found, SearchReading(problems=error.problems, left_out=left_out)
        for name, value in given.items():
            if name != "filter.geo" or near != search.near:
                each(lambda name=name, value=value: _add_parameter(name, value, found))  # type: ignore[misc]
        each(lambda: _add_place(given, found, known=near == search.near))
    each(lambda: _add_fields(search.fields, found, each))
    if search.near and own_circle:
        own = search.near
        each(lambda: _add_near(own, found))
    if (search.url or search.fields) and not (found or near or problems):  # one that names nothing means the whole registry
        problems.append("This asks for all of ClinicalTrials.gov. Narrow the search, then copy its address again.")
    return found, SearchReading(problems=tuple(problems), left_out=left_out, near=near)


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


def _given(url: str) -> tuple[dict[str, str], tuple[str, ...]]:
    """What an address says of the search, each parameter once, and the names of what it holds besides.

    Raises SearchError for an address that is not one of a search, and for parameters that are unknown or contradict each other.
    """
    try:
        parts = urlsplit(url)
        pairs = [(name, value.strip()) for name, value in parse_qsl(parts.query)]
    except ValueError as error:
        raise SearchError((f"This cannot be read as an address ({error}). Copy it again from the browser.",)) from error
    if number := ids.NCT.search(parts.path):
        raise SearchError((f'This is the page of one trial, not a search. Write "{number[0]}" under trials.',))
    if parts.path.startswith("/ct2/"):
        raise SearchError(
            ("This is an address of the old site (ct2). Search anew on clinicaltrials.gov and copy that address.",)
        )
    left_out = tuple(dict.fromkeys(name for name, _ in pairs if _CLICKS.match(name)))
    pairs = [(name, value) for name, value in pairs if name not in left_out]
    problems = [_unknown(name) for name in dict.fromkeys(name for name, _ in pairs) if name not in SEARCH_PARAMETERS]
    given: dict[str, str] = {}
    for name, value in pairs:
        if given.setdefault(name, value) != value:
            problems.append(f'"{name}" is given more than once. Give it once: "a OR b" means either, "a AND b" both.')
        if "\ufffd" in value:
            problems.append(f'"{name}" of this search is not UTF-8. Copy the address again from the browser.')
    if problems:
        raise SearchError(tuple(dict.fromkeys(problems)))
    return given, left_out


def _unknown(name: str) -> str:
    said = f'The parameter "{name}" of this search is not understood, so it cannot be followed.'
    if _OLD_SITE.match(name):
        return f"{said} It is a filter of the old site (ct2). Search anew on clinicaltrials.gov and copy that address."
    hint = did_you_mean(name, SEARCH_PARAMETERS) or "Leave it out, or say it with aggFilters or term, as the search page does."
    return f"{said} {hint}"


def _add_parameter(name: str, value: str, found: dict[str, list[str]]) -> None:
    """One parameter of an address, but for places and what only concerns viewing."""
    if name in DATES:
        found.setdefault(_ADVANCED, []).append(date_range(name, value, DATES[name]))
    elif name == "ageRange":
        found.setdefault(_ADVANCED, []).append(age_range(value))
    elif name in QUERIES or name in API:
        target = QUERIES.get(name, name)
        found.setdefault(target, []).append(_CHECKED.get(target.rpartition(".")[2], expression)(name, value))


_CHECKED: Mapping[str, Callable[[str, str], str]] = {
    "aggFilters": filters,
    "overallStatus": statuses,
    "ids": numbers,
    "geo": lambda _, value: value,
    "synonyms": lambda _, value: value,
}
"""How values of the API's own parameters are read, by the last word of their names; the others hold expressions."""


def _add_place(given: dict[str, str], found: dict[str, list[str]], *, known: bool) -> None:
    """A circle if the address has one that is not ``known`` already, else the named places, else the words typed."""
    if middle := centre(given):
        if not known:
            latitude, longitude, distance = *middle, given.get("distance", MILES)
            found.setdefault("filter.geo", []).append(f"distance({latitude},{longitude},{distance}mi)")
    elif any(name in given for name in PLACES):
        _check_country(given)
        found.setdefault(_ADVANCED, []).append(_in_place({name: given[name] for name in PLACES if name in given}))
    elif "locStr" in given:
        found.setdefault("query.locn", []).append(given["locStr"])


def _in_place(places: dict[str, str]) -> str:
    """One and the same site must lie in all the named places."""
    areas = [
        in_country(value) if name == "country" else f"AREA[{PLACES[name]}]{phrase(value)}" for name, value in places.items()
    ]
    return areas[0] if len(areas) == 1 else f"SEARCH[Location]({' AND '.join(areas)})"


def _add_fields(given: Mapping[str, str], found: dict[str, list[str]], each: Callable[[Callable[[], None]], None]) -> None:
    """The fields of a query; ``each`` keeps the mistakes of one from hiding those of the next."""
    unknown = sorted(set(given) - QUERY_FIELDS)
    if unknown:
        known = ", ".join(sorted(QUERY_FIELDS))
        raise SearchError((f"ClinicalTrials.gov knows no field {', '.join(unknown)} of a query. It knows {known}.",))
    for name, value in given.items():
        each(lambda name=name, value=value: _add_field(name, value, found))  # type: ignore[misc]
    places = {name: given[name] for name in PLACES if name in given}
    if places:
        each(lambda: _check_country(places))
        found.setdefault(_ADVANCED, []).append(_in_place(places))


def _check_country(places: Mapping[str, str]) -> None:
    """A misspelt country holds no trial, and looks just like one without trials. The registry keeps some former ones."""
    given = places.get("country", "")
    if given and country_code(given) is None and not _FORMER.match(given):
        hint = did_you_mean(given, map(country_name, country_codes())) or "Write its English name."
        raise SearchError((f'"{given}" is not a country known here. {hint}',))


def _add_field(name: str, value: str, found: dict[str, list[str]]) -> None:
    if name in FIELDS:
        found.setdefault(FIELDS[name], []).append(expression(name, value))
    elif name in WORD_FIELDS:
        found.setdefault(_ADVANCED, []).append(_one_of(name, value))


def _one_of(name: str, value: str) -> str:
    """``status = "recruiting, not yet recruiting"`` as an expression; each word must be one of the registry's."""
    area, known = WORD_FIELDS[name]
    words = []
    for given in re.split(r"[,|/]", value):
        word = re.sub(r"[\s-]+", "_", given.strip()).upper()
        word = f"PHASE{word}" if name == "phase" and word.isdigit() else re.sub(r"^PHASE_(\d)", r"PHASE\1", word)
        if word not in known:
            raise SearchError((f'"{given.strip()}" is no {name} of ClinicalTrials.gov. Known: {", ".join(sorted(known))}.',))
        words.append(word)
    return f"AREA[{area}]{words[0]}" if len(words) == 1 else f"AREA[{area}]({' OR '.join(words)})"


def _add_near(near: Near, found: dict[str, list[str]]) -> None:
    """Narrow to a circle. A circle that the search itself has stays: the API takes a second one as ``postFilter``."""
    if near.latitude is None or near.longitude is None:
        return
    name = "postFilter.geo" if "filter.geo" in found else "filter.geo"
    found.setdefault(name, []).append(f"distance({near.latitude:.6g},{near.longitude:.6g},{near.km:g}km)")
