"""A proxy on 127.0.0.1 that answers for any host, under certificates of an authority of its own, and keeps what is posted."""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import trustme


class TlsProxy:
    """Takes CONNECT for any host and stands in for it: every request is kept and answered with ``answer``."""

    def __init__(self, folder: Path) -> None:
        self.posted: list[tuple[str, str, bytes]] = []
        self.answer = b'{"ok": true}'
        self.authority = folder / "authority.pem"
        self._authority = trustme.CA()
        self._authority.cert_pem.write_to_path(str(self.authority))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._accept, name="tls-proxy")
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
        asked = _head(connection).split(b" ")[1].decode()
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        host = asked.partition(":")[0]
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._authority.issue_cert(host).configure_cert(context)
        with context.wrap_socket(connection, server_side=True) as safe:
            head, _, body = _head(safe).partition(b"\r\n\r\n")
            fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
            while len(body) < int(fields.get(b"content-length", b"0")):
                body += safe.recv(65536)
            self.posted.append((host, head.split(b" ")[1].decode(), body))
            safe.sendall(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
                + f"Content-Length: {len(self.answer)}\r\n\r\n".encode()
                + self.answer
            )


def _head(connection: socket.socket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received:
        more = connection.recv(65536)
        if not more:
            raise OSError("it hung up")
        received += more
    return received
