"""A circuit for each host: a host that is down is not asked a thousand times whether it still is."""

from __future__ import annotations

import threading

from tracker.errors import TransientFetchError
from tracker.fetch.refusals import Ask


class Circuit:
    """Opens after ``limit`` requests in a row that failed with all their retries; any answer in between closes it."""

    def __init__(self, host: str, *, limit: int) -> None:
        self._host = host
        self._limit = limit
        self._failures = 0
        self._last = ""
        self._lock = threading.Lock()

    def check(self, ask: Ask) -> None:
        """Raise TransientFetchError at once when the circuit is open."""
        with self._lock:
            failures, last = self._failures, self._last
        if failures >= self._limit:
            what = (
                f"not asked: the circuit of {self._host} is open after {failures} requests in a row that failed. "
                f"The last one: {last}"
            )
            raise ask.error(
                TransientFetchError, what, "The host is left alone for the rest of this run; the next run tries it."
            )

    def failed(self, error: TransientFetchError) -> None:
        """A request failed for good."""
        with self._lock:
            self._failures += 1
            self._last = error.message

    def answered(self) -> None:
        """The host is there, whatever it said."""
        with self._lock:
            self._failures = 0
