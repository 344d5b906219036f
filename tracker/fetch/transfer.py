"""One exchange in a thread of its own, so that whoever waits for it can give it up.

Nothing interrupts a look-up of a name, a connect or a TLS handshake from outside, and a read timeout only bounds the silence
between two bytes: a server that sends one now and then would hold a host's queue for ever.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Mapping, MutableMapping
from contextlib import suppress
from typing import Generic, TypeVar

import msgspec

from tracker import clock
from tracker.fetch.addresses import Origin
from tracker.model.source import TlsProfile
from tracker.stopping import Ending

ConnectionKey = tuple[Origin, TlsProfile]
Sockets = MutableMapping[ConnectionKey, socket.socket]
"""The connection last opened to a host: one that is kept alive reports its socket only to the request that opened it."""

_CONNECTED = (".connect_tcp.complete", ".start_tls.complete")
_STEP = 0.05
"""Seconds between two looks at whether an exchange is too slow, or the pass is to end."""

T = TypeVar("T")


class Speed(msgspec.Struct, frozen=True, kw_only=True):
    """How fast an exchange must be: from ``slow_after`` seconds on ``least`` bytes a second, and done after ``longest``."""

    least: float
    slow_after: float
    longest: float


class TooSlow(Exception):
    """An exchange was given up; how many bytes of its body had come in how many seconds."""

    def __init__(self, received: int, seconds: float) -> None:
        super().__init__(received, seconds)
        self.received = received
        self.seconds = seconds


class Transfer(Generic[T]):
    """One exchange. Its thread notes what was ``received`` and looks whether it was ``left`` alone."""

    def __init__(self, sockets: Sockets, key: ConnectionKey, speed: Speed) -> None:
        self.received = 0
        self.left = False
        self._sockets = sockets
        self._key = key
        self._speed = speed
        self._done = threading.Event()
        self._outcome: list[T] = []
        self._error: BaseException | None = None

    def run(self, exchange: Callable[[], T], ending: Ending) -> T:
        """Do the exchange and wait for it. Raises its error, TooSlow, and what ``ending`` raises when the pass is to end."""
        began = clock.monotonic()
        threading.Thread(target=self._do, args=(exchange,), name="exchange", daemon=True).start()
        try:
            while not self._done.wait(_STEP):
                ending.check()
                self._check_speed(clock.monotonic() - began)
        except BaseException:
            self._leave()
            raise
        if self._error is not None:
            raise self._error
        return self._outcome[0]

    def trace(self, name: str, info: Mapping[str, object]) -> None:
        """The hook for httpx's ``trace`` extension: notes the socket of each new connection."""
        if name.endswith(_CONNECTED):
            stream = info["return_value"]
            self._sockets[self._key] = stream.get_extra_info("socket")  # type: ignore[attr-defined]  # httpcore's stream
            if self.left:
                self._leave()

    def _do(self, exchange: Callable[[], T]) -> None:
        try:
            self._outcome.append(exchange())
        except BaseException as error:
            self._error = error
        finally:
            self._done.set()

    def _check_speed(self, seconds: float) -> None:
        slow = seconds >= self._speed.slow_after and self.received < self._speed.least * seconds
        if slow or seconds >= self._speed.longest:
            raise TooSlow(self.received, seconds)

    def _leave(self) -> None:
        """Wake the thread, which may wait for a byte, by closing the connection under it."""
        self.left = True
        connection = self._sockets.get(self._key)
        if connection is not None:
            with suppress(OSError):  # already closed
                # not SSLSocket.shutdown: it would take the TLS layer away from under the thread that is reading
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
