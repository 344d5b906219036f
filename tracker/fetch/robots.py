"""robots.txt for page sites: read once for each host and run, and kept to.

Programming interfaces are made for programs and are exempt; their pace keeps to the published Crawl-delay anyway.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from protego import Protego

from tracker.errors import FetchError
from tracker.fetch.addresses import Origin

OUR_NAME = "trial-registry-tracker"
"""The name that rules for us are written under, whatever User-Agent is configured."""

_READ = 512 * 1024  # RFC 9309 asks for at least 500 KiB


class Rules:
    """What one host's robots.txt says to us. Wildcards, ``$`` and the longest match are as in RFC 9309."""

    def __init__(self, body: bytes = b"") -> None:
        self._rules = Protego.parse(body[:_READ].decode("utf-8-sig", "replace"))

    def allows(self, url: str) -> bool:
        """Whether this address may be asked for."""
        return self._rules.can_fetch(url, OUR_NAME)

    @property
    def delay(self) -> float:
        """The seconds that are to lie between two requests, 0 when nothing is said (Crawl-delay, Request-rate)."""
        rate = self._rules.request_rate(OUR_NAME)
        per_request = rate.seconds / rate.requests if rate and rate.requests else 0.0
        return max(self._rules.crawl_delay(OUR_NAME) or 0.0, per_request)


class RobotsBook:
    """The rules of all hosts of a run; of several threads that need the same one, one reads it."""

    def __init__(self) -> None:
        self._read: dict[Origin, Rules | FetchError] = {}
        self._locks: dict[Origin, threading.Lock] = {}
        self._lock = threading.Lock()

    def rules(self, place: Origin, read: Callable[[], Rules]) -> Rules:
        """The rules of a host, by ``read`` at the first call; an error of it stands for the rest of the run as well."""
        with self._lock:
            lock = self._locks.setdefault(place, threading.Lock())
        with lock:
            if place not in self._read:
                try:
                    self._read[place] = read()
                except FetchError as error:
                    self._read[place] = error
            found = self._read[place]
        if isinstance(found, FetchError):
            raise found.with_traceback(None)
        return found
