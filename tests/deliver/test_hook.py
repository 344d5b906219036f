"""The plain webhook and the dead-man switch, against a real HTTP server on the loopback address."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.builders import DAY
from tests.deliver.builders import SECRET, event, make_message, make_settings
from tests.deliver.servers import Hook, ScriptedSmtp, certificate, dead_port
from tracker.deliver import channels, hook
from tracker.errors import DeliveryError, PermanentDeliveryError, TransientDeliveryError
from tracker.model.event import Change, Event
from tracker.model.watch import Channel
from tracker.render.machine import event_json


@pytest.fixture
def server() -> Iterator[Hook]:
    with Hook() as running:
        yield running


def post(url: str, *events: Event, contacts: bool = False) -> None:
    message = make_message(events=tuple(one.id for one in events))
    settings = make_settings(None, {"hook": url}, contacts=contacts)
    assert channels.send(settings, Channel(name="hook", url=url), message, events, DAY) == ()


def failure(url: str) -> DeliveryError:
    """The error, of which neither sentence, remedy nor traceback may hold the secret part of the address."""
    with pytest.raises(DeliveryError) as caught:
        post(url, event())
    error = caught.value
    assert error.remedy
    assert '"hook"' in error.message
    assert SECRET not in "".join(traceback.format_exception(error))
    return error


def test_a_webhook_gets_the_message_and_its_events_as_public_json(server: Hook) -> None:
    told = event("e1", severity="major"), event("e2")
    post(f"hook+http://{server.host}/{SECRET}", *told)
    [body] = server.posted
    assert set(body) == {"key", "kind", "subject", "text", "events", "events_left_out"}
    assert (body["key"], body["kind"], body["subject"]) == ("alert:me:1", "alert", "Jetzt in München: alert:me:1")
    assert body["text"] == "Sjögren: now recruiting\n"
    assert body["events"] == [msgspec.json.decode(msgspec.json.encode(event_json(one))) for one in told]
    assert body["events_left_out"] == 0
    assert server.headers[0]["Content-Type"] == "application/json"
    assert server.headers[0]["User-Agent"].startswith("trial-registry-tracker/")


def with_people() -> tuple[Event, ...]:
    contacts = msgspec.structs.replace(
        event("e1", kind="contacts_changed"),
        changes=(Change(path=("central_contacts", "Petra Private", "phone"), old="+00 555 0100", new="+00 555 0199"),),
    )
    new_site: dict[str, Any] = {
        "facility": "Lake Clinic",
        "contacts": [{"name": "Petra Private", "phone": "+00 555 0100"}],
    }
    sites = msgspec.structs.replace(
        event("e2", kind="sites_changed"), changes=(Change(path=("sites", "Lake Clinic"), new=new_site),)
    )
    return contacts, sites


def test_contact_persons_are_left_out_of_what_a_webhook_gets(server: Hook) -> None:
    post(f"hook+http://{server.host}/", *with_people())
    sent = str(server.posted)
    for personal in ("Petra", "555"):
        assert personal not in sent
    kinds = [one["kind"] for one in server.posted[0]["events"]]
    assert kinds == ["contacts_changed", "sites_changed"], "that they changed is told"
    assert "Lake Clinic" in sent


def test_contact_persons_are_sent_where_the_configuration_says_so(server: Hook) -> None:
    post(f"hook+http://{server.host}/", *with_people(), contacts=True)
    assert "Petra Private" in str(server.posted)


def test_a_message_without_events_is_told_by_its_text(server: Hook) -> None:
    post(f"hook+http://{server.host}/")
    assert server.posted[0]["events"] == []
    assert server.posted[0]["text"]


@pytest.mark.parametrize("code", [400, 401, 403, 404, 410, 413, 422])
def test_a_webhook_that_does_not_want_the_message_is_asked_again_for_hours(server: Hook, code: int) -> None:
    server.code = code
    error = failure(f"hook+http://{server.host}/{SECRET}")
    assert isinstance(error, TransientDeliveryError)
    assert error.refused
    assert str(code) in error.message


@pytest.mark.parametrize("code", [408, 425, 429, 500, 502, 503, 504])
def test_a_webhook_in_trouble_is_asked_again(server: Hook, code: int) -> None:
    server.code = code
    error = failure(f"hook+http://{server.host}/{SECRET}")
    assert isinstance(error, TransientDeliveryError)
    assert str(code) in error.message


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        ("3600", 3600.0),
        (f"{format_datetime(DAY + timedelta(hours=2), usegmt=True)}", 7200.0),
        (f"{format_datetime(DAY - timedelta(hours=2), usegmt=True)}", 0.0),
        ("soon", None),
        ("", None),
    ],
    ids=["seconds", "date", "past date", "nonsense", "none"],
)
@pytest.mark.parametrize("code", [429, 503])
def test_a_webhook_says_when_it_may_be_asked_again(server: Hook, code: int, words: str, seconds: float | None) -> None:
    server.code, server.retry_after = code, words
    error = failure(f"hook+http://{server.host}/{SECRET}")
    assert isinstance(error, TransientDeliveryError)
    assert error.retry_after == seconds


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_webhook_that_moved_is_told_and_not_followed(server: Hook, code: int) -> None:
    """TrackedTrial, the POST would arrive as a GET without its body and look delivered."""
    server.code, server.location = code, f"http://{server.host}/elsewhere/{SECRET}"
    error = failure(f"hook+http://{server.host}/{SECRET}")
    assert isinstance(error, TransientDeliveryError)
    assert error.refused
    assert "moved" in error.remedy
    assert server.methods == ["POST"]


def test_a_webhook_that_does_not_answer_in_time_is_asked_again(server: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hook, "TIMEOUT_SECONDS", 0.1)
    server.code = None
    error = failure(f"hook+http://{server.host}/{SECRET}")
    assert isinstance(error, TransientDeliveryError)
    assert "no answer within 0.1 seconds" in error.message


def test_a_webhook_that_is_not_there_or_talks_nonsense_is_asked_again() -> None:
    assert isinstance(failure(f"hook+http://127.0.0.1:{dead_port()}/{SECRET}"), TransientDeliveryError)
    with ScriptedSmtp() as mail_server:
        assert isinstance(failure(f"hook+http://127.0.0.1:{mail_server.port}/{SECRET}"), TransientDeliveryError)


def test_a_webhook_whose_certificate_is_nobodys_gets_nothing(tmp_path: Path) -> None:
    _, context = certificate(tmp_path, "127.0.0.1")
    with ScriptedSmtp(tls=context, implicit=True) as server:
        error = failure(f"hook+https://127.0.0.1:{server.port}/{SECRET}")
        assert isinstance(error, TransientDeliveryError)
        assert "certificate is not trusted" in error.message
        assert server.verbs == []


@pytest.mark.parametrize(
    "address",
    [
        f"hook+https://user:{SECRET}@hooks.example.org/x",
        f"hook+https://hooks.example.org/{SECRET} x",
        f"hook+https://hooks.example.org/{SECRET}/Größe",
        f"hook+https:///{SECRET}",
        f"hook+https://{'a' * 70}.example/{SECRET}",
    ],
    ids=["user", "blank", "not ascii", "no host", "long label"],
)
def test_an_address_that_cannot_be_asked_is_given_up_without_being_shown(address: str) -> None:
    assert isinstance(failure(address), PermanentDeliveryError)


# --- the dead-man switch --------------------------------------------------------------------------------------------


def test_the_dead_mans_switch_is_called(server: Hook) -> None:
    channels.ping(f"http://{server.host}/{SECRET}")
    assert server.methods == ["GET"]


@pytest.mark.parametrize("address", [f"http://127.0.0.1:1/{SECRET}", f"http://user:{SECRET}@host/", f"ftp:/{SECRET}"])
def test_a_switch_that_cannot_be_called_is_logged_without_its_address(address: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        channels.ping(address)
    assert "ping_failed" in caplog.text
    assert SECRET not in caplog.text


def test_a_switch_that_answers_with_an_error_is_logged(server: Hook, caplog: pytest.LogCaptureFixture) -> None:
    server.code = 404
    with caplog.at_level(logging.WARNING):
        channels.ping(f"http://{server.host}/{SECRET}")
    assert "ping_failed" in caplog.text
