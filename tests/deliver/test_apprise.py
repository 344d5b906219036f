"""Other services go through apprise: a real send to a loopback server, and silence about addresses."""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.builders import DAY
from tests.deliver.builders import SECRET, make_message, make_settings
from tests.deliver.servers import Hook, dead_port
from tests.deliver.test_bounded import talking
from tracker.clock import sleep
from tracker.deliver import apprise_process, channels, chat
from tracker.errors import DeliveryError, PermanentDeliveryError, TransientDeliveryError
from tracker.model.alert import Message
from tracker.model.watch import Channel

# Apprise imports a module that Python 3.13 drops.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


@pytest.fixture
def server() -> Iterator[Hook]:
    with Hook() as running:
        yield running


@pytest.fixture(autouse=True)
def quiet(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever happens, apprise prints nothing and logs nothing: its lines hold addresses."""
    with caplog.at_level(logging.DEBUG):
        yield
    printed = capfd.readouterr()
    assert (printed.out, printed.err) == ("", "")
    assert [record for record in caplog.records if record.name.startswith("apprise")] == []
    assert SECRET not in "".join(record.getMessage() for record in caplog.records if record.levelno > logging.DEBUG)


def send(url: str, message: Message | None = None) -> None:
    channels.send(make_settings(None, {"chat": url}), Channel(name="chat", url=url), message or make_message(), (), DAY)


def failure(url: str) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        send(url)
    assert '"chat"' in caught.value.message
    assert caught.value.remedy
    assert SECRET not in str(caught.value)
    return caught.value


def test_a_message_arrives_with_its_subject_and_text(server: Hook) -> None:
    send(f"json://{server.host}/{SECRET}")
    [posted] = server.posted
    assert posted["title"] == "Jetzt in München: alert:me:1"
    assert posted["message"].strip() == "Sjögren: now recruiting"


@pytest.mark.parametrize("code", [400, 403, 500])
def test_a_service_that_does_not_accept_is_asked_again(server: Hook, code: int) -> None:
    server.code = code
    assert isinstance(failure(f"json://{server.host}/{SECRET}"), TransientDeliveryError)


def test_a_service_that_is_not_there_is_asked_again() -> None:
    assert isinstance(failure(f"json://127.0.0.1:{dead_port()}/{SECRET}"), TransientDeliveryError)


@pytest.mark.parametrize("url", [f"nosuchservice://{SECRET}", f"discord://{SECRET}", "json://"])
def test_an_address_that_apprise_does_not_know_is_given_up(url: str) -> None:
    assert isinstance(failure(url), PermanentDeliveryError)


def test_a_message_longer_than_the_service_takes_arrives_in_parts(server: Hook) -> None:
    """The service of this test takes 32,768 characters at once; chat services take a few thousand, and refuse more whole."""
    lines = [f"line {number} of a long digest" for number in range(2500)]
    send(f"json://{server.host}/", make_message(text="\n".join(lines)))
    assert len(server.posted) > 1
    together = "\n".join(part["message"] for part in server.posted)
    assert all(line in together for line in lines)


def test_an_address_that_says_what_to_do_with_long_messages_is_obeyed(server: Hook) -> None:
    send(f"json://{server.host}/?overflow=truncate", make_message(text="word " * 20_000))
    assert len(server.posted) == 1


# --- a service in no hurry ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "piece", [b"", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 100 Continue\r\n\r\n"], ids=["silent", "head", "continue"]
)
def test_a_service_that_never_ends_its_answer_is_left_and_asked_again(piece: bytes) -> None:
    with talking(piece, pause=0.05) as port, pytest.raises(TransientDeliveryError, match="did not answer within 1 seconds"):
        chat.send(Channel(name="chat", url=f"json://127.0.0.1:{port}/{SECRET}?rto=100"), make_message(), longest=1)


def test_an_answer_without_end_fails_in_the_memory_of_its_own_process() -> None:
    body = b"HTTP/1.1 200 OK\r\n\r\n"
    with talking(b"x" * 1_000_000, first=body) as port, pytest.raises(TransientDeliveryError):
        send(f"json://127.0.0.1:{port}/{SECRET}")


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="the system does not show command lines as files")
def test_the_address_stands_in_no_command_line_and_the_process_ends_with_the_one_that_started_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        channel = Channel(name="chat", url=f"json://127.0.0.1:{listener.getsockname()[1]}/{SECRET}?rto=100")
        code = "import sys, msgspec\nfrom tracker.deliver import chat\nfrom tracker.model.alert import Message\n"
        code += "from tracker.model.watch import Channel\nmessage, channel = sys.stdin.read().split('\\0')\n"
        code += "chat.send(msgspec.json.decode(channel, type=Channel), msgspec.json.decode(message, type=Message))"
        told = msgspec.json.encode(make_message()) + b"\0" + msgspec.json.encode(channel)
        parent = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE)
        assert parent.stdin is not None
        parent.stdin.write(told)
        parent.stdin.close()
        listener.settimeout(60)
        with listener.accept()[0]:
            [child] = children(parent.pid)
            assert SECRET.encode() not in Path(f"/proc/{child}/cmdline").read_bytes()
            os.kill(parent.pid, signal.SIGKILL)
            parent.wait()
            ended = time.monotonic() + 60
            while runs_apprise(child) and time.monotonic() < ended:
                sleep(0.05)
            assert not runs_apprise(child)


def children(parent: int) -> list[int]:
    """The processes that a process has started."""
    return [int(word) for word in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


def runs_apprise(process: int) -> bool:
    try:
        return Path(apprise_process.__file__).name.encode() in Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return False
