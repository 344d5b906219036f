"""Pace: one request in flight for each host, an even distance between them, and the host's own wish to be left alone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tracker import clock
from tracker.errors import TransientFetchError
from tracker.fetch.refusals import Ask


class Lane:
    """The queue for one host, shared by all sources that ask it; safe to use from several threads.

    An even pace and not a token bucket: a bucket lets a full burst through first.
    """

    def __init__(
        self,
        host: str,
        *,
        longest_wait: float,
        sleep: Callable[[float], None] = clock.sleep,
        monotonic: Callable[[], float] = clock.monotonic,
    ) -> None:
        self.host = host
        self._longest_wait = longest_wait
        self._sleep = sleep
        self._monotonic = monotonic
        self._turn = threading.Lock()
        self._interval = 0.0
        self._next_at = 0.0
        self._closed_until = 0.0

    def slow_to(self, pace: float) -> None:
        """Keep to at most ``pace`` requests a second; of several sources on one host the slowest decides."""
        self._interval = max(self._interval, 1 / pace)

    def hold(self, seconds: float) -> None:
        """Ask nothing of this host for so many seconds, counted from now."""
        self._closed_until = max(self._closed_until, self._monotonic() + seconds)

    @contextmanager
    def turn(self, ask: Ask) -> Iterator[None]:
        """Wait for our turn; the body of the ``with`` is the one request in flight.

        Raises TransientFetchError at once when the host wants to be left alone for longer than a run can wait.
        """
        with self._turn:
            closed_for = self._closed_until - self._monotonic()
            if closed_for > self._longest_wait:
                what = f"the host wants no requests for another {closed_for:.0f} seconds, so it was not asked."
                error = ask.error(TransientFetchError, what, "The next run tries again.")
                error.retry_after = closed_for
                raise error
            wait = max(self._next_at, self._closed_until) - self._monotonic()
            if wait > 0:
                self._sleep(wait)
            self._next_at = self._monotonic() + self._interval
            yield
