"""Reads what stands under a label as the value of a field: by its shape and its words, never by a guess."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from tracker.extract.dates import read_date
from tracker.extract.pages import known_word
from tracker.model import ids
from tracker.model.page_site import PageSite
from tracker.model.record import Enrollment, Organisation
from tracker.sources.page.terms import CLASSES, DATE_TYPES, NOTHING, RESULTS, STATUSES, STUDY_TYPES, TYPE_WORD, folded
from tracker.text.clean import clean

_LONGEST_TEXT = 600
_LONGEST_STATUS = 60
_MOST_STATUS_WORDS = 8
_NUMERIC = re.compile(r"(\d{1,2})([/.])(\d{1,2})\2(\d{4})")
_YEAR_FIRST = re.compile(r"(\d{4})/(\d{2})/(\d{2})(?: .*)?")
_COUNT = re.compile(
    r"(?P<count>\d{1,3}(?:,\d{3})+|\d{1,3}(?:[ \u00a0\u202f]\d{3})+|\d+)"
    r"(?:\s*(?:participants?|patients?|subjects?|people|persons|volunteers?|individuals|enrolled))?",
    re.IGNORECASE,
)
_COUNT_WORDS = re.compile(r"\b(?:actual|estimated|anticipated|expected|planned|target|total)\b|[()\[\],;:]", re.IGNORECASE)
_PHASE_PART = re.compile(r"(?P<early>early\s*)?(?:phase)?[\s_]*(?P<number>[1-4]|iv|i{1,3})", re.IGNORECASE)
_PHASE_BETWEEN = re.compile(r"\s*(?:/|,|;|&|\band\b|\|)\s*", re.IGNORECASE)
_ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4"}
_SENTENCE = re.compile(r"(?:\S+ ){5,}\S+[.!?]")  # what a site says about its list is no entry of it
_IN_BRACKETS = re.compile(r"(?P<name>.+?)\s*\((?P<what>[^()]+)\)")
_NCT = re.compile(r"NCT\d{8}(?!\d)", re.IGNORECASE)


class Read(NamedTuple):
    """A value, or why there is none: the code of an issue. Both are None for a text that says nothing."""

    value: object = None
    trouble: str | None = None


NO_VALUE = Read()
_DATES = (
    "start_date",
    "primary_completion_date",
    "completion_date",
    "first_posted",
    "last_update_posted",
    "results_first_posted",
    "page_date",
    "verified_on",
)


def read(field: str, texts: Sequence[str], label: str, site: PageSite) -> Read:
    """The value of a field that the lines of its place say; a label may say what kind of date or number it is."""
    said = [text for text in map(clean, texts) if folded(text) not in NOTHING or (field == "results_state" and text)]
    if not said:
        return NO_VALUE
    if field in _LISTS:
        return _LISTS[field](said, site)
    text = said[0]
    if field in _DATES:
        return read_day(text, label, site)
    return _READERS[field](text, label, site)


def fits(field: str, text: str, site: PageSite) -> bool:
    """Whether a text that stands beside its label without a colon is plainly a value of the field."""
    if field == "recruitment_status":
        return _status_word(text, site) is not None
    if field == "phases" and not re.match(r"(?:early|phase|not\b|na\b)", text, re.IGNORECASE):
        return False
    if field in ("brief_title", "official_title", "lead_sponsor", "conditions"):
        return False
    found = read(field, [text], "", site)
    return found.value is not None and found.trouble is None


def numbers_in(text: str, home: str) -> tuple[str, ...]:
    """The numbers of a registry in a text, in their canonical spelling, each once."""
    if home == "ctgov":
        return tuple(dict.fromkeys(match.upper() for match in _NCT.findall(text)))
    words = (ids.recognise(word) for word in re.split(r"[\s,;|()\[\]]+", text) if word)
    return tuple(dict.fromkeys(found.number for found in words if found and found.source == home))


def read_day(text: str, label: str, site: PageSite) -> Read:
    """A date, at the precision given. Of ``3/4/2026`` nobody can tell day from month, unless the site's map says it."""
    kind = TYPE_WORD.search(label) or TYPE_WORD.search(text)
    bare = TYPE_WORD.sub("", text).strip(" ()[],;:-–")
    date = read_date(_iso(bare, site) or bare, DATE_TYPES[kind[0].lower()] if kind else None)
    return Read(date) if date.precision != "none" else Read(trouble="unreadable_date")


