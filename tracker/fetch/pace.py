"""When a host is asked: one request in flight, evenly spaced, pauses that the host asks for, and no more when it is down."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tracker import clock
from tracker.errors import TransientFetchError
from tracker.fetch.exchange import Request


class HostQueue:
    """The queue for one host, shared by all sources that ask it; safe across threads.

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
        self._held_until = 0.0

    def slow_to(self, pace: float) -> None:
        """Keep to at most ``pace`` requests per second; of several sources on one host the slowest decides."""
        self._interval = max(self._interval, 1 / pace)

    def hold(self, seconds: float) -> None:
        """Ask nothing of this host for so many seconds, counted from now."""
        self._held_until = max(self._held_until, self._monotonic() + seconds)

    @contextmanager
    def turn(self, request: Request) -> Iterator[None]:
        """Wait for our turn; the body of the ``with`` is the one request in flight.

        Raises TransientFetchError at once when the host wants to be left alone for longer than a run can wait.
        """
        with self._turn:
            held_for = self._held_until - self._monotonic()
            if held_for > self._longest_wait:
                what = f"the host wants no requests for another {held_for:.0f} seconds, so it was not asked."
                raise request.transient(what, "The next run tries again.", retry_after=held_for)
            wait = max(self._next_at, self._held_until) - self._monotonic()
            if wait > 0:
                self._sleep(wait)
            self._next_at = self._monotonic() + self._interval
            yield


class CircuitBreaker:
    """Stops the asking of a host after ``limit`` consecutive requests that failed with all their retries.

    Any answer in between starts the count anew.
    """

    def __init__(self, host: str, *, limit: int) -> None:
        self._host = host
        self._limit = limit
        self._failures = 0
        self._last = ""
        self._lock = threading.Lock()

    def check(self, request: Request) -> None:
        """Raise TransientFetchError at once when the circuit is open."""
        with self._lock:
            failures, last = self._failures, self._last
        if failures >= self._limit:
            what = (
                f"not asked: the circuit breaker of {self._host} is open after {failures} consecutive failed requests. "
                f"The last one: {last}"
            )
            raise request.error(
                TransientFetchError, what, "The host is left alone for the rest of this run; the next run tries it."
            )

    def failed(self, error: TransientFetchError) -> None:
        """Count a request that failed with all its retries."""
        with self._lock:
            self._failures += 1
            self._last = error.message

    def answered(self) -> None:
        """Close the circuit: the host is there, whatever it said."""
        with self._lock:
            self._failures = 0
