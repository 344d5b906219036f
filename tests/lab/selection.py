"""What ``GET /studies`` understands: which studies a set of parameters selects, and in which order."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterator
from typing import Any

from tests.lab.day import Day
from tests.lab.essie import BadQuery, Predicate, compile_query
from tests.lab.study_paths import Path, Study, resolve, values
from tracker.model.vocabulary import RECRUITMENT_STATUSES

_PROTOCOL = ("protocolSection",)
_IDENTIFICATION = (*_PROTOCOL, "identificationModule")
_SPONSORS = (*_PROTOCOL, "sponsorCollaboratorsModule")

QUERIES: dict[str, tuple[str, tuple[Path, ...]]] = {
    "cond": (
        "Conditions or disease",
        (
            (*_PROTOCOL, "conditionsModule"),
            (*_IDENTIFICATION, "briefTitle"),
            (*_IDENTIFICATION, "officialTitle"),
            ("derivedSection", "conditionBrowseModule", "meshes"),
        ),
    ),
    "term": ("Other terms", (_PROTOCOL, ("derivedSection",))),
    "locn": ("Location terms", ((*_PROTOCOL, "contactsLocationsModule", "locations"),)),
    "titles": ("Title / acronym", tuple((*_IDENTIFICATION, name) for name in ("briefTitle", "officialTitle", "acronym"))),
    "intr": ("Intervention / treatment", ((*_PROTOCOL, "armsInterventionsModule"),)),
    "outc": ("Outcome measure", ((*_PROTOCOL, "outcomesModule"),)),
    "spons": ("Sponsor / collaborator", ((*_SPONSORS, "leadSponsor"), (*_SPONSORS, "collaborators"))),
    "lead": ("Lead sponsor", ((*_SPONSORS, "leadSponsor"),)),
    "id": (
        "Study IDs",
        tuple((*_IDENTIFICATION, name) for name in ("nctId", "nctIdAliases", "orgStudyIdInfo", "secondaryIdInfos", "acronym")),
    ),
    "patient": ("Patient", (_PROTOCOL,)),
}
"""``query.NAME`` -> what the registry calls it in its errors, and where its words are looked for."""

_FILTERS = ("overallStatus", "geo", "ids", "advanced", "synonyms")
KNOWN_PARAMETERS = frozenset(
    ["format", "markupFormat", "aggFilters", "geoDecay", "fields", "sort", "countTotal", "pageSize", "pageToken"]
    + [f"query.{name}" for name in QUERIES]
    + [f"{prefix}.{name}" for prefix in ("filter", "postFilter") for name in _FILTERS]
)

_NCT = re.compile(r"NCT0*([1-9]\d{0,7})\Z", re.IGNORECASE)
_ONLY_NCT = re.compile(r"\s*NCT\d{8}(?:(?:\s|,|\bOR\b)+NCT\d{8})*\s*\Z", re.IGNORECASE)
_GEO = re.compile(r"distance\((-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?),(\d+(?:\.\d+)?)(km|mi)?\)\Z")
_SORT = re.compile(r"([a-zA-Z][a-zA-Z0-9\-. ]*|@relevance)(?::(asc|desc))?\Z")
_SITES: Path = ("protocolSection", "contactsLocationsModule", "locations")
_STATUS: Path = ("protocolSection", "statusModule", "overallStatus")

_AGGREGATES: dict[str, tuple[Path, dict[str, Any]]] = {
    "status": (
        _STATUS,
        {
            "not": "NOT_YET_RECRUITING", "rec": "RECRUITING", "enr": "ENROLLING_BY_INVITATION",
            "act": "ACTIVE_NOT_RECRUITING", "com": "COMPLETED", "sus": "SUSPENDED", "ter": "TERMINATED",
            "wit": "WITHDRAWN", "unk": "UNKNOWN",
        },
    ),
    "results": (("hasResults",), {"with": True, "without": False}),
    "phase": (
        ("protocolSection", "designModule", "phases"),
        {"0": "EARLY_PHASE1", "1": "PHASE1", "2": "PHASE2", "3": "PHASE3", "4": "PHASE4"},
    ),
    "studyType": (
        ("protocolSection", "designModule", "studyType"),
        {"int": "INTERVENTIONAL", "obs": "OBSERVATIONAL", "exp": "EXPANDED_ACCESS"},
    ),
}  # fmt: skip


class BadParameter(ValueError):
    """The plain text that goes with a 400."""


def canonical(number: str) -> str | None:
    """A well-formed NCT number in its usual spelling, else None."""
    match = _NCT.match(number.strip())
    return f"NCT{int(match[1]):08d}" if match else None


def select(day: Day, params: dict[str, str]) -> tuple[str, ...]:
    """The numbers of the studies that the parameters hold, in the order they ask for. Raises BadParameter."""
    order = _order(params.get("sort", ""))
    only = [value for name, value in params.items() if name.startswith("query.") and _ONLY_NCT.match(value)]
    if only:  # as the registry does: a query of nothing but numbers makes it ignore everything else
        found = [nct for nct in re.findall(r"NCT\d{8}", only[0].upper()) if nct in day.studies]
        return tuple(dict.fromkeys(found))
    candidates = list(_candidates(day, params))
    tests = list(_tests(params))
    if tests or order:
        kept = []
        for nct in candidates:  # one study at a time: decoded studies are large
            study = day.study(nct)
            if all(test(study) for test in tests):
                kept.append((nct, [_sort_value(study, path) for path, _ in order]))
        for index in reversed(range(len(order))):
            kept.sort(key=lambda row: _sort_key(row[1][index], order[index][1]))
        return tuple(nct for nct, _ in kept)
    return tuple(candidates)


def _candidates(day: Day, params: dict[str, str]) -> Iterator[str]:
    wanted = [params[name] for name in ("filter.ids", "postFilter.ids") if params.get(name)]
    if not wanted:
        # The registry's answer is unsorted by default; a hash is an order that nobody can rely on by mistake.
        yield from sorted(day.studies, key=lambda nct: hashlib.md5(nct.encode()).digest())
        return
    seen: set[str] = set()
    for position, item in enumerate(re.split(r"[,|]", wanted[0]), 1):
        nct = canonical(item)
        if nct is None:
            raise BadParameter(f"Item {position} in parameter `filter.ids` has incorrect format")
        nct = nct if nct in day.studies else day.aliases.get(nct, nct)
        if nct in day.studies and nct not in seen:
            seen.add(nct)
            yield nct


def _tests(params: dict[str, str]) -> Iterator[Predicate]:
    for name, value in params.items():
        kind, _, field = name.rpartition(".")
        if not value.strip():
            continue
        try:
            if kind == "query":
                yield compile_query(value, QUERIES[field][1])
            elif field == "advanced":
                yield compile_query(value, (_PROTOCOL,))
        except BadQuery as error:
            where = f"in {QUERIES[field][0]}" if kind == "query" else "in advanced filter"
            raise BadParameter(f"Error parsing query {where}: {error}") from error
        if field == "overallStatus":
            yield _one_of(_STATUS, _statuses(value))
        elif field == "geo":
            yield _near(value)
        elif name == "aggFilters":
            yield from _aggregates(value)


def _statuses(value: str) -> set[Any]:
    wanted = re.split(r"[,|]", value)
    for status in wanted:
        if status not in RECRUITMENT_STATUSES:
            raise BadParameter(f"Invalid value in parameter `overallStatus`: `{status}`")
    return set(wanted)


def _one_of(path: Path, wanted: set[Any]) -> Predicate:
    return lambda study: any(value in wanted for value in values(study, path))


def _aggregates(value: str) -> Iterator[Predicate]:
    for pair in re.split(r"[,|]", value):
        name, _, options = pair.partition(":")
        path, table = _AGGREGATES.get(name, ((), {}))
        unknown = [option for option in options.split() if option not in table]
        if not path or unknown or not options:
            raise BadParameter(f"Invalid value in parameter `aggFilters`: `{pair}`")
        yield _one_of(path, {table[option] for option in options.split()})


def _near(value: str) -> Predicate:
    match = _GEO.match(value)
    if not match:
        raise BadParameter("Parameter `filter.geo` has incorrect format")
    latitude, longitude = float(match[1]), float(match[2])
    km = float(match[3]) * (1.0 if match[4] == "km" else 1.609344)

    def test(study: Study) -> bool:
        points = values(study, (*_SITES, "geoPoint"))
        return any(_kilometres(latitude, longitude, point["lat"], point["lon"]) <= km for point in points)

    return test


def _kilometres(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Great-circle distance. The registry's own reckoning, so not shared with the tracker that is tried against it."""
    phi1, phi2 = math.radians(lat1), math.radians(lat2)
    a = math.sin((phi2 - phi1) / 2) ** 2 + math.cos(phi1) * math.cos(phi2) * math.sin(math.radians(lon2 - lon1) / 2) ** 2
    return 2 * 6371.0 * math.asin(math.sqrt(a))


def _order(value: str) -> list[tuple[Path, bool]]:
    order: list[tuple[Path, bool]] = []
    for position, item in enumerate(re.split(r"[,|]", value) if value else [], 1):
        match = _SORT.match(item)
        if not match or position > 2:
            raise BadParameter(f"Item {position} in parameter `sort` has incorrect format")
        if match[1] == "@relevance":
            continue
        path = resolve(match[1])
        if path is None:
            raise BadParameter(f"Item {position} in parameter `sort` has unknown field: `{match[1]}`")
        numeric = path[-1] == "count"
        if not numeric and not any("Date" in step for step in path):
            raise BadParameter("Unsupported sort field type: text")
        order.append((path, (match[2] or ("asc" if numeric else "desc")) == "desc"))
    return order


def _sort_value(study: Study, path: Path) -> str | float | None:
    value = next(values(study, path), None)
    return value.get("date") if isinstance(value, dict) else value


def _sort_key(value: str | float | None, descending: bool) -> tuple[float, ...]:
    """A key that reverses dates and numbers for ``desc`` and puts studies without the field last either way."""
    if value is None:
        return (1,)
    if isinstance(value, str):
        return (0, *(-ord(mark) if descending else ord(mark) for mark in value))
    return (0, -value if descending else value)
