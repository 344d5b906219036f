"""Other services go through apprise: a real send to a loopback server, and silence about addresses."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from tests.builders import DAY
from tests.deliver.builders import SECRET, make_message, make_settings
from tests.deliver.servers import Hook, dead_port
from tracker.deliver import channels
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
