"""Values of a search, each checked before anything is asked.

The registry answers 400 to some that are wrong, and to others with a list that is silently another one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from tracker.errors import SearchError
from tracker.model.vocabulary import REGISTRY_STATUSES
from tracker.text.suggest import did_you_mean

_DAY = r"(?:\d{4}(?:-\d{2}(?:-\d{2})?)?)"
_DATES = re.compile(rf"(?P<first>{_DAY}?)(?:_(?P<last>{_DAY}?))?\Z", re.ASCII)
_WHOLE_DATE = re.compile(rf"{_DAY}\Z", re.ASCII)
_AGES = re.compile(r"(?:(\d{1,3})\s*([YMWD]?))?(?:_(?:(\d{1,3})\s*([YMWD]?))?)?\Z", re.ASCII | re.IGNORECASE)
_UNITS: Mapping[str, tuple[str, float]] = {"Y": ("year", 365.25), "M": ("month", 30.44), "W": ("week", 7), "D": ("day", 1)}
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?\Z", re.ASCII)
_NCT = re.compile(r"NCT\d{8}\Z", re.ASCII | re.IGNORECASE)
_QUOTED = re.compile(r'"[^"]*"')
_RANGE = re.compile(r"RANGE\[([^\[\]]*)\]")
_CLOSES = {")": "(", "]": "["}
_LOOSE = re.compile(r"(?:AND|OR)\b|.*\b(?:AND|OR|NOT)\Z", re.DOTALL)

_FILTERS: Mapping[str, frozenset[str]] = {
    name: frozenset(options.split())
    for name, options in {
        "status": "not rec enr act com sus ter wit unk ava nla noa tna tem afm app wth",
        "results": "with without",
        "ressub": "y",
        "sex": "f m all",
        "ages": "child adult older",
        "healthy": "y n",
        "phase": "0 1 2 3 4 na",
        "studyType": "int obs obs_patreg exp exp_indiv exp_inter exp_treat",
        "funderType": "nih fed industry other",
        "docs": "prot sap icf",
        "violation": "y",
    }.items()
}
"""The boxes that can be ticked beside the registry's list, and how an address names each."""


def date_range(name: str, value: str, area: str) -> str:
    """``2026-01-01_2026-12-31``, either end may be missing, as an expression."""
    match = _DATES.match(value)
    if not match or not (match["first"] or match["last"]):
        raise SearchError((f'"{name}={value}" is no range of dates. Write 2026-01-01_2026-12-31; either may be left out.',))
    first, last = match["first"] or "MIN", match["last"] or "MAX"
    if problem := _range_problem(first, last):
        raise SearchError((f'"{name}={value}": {problem}',))
    return f"AREA[{area}]RANGE[{first},{last}]"


def age_range(value: str) -> str:
    """``0M_1M`` or ``18y_65y``: trials that take people of some age in the range; one without a limit has none on that side."""
    match = _AGES.match(value)
    if not match or not (match[1] or match[3]):
        raise SearchError((f'"ageRange={value}" is no range of ages. Write 18y_65y or 0M_1M; either may be left out.',))
    parts = []
    least, most = _days(match[1], match[2]), _days(match[3], match[4])
    if least is not None and most is not None and least > most:
        raise SearchError((f'"ageRange={value}": the range ends before it begins. Turn it round.',))
    if match[3]:
        parts.append(f"(AREA[MinimumAge]RANGE[MIN,{_age(match[3], match[4])}] OR AREA[MinimumAge]MISSING)")
    if match[1]:
        parts.append(f"(AREA[MaximumAge]RANGE[{_age(match[1], match[2])},MAX] OR AREA[MaximumAge]MISSING)")
    return " AND ".join(parts)


def _age(number: str, unit: str | None) -> str:
    word = _UNITS[(unit or "Y").upper()][0]
    return f"{int(number)} {word}{'' if int(number) == 1 else 's'}"


def _days(number: str | None, unit: str | None) -> float | None:
    return None if number is None else int(number) * _UNITS[(unit or "Y").upper()][1]


