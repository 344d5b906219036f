"""A mail server on the loopback address that keeps what it is sent, for the demo and for tests of delivery."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType
from typing import Literal, Self

from aiosmtpd.smtp import SMTP, Envelope, Session

Drop = Literal["never", "at_connect", "before_acceptance", "after_acceptance"]


@dataclass(frozen=True)
class Letter:
    """A message as it was handed in: the envelope's sender and recipients, and the message itself."""

    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage


class Mailbox:
    """The server, running from construction to ``close``; a context manager. ``letters`` holds what was accepted, in order.

    For tests: ``refuse`` gives an SMTP answer ("550 5.1.1 no such user") for a recipient, or None to accept it;
    ``refuse_message`` is an answer to the message itself; ``drop`` hangs up when a client connects, when its message is
    complete (nothing is kept), or once it was kept but before the client hears of it.
    """

    host = "127.0.0.1"

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self.refuse: Callable[[str], str | None] | None = None
        self.refuse_message: str | None = None
        self.drop: Drop = "never"
        self._connections: set[_Connection] = set()
        self._loop = asyncio.new_event_loop()
        self._done = asyncio.Event()
        listening = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(listening,), name="loopback-smtp")
        self._thread.start()
        listening.wait()

    def to(self, recipient: str) -> list[Letter]:
        """The letters for one recipient, in order of arrival."""
        return [letter for letter in self.letters if recipient in letter.recipients]

    def close(self) -> None:
        """Hang up on every client, end the thread and free the port; a second call does nothing."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._done.set)
            self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _run(self, listening: threading.Event) -> None:
        # aiosmtpd's own controller cannot listen on a free port and leaves open connections to the garbage collector.
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve(listening))

    async def _serve(self, listening: threading.Event) -> None:
        server = await self._loop.create_server(lambda: _Connection(self, self._loop), self.host, 0)
        self.port: int = server.sockets[0].getsockname()[1]
        listening.set()
        await self._done.wait()
        server.close()
        for connection in tuple(self._connections):
            connection.hang_up()
        while self._connections:
            await asyncio.sleep(0)
        await server.wait_closed()

    # The names and the order of the arguments are aiosmtpd's.
    async def handle_RCPT(self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]) -> str:
        """Accept or refuse one recipient."""
        answer = self.refuse(address) if self.refuse else None
        if answer:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        """Accept or refuse a message."""
        if self.refuse_message:
            return self.refuse_message
        if self.drop != "before_acceptance":
            content = envelope.content if isinstance(envelope.content, bytes) else (envelope.content or "").encode()
            message = message_from_bytes(content, policy=policy.default)
            self.letters.append(Letter(envelope.mail_from or "", tuple(envelope.rcpt_tos), message))
        if self.drop != "never" and isinstance(server, _Connection):
            server.hang_up()
        return "250 2.0.0 accepted"

    def _arrived(self, connection: _Connection) -> None:
        self._connections.add(connection)
        if self.drop == "at_connect":
            connection.hang_up()

    def _left(self, connection: _Connection) -> None:
        self._connections.discard(connection)


class _Connection(SMTP):
    """One client's session, known to its mailbox for as long as it lasts."""

    def __init__(self, mailbox: Mailbox, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(mailbox, hostname="mail.example.org", enable_SMTPUTF8=True, loop=loop)
        self._mailbox = mailbox

    def hang_up(self) -> None:
        """End the connection without a word."""
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Register."""
        super().connection_made(transport)
        self._mailbox._arrived(self)

    def connection_lost(self, error: Exception | None) -> None:
        """Sign off."""
        super().connection_lost(error)
        self._mailbox._left(self)
