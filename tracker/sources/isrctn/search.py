"""A search written as fields, as a query of the registry. Only fields that the registry was seen to read are offered."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tracker.errors import SearchError
from tracker.model.source import Search, SearchReading
from tracker.text.suggest import did_you_mean

_TEXTS: Mapping[str, str] = {
    "condition": "condition",
    "intervention": "intervention",
    "title": "title",
    "sponsor": "sponsorOrganisation",
    "outcome": "outcomeMeasures",
}
_WORDS: Mapping[str, tuple[str, Mapping[str, tuple[str, ...]]]] = {
    "phase": (
        "phase",
        {
            "PHASE1": ("Phase I", "Phase I/II"),
            "PHASE2": ("Phase I/II", "Phase II", "Phase II/III"),
            "PHASE3": ("Phase II/III", "Phase III", "Phase III/IV"),
            "PHASE4": ("Phase III/IV", "Phase IV"),
            "NA": ("Not Applicable",),
        },
    ),
    "study_type": ("primaryStudyDesign", {"INTERVENTIONAL": ("Interventional",), "OBSERVATIONAL": ("Observational",)}),
}

QUERY_FIELDS = frozenset({*_TEXTS, *_WORDS, "term"})
"""What a ``query = {…}`` that is asked of the registry may hold."""

_UNREAD = {
    "status": "it finds nothing by a status. Leave it out: what enters is told as it stands",
    "country": "it does not search by place. Leave it out",
}


def read_search(search: Search) -> SearchReading:
    """What is wrong with a search."""
    try:
        parts(search)
    except SearchError as error:
        return SearchReading(problems=error.problems)
    return SearchReading()


def parts(search: Search) -> dict[str, str]:
    """The query's parts by the name of their field, in order. Raises SearchError that names all that is not understood."""
    found: dict[str, str] = {}
    problems: list[str] = []
    if search.near is not None:
        problems.append("ISRCTN cannot be searched by a circle. Leave `near` out, or give this watch ClinicalTrials.gov alone.")
    for name, value in sorted(search.fields.items()):
        text = " ".join(value.split())
        if not text:
            problems.append(f"The field {name} of the query is empty. Give it a value, or delete it.")
        elif '"' in text or "\\" in text:
            problems.append(f"{name} has a quotation mark or a backslash, which ISRCTN is not known to read. Leave it out.")
        elif name in _TEXTS:
            found[name] = f'{_TEXTS[name]}:"{text}"'
        elif name == "term":
            found[name] = " AND ".join(f'"{word}"' for word in text.split())
        elif name in _WORDS:
            _add_words(name, text, found, problems)
        else:
            why = _UNREAD.get(name, f"it can be by {', '.join(sorted(QUERY_FIELDS))}")
            problems.append(f"ISRCTN cannot be searched by {name}: {why}.")
    if not (found or problems):
        problems.append("An empty search holds the whole register. Give the query a field.")
    if problems:
        raise SearchError(tuple(problems), source="isrctn")
    return found


def query(asked: Mapping[str, str]) -> str:
    """The parts as one query; a part of several words is in brackets, since AND binds more closely than OR."""
    return " AND ".join(f"({part})" if " OR " in part and len(asked) > 1 else part for part in asked.values())


def understood(search: Search) -> str:
    """The search as it is asked."""
    return query(parts(search))


def _add_words(name: str, text: str, found: dict[str, str], problems: list[str]) -> None:
    field, table = _WORDS[name]
    values: dict[str, None] = {}
    for word in (part.strip() for part in re.split(r"[|,]", text)):
        if word in table:
            values |= dict.fromkeys(table[word])
        else:
            hint = did_you_mean(word, table) or f"It has: {', '.join(table)}."
            problems.append(f'{name} has "{word}", which ISRCTN has no study of. {hint}')
    found[name] = " OR ".join(f'{field}:"{value}"' for value in values)
