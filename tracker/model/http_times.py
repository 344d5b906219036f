"""Times as HTTP headers write them."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def http_date(text: str) -> datetime | None:
    """The time in a header such as Date, aware UTC; None when it cannot be read."""
    try:
        time = parsedate_to_datetime(text)
    except ValueError:
        return None
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)


def retry_after(value: str, now: datetime) -> float | None:
    """The seconds that a Retry-After header asks for, given as a number or as an HTTP date; None if it is neither."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    until = http_date(value)
    return None if until is None else max(0.0, (until - now).total_seconds())
