"""A server that never stops talking, or never starts, holds nobody up: what it says has a total time and size."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from tests.builders import DAY
from tests.deliver.builders import make_mail, make_message, make_settings
from tracker import clock
from tracker.deliver import bounded, hook, smtp
from tracker.deliver.bounded import LARGEST, LONGEST_SECONDS, heard
from tracker.errors import TransientDeliveryError


@contextmanager
def talking(piece: bytes, *, first: bytes = b"", pause: float = 0) -> Iterator[int]:
    """A server that says this again and again to whoever connects, until he leaves."""
    listener = socket.create_server(("127.0.0.1", 0))

    def talk() -> None:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            try:
                connection.sendall(first)
                while piece:
                    connection.sendall(piece)
                    clock.sleep(pause)
                while connection.recv(65536):
                    pass
            except OSError:
                return

    thread = threading.Thread(target=talk)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)  # whoever was to come has not
        thread.join()
        listener.close()


def test_an_answer_ends_when_its_time_is_over() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"220 ready\r\n")
        with heard(ours, clock.monotonic() - 1) as said, pytest.raises(TimeoutError, match=str(LONGEST_SECONDS)):
            said.readline()


def test_what_was_said_in_time_is_read() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"220-one\r\n220 two\r\n")
        with heard(ours) as said:
            assert (said.readline(), said.readline()) == (b"220-one\r\n", b"220 two\r\n")


@pytest.mark.parametrize("piece", [b"220-still here\r\n" * 100, b"x" * 8000])
def test_a_mail_server_that_never_stops_talking_is_left(piece: bytes) -> None:
    with talking(piece) as port:
        settings = make_settings(make_mail(port), {"me": "mailto:me@example.org"})
        with pytest.raises(TransientDeliveryError):
            smtp.send(settings, settings.channels[0], make_message("alert:me:1"), DAY)


@pytest.mark.parametrize("piece", [b"HTTP/1.1 100 Continue\r\n\r\n" * 100, b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000])
def test_a_webhook_that_never_stops_talking_is_left(piece: bytes) -> None:
    with talking(piece) as port:
        settings = make_settings(None, {"me": f"hook+http://127.0.0.1:{port}/"})
        with pytest.raises(TransientDeliveryError):
            hook.send(settings, settings.channels[0], make_message("alert:me:1"), (), DAY)


def test_the_limit_lets_every_honest_answer_pass() -> None:
    assert LARGEST > 100 * 1000 * 8, "a hundred replies of the longest kind that a mail server gives"
    assert bounded.LONGEST_SECONDS > smtp.TIMEOUT_SECONDS
