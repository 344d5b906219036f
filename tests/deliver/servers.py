"""Servers on 127.0.0.1 that misbehave where real ones do: a scripted mail server, a webhook, and certificates to distrust."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec
import trustme

ANSWERS = {
    "connect": "220 scripted ready",
    "STARTTLS": "220 go ahead",
    "AUTH": "235 welcome",
    "DATA": "354 go on",
    "message": "250 accepted",
    "QUIT": "221 bye",
}


HANG_UP = "hang up"
"""In the place of an answer: the connection ends without one. An empty answer is silence."""


class Listener:
    """A server that takes one connection after another and gives each to `_serve`, for as long as its context lasts."""

    def __init__(self, name: str) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, name=name)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                connection.settimeout(10)
                with connection, suppress(OSError):
                    self._serve(connection)

    def _serve(self, connection: socket.socket) -> None:
        raise NotImplementedError


class ScriptedSmtp(Listener):
    """Answers each verb from a table (``connect`` is the greeting, ``message`` the answer to a complete letter).

    ``answers`` may be changed while it runs: a server gets into trouble, and is well again.
    """

    def __init__(
        self,
        answers: Mapping[str, str] | None = None,
        *,
        tls: ssl.SSLContext | None = None,
        implicit: bool = False,
        offers: tuple[str, ...] = ("AUTH PLAIN", "STARTTLS"),
    ) -> None:
        self.letters: list[bytes] = []
        self.verbs: list[str] = []
        self.answers = {**ANSWERS, **(answers or {})}
        self._tls, self._implicit, self._offers = tls, implicit, offers
        super().__init__("scripted-smtp")

    def _serve(self, connection: socket.socket) -> None:
        if self._implicit and self._tls:
            with self._tls.wrap_socket(connection, server_side=True) as safe:
                self._talk(safe, self.answers["connect"])
        else:
            self._talk(connection, self.answers["connect"])

    def _talk(self, connection: socket.socket, greeting: str) -> None:
        with connection.makefile("rb") as lines:
            if not _say(connection, greeting):
                return
            while line := lines.readline():
                verb = line.strip().partition(b" ")[0].decode("ascii", "replace").upper()
                self.verbs.append(verb)
                if verb == "EHLO":
                    _say(connection, "\r\n".join(["250-scripted", *(f"250-{offer}" for offer in self._offers), "250 HELP"]))
                    continue
                if not _say(connection, self.answers.get(verb, "250 fine")):
                    return
                if verb == "STARTTLS" and self._tls:
                    with self._tls.wrap_socket(connection, server_side=True) as safe:
                        self._talk(safe, "")  # the client greets again, the server does not
                    return
                if verb == "DATA" and self.answers["DATA"].startswith("354"):
                    letter = b""
                    while not letter.endswith(b"\r\n.\r\n"):
                        letter += lines.readline()
                    if self.answers["message"].startswith("2"):
                        self.letters.append(letter)
                    if not _say(connection, self.answers["message"]):
                        return
                if verb == "QUIT":
                    return


def _say(connection: socket.socket, words: str) -> bool:
    """Answer; False when the answer is to hang up."""
    if words and words != HANG_UP:
        connection.sendall(f"{words}\r\n".encode())
    return words != HANG_UP


class Hook:
    """A webhook: keeps what is posted, answers ``code``, or nothing until the end of the test when ``code`` is None."""

    def __init__(self) -> None:
        self.code: int | None = 200
        self.location = ""
        self.retry_after = ""
        self.posted: list[Any] = []
        self.headers: list[dict[str, str]] = []
        self.methods: list[str] = []
        self._over = threading.Event()
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.posted.append(msgspec.json.decode(body))
                self._answer()

            def do_GET(self) -> None:
                self._answer()

            def _answer(self) -> None:
                hook.methods.append(self.command)
                hook.headers.append(dict(self.headers))
                if hook.code is None:
                    hook._over.wait(10)
                    return
                self.send_response(hook.code)
                if hook.location:
                    self.send_header("Location", hook.location)
                if hook.retry_after:
                    self.send_header("Retry-After", hook.retry_after)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Print nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, name="hook")
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._over.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def dead_port() -> int:
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def certificate(folder: Path, name: str) -> tuple[Path, ssl.SSLContext]:
    """A certificate for ``name`` (127.0.0.1, mail.example.org) by an authority of its own: its file, a server's context."""
    authority, file = trustme.CA(), folder / "authority.pem"
    authority.cert_pem.write_to_path(str(file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return file, context
