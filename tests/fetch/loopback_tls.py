"""A TLS server on 127.0.0.1 that reads the ClientHello byte by byte and refuses some, as real front ends do."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme

from tests.fetch.loopback import answer

SESSION_TICKET = 35
SUPPORTED_VERSIONS = 43
POST_HANDSHAKE_AUTH = 49
TLS_1_3 = b"\x03\x04"

REFUSED = answer(b"<html><title>403 Forbidden</title>Access denied</html>", "403 Forbidden", "Content-Type: text/html")
SERVED = answer(b"[]", "200 OK", "Content-Type: application/json")


@dataclass(frozen=True)
class Hello:
    """A ClientHello: its extensions in order, the TLS versions that it offers, and the number of its cipher suites."""

    extensions: tuple[int, ...]
    versions: tuple[bytes, ...]
    ciphers: int

    @property
    def offers_tls_1_3(self) -> bool:
        return TLS_1_3 in self.versions


def read_hello(record: bytes) -> Hello:
    """The ClientHello in a TLS record."""
    assert record[0] == 22, "not a handshake record"
    assert record[5] == 1, "not a ClientHello"
    at = 5 + 4 + 2 + 32  # record header, handshake header, version, random
    at += 1 + record[at]  # session id
    ciphers = int.from_bytes(record[at : at + 2], "big")
    at += 2 + ciphers
    at += 1 + record[at]  # compression methods
    end = at + 2 + int.from_bytes(record[at : at + 2], "big")
    at += 2
    extensions, versions = [], []
    while at < end:
        number, length = int.from_bytes(record[at : at + 2], "big"), int.from_bytes(record[at + 2 : at + 4], "big")
        content = record[at + 4 : at + 4 + length]
        extensions.append(number)
        if number == SUPPORTED_VERSIONS:
            versions = [content[i : i + 2] for i in range(1, len(content), 2)]
        at += 4 + length
    return Hello(tuple(extensions), tuple(versions), ciphers // 2)


def hello_of(context: ssl.SSLContext) -> Hello:
    """What a context would send, from memory to memory."""
    context.set_alpn_protocols(["http/1.1"])
    outgoing = ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="registry.example").do_handshake()
    return read_hello(outgoing.read())


Guarded = tuple[str, Callable[[Hello], bool]]
"""The beginning of paths that are guarded otherwise, and which hellos are let in there."""


class TlsServer:
    """Answers 200 to the ClientHellos that ``likes`` accepts, ``refusal`` to the others; keeps them all."""

    def __init__(
        self,
        certificate: Path,
        likes: Callable[[Hello], bool],
        refusal: bytes,
        path: Guarded | None,
    ) -> None:
        self._path = path
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)
        self._likes = likes
        self._refusal = refusal
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.host = f"127.0.0.1:{self.port}"
        self.url = f"https://{self.host}"
        self.hellos: list[Hello] = []
        self.heads: list[bytes] = []
        self.names: list[str | None] = []
        self._context.sni_callback = lambda _socket, name, _context: self.names.append(name)
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                connection.settimeout(10)
                with suppress(OSError), connection:
                    self._serve(connection)

    def _serve(self, connection: socket.socket) -> None:
        head = connection.recv(5, socket.MSG_PEEK | socket.MSG_WAITALL)
        length = 5 + int.from_bytes(head[3:5], "big")
        hello = read_hello(connection.recv(length, socket.MSG_PEEK | socket.MSG_WAITALL))
        self.hellos.append(hello)
        with self._context.wrap_socket(connection, server_side=True) as tls:
            head = tls.recv(65536)
            self.heads.append(head)
            guarded = self._path is not None and head.split(b" ")[1].startswith(self._path[0].encode())
            likes = self._path[1] if self._path is not None and guarded else self._likes
            tls.sendall(SERVED if likes(hello) else self._refusal)

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)


@contextmanager
def tls_server(
    certificate: Path,
    likes: Callable[[Hello], bool] = lambda hello: True,
    *,
    refusal: bytes = REFUSED,
    path: Guarded | None = None,
) -> Iterator[TlsServer]:
    """``path`` is the beginning of paths that are guarded otherwise, and how."""
    server = TlsServer(certificate, likes, refusal, path)
    try:
        yield server
    finally:
        server.close()


def make_certificate(folder: Path) -> Path:
    """Key and certificate for 127.0.0.1 and page.example in one file, and beside it ``authority.pem``, which signed it."""
    both, authority = folder / "both.pem", trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    authority.issue_cert("127.0.0.1", "page.example").private_key_and_cert_chain_pem.write_to_path(str(both))
    return both
