"""Ending early: whatever waits, for a host or for its turn, waits here, and is woken when it is time to end."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

from tracker import clock
from tracker.errors import PassLimitError, StoppedError


class Stop:
    """Whether we were asked to end; once asked it stays so. Safe across threads and in signal handlers' threads."""

    def __init__(self) -> None:
        self._asked = threading.Event()

    def __call__(self) -> bool:
        """Whether somebody asked."""
        return self._asked.is_set()

    def ask(self) -> None:
        """Ask everybody to end."""
        self._asked.set()

    def wait(self, seconds: float) -> bool:
        """Wait so long, or until somebody asks to end; whether somebody did."""
        return self._asked.wait(max(seconds, 0.0))


class Ending:
    """The end of one pass: when somebody asks for it by ``stop``, or after ``limit``."""

    def __init__(
        self, stop: Stop | None = None, limit: timedelta | None = None, monotonic: Callable[[], float] = clock.monotonic
    ) -> None:
        self.stop = stop or Stop()
        self._limit = limit
        self._monotonic = monotonic
        self._over_at = None if limit is None else monotonic() + limit.total_seconds()

    def check(self) -> None:
        """Raise StoppedError or PassLimitError when the pass has to end now."""
        if self.stop():
            raise StoppedError("stopped", remedy="What was read is kept; the next sync goes on from there.")
        if self._over_at is not None and self._monotonic() >= self._over_at:
            assert self._limit is not None
            minutes = self._limit.total_seconds() / 60
            raise PassLimitError(
                f"The time of this pass was over ([http] pass_limit, {minutes:g} minutes).",
                remedy="The next sync goes on with what was not read.",
            )

    def sleep(self, seconds: float) -> None:
        """Wait so long; raises as `check` does, at once when asked to end, and no later than the limit."""
        if self._over_at is not None:
            seconds = min(seconds, self._over_at - self._monotonic())
        self.stop.wait(seconds)
        self.check()
