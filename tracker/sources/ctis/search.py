"""A search written as fields, as the portal's criteria. Only criteria that the portal is known to read are offered."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tracker.errors import SearchError
from tracker.geo.countries import country_code
from tracker.model.source import Search, SearchReading
from tracker.model.vocabulary import RECRUITMENT_STATUSES
from tracker.sources.ctis.words import PUBLIC_STATUSES
from tracker.text.suggest import did_you_mean

_TEXTS: Mapping[str, str] = {
    "condition": "medicalCondition",
    "sponsor": "sponsor",
    "title": "title",
    "term": "containAll",
}

QUERY_FIELDS = frozenset({*_TEXTS, "country", "status"})
"""What a ``query = {…}`` that is asked of the portal may hold."""

MEMBER_STATES: Mapping[str, int] = {
    "AT": 40, "BE": 56, "BG": 100, "HR": 191, "CY": 196, "CZ": 203, "DK": 208, "EE": 233, "FI": 246, "FR": 250, "DE": 276,
    "GR": 300, "HU": 348, "IS": 352, "IE": 372, "IT": 380, "LV": 428, "LI": 438, "LT": 440, "LU": 442, "MT": 470, "NL": 528,
    "NO": 578, "PL": 616, "PT": 620, "RO": 642, "SK": 703, "SI": 705, "ES": 724, "SE": 752,
}  # fmt: skip
"""Countries of the European Economic Area by their numeric codes; by a name or two letters the portal finds nothing."""

_STATUSES: Mapping[str, tuple[int, ...]] = {
    status: tuple(code for code, (_, meant) in PUBLIC_STATUSES.items() if meant == status)
    for status in sorted({meant for _, meant in PUBLIC_STATUSES.values()})
}

Criteria = dict[str, Any]


def read_search(search: Search) -> SearchReading:
    """What is wrong with a search."""
    try:
        criteria(search)
    except SearchError as error:
        return SearchReading(problems=error.problems)
    return SearchReading()


def criteria(search: Search) -> Criteria:
    """The portal's ``searchCriteria``, in a stable order. Raises SearchError that names all that is not understood."""
    found: Criteria = {}
    problems: list[str] = []
    if search.near is not None:
        problems.append(
            "EU CTIS cannot be searched by a circle, as its lists do not say where sites are. Name a country in the query, or "
            "give this watch ClinicalTrials.gov alone."
        )
    for name, value in sorted(search.fields.items()):
        text = value.strip()
        if not text:
            problems.append(f"The field {name} of the query is empty. Give it a value, or delete it.")
        elif name in _TEXTS:
            found[_TEXTS[name]] = text
        elif name == "country":
            _add_country(text, found, problems)
        elif name == "status":
            _add_statuses(text, found, problems)
        else:
            known = ", ".join(sorted(QUERY_FIELDS))
            problems.append(f"EU CTIS cannot be searched by {name}. It can be by {known}.")
    if not (found or problems):
        problems.append("An empty search holds the whole register. Give the query a field.")
    if problems:
        raise SearchError(tuple(problems), source="ctis")
    return found


def understood(search: Search) -> str:
    """The search as it is asked."""
    return ", ".join(f"{name} = {value}" for name, value in criteria(search).items())


def _add_country(text: str, found: Criteria, problems: list[str]) -> None:
    code = country_code(text) or ""
    if code in MEMBER_STATES:
        found["msc"] = [MEMBER_STATES[code]]
    else:
        problems.append(f'EU CTIS has the countries of the European Economic Area, and "{text}" is none of them.')


def _add_statuses(text: str, found: Criteria, problems: list[str]) -> None:
    codes: set[int] = set()
    for word in (part.strip() for part in re.split(r"[|,]", text)):
        if word in _STATUSES:
            codes.update(_STATUSES[word])
        else:
            hint = did_you_mean(word, RECRUITMENT_STATUSES) or f"It has: {', '.join(_STATUSES)}."
            problems.append(f'status has "{word}", which EU CTIS has no trial of. {hint}')
    found["status"] = sorted(codes)
