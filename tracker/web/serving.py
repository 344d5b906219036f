"""The web server: uvicorn in a thread of its own, with an end to waiting for slow clients."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from tracker import log
from tracker.config.settings import Web
from tracker.errors import UsageError
from tracker.web.guard import LONGEST_HEADERS, SAFE_HEADERS, is_loopback

REQUEST_WITHIN = 10
"""Seconds in which a whole request has to come."""
SEND_WITHIN = 20
"""Seconds in which a client takes the next piece of an answer."""
IDLE_FOR = 15
"""Seconds that a connection may stay open between two requests."""
MOST_CONNECTIONS = 200
STARTS_WITHIN = 20

logger = log.get(__name__)


class PatientProtocol(H11Protocol):
    """uvicorn's protocol; it leaves a client that has begun a request, or a connection, and does not go on with it."""

    def __init__(self, *given: Any, patience: float = REQUEST_WITHIN, **others: Any) -> None:
        super().__init__(*given, **others)
        self._patience = patience

    _waiting: asyncio.TimerHandle | None = None
    _stuck: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client came: its first request has to follow."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """A part of a request came, or all of it."""
        if not self._answering:
            self._wait()
        super().data_received(data)
        if self._answering:
            self._rest()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        self._rest()
        if self._stuck is not None:
            self._stuck.cancel()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """The client takes nothing at present."""
        super().pause_writing()
        self._stuck = self._stuck or self.loop.call_later(SEND_WITHIN, self.transport.abort)

    def resume_writing(self) -> None:
        """The client goes on taking the answer."""
        super().resume_writing()
        if self._stuck is not None:
            self._stuck.cancel()
            self._stuck = None

    def timeout_keep_alive_handler(self) -> None:
        """No further request came; a client that has not even taken the last answer is not waited for."""
        super().timeout_keep_alive_handler()
        self.loop.call_later(SEND_WITHIN, self.transport.abort)

    def send_400_response(self, msg: str) -> None:
        """What is no request of HTTP is refused with the headers of every answer; the server of itself would send none."""
        body = f"This is no request that can be read. {msg}\n".encode("ascii", "replace")
        own = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
        headers = [*self.server_state.default_headers, *own, (b"cache-control", b"no-store"), (b"connection", b"close")]
        for event in (h11.Response(status_code=400, headers=headers), h11.Data(data=body), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    @property
    def _answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _wait(self) -> None:
        if self._waiting is None:
            self._waiting = self.loop.call_later(self._patience, self.transport.abort)

    def _rest(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None


class _Server(uvicorn.Server):
    """A server in a thread: signals are the main thread's, and whoever started it wants to know when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen."""
        await super().startup(sockets)
        self.ready.set()


@contextmanager
def serving(app: ASGIApp, host: str, port: int, *, patience: float = REQUEST_WITHIN) -> Iterator[str]:
    """Serve while the context lasts; gives the address. A request has to come within ``patience`` seconds.

    Raises UsageError when nothing can listen there.
    """
    listening = _listen(host, port)
    config: Any = uvicorn.Config(
        app,
        http=partial(PatientProtocol, patience=patience),  # type: ignore[arg-type]
        loop="asyncio",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=IDLE_FOR,
        timeout_graceful_shutdown=1,
        headers=list(SAFE_HEADERS),
        limit_concurrency=MOST_CONNECTIONS,
        h11_max_incomplete_event_size=LONGEST_HEADERS,
    )
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        log.hush(name)
    server = _Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="web", daemon=True)
    thread.start()
    server.ready.wait(STARTS_WITHIN)
    try:
        yield _address(listening)
    finally:
        server.should_exit = True
        thread.join(3)
        listening.close()


def require_safe(web: Web, host: str) -> list[str]:
    """Raise UsageError for pages that anybody in the network could read; gives warnings, in sentences."""
    if is_loopback(host):
        named = urlsplit(web.url).hostname or "localhost"
        if is_loopback(named) or web.public or web.token or web.trusted_proxy:
            return []
        return [f"The pages are open to everybody who reaches {web.url}. Set [web] token or trusted_proxy, or public = true."]
    if web.token is None and web.trusted_proxy is None:
        raise UsageError(
            f"The pages would be open to everybody who reaches {host}.",
            remedy='Set [web] token = "${TRACKER_TOKEN}" or [web] trusted_proxy in the configuration, or bind to 127.0.0.1.',
        )
    warnings = []
    if not web.url:
        warnings.append("[web] url is not set: only requests for localhost are answered. Write the address that people open.")
    if not web.url.startswith("https://"):
        warnings.append("Plain http beyond this machine: what is read, and the token, can be seen. Put TLS in front.")
    return warnings


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
        made.listen(128)
    except OSError as error:
        made.close()
        raise UsageError(
            f"Nothing can be served on {host}:{port}: {error.strerror}.",
            remedy="Name another address with [web] bind or --bind, or end the program that listens there.",
        ) from error
    made.setblocking(False)
    return made


def _address(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    shown = "127.0.0.1" if host == "0.0.0.0" else "[::1]" if host == "::" else f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}/"
