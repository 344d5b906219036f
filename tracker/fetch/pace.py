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
    """Stops the asking of a host that is down.

    It opens after ``limit`` consecutive requests that failed with all their retries, and after ``patience`` seconds without
    any answer to the tries made in them. Whatever the host answers starts both anew.
    """

    def __init__(self, host: str, *, limit: int, patience: float, monotonic: Callable[[], float] = clock.monotonic) -> None:
        self._host = host
        self._limit = limit
        self._patience = patience
        self._monotonic = monotonic
        self._failures = 0
        self._silent_since: float | None = None
        self._last = ""
        self._lock = threading.Lock()

    def check(self, request: Request) -> None:
        """Raise TransientFetchError at once when the circuit is open."""
        with self._lock:
            failures, last, silent = self._failures, self._last, self._left() <= 0
        if failures >= self._limit or silent:
            why = f"{self._patience:g} seconds without an answer" if silent else f"{failures} consecutive failed requests"
            what = f"not asked: the circuit breaker of {self._host} is open after {why}. The last one: {last}"
            raise request.error(
                TransientFetchError, what, "The host is left alone for the rest of this run; the next run tries it."
            )

    def begin(self) -> float:
        """A try begins; the seconds for which the host may still be silent."""
        with self._lock:
            if self._silent_since is None:
                self._silent_since = self._monotonic()
            return self._left()

    @property
    def out_of_patience(self) -> bool:
        """Whether the host was silent for too long to be tried again in this run."""
        with self._lock:
            return self._left() <= 0

    def _left(self) -> float:
        since = self._silent_since
        return self._patience if since is None else self._patience - (self._monotonic() - since)

    def failed(self, error: TransientFetchError) -> None:
        """Count a request that failed with all its retries."""
        with self._lock:
            self._failures += 1
            self._last = error.message

    def heard(self) -> None:
        """The host is there, but in trouble: an answer came that calls for another try."""
        with self._lock:
            self._silent_since = None

    def answered(self) -> None:
        """Close the circuit: the host is there, whatever it said."""
        with self._lock:
            self._failures = 0
            self._silent_since = None
