"""A proxy on 127.0.0.1 that answers for any host, under certificates of an authority of its own, and keeps what is posted."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path

import trustme

from tests.deliver.servers import Listener


class TlsProxy(Listener):
    """Takes CONNECT for any host and stands in for it: every request is kept and answered with ``answer``."""

    def __init__(self, folder: Path) -> None:
        self.posted: list[tuple[str, str, bytes]] = []
        self.answer = b'{"ok": true}'
        self.authority = folder / "authority.pem"
        self._authority = trustme.CA()
        self._authority.cert_pem.write_to_path(str(self.authority))
        super().__init__("tls-proxy")
        self.address = f"http://127.0.0.1:{self.port}"

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
