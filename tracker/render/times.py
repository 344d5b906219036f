"""Times and days for people: ``12 Feb 2026``, ``12 Feb 2026, 07:00``, in the reader's time zone."""

from __future__ import annotations

import datetime as dt
import re
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tracker.model.dates import RegistryDate
from tracker.render.safe_text import one_line

_ISO_DAY = re.compile(r"(?<![\w-])\d{4}-\d{2}(?:-\d{2})?(?![\w-])")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def zone(name: str) -> tzinfo:
    """The time zone of that name; UTC for one that this machine does not know, so that a message still goes out."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def day(at: datetime, timezone: tzinfo) -> str:
    """The day, such as ``12 Feb 2026``; month names do not follow the machine's locale."""
    return plain_day(at.astimezone(timezone).date())


def moment(at: datetime, timezone: tzinfo) -> str:
    """Day and minute, such as ``12 Feb 2026, 07:00``."""
    return f"{day(at, timezone)}, {at.astimezone(timezone):%H:%M}"


def registry_day(given: str) -> str:
    """A registry's date in the same manner: ``12 Feb 2026``, ``Feb 2026``; what cannot be read stands as given."""
    date = RegistryDate(given)
    if date.first is None or date.precision not in {"day", "month"}:
        return one_line(given, 60)
    month = f"{_MONTHS[date.first.month - 1]} {date.first.year}"
    return f"{date.first.day} {month}" if date.precision == "day" else month


@lru_cache(maxsize=1024)
def plain_day(given: dt.date) -> str:
    """A day without a time, such as a due date: ``12 Feb 2026``."""
    return f"{given.day} {_MONTHS[given.month - 1]} {given.year}"


def restyled(sentence: str) -> str:
    """One of our own stored sentences with its ISO days as ``12 Feb 2026``. Never for a registry's text."""
    return _ISO_DAY.sub(lambda found: registry_day(found[0]), sentence)


def short_day(at: datetime, timezone: tzinfo, year: int) -> str:
    """The day without its year where that is ``year``: ``12 Feb``."""
    return day(at, timezone).removesuffix(f" {year}")


def span(first: datetime, last: datetime, timezone: tzinfo) -> tuple[str, str]:
    """Both times as days, or to the minute when they fall on one day."""
    if day(first, timezone) == day(last, timezone):
        return moment(first, timezone), moment(last, timezone)
    return day(first, timezone), day(last, timezone)
