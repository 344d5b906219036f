"""What is asked for in texts: trials by number or key, moments by day or time."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

from tracker.errors import UsageError
from tracker.model.ids import recognise
from tracker.model.watch import About

if TYPE_CHECKING:
    from tracker.text.about import Word

When = datetime | dt.date | str
"""A moment, a day, or either in ISO 8601; what has no time zone is UTC."""

_DAY = len("2026-02-11")
_SPAN = re.compile(r"(\d{1,4})([hdw])\Z")
_UNITS = {"h": "hours", "d": "days", "w": "weeks"}


def trial_key(trial: str) -> str:
    """The key of a trial given by a registry's number or its key. Raises UsageError for what is neither."""
    if ":" in trial:
        return trial
    found = recognise(trial)
    if found is None:
        raise UsageError(f"{trial} is not a number of a known registry.", remedy="Give a number such as NCT07177911, or a key.")
    return found.key


def span(text: str) -> timedelta:
    """A time span (``24h``, ``60d``, ``8w``). Raises UsageError for other texts."""
    found = _SPAN.match(text)
    if not found:
        raise UsageError(f"{text} is no time span.", remedy="Write 60d or 8w.")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def moment(given: When, *, timezone: tzinfo = UTC, now: datetime | None = None, end_of_day: bool = False) -> datetime:
    """An aware UTC time: a moment, a day (its first moment, or with ``end_of_day`` its last), or so far back from ``now``.

    What names no time zone is of ``timezone``; without ``now`` no span is understood. Raises UsageError for other texts.
    """
    if now is not None and isinstance(given, str) and _SPAN.match(given):
        return now - span(given)
    try:
        if isinstance(given, str):
            given = datetime.fromisoformat(given) if len(given) > _DAY else dt.date.fromisoformat(given)
        if not isinstance(given, datetime):
            given = datetime.combine(given, dt.time.max if end_of_day else dt.time.min)
        return (given if given.tzinfo else given.replace(tzinfo=timezone)).astimezone(UTC)
    except (ValueError, OverflowError) as error:  # OverflowError: at the very ends of the calendar
        if now is not None:
            raise UsageError(f"{given} is neither a day nor a time span.", remedy="Write 2026-02-11 or 7d, 24h, 2w.") from error
        raise UsageError(f"{given!r} is no day or time.", remedy="Write 2026-02-11 or 2026-02-11T07:30+01:00.") from error


def require_order(since: datetime | None, until: datetime | None) -> None:
    """Raise UsageError for a time that ends before it begins."""
    if since and until and since > until:
        raise UsageError(
            f"The time from {since:%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M} (UTC) ends before it begins.",
            remedy="Let since be the earlier one, until the later one.",
        )


def about_asked(words: Iterable[str]) -> About:
    """The words that are asked for; a minus in front of those that are unwanted. Raises UsageError for what is no word."""
    from tracker.text.about import about_of  # brings the words' stems along, which few ask for

    return about_of(_word(text.strip()) for text in words)


def _word(text: str) -> Word:
    from tracker.text.about import about_word

    word = about_word(text)
    if isinstance(word, str):
        raise UsageError(f"About {text!r}: {word}", remedy="Write pembrolizumab, or -paediatric for one that is unwanted.")
    return word