def filters(name: str, value: str) -> str:
    """``status:rec not,ages:child``: every filter and option must be one of the registry's page, and each filter stand once."""
    seen: set[str] = set()
    problems = []
    for part in filter(str.strip, value.split(",")):
        key, colon, options = part.strip().partition(":")
        if key not in _FILTERS:
            known = did_you_mean(key, _FILTERS) or f"Known: {', '.join(_FILTERS)}."
            problems.append(f'{name} has the filter "{key}", which is not understood. {known}')
            continue
        if key in seen:
            problems.append(f'{name} has "{key}" twice, and the registry would heed one. Write {key}: once, blanks between.')
        seen.add(key)
        bare = key == "ressub" and not colon
        wrong = [option for option in options.split() if option not in _FILTERS[key]]
        if wrong or not (options.split() or bare):
            what = f'"{wrong[0]}"' if wrong else "nothing"
            problems.append(f"{name} has {what} for {key}, which is not understood. Known: {', '.join(sorted(_FILTERS[key]))}.")
    if problems:
        raise SearchError(tuple(problems))
    return value


def statuses(name: str, value: str) -> str:
    """``RECRUITING|NOT_YET_RECRUITING``."""
    unknown = [word for word in re.split(r"[|,]", value) if word.strip() not in REGISTRY_STATUSES]
    if unknown:
        known = did_you_mean(unknown[0].strip(), REGISTRY_STATUSES) or f"Known: {', '.join(REGISTRY_STATUSES)}."
        raise SearchError((f'{name} has the status "{unknown[0].strip()}", which there is not. {known}',))
    return value


def numbers(name: str, value: str) -> str:
    """``NCT07177911,NCT06801119``: one that is malformed makes the registry refuse them all."""
    wrong = [number for number in re.split(r"[|,\s]+", value) if not _NCT.match(number)]
    if wrong:
        raise SearchError((f'{name} has "{wrong[0]}", which is no NCT number. An NCT number is NCT and eight digits.',))
    return value


def expression(name: str, value: str) -> str:
    """Words in the registry's search language: quotes and brackets close, ranges run forwards, AND and OR join two things."""
    if problem := _expression_problem(value):
        raise SearchError((f'"{name}" of this search cannot be asked: {problem}',))
    return value


def _expression_problem(value: str) -> str:
    if value.count('"') % 2:
        return "a quotation mark is not closed."
    plain = _QUOTED.sub('""', value)
    opened: list[str] = []
    for char in plain:
        if char in "([":
            opened.append(char)
        elif char in _CLOSES and (not opened or opened.pop() != _CLOSES[char]):
            return f'a "{char}" closes what was not opened.'
    if opened:
        return f'a "{opened[-1]}" is not closed.'
    if _LOOSE.match(plain.strip()):
        return "AND, OR and NOT must stand before or between things to search for."
    return next((problem for bounds in _RANGE.findall(plain) if (problem := _bounds_problem(bounds))), "")


def _bounds_problem(bounds: str) -> str:
    ends = [end.strip() for end in bounds.split(",")]
    if len(ends) != 2 or not all(ends):
        return f"RANGE[{bounds}] needs two ends with a comma between; MIN and MAX leave one open."
    problem = _range_problem(*ends)
    return problem and f"RANGE[{bounds}]: {problem}"


def _range_problem(first: str, last: str) -> str:
    """Why a range cannot be: a day that is in no calendar, or an end before the beginning."""
    for end in (first, last):
        if _WHOLE_DATE.match(end) and "-" in end and not _is_day(f"{end}-01"[:10]):
            return f"{end} is no date."
    dates = all(_WHOLE_DATE.match(end) for end in (first, last))
    # Texts of dates sort as the dates do; one without a day ends with its month or year.
    backwards = dates and first > last and not first.startswith(last)
    if not dates and _NUMBER.match(first) and _NUMBER.match(last):
        backwards = float(first) > float(last)
    if backwards or first == "MAX" or last == "MIN":
        return "the range ends before it begins. Turn it round."
    return ""


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
