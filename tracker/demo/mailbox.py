"""A mail server on the loopback address that keeps what it is sent: just enough SMTP for the demo's own mails."""

from __future__ import annotations

import socketserver
import threading
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType
from typing import Self

import msgspec


class ReceivedMail(msgspec.Struct, frozen=True):
    """A mail, and the first recipient of its envelope."""

    recipient: str
    message: EmailMessage


class DemoMailbox:
    """The server, running from construction to the end of its ``with``; ``mails`` holds what came, in order."""

    def __init__(self) -> None:
        self.mails: list[ReceivedMail] = []
        kept = self.mails

        class Session(socketserver.StreamRequestHandler):
            """One client: every command is welcome, every mail is kept."""

            def handle(self) -> None:
                """Answer line by line until the client quits."""
                recipient = ""
                self.wfile.write(b"220 demo ready\r\n")
                for line in self.rfile:
                    command = line.strip().upper()
                    if command == b"QUIT":
                        self.wfile.write(b"221 bye\r\n")
                        return
                    if command.startswith(b"RCPT"):
                        recipient = recipient or line.decode().partition("<")[2].partition(">")[0]
                    if command == b"DATA":
                        self.wfile.write(b"354 go on\r\n")
                        kept.append(ReceivedMail(recipient, message_from_bytes(self._content(), policy=policy.default)))
                        recipient = ""
                    self.wfile.write(b"250 OK\r\n")

            def _content(self) -> bytes:
                """The mail up to the line with a single dot, without the dots that SMTP puts before dots."""
                lines = iter(self.rfile.readline, b".\r\n")
                return b"".join(line[1:] if line.startswith(b".") else line for line in lines)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="demo-mailbox")
        self._thread.start()
        self.port: int = self._server.server_address[1]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
