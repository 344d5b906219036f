"""A mail server on raw sockets that can be made to lie, to hang, and to speak TLS by STARTTLS."""

from __future__ import annotations

import email
import email.policy
import socket
import ssl
import threading
from email.message import EmailMessage
from typing import NamedTuple

from tests.attack.wires import Wire

HANG_UP, SILENCE = "hang up", "silence"


class Letter(NamedTuple):
    """What was handed in and accepted; ``private`` says whether it came through TLS."""

    to: tuple[str, ...]
    message: EmailMessage
    size: int
    private: bool

    @property
    def subject(self) -> str:
        """What it is about."""
        return str(self.message["Subject"])

    @property
    def text(self) -> str:
        """All that a reader can read in it: bodies and attachments, decoded."""
        parts = [part for part in self.message.walk() if not part.is_multipart()]
        return "\n".join((part.get_payload(decode=True) or b"").decode("utf-8", "replace") for part in parts)


class MailServer:
    """``answers`` replaces replies, by verb or "greeting" or "end" (of the data); lines said to it are in ``heard``."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.answers: dict[str, str | bytes] = {}
        self.letters: list[Letter] = []
        self.heard: list[tuple[bool, str]] = []
        self.connections = 0
        self._tls = tls
        self._lock = threading.Lock()
        self.wire = Wire(self._serve)

    def to(self, name: str) -> list[Letter]:
        """What one reader got."""
        return [letter for letter in self.letters if any(address.startswith(f"{name}@") for address in letter.to)]

    def _serve(self, connection: socket.socket) -> None:
        self.connections += 1
        talk = _Talk(self, connection)
        try:
            talk.go()
        finally:
            talk.socket.close()

    def keep(self, letter: Letter) -> None:
        """Take a letter."""
        with self._lock:
            self.letters.append(letter)


class _Talk:
    """One connection."""

    def __init__(self, server: MailServer, connection: socket.socket) -> None:
        self.server, self.socket, self.private = server, connection, False
        self.buffer = b""
        self.to: list[str] = []

    def go(self) -> None:
        self.say("greeting", "220 attack.example ESMTP")
        while True:
            line = self.line()
            verb = line.split(" ")[0].split(":")[0].upper()
            self.server.heard.append((self.private, line))
            if verb in ("EHLO", "HELO"):
                offers = "-STARTTLS\r\n250" if self.server._tls and not self.private else ""
                self.say(verb, f"250-attack.example\r\n250{offers}-AUTH PLAIN LOGIN\r\n250 SIZE 50000000")
            elif verb == "STARTTLS":
                self.say(verb, "220 go on")
                assert self.server._tls
                self.socket = self.server._tls.wrap_socket(self.socket, server_side=True)
                self.private, self.buffer = True, b""
            elif verb == "AUTH":
                self.say(verb, "235 welcome")
            elif verb == "RCPT":
                if self.say(verb, "250 yes").startswith("2"):
                    self.to.append(line.partition("<")[2].partition(">")[0])
            elif verb == "DATA":
                if self.say(verb, "354 go on").startswith("3"):
                    self.data()
            elif verb == "QUIT":
                self.say(verb, "221 bye")
                return
            else:
                self.say(verb, "250 yes")

    def data(self) -> None:
        while b"\r\n.\r\n" not in self.buffer:
            self.more()
        raw, _, self.buffer = self.buffer.partition(b"\r\n.\r\n")
        raw = raw.replace(b"\r\n..", b"\r\n.")
        if self.say("end", "250 taken").startswith("2"):
            message = email.message_from_bytes(raw, policy=email.policy.default)
            assert isinstance(message, EmailMessage)
            self.server.keep(Letter(tuple(self.to), message, len(raw), self.private))
        self.to = []

    def say(self, when: str, usually: str) -> str:
        answer = self.server.answers.get(when, usually)
        if answer == HANG_UP:
            raise OSError("hung up")
        if answer == SILENCE:
            self.server.wire.pause(3600)
        raw = answer if isinstance(answer, bytes) else answer.encode() + b"\r\n"
        if raw.startswith(b"slowly "):
            for byte in raw[7:]:
                self.socket.sendall(bytes([byte]))
                self.server.wire.pause(1)
        elif raw.startswith(b"endless "):
            while True:
                self.socket.sendall(raw[8:])
        else:
            self.socket.sendall(raw)
        return raw[:1].decode("latin-1")

    def line(self) -> str:
        while b"\r\n" not in self.buffer:
            self.more()
        raw, _, self.buffer = self.buffer.partition(b"\r\n")
        return raw.decode("latin-1")

    def more(self) -> None:
        piece = self.socket.recv(262144)
        if not piece:
            raise OSError("gone")
        self.buffer += piece
