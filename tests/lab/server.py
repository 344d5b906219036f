"""The loopback HTTP server: requests in, replies out, one thread a connection, nothing left behind when it stops."""

from __future__ import annotations

import contextlib
import socket
import struct
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import BaseServer
from typing import Any, cast
from urllib.parse import parse_qsl, unquote, urlsplit


@dataclass(frozen=True)
class Request:
    """What a client asked. ``target`` is the address as sent, ``path`` and ``params`` are decoded, header names lower case."""

    method: str
    target: str
    path: str
    params: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def user_agent(self) -> str:
        """How the client named itself, empty when it did not."""
        return self.headers.get("user-agent", "")


@dataclass(frozen=True)
class Reply:
    """What the server answers, faults included.

    ``truncate`` sends that many bytes of the body and hangs up though more were announced, ``reset`` answers nothing and
    resets the connection, ``delay`` waits that many seconds first (cut short when the server stops).
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    truncate: int | None = None
    reset: bool = False
    delay: float = 0.0


Answerer = Callable[[Request], Reply]


class LoopbackServer:
    """An HTTP/1.1 server on 127.0.0.1 and a free port that answers with what ``answerer`` gives."""

    def __init__(self, answerer: Answerer) -> None:
        self._server = _Server(answerer)
        # A short poll keeps the stop quick; between requests the thread sleeps in select.
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="loopback-http")
        self._thread.start()

    @property
    def url(self) -> str:
        """``http://127.0.0.1:PORT``."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        """Hang up on every client, end every thread and free the port; a second call does nothing."""
        if not self._thread.is_alive():
            return
        self._server.shutdown()
        self._thread.join()
        self._server.hang_up()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    """Knows its open connections, so that threads waiting for a next request can be ended."""

    daemon_threads = False
    block_on_close = True
    request_queue_size = 128

    def __init__(self, answerer: Answerer) -> None:
        self.answerer = answerer
        self.stopping = threading.Event()
        self._live: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), _Handler)

    def server_bind(self) -> None:
        """Bind without the look-up of the host's name that the standard library does."""
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept a connection and remember it."""
        connection, address = super().get_request()
        with self._lock:
            self._live.add(connection)
        return connection, address

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        """Forget and close a connection. No shutdown() before: it would turn a wanted reset into an orderly end."""
        connection = cast(socket.socket, request)
        with self._lock:
            self._live.discard(connection)
        connection.close()

    def hang_up(self) -> None:
        """Wake every thread that waits for its client or in a delay."""
        self.stopping.set()
        with self._lock:
            for connection in self._live:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: socket.socket | tuple[bytes, socket.socket], client_address: Any) -> None:
        """A client that hung up is no error of ours; anything else is printed."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def __init__(self, request: socket.socket, client_address: Any, server: BaseServer) -> None:
        self._loopback = cast(_Server, server)
        super().__init__(request, client_address, server)

    def do_GET(self) -> None:
        """Answer one request."""
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._send(
            self._loopback.answerer(
                Request(
                    method=self.command,
                    target=self.path,
                    path=unquote(parts.path),
                    params=tuple(parse_qsl(parts.query, keep_blank_values=True)),
                    headers={name.lower(): value for name, value in self.headers.items()},
                    body=body,
                )
            )
        )

    do_HEAD = do_POST = do_PUT = do_DELETE = do_GET

    def _send(self, reply: Reply) -> None:
        if reply.delay:
            self._loopback.stopping.wait(reply.delay)
        if reply.reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            return
        headers = {"Content-Length": str(len(reply.body)), **reply.headers}
        body = b"" if self.command == "HEAD" or reply.status in (204, 304) else reply.body
        if reply.status in (204, 304):
            del headers["Content-Length"]
        if reply.truncate is not None:
            body = body[: reply.truncate]
            self.close_connection = True
        lines = [f"HTTP/1.1 {reply.status} {_phrase(reply.status)}", *(f"{name}: {value}" for name, value in headers.items())]
        # One write: with two, the second waits for the client's delayed acknowledgement.
        self.connection.sendall("\r\n".join([*lines, "", ""]).encode("latin-1") + body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the registry keeps its own list of requests."""


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
