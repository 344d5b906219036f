"""The free words of the WHO Trial Registration Data Set, as registries send them to WHO: dates, phases, ages, sexes, numbers.

Every function gives None for a word that says nothing ("N/A"), and `Unread` for one that it cannot read: nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Final

from tracker.extract.criteria import criteria
from tracker.extract.dates import read_date
from tracker.model.dates import RegistryDate
from tracker.model.record import Criteria, Enrollment
from tracker.text.clean import clean
from tracker.text.numbers import whole_number


class Unread:
    """A word that cannot be read."""


UNREAD: Final = Unread()

_SLASHED = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?: \d{1,2}:\d{2}(?::\d{2})?(?: ?[AP]M)?)?\Z", re.IGNORECASE)
_YEAR_FIRST = re.compile(r"(\d{4})[/-](\d{1,2})[/-](\d{1,2})(?:[ T]\d{1,2}:\d{2}\S*)?\Z")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})\Z")
_NO_DATE = frozenset({"", "-", "n/a", "na", "none", "nil", "null", "not applicable", "01/01/1900", "1900-01-01", "19000101"})

_NOTHING = frozenset({
    "", "-", "n/a", "na", "none", "nil", "nd", "?", "??", "not applicable", "not selected", "no limit", "no minimum age",
    "no maximum age", "0 n/a (no limit)", "years", "null", "not specified", "n.a.",
})  # fmt: skip
"""What stands where nothing is said, in the words of several registries."""

_STUDY_TYPES = {
    "interventional": "INTERVENTIONAL",
    "interventional study": "INTERVENTIONAL",
    "intervention": "INTERVENTIONAL",
    "interventional clinical trial of medicinal product": "INTERVENTIONAL",
    "observational": "OBSERVATIONAL",
    "observational study": "OBSERVATIONAL",
    "observational [patient registry]": "OBSERVATIONAL",
    "observational invasive": "OBSERVATIONAL",
    "observational non invasive": "OBSERVATIONAL",
    "expanded access": "EXPANDED_ACCESS",
}

_PHASES = {
    "0": "EARLY_PHASE1", "early phase 1": "EARLY_PHASE1", "1": "PHASE1", "2": "PHASE2", "3": "PHASE3", "4": "PHASE4",
    "i": "PHASE1", "ii": "PHASE2", "iii": "PHASE3", "iv": "PHASE4",
    "ia": "PHASE1", "ib": "PHASE1", "iia": "PHASE2", "iib": "PHASE2", "iiia": "PHASE3", "iiib": "PHASE3",
    "1a": "PHASE1", "1b": "PHASE1", "2a": "PHASE2", "2b": "PHASE2", "3a": "PHASE3", "3b": "PHASE3",
}  # fmt: skip
_QUESTIONNAIRE = re.compile(r"\(Phase (I|II|III|IV)\) ?: ?(yes|no|)(?![a-z])", re.IGNORECASE)
_SPREADSHEET_DATE = re.compile(r"\d{4}-0([1-4])-0([1-4]) 00:00:00\Z")

_SEXES = {
    "all": "ALL", "both": "ALL", "both, male and female": "ALL", "both males and females": "ALL", "male and female": "ALL",
    "male/female": "ALL", "female and male": "ALL", "male": "MALE", "males": "MALE", "m": "MALE", "female": "FEMALE",
    "females": "FEMALE", "f": "FEMALE",
}  # fmt: skip
_SEX_ANSWERS = re.compile(r"female: ?(yes|no)\s+male: ?(yes|no)\Z")
_AGE = re.compile(r"(?P<bound>>=|<=)? ?(?P<number>\d{1,4}) ?\(?(?P<unit>[a-z]+)(?:\(s\))?\)?(?: ?[- ]old)?\Z")
_UNITS = {
    "y": "Years", "year": "Years", "years": "Years", "age": "Years", "yearold": "Years",
    "m": "Months", "month": "Months", "months": "Months",
    "w": "Weeks", "week": "Weeks", "weeks": "Weeks", "d": "Days", "day": "Days", "days": "Days",
    "h": "Hours", "hour": "Hours", "hours": "Hours", "minute": "Minutes", "minutes": "Minutes",
}  # fmt: skip


def says_nothing(text: str) -> bool:
    """Whether a text stands for no answer."""
    return " ".join(text.split()).casefold() in _NOTHING


def day(text: str, *, month_first: bool = False) -> RegistryDate | Unread | None:
    """A date in any form that registries send: slashed ones are day first unless said otherwise; its precision is kept."""
    given = " ".join(text.split())
    if given.casefold() in _NO_DATE or not given.strip("0/-: "):
        return None
    if found := _COMPACT.match(given) or _YEAR_FIRST.match(given):
        year, month, of_month = found.groups()
    elif found := _SLASHED.match(given):
        first, second, year = found.groups()
        month, of_month = (first, second) if month_first else (second, first)
    else:
        read = read_date(given)
        return UNREAD if read.precision == "none" else read
    made = RegistryDate(f"{year}-{int(month):02d}-{int(of_month):02d}")
    if made.precision == "none":
        return UNREAD
    return None if made.date == "1900-01-01" else made


def days(texts: Iterable[str]) -> list[date]:
    """The whole days among some texts."""
    read = (day(text) for text in texts)
    return [one.first for one in read if isinstance(one, RegistryDate) and one.precision == "day" and one.first]


def study_type(text: str) -> str | Unread | None:
    """INTERVENTIONAL, OBSERVATIONAL or EXPANDED_ACCESS."""
    return None if says_nothing(text) else _STUDY_TYPES.get(" ".join(text.split()).casefold(), UNREAD)


def phases(text: str) -> tuple[str, ...] | Unread | None:
    """Phases in one of the ways of registries: "Phase 2/Phase 3", "II-III", the questionnaire of the EU register.

    A bare 0 is unread: it is ChiCTR's word for explorations of every sort. ``2-3`` becomes a date in spreadsheets, which
    holds both numbers whichever of them it takes for the month.
    """
    given = " ".join(text.split()).casefold()
    if given in {"n/a", "not applicable"}:
        return ("NA",)
    if given in _NOTHING:
        return None
    if given == "0":
        return UNREAD
    answers = _QUESTIONNAIRE.findall(text)
    if answers:
        return tuple(_PHASES[phase.casefold()] for phase, answer in answers if answer.casefold() == "yes") or None
    numbers = (
        spread.groups() if (spread := _SPREADSHEET_DATE.match(given)) else re.split(r" ?(?:[/,+-]|\band\b|\bto\b) ?", given)
    )
    found = {_PHASES.get(re.sub(r"^phase[ -]?", "", part.strip())) for part in numbers if part.strip() not in ("", "phase")}
    if not found or None in found:
        return UNREAD
    return tuple(sorted(part for part in found if part))


def sex(text: str) -> str | Unread | None:
    """ALL, FEMALE or MALE."""
    given = " ".join(clean(text).split()).casefold()
    if given in _NOTHING:
        return None
    answers = _SEX_ANSWERS.match(given)
    if answers:
        return {("yes", "yes"): "ALL", ("yes", "no"): "FEMALE", ("no", "yes"): "MALE"}.get((answers[1], answers[2]))
    return _SEXES.get(given, UNREAD)


def age(text: str) -> str | None:
    """An age with its unit ("18 Years"); a number without a unit, and what else is written, as it is given."""
    given = " ".join(text.split())
    if says_nothing(given):
        return None
    found = _AGE.match(given.casefold())
    unit = _UNITS.get(found["unit"]) if found else None
    return f"{int(found['number'])} {unit}" if found and unit else given


def maximum_age(text: str) -> str | None:
    """As `age`; 0 stands for no limit."""
    return None if text.strip() in ("0", "00") else age(text)


def size(text: str, kind: str | None = None) -> Enrollment | Unread | None:
    """The number of participants, where it is one number; numbers by group are not added up."""
    given = text.strip()
    if says_nothing(given):
        return None
    number = whole_number(given.removesuffix(".0"))
    return UNREAD if number is None else Enrollment(count=number, type=kind)


def parts(text: str, *more: str) -> tuple[str, ...]:
    """The entries of a list that is written as one text, with semicolons or breaks between them, each once."""
    entries = re.split("|".join((";", "\n", *more)), clean(text))
    return tuple(dict.fromkeys(entry for part in entries if (entry := part.strip(" .,;")) and not says_nothing(entry)))


def _items(*lists: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(item for items in lists for item in items if any(map(str.isalnum, item)))


def both_criteria(inclusion: str, exclusion: str) -> Criteria | None:
    """Two texts of criteria, the first of which may hold both under headings."""
    first, second = criteria(inclusion), criteria(exclusion)
    found = Criteria(
        inclusion=_items(first.other, first.inclusion, second.inclusion),
        exclusion=_items(first.exclusion, second.other, second.exclusion),
    )
    return found if found.inclusion or found.exclusion else None
