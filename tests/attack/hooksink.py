"""A webhook on raw sockets, with ways to be hostile to whoever posts to it."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from typing import Any

from tests.attack.registry import Answer, read_request
from tests.attack.wires import Wire

Way = Callable[["Hook", socket.socket], None]


class Hook:
    """Takes posts; ``way`` is how it answers, None for an honest 200."""

    def __init__(self) -> None:
        self.posts: list[dict[str, Any]] = []
        self.requests = 0
        self.way: Way | None = None
        self.wire = Wire(self._serve)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.wire.port}/hook"

    def _serve(self, connection: socket.socket) -> None:
        asked = read_request(connection)
        self.requests += 1
        if self.way:
            self.way(self, connection)
            return
        self.posts.append(json.loads(asked.body))
        connection.sendall(Answer(200, b"{}").bytes())


def status(code: int, *more: str) -> Way:
    """Always this status."""
    return lambda hook, connection: connection.sendall(Answer(code, b"no", "text/plain", more).bytes())


def redirected_to(url: str, code: int = 302) -> Way:
    """Elsewhere, please."""
    return status(code, f"Location: {url}")


def late(seconds: float, code: int = 200) -> Way:
    """An answer, after it has worked for a while."""

    def answer(hook: Hook, connection: socket.socket) -> None:
        hook.wire.pause(seconds)
        connection.sendall(Answer(code, b"{}").bytes())

    return answer


def endless_body(hook: Hook, connection: socket.socket) -> None:
    """An error with a body that never ends."""
    connection.sendall(b"HTTP/1.1 500 X\r\nContent-Type: text/plain\r\n\r\n")
    while True:
        connection.sendall(b"x" * 65536)


def slow_body(hook: Hook, connection: socket.socket) -> None:
    """An error with a body that comes a byte at a time."""
    connection.sendall(b"HTTP/1.1 500 X\r\nContent-Length: 100000\r\n\r\n")
    while True:
        connection.sendall(b"x")
        hook.wire.pause(1)


def slow_head(hook: Hook, connection: socket.socket) -> None:
    """A status line that comes a byte at a time."""
    for byte in b"HTTP/1.1 200 " + b"O" * 60000:
        connection.sendall(bytes([byte]))
        hook.wire.pause(1)


def many_headers(hook: Hook, connection: socket.socket) -> None:
    """Headers without end."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X-Bomb: boom\r\n" * 1000)


def long_header(hook: Hook, connection: socket.socket) -> None:
    """One header without end."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Bomb: ")
    while True:
        connection.sendall(b"b" * 65536)


def endless_continue(hook: Hook, connection: socket.socket) -> None:
    """Go on, without end, never an answer."""
    while True:
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)


def slow_continue(hook: Hook, connection: socket.socket) -> None:
    """Go on, once a second, never an answer."""
    while True:
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        hook.wire.pause(1)


def silent(hook: Hook, connection: socket.socket) -> None:
    """No answer at all."""
    hook.wire.pause(3600)


def silent_once(hook: Hook, connection: socket.socket) -> None:
    """No answer to the first, honest to all who come later."""
    hook.way = None
    silent(hook, connection)


HOSTILE: dict[str, Way] = {
    "silent": silent,
    "endless body": endless_body,
    "slow body": slow_body,
    "slow head": slow_head,
    "many headers": many_headers,
    "long header": long_header,
    "endless continue": endless_continue,
    "slow continue": slow_continue,
}
