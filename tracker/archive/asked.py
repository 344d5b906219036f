"""What is asked for in texts: trials by number or key, moments by day or time."""

from __future__ import annotations

import datetime as dt
from datetime import UTC, datetime

from tracker.errors import UsageError
from tracker.model.ids import recognise

When = datetime | dt.date | str
"""A moment, a day, or either in ISO 8601; what has no time zone is UTC."""

_DAY = len("2026-02-11")


def trial_key(trial: str) -> str:
    """The key of a trial given by a registry's number or its key. Raises UsageError for what is neither."""
    if ":" in trial:
        return trial
    found = recognise(trial)
    if found is None:
        raise UsageError(f"{trial} is not a number of a known registry.", remedy="Give a number such as NCT07177911, or a key.")
    return found.key


def moment(given: When, *, end_of_day: bool = False) -> datetime:
    """An aware UTC time; a day is its first moment, or with ``end_of_day`` its last. Raises UsageError for other texts."""
    try:
        value = datetime.fromisoformat(given) if isinstance(given, str) and len(given) > _DAY else given
        if isinstance(value, str):
            value = dt.date.fromisoformat(value)
    except ValueError as error:
        raise UsageError(f"{given!r} is no day or time.", remedy="Write 2026-02-11 or 2026-02-11T07:30+01:00.") from error
    if isinstance(value, datetime):
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    return datetime.combine(value, dt.time.max if end_of_day else dt.time.min, UTC)
