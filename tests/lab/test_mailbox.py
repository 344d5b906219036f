"""The loopback mail server keeps what it accepted, and can refuse and hang up where a real one does."""

from __future__ import annotations

import smtplib
import socket
import threading
from collections.abc import Iterator
from email.message import EmailMessage

import pytest

from tests.lab import Mailbox
from tests.lab.mailbox import Drop


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as running:
        yield running


def letter(*recipients: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Tracker <tracker@example.org>"
    message["To"] = ", ".join(recipients)
    message["Subject"] = "Jetzt in München"
    message["Message-ID"] = "<key@example.org>"
    message.set_content("Sjögren: now recruiting\n")
    message.add_alternative("<p>Sjögren: now recruiting</p>\n", subtype="html")
    return message


def send(mailbox: Mailbox, *recipients: str) -> dict[str, tuple[int, bytes]]:
    with smtplib.SMTP(mailbox.host, mailbox.port, timeout=10) as client:
        return client.send_message(letter(*recipients))


def test_a_message_is_kept_parsed_with_its_envelope(mailbox: Mailbox) -> None:
    send(mailbox, "one@example.org", "two@example.org")
    (kept,) = mailbox.letters
    assert (kept.sender, kept.recipients) == ("tracker@example.org", ("one@example.org", "two@example.org"))
    assert kept.message["Subject"] == "Jetzt in München"
    assert kept.message["Message-ID"] == "<key@example.org>"
    plain = kept.message.get_body(("plain",))
    assert plain is not None
    assert "Sjögren" in plain.get_content()
    assert mailbox.to("two@example.org") == [kept]
    assert mailbox.to("three@example.org") == []


def test_one_refused_recipient_does_not_keep_the_other_from_the_message(mailbox: Mailbox) -> None:
    mailbox.refuse = lambda address: "550 5.1.1 no such user" if address.startswith("gone") else None
    refused = send(mailbox, "gone@example.org", "here@example.org")
    assert refused == {"gone@example.org": (550, b"5.1.1 no such user")}
    assert mailbox.letters[0].recipients == ("here@example.org",)


@pytest.mark.parametrize("answer", ["451 4.3.0 try again later", "554 5.7.1 not wanted"])
def test_a_message_can_be_refused_for_now_or_for_good(mailbox: Mailbox, answer: str) -> None:
    mailbox.refuse_message = answer
    with pytest.raises(smtplib.SMTPDataError) as caught:
        send(mailbox, "one@example.org")
    assert caught.value.smtp_code == int(answer[:3])
    assert mailbox.letters == []


@pytest.mark.parametrize(("drop", "kept"), [("at_connect", 0), ("before_acceptance", 0), ("after_acceptance", 1)])
def test_a_connection_can_be_dropped_before_and_after_acceptance(mailbox: Mailbox, drop: Drop, kept: int) -> None:
    mailbox.drop = drop
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        send(mailbox, "one@example.org")
    assert len(mailbox.letters) == kept
    mailbox.drop = "never"
    send(mailbox, "one@example.org")
    assert len(mailbox.letters) == kept + 1


def test_stopping_leaves_no_thread_and_no_port_even_with_a_client_connected() -> None:
    before = set(threading.enumerate())
    mailbox = Mailbox()
    client = smtplib.SMTP(mailbox.host, mailbox.port, timeout=10)
    mailbox.close()
    mailbox.close()
    assert set(threading.enumerate()) == before
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((mailbox.host, mailbox.port), timeout=10)
    client.close()
