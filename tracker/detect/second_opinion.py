"""When a registry has said the same thing twice: what is hard to believe is believed then, and not before. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

APART = timedelta(hours=20)
"""Two readings this far apart are two days' data; a bad night at a registry is over by then."""


def is_second(first_data: str | None, first_seen_at: datetime, data: str | None, now: datetime) -> bool:
    """Whether a reading counts as a second opinion on something first seen earlier: another data version, 20 hours later.

    ``first_data`` and ``data`` are the registry's own data versions; where one is not stated, the time alone decides.
    """
    if now - first_seen_at < APART:
        return False
    return first_data is None or data is None or first_data != data
