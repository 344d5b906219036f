"""robots.txt of page sites: read once per host and run, and obeyed.

Programming interfaces are made for programs and are exempt; their pace respects the published Crawl-delay anyway.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from protego import Protego

from tracker.errors import FetchError
from tracker.fetch.addresses import Origin

OUR_NAME = "trial-registry-tracker"
"""The name under which a site writes rules for us, whatever User-Agent is configured."""

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
        """The seconds to keep between two requests (Crawl-delay, Request-rate); 0 when the file names none."""
        rate = self._rules.request_rate(OUR_NAME)
        per_request = rate.seconds / rate.requests if rate and rate.requests else 0.0
        return max(self._rules.crawl_delay(OUR_NAME) or 0.0, per_request)


class RobotsBook:
    """The rules of all hosts of a run; when several threads need the same ones, one thread reads them."""

    def __init__(self) -> None:
        self._read: dict[Origin, Rules | FetchError] = {}
        self._locks: dict[Origin, threading.Lock] = {}
        self._lock = threading.Lock()

    def rules(self, origin: Origin, read: Callable[[], Rules]) -> Rules:
        """The rules of a host, by ``read`` at the first call; its error is kept for the rest of the run as well."""
        with self._lock:
            lock = self._locks.setdefault(origin, threading.Lock())
        with lock:
            if origin not in self._read:
                try:
                    self._read[origin] = read()
                except FetchError as error:
                    self._read[origin] = error
            found = self._read[origin]
        if isinstance(found, FetchError):
            raise found.with_traceback(None)
        return found
