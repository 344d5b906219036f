"""Connections to channels that end: however slowly or however much a server answers, it has a total time and size.

A timeout of a socket begins anew with each byte. A server that sends one a second, or that never stops talking, would
hold up all other channels.
"""

from __future__ import annotations

import http.client
import io
import smtplib
import socket
import urllib.request
from typing import Any, BinaryIO, cast

from tracker import clock

LONGEST_SECONDS = 60
"""For all that a server says in one connection; a mail server that takes its time over a letter is through long before."""
LARGEST = 1_000_000
"""Bytes of all that a server says in one connection."""


class _Heard(io.RawIOBase):
    """What a server says. Raises TimeoutError after the total time, OSError after the total size."""

    def __init__(self, connection: socket.socket, ends_at: float) -> None:
        self._connection, self._ends_at, self._size = connection, ends_at, 0
        self._patience = connection.gettimeout() or LONGEST_SECONDS
        self._raw = cast(io.RawIOBase, connection.makefile("rb", buffering=0))

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Read what has come, waiting no longer than is left."""
        left = self._ends_at - clock.monotonic()
        if left <= 0:
            raise TimeoutError(f"it had not said all after {LONGEST_SECONDS} seconds")
        self._connection.settimeout(min(self._patience, left))
        size = cast(int | None, self._raw.readinto(buffer))
        self._connection.settimeout(self._patience)
        self._size += size or 0
        if self._size > LARGEST:
            raise OSError(f"it said more than {LARGEST} bytes")
        return size

    def close(self) -> None:
        """Let the connection go."""
        self._raw.close()
        super().close()


def heard(connection: socket.socket, ends_at: float | None = None) -> BinaryIO:
    """What the server at the other end says, to be read by lines; ``ends_at`` is on the monotonic clock."""
    ends_at = clock.monotonic() + LONGEST_SECONDS if ends_at is None else ends_at
    return cast(BinaryIO, io.BufferedReader(_Heard(connection, ends_at)))


class _Answer(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **named: Any) -> None:
        super().__init__(sock, *args, **named)
        self.fp.close()
        self.fp = cast(io.BufferedReader, heard(sock))


class _HTTPConnection(http.client.HTTPConnection):
    response_class = _Answer


class _HTTPSConnection(http.client.HTTPSConnection):
    response_class = _Answer


class _HTTP(urllib.request.HTTPHandler):
    def http_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_HTTPConnection, request)


class _HTTPS(urllib.request.HTTPSHandler):
    def https_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_HTTPSConnection, request)


def opener(*handlers: type[urllib.request.BaseHandler]) -> urllib.request.OpenerDirector:
    """As ``urllib.request.build_opener``: through the environment's proxy, with bounded answers."""
    return urllib.request.build_opener(_HTTP, _HTTPS, *handlers)


class SMTP(smtplib.SMTP):
    """As the standard library's, with bounded answers."""

    _ends_at: float | None = None

    def getreply(self) -> tuple[int, bytes]:
        """Read a reply of the server, within what is left of the connection's time."""
        if self.file is None:
            self._ends_at = self._ends_at or clock.monotonic() + LONGEST_SECONDS
            self.file = heard(cast(socket.socket, self.sock), self._ends_at)
        return super().getreply()


class SMTP_SSL(SMTP, smtplib.SMTP_SSL):
    """The same with TLS from the first byte."""
