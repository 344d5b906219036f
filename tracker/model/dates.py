"""Dates as registries give them: a year, a month or a day, and whether the date is past or planned."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from functools import lru_cache
from typing import Literal

import msgspec

Precision = Literal["year", "month", "day", "none"]

_PRECISIONS: dict[int, Precision] = {4: "year", 7: "month", 10: "day"}
_LONGEST = max(_PRECISIONS)
_SHAPE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?\Z", re.ASCII)


class RegistryDate(msgspec.Struct, frozen=True):
    """A date as the registry states it.

    ``date`` is ``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD``; a value that could not be read is kept verbatim and has
    precision ``none``. ``type`` is ACTUAL, ESTIMATED or None when the registry does not say.
    """

    date: str
    type: str | None = None

    @property
    def precision(self) -> Precision:
        """How exactly the date is given; ``none`` when it cannot be read."""
        return "none" if self._span() is None else _PRECISIONS[len(self.date)]

    @property
    def first(self) -> dt.date | None:
        """The earliest day the date can mean."""
        span = self._span()
        return span[0] if span else None

    @property
    def last(self) -> dt.date | None:
        """The latest day the date can mean."""
        span = self._span()
        return span[1] if span else None

    def contains(self, other: RegistryDate) -> bool:
        """Whether every day that ``other`` can mean lies inside this date."""
        mine, theirs = self._span(), other._span()
        return bool(mine and theirs and mine[0] <= theirs[0] and theirs[1] <= mine[1])

    def shift_to(self, later: RegistryDate) -> tuple[int, int] | None:
        """Smallest and largest number of days from this date to ``later``, on common precision; None if unreadable.

        2026-03 to 2026-03-31 is (0, 0): on common precision nothing moved. 2026-09 to 2027-03 is measured from
        first day to first day and from last to last, so a half-year slip is not given thirty days of slack.
        """
        mine, theirs = self._span(), later._span()
        if mine is None or theirs is None:
            return None
        if self.contains(later) or later.contains(self):
            return (0, 0)
        starts, ends = (theirs[0] - mine[0]).days, (theirs[1] - mine[1]).days
        if len(self.date) == len(later.date):
            return (min(starts, ends), max(starts, ends))
        return ((theirs[0] - mine[1]).days, (theirs[1] - mine[0]).days)

    def _span(self) -> tuple[dt.date, dt.date] | None:
        return _span_of(self.date) if len(self.date) <= _LONGEST else None


@lru_cache(maxsize=8_192)
def _span_of(date: str) -> tuple[dt.date, dt.date] | None:
    """The first and the last day that a date can mean. Records name the same few thousand dates again and again."""
    match = _SHAPE.match(date)
    if not match:
        return None
    year, month, day = (int(part) if part else None for part in match.groups())
    try:
        if year is None:
            return None
        if month is None:
            return dt.date(year, 1, 1), dt.date(year, 12, 31)
        if day is None:
            return dt.date(year, month, 1), dt.date(year, month, calendar.monthrange(year, month)[1])
        return dt.date(year, month, day), dt.date(year, month, day)
    except (ValueError, calendar.IllegalMonthError):
        return None
