"""The only door to the time. Everything else is handed its times."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Gives the present as an aware UTC time."""


def now() -> datetime:
    """The present, aware, in UTC."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Seconds that never run backwards, for pacing and time caps."""
    return time.monotonic()


def sleep(seconds: float) -> None:
    """Wait; zero and below return at once."""
    if seconds > 0:
        time.sleep(seconds)