def _iso(text: str, site: PageSite) -> str | None:
    if match := _YEAR_FIRST.fullmatch(text):
        return "-".join(match.groups())
    match = _NUMERIC.fullmatch(text)
    if match is None:
        return None
    first, second, year = int(match[1]), int(match[3]), match[4]
    order = "day first" if match[2] == "." else site.dates
    if order is None and (first > 12) != (second > 12):
        order = "day first" if first > 12 else "month first"
    if order is None:
        return f"{year}-{first:02d}-{first:02d}" if first == second else None
    day, month = (first, second) if order == "day first" else (second, first)
    return f"{year}-{month:02d}-{day:02d}"


def _status_word(text: str, site: PageSite) -> str | None:
    own = known_word(text, site.statuses) if site.statuses else None
    return own or known_word(text, STATUSES) or known_word(text, set(STATUSES.values()))


def _status(text: str, _label: str, site: PageSite) -> Read:
    known = _status_word(text, site)
    if known is not None:
        return Read((known, text))
    if len(text) > _LONGEST_STATUS or len(text.split()) > _MOST_STATUS_WORDS or text.endswith((".", "?", "!")):
        return Read(trouble="unreadable_value")
    return Read(("OTHER", text), trouble="unknown_word")


def _results(text: str, _label: str, _site: PageSite) -> Read:
    known = known_word(text, RESULTS)
    return Read(known) if known else Read(trouble="unreadable_value")


def _text(text: str, _label: str, _site: PageSite) -> Read:
    return Read(text) if len(text) <= _LONGEST_TEXT else Read(trouble="unreadable_value")


def _sponsor(text: str, _label: str, _site: PageSite) -> Read:
    name, kind = text.split(" · ")[0].strip(), None
    match = _IN_BRACKETS.fullmatch(name)
    if match and (kind := CLASSES.get(match["what"].casefold().replace("_", " "))):
        name = match["name"]
    return Read(Organisation(name=name, organisation_class=kind)) if len(name) <= 300 else Read(trouble="unreadable_value")


def _study_type(text: str, _label: str, _site: PageSite) -> Read:
    known = known_word(text, STUDY_TYPES) or known_word(text, set(STUDY_TYPES.values()))
    return Read(known) if known else Read(trouble="unknown_word")


def read_phases(text: str, _label: str = "", _site: PageSite | None = None) -> Read:
    """``Phase 1/Phase 2``, ``PHASE1/PHASE2``, ``Phase I/II``, ``Early Phase 1``, ``Not Applicable``."""
    if folded(text) in ("na", "not applicable"):
        return Read(("NA",))
    found = []
    for part in _PHASE_BETWEEN.split(text.replace("_", " ")):
        match = _PHASE_PART.fullmatch(part.strip())
        if match is None:
            return Read(trouble="unknown_word")
        number = _ROMAN.get(match["number"].lower(), match["number"])
        if match["early"] and number != "1":
            return Read(trouble="unknown_word")
        found.append(f"{'EARLY_' if match['early'] else ''}PHASE{number}")
    return Read(tuple(found))


def _enrollment(text: str, label: str, _site: PageSite) -> Read:
    bare = _COUNT_WORDS.sub(lambda found: "," if found[0] == "," else " ", text)
    match = _COUNT.fullmatch(" ".join(bare.split()).strip(" ,"))
    if match is None:
        return Read(trouble="unreadable_value")
    kind = TYPE_WORD.search(text) or TYPE_WORD.search(label)
    count = int(re.sub(r"\D", "", match["count"]))
    return Read(Enrollment(count=count, type=DATE_TYPES[kind[0].lower()] if kind else None))


def _conditions(texts: Sequence[str], _site: PageSite) -> Read:
    parts = (part.strip() for text in texts for part in re.split(r"\s*[;|]\s+|\s+\|\s*", text))
    found = tuple(dict.fromkeys(part for part in parts if part and not _SENTENCE.fullmatch(part)))
    if any(len(part) > _LONGEST_TEXT or part.count(":") > 1 for part in found):
        return Read(trouble="unreadable_value")
    return Read(found) if found else NO_VALUE


def _number(texts: Sequence[str], site: PageSite) -> Read:
    found = numbers_in(" ".join(texts), site.home)
    return Read(found) if found else NO_VALUE


_LISTS: Mapping[str, Callable[[Sequence[str], PageSite], Read]] = {"conditions": _conditions, "nct_number": _number}
_READERS: Mapping[str, Callable[[str, str, PageSite], Read]] = {
    "recruitment_status": _status,
    "results_state": _results,
    "brief_title": _text,
    "official_title": _text,
    "lead_sponsor": _sponsor,
    "study_type": _study_type,
    "phases": read_phases,
    "enrollment": _enrollment,
}
