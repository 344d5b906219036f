"""robots.txt of page sites: read once per host and run, and obeyed.

Programming interfaces are made for programs and are exempt; their pace respects the published Crawl-delay anyway.
"""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Callable

from protego import Protego

from tracker.errors import FetchError
from tracker.fetch.addresses import Origin

OUR_NAME = "trial-registry-tracker"
"""The name under which a site writes rules for us, whatever User-Agent is configured."""

READ_BYTES = 512 * 1024
"""No further is such a file read; RFC 9309 asks for at least 500 KiB."""

NEVER = 1e9
"""The delay, in seconds, of a file whose delay is no finite number."""

_DELAY = re.compile(
    r"^([ \t]*(?:crawl-delay[ \t]*:|request-rate[ \t]*:[ \t]*\d+[ \t]*/)[ \t]*)([^\s#]+)", re.IGNORECASE | re.MULTILINE
)


class Rules:
    """What one host's robots.txt says to us. Wildcards, ``$`` and the longest match are as in RFC 9309."""

    def __init__(self, body: bytes = b"") -> None:
        self._rules = Protego.parse(_DELAY.sub(_finite, _text(body)))

    def allows(self, url: str) -> bool:
        """Whether this address may be asked for."""
        return self._rules.can_fetch(url, OUR_NAME)

    @property
    def delay(self) -> float:
        """The seconds to keep between two requests (Crawl-delay, Request-rate); 0 when the file names none."""
        rate = self._rules.request_rate(OUR_NAME)
        per_request = rate.seconds / rate.requests if rate and rate.requests else 0.0
        return max(self._rules.crawl_delay(OUR_NAME) or 0.0, per_request)


def _text(body: bytes) -> str:
    """The file's lines up to `READ_BYTES`; one that is cut there could allow or forbid more than it was meant to."""
    if len(body) >= READ_BYTES:
        body = body[:READ_BYTES]
        body = body[: max(body.rfind(b"\n"), body.rfind(b"\r")) + 1]
    return body.decode(_encoding(body), "replace")


def _encoding(body: bytes) -> str:
    """UTF-8 as the standard asks for, or UTF-16 as some editors save it: by its mark, or by the zeros of plain letters."""
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    start = body[:200]
    if len(start) > 3 and not any(start[1::2]):
        return "utf-16-le"
    if len(start) > 3 and not any(start[::2]):
        return "utf-16-be"
    return "utf-8-sig"


def _finite(line: re.Match[str]) -> str:
    """The line as it is, or with `NEVER` for a delay that is no finite number, which the reader of the file passes over."""
    try:
        finite = math.isfinite(float(line[2].rstrip("smhSMH")))
    except ValueError:
        return line[0]  # words, which say nothing
    return line[0] if finite else f"{line[1]}{NEVER:.0f}"


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
