"""An end for transfers that would never come to one.

A read timeout only bounds the silence between two bytes: a server that sends one now and then, in the header or in the
body, would hold a lane for ever. The deadline closes the connection under such a transfer.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from types import TracebackType
from typing import Generic, TypeVar

KeyT = TypeVar("KeyT")

_CONNECTED = (".connect_tcp.complete", ".start_tls.complete")


class Deadline(Generic[KeyT]):
    """Closes the connection known as ``key`` after so many seconds, unless the ``with`` block ends before.

    ``sockets`` outlives it: a kept-alive connection tells of its socket only to the request that opened it.
    """

    def __init__(self, sockets: MutableMapping[KeyT, socket.socket], key: KeyT, seconds: float) -> None:
        self.passed = False
        self._sockets = sockets
        self._key = key
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def __enter__(self) -> Deadline[KeyT]:
        self._timer.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._timer.cancel()

    def trace(self, name: str, info: Mapping[str, object]) -> None:
        """The hook for httpx's ``trace`` extension: notes the socket of each new connection."""
        if name.endswith(_CONNECTED):
            stream = info["return_value"]
            self._sockets[self._key] = stream.get_extra_info("socket")  # type: ignore[attr-defined]  # httpcore's stream

    def _end(self) -> None:
        self.passed = True
        connection = self._sockets.get(self._key)
        if connection is not None:
            with suppress(OSError):  # already closed
                # not SSLSocket.shutdown: it would take the TLS layer away from under the thread that is reading
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
