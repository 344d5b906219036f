"""The time points that a time frame names ("52 weeks after the last dose"), in days."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tracker.text.limits import beginning
from tracker.text.tokens import tokens

_NUMBERS = {
    word: number for number, word in enumerate(tokens("one two three four five six seven eight nine ten eleven twelve"), 1)
}
UNITS = {
    "minute": 1 / 1440,
    "min": 1 / 1440,
    "hour": 1 / 24,
    "hr": 1 / 24,
    "h": 1 / 24,
    "day": 1.0,
    "week": 7.0,
    "wk": 7.0,
    "month": 30.44,
    "mo": 30.44,
    "year": 365.25,
    "yr": 365.25,
}
_LARGEST = 1e6  # a longer row of digits is a number of something else
_UNIT = "|".join(UNITS)
_AMOUNT = rf"\d+(?:\.\d+)?|{'|'.join(_NUMBERS)}"
_NUMBER = r"\d+(?:\.\d+)?"
# "Weeks 4, 8 and 12" goes on to 12; in "Day 1, 30 minutes" the second number counts something else.
_NEXT_NUMBER = rf"(?:,|\s|-|–|/|&|and|or|to|through)+{_NUMBER}(?![\d.]|[\s-]*(?:(?:{_UNIT})s?\b|min|sec|times|mg|%))"
_DURATION = re.compile(rf"\b({_AMOUNT})[\s-]*({_UNIT})s?\b|\b({_UNIT})s?[\s-]*({_NUMBER}(?:{_NEXT_NUMBER})*)", re.IGNORECASE)


# "Every 8 weeks" is a rhythm, not a time; an average of 12 months says how long it took, not when it is judged.
_RHYTHM = re.compile(rf"\b(?:every|each|per)\s+(?:other\s+)?(?:{_AMOUNT})?[\s-]*(?:(?:{_UNIT})s?\b)", re.IGNORECASE)
# A time that is said without a number: a number that comes later may only write it out.
_PERIOD = re.compile(
    r"\b(?:durations?|(?:end|completion|course|conclusion) of|(?:study|treatment|trial) (?:end|completion|period)"
    r"|through(?:out)?|follow[- ]?ups?|discharge|(?:last|final|end) (?:visit|dose)"
    r"|hospital(?:i[sz]ation)? stay|until|entire|whole study)\b",
    re.IGNORECASE,
)


def names_period(text: str) -> bool:
    """Whether a text names a time in words alone ("at the end of treatment", "duration of the study")."""
    return bool(_PERIOD.search(text))


def time_point(text: str) -> float | None:
    """The latest time point a time frame names, in days; None when it names none."""
    return max(durations(text), default=None)


def durations(text: str) -> list[float]:
    """The times that a text names, in days and in order: of a list (weeks 4, 8 and 12) the last, no rhythm (every 8 weeks)."""
    return [max(times) for times in _listed(text)]


def all_times(text: str) -> list[float]:
    """The same with each time of a list."""
    return [time for times in _listed(text) for time in times]


def _listed(text: str) -> Iterator[list[float]]:
    """Each amount with its unit, or each list behind its unit, in days."""
    for amount, unit, unit_first, numbers in _DURATION.findall(_RHYTHM.sub(" ", beginning(text))):
        stated = [_NUMBERS.get(amount.lower(), 0) or amount] if amount else re.findall(_NUMBER, numbers)
        if max(values := [float(value) for value in stated]) <= _LARGEST:
            yield [value * UNITS[(unit or unit_first).lower()] for value in values]


def without_durations(text: str) -> str:
    """The text without the times it names."""
    return _DURATION.sub(" ", _RHYTHM.sub(" ", text))
