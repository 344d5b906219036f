"""Deliveries from outbox to server: each message once, one dead channel alone, and the operator told of what failed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
import pytest

from tests.deliver.builders import SECRET, make_mail
from tests.deliver.conftest import Office
from tests.deliver.servers import ANSWERS, HANG_UP, Hook, ScriptedSmtp, dead_port
from tests.lab.mailbox import Drop
from tracker.config import Settings
from tracker.config.settings import Operator
from tracker.deliver import deliver, plan, send_test, smtp
from tracker.deliver.sender import DEAD_AFTER, LEASE_FOR, LONGEST_ASKED, REFUSED_FOR, WAITED
from tracker.errors import PermanentDeliveryError, TransientDeliveryError
from tracker.model.alert import Message
from tracker.model.event import Event
from tracker.model.watch import Channel

NO_SUCH_USER = "550 5.1.1 no such user"


def test_a_message_is_sent_once_and_recorded(office: Office) -> None:
    office.put("alert:me:1")
    assert (office.deliver().sent, office.deliver().tried) == (1, ())
    assert len(office.mailbox.letters) == 1
    sent = office.message("alert:me:1")
    assert (sent.state, sent.attempts, sent.sent_at) == ("sent", 1, office.now)


def test_messages_go_out_in_the_order_in_which_they_were_cut(office: Office) -> None:
    for number in (3, 1, 2):
        office.now += timedelta(minutes=1)
        office.put(f"alert:me:{number}")
    office.deliver()
    assert [subject[-1] for subject in office.subjects("me")] == ["3", "1", "2"]


# --- trouble on the way ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("drop", ["at_connect", "before_acceptance"])
def test_a_server_that_hangs_up_before_it_accepts_delays_and_doubles_nothing(office: Office, drop: Drop) -> None:
    office.put("alert:me:1")
    office.mailbox.drop = drop
    report = office.deliver()
    assert not report.clean
    assert office.message("alert:me:1").state == "waiting"
    office.mailbox.drop = "never"
    assert office.deliver().tried == (), "not before its time"
    assert office.deliver(after=plan.BACK_OFF[0]).clean
    assert len(office.mailbox.letters) == 1


def test_a_server_that_hangs_up_after_it_accepted_doubles_that_letter_under_its_id_and_no_other(office: Office) -> None:
    """The one way to a double: the acceptance was never heard."""
    first = office.put("alert:me:1")
    office.mailbox.drop = "after_acceptance"
    office.deliver()
    office.mailbox.drop = "never"
    office.put("alert:me:2")
    office.put("alert:team:1", "team")
    for _ in range(3):
        office.deliver(after=plan.BACK_OFF[0])
    ids = Counter(str(letter.message["Message-ID"]) for letter in office.mailbox.letters)
    assert ids[first.message_id] == 2
    assert sorted(ids.values()) == [1, 1, 2]


def test_a_message_whose_acceptance_was_heard_is_not_doubled_by_what_comes_after(office: Office) -> None:
    with ScriptedSmtp({"QUIT": "421 too slow"}) as server:
        mail = msgspec.structs.replace(office.settings.mail, port=server.port)
        office.settings = msgspec.structs.replace(office.settings, mail=mail)
        office.put("alert:me:1")
        assert office.deliver().clean
        office.deliver(after=timedelta(days=2))
        assert len(server.letters) == 1


def test_the_waits_grow_and_the_last_try_gives_up_and_tells_the_operator_once(office: Office) -> None:
    office.put("alert:me:1")
    office.mailbox.refuse = lambda address: "451 4.3.0 later" if address.startswith("me") else None
    for tries, wait in enumerate(plan.BACK_OFF, start=1):
        [tried] = [item for item in office.deliver().tried if item.channel == "me"]
        assert not tried.given_up
        waiting = office.message("alert:me:1")
        assert (waiting.attempts, waiting.next_attempt_at) == (tries, office.now + wait)
        office.now += wait
    report = office.deliver()
    assert [(item.key, item.given_up, bool(item.error)) for item in report.tried] == [
        ("alert:me:1", True, True),
        ("operator:gave-up:alert:me:1", False, False),
    ]
    failed = office.message("alert:me:1")
    assert failed.state == "failed"
    assert f"after {len(plan.BACK_OFF) + 1} tries" in failed.last_error
    for _ in range(3):
        assert office.deliver(after=timedelta(days=1)).tried == ()
    assert office.subjects("operator") == [
        "Trial tracker: Channel “me” takes no messages",
        "Trial tracker: A message to “me” was given up",
    ]


def test_the_operator_is_told_what_was_given_up_why_and_what_to_type(office: Office) -> None:
    office.put("digest:my team:daily:2026-03-10", subject="9 changes in 3 trials")
    office.mailbox.refuse = lambda address: NO_SUCH_USER if address.startswith("me") else None
    office.deliver()
    [letter] = office.mailbox.to("operator@example.org")
    body = letter.message.get_body(("plain",))
    assert body is not None
    text = " ".join(body.get_content().split())
    assert "“9 changes in 3 trials”" in text
    assert NO_SUCH_USER in text
    assert "tracker outbox retry 'digest:my team:daily:2026-03-10'" in text


def test_what_was_given_up_and_tried_again_in_vain_is_not_told_twice(office: Office) -> None:
    office.put("alert:me:1")
    office.mailbox.refuse = lambda address: NO_SUCH_USER if address.startswith("me") else None
    office.deliver()
    office.store.retry("alert:me:1", office.now)
    office.deliver(after=timedelta(hours=1))
    assert len(office.subjects("operator")) == 1


def refuse_me(address: str) -> str | None:
    return NO_SUCH_USER if address.startswith("me") else None


def test_a_dead_address_is_told_by_its_first_message_once_for_all_others_and_when_it_is_well(office: Office) -> None:
    """A digest a week for half a year to an address that is no more: two mails to the operator, not 26."""
    office.mailbox.refuse = refuse_me
    for number in range(26):
        office.put(f"digest:me:{number:02}", subject=f"digest {number}")
        office.deliver(after=timedelta(days=7))
    assert office.subjects("operator") == [
        "Trial tracker: A message to “me” was given up",
        "Trial tracker: Channel “me” takes no messages",
    ]
    first, others = (" ".join(office.text(number).split()) for number in range(2))
    assert "“digest 0”" in first
    assert "2 in a row were given up" in others
    assert NO_SUCH_USER in others
    [trouble] = office.store.incidents()
    assert "26 in a row were given up" in trouble.message, "for `doctor`"
    assert len(office.store.outbox().messages) == 26
    office.mailbox.refuse = None
    office.put("digest:me:26")
    for _ in range(3):
        office.deliver(after=timedelta(days=1))
    assert office.subjects("operator")[2:] == ["Trial tracker: Over: Channel “me” takes no messages"]
    assert "26 in a row were given up" in " ".join(office.text(2).split())


def test_messages_refused_at_once_are_told_by_the_first_and_together(office: Office) -> None:
    office.mailbox.refuse = refuse_me
    for number in range(9):
        office.put(f"alert:me:{number}")
    for _ in range(3):
        office.deliver(after=timedelta(days=1))
    assert office.subjects("operator") == [
        "Trial tracker: Channel “me” takes no messages",
        "Trial tracker: A message to “me” was given up",
    ]


def test_what_a_channel_refuses_between_messages_that_it_takes_is_told_each_time(office: Office) -> None:
    for number in range(3):
        office.mailbox.refuse = refuse_me
        office.put(f"alert:me:bad-{number}")
        office.deliver(after=timedelta(days=1))
        office.mailbox.refuse = None
        office.put(f"alert:me:good-{number}")
        office.deliver(after=timedelta(days=1))
    assert office.subjects("operator") == ["Trial tracker: A message to “me” was given up"] * 3
    assert office.store.incidents() == []


def test_an_operators_channel_that_refuses_for_good_is_known_and_fills_no_outbox(office: Office) -> None:
    office.settings = office.settings_with(operator="me")
    office.mailbox.refuse = refuse_me
    for number in range(9):
        office.put(f"alert:me:{number}")
        office.deliver(after=timedelta(days=1))
    assert [trouble.message.partition(":")[0] for trouble in office.store.incidents()] == ["Channel “me” takes no messages"]
    assert [message.key for message in office.store.outbox().messages if message.kind == "operator"] == [
        "operator:gave-up:alert:me:0"
    ]


def test_a_channel_that_is_taken_out_of_the_configuration_is_in_trouble_no_more(office: Office) -> None:
    office.settings = office.settings_with(old="mailto:me@example.org")
    office.mailbox.refuse = refuse_me
    for number in range(2):
        office.put(f"alert:old:{number}", "old")
        office.deliver()
    assert len(office.store.incidents()) == 1
    office.settings = office.settings_with()
    office.deliver()
    assert office.store.incidents() == []
    assert office.subjects("operator")[-1] == "Trial tracker: Over: Channel “old” takes no messages"


def test_the_operators_own_messages_bring_forth_no_others(office: Office) -> None:
    office.put("alert:me:1")
    office.mailbox.refuse = lambda _address: NO_SUCH_USER
    for _ in range(3):
        office.deliver(after=timedelta(days=1))
    assert {message.key: message.state for message in office.store.outbox().messages} == {
        "alert:me:1": "failed",
        "operator:gave-up:alert:me:1": "waiting",
    }


def test_the_operators_own_message_is_never_given_up_and_names_what_was_lost_in_one_line(office: Office) -> None:
    office.put("alert:me:1")
    office.mailbox.refuse = lambda _address: NO_SUCH_USER
    for _ in range(30):
        office.deliver(after=timedelta(days=1))
    waiting = office.message("operator:gave-up:alert:me:1")
    assert (waiting.state, waiting.attempts) == ("waiting", 30)
    office.mailbox.refuse = None
    office.deliver(after=timedelta(days=1))
    line = "Nobody has been sent “Jetzt in München: alert:me:1”."
    assert line in " ".join(office.text(0).split())


def test_a_refusal_by_rule_waits_for_days_where_the_channel_takes_nothing(office: Office) -> None:
    office.put("alert:me:1")
    office.mailbox.refuse = lambda _address: "550 5.7.1 relaying denied"
    for wait in (timedelta(0), *plan.BACK_OFF[:-1]):
        office.deliver(after=wait)
        assert office.message("alert:me:1").state == "waiting"
    office.mailbox.refuse = None
    office.deliver(after=timedelta(days=1))
    assert office.message("alert:me:1").state == "sent"


def test_a_message_refused_while_its_channel_takes_others_is_given_up_after_hours_and_its_channel_is_not_called_dead(
    office: Office,
) -> None:
    office.put("alert:me:bad", subject="poison")
    office.mailbox.refuse_message = "554 5.7.1 looks like spam"
    office.deliver()
    office.mailbox.refuse_message = None
    office.put("alert:me:good")
    office.deliver()
    office.mailbox.refuse_message = "554 5.7.1 looks like spam"
    begun = office.now
    for wait in plan.BACK_OFF[:REFUSED_FOR]:
        assert office.message("alert:me:bad").state == "waiting"
        office.deliver(after=wait)
    assert office.message("alert:me:bad").state == "failed"
    assert office.now - begun >= timedelta(hours=10)
    office.mailbox.refuse_message = None
    office.deliver(after=timedelta(days=1))
    assert office.subjects("operator") == ["Trial tracker: A message to “me” was given up"]


def test_a_channel_that_takes_messages_again_is_told_once_what_it_missed(office: Office) -> None:
    office.put("alert:me:1", subject="Terminated: trial one")
    office.put("alert:me:2", subject="Terminated: trial two")
    office.mailbox.refuse = lambda address: NO_SUCH_USER if address.startswith("me") else None
    office.deliver()
    office.mailbox.refuse = None
    office.put("alert:me:3", subject="News")
    for _ in range(3):
        office.deliver(after=timedelta(days=1))
    assert office.subjects("me") == ["News", "You missed 2 messages"]
    told = " ".join(office.text(1, "me").split())
    assert "Terminated: trial one" in told
    assert "Terminated: trial two" in told
    assert "tracker outbox retry" in told
    over = " ".join(office.text(-1).split())
    assert "Given up: “Terminated: trial one”, “Terminated: trial two”." in over
    assert "tracker outbox retry" in over


def test_what_was_sent_after_all_was_not_missed(office: Office) -> None:
    office.put("alert:me:1")
    office.mailbox.refuse = lambda address: NO_SUCH_USER if address.startswith("me") else None
    office.deliver()
    office.mailbox.refuse = None
    office.store.retry(None, office.now)
    office.deliver(after=timedelta(days=1))
    assert office.subjects("me") == ["Jetzt in München: alert:me:1"]


def test_a_channel_that_takes_messages_again_gets_at_once_what_waited_for_it(office: Office) -> None:
    for number in range(3):
        office.put(f"alert:me:{number}")
    office.mailbox.refuse = lambda address: "452 4.2.2 over quota" if address.startswith("me") else None
    for wait in (timedelta(0), *plan.BACK_OFF[:6]):
        office.deliver(after=wait)
    office.mailbox.refuse = None
    office.put("alert:me:new")
    office.deliver()
    assert len(office.subjects("me")) == 4


def test_the_operators_message_goes_out_as_soon_as_the_mail_server_takes_any(office: Office) -> None:
    office.put("alert:me:1")
    office.mailbox.refuse = lambda _address: NO_SUCH_USER
    for _ in range(20):
        office.deliver(after=timedelta(days=1))
    office.mailbox.refuse = None
    office.put("alert:team:1", "team")
    office.deliver()
    assert office.subjects("operator")[0] == "Trial tracker: A message to “me” was given up"


def test_a_second_operator_channel_hears_what_the_first_does_not_take(office: Office) -> None:
    with Hook() as phone:
        settings = office.settings_with(phone=f"hook+http://{phone.host}/")
        office.settings = msgspec.structs.replace(settings, operator=Operator(channel="operator", second="phone"))
        office.put("alert:me:1")
        office.mailbox.refuse = lambda _address: NO_SUCH_USER
        office.deliver()
        office.deliver(after=timedelta(days=1))
        told = [posted["subject"] for posted in phone.posted]
        assert told == ["Trial tracker: A message to “me” was given up", "Trial tracker: Channel “operator” takes no messages"]
        office.mailbox.refuse = None
        office.store.open_incident("source:ctgov", "ClinicalTrials.gov could not be read.", office.now)
        office.deliver(after=timedelta(days=1))
        assert len(phone.posted) == 2
        assert office.subjects("operator") == [
            "Trial tracker: ClinicalTrials.gov could not be read",
            "Trial tracker: Over: Channel “operator” takes no messages",
        ]


def test_without_an_operator_what_was_given_up_stays_in_the_outbox(office: Office) -> None:
    office.settings = office.settings_with(operator=None)
    office.put("alert:me:1")
    office.mailbox.refuse = lambda _address: NO_SUCH_USER
    assert [item.given_up for item in office.deliver().tried] == [True]
    assert [message.key for message in office.store.outbox().messages] == ["alert:me:1"]


def test_a_message_for_a_channel_that_is_gone_is_given_up(office: Office) -> None:
    office.put("alert:old:1", "old")
    office.deliver()
    assert "not in the configuration" in office.message("alert:old:1").last_error
    assert len(office.subjects("operator")) == 1


# --- several recipients ---------------------------------------------------------------------------------------------


def test_a_refused_recipient_is_told_to_the_operator_and_the_others_get_the_letter_once(office: Office) -> None:
    office.settings = office.settings_with(me="mailto:me@example.org,gone@example.org")
    office.put("alert:me:1")
    office.mailbox.refuse = lambda address: NO_SUCH_USER if address.startswith("gone") else None
    report = office.deliver()
    assert not report.clean
    assert report.sent == 2
    assert "gone@example.org" in report.tried[0].refused[0]
    assert office.message("alert:me:1").state == "sent"
    for _ in range(2):
        office.deliver(after=timedelta(days=2))
    assert len(office.subjects("me")) == 1
    assert office.subjects("operator") == ["Trial tracker: A message did not reach everybody on “me”"]


def test_a_greylisted_recipient_delays_the_letter_for_all_and_doubles_it_for_none(office: Office) -> None:
    office.settings = office.settings_with(me="mailto:me@example.org,new@example.org")
    office.put("alert:me:1")
    greylisting = iter(["451 4.7.1 greylisted", "451 4.7.1 greylisted"])
    office.mailbox.refuse = lambda address: next(greylisting, None) if address.startswith("new") else None
    for wait in plan.BACK_OFF[:3]:
        office.deliver(after=wait)
    [letter] = office.mailbox.letters
    assert letter.recipients == ("me@example.org", "new@example.org")
    assert office.message("alert:me:1").state == "sent"


def test_a_test_message_that_reaches_only_some_is_an_error(office: Office) -> None:
    office.mailbox.refuse = lambda address: NO_SUCH_USER if address.startswith("gone") else None
    with pytest.raises(PermanentDeliveryError, match=r"gone@example\.org"):
        send_test(office.settings, Channel(name="me", url="mailto:me@example.org,gone@example.org"), office.now)
    send_test(office.settings, Channel(name="me", url="mailto:me@example.org"), office.now)
    assert len(office.subjects("me")) == 2


# --- one dead channel -----------------------------------------------------------------------------------------------


def test_a_dead_channel_keeps_no_other_waiting_and_is_left_alone_after_two_failures(office: Office) -> None:
    office.settings = office.settings_with(hook=f"hook+http://127.0.0.1:{dead_port()}/{SECRET}")
    for number in range(5):
        office.put(f"alert:hook:{number}", "hook")
        office.put(f"alert:me:{number}")
    report = office.deliver()
    assert len(office.subjects("me")) == 5
    assert [item.key for item in report.tried if item.error] == ["alert:hook:0", "alert:hook:1"]
    assert [office.message(f"alert:hook:{number}").attempts for number in range(5)] == [1, 1, 0, 0, 0]
    assert [item.key for item in office.deliver().tried] == ["alert:hook:2", "alert:hook:3"]


@pytest.mark.parametrize("seconds", [20, 58, 61, 600])
def test_a_message_whose_try_takes_long_is_tried_once_a_delivery_and_waits_from_its_end(office: Office, seconds: int) -> None:
    """Near miss: by the next delivery, a minute later, it is due."""
    office.settings = office.settings_with(hook="hook+http://127.0.0.1:9/")
    office.put("alert:hook:0", "hook")
    tries: list[str] = []

    def slow(settings: Settings, channel: Channel, message: Message, *_: object) -> tuple[str, ...]:
        if channel.name == "hook":
            tries.append(message.key)
            office.now += timedelta(seconds=seconds)
            raise TransientDeliveryError("too slow", remedy="")
        office.now += timedelta(seconds=70)
        return ()

    office.put("alert:me:0")
    for so_far in (1, 2):
        deliver(office.settings, office.store, {}, lambda: office.now, send=slow)
        assert len(tries) == so_far
        waits = plan.BACK_OFF[so_far - 1]
        assert office.message("alert:hook:0").next_attempt_at in (
            office.now + waits,
            office.now + waits - timedelta(seconds=70),
        )
        office.now += waits


def test_the_operator_hears_once_of_a_dead_channel_and_once_when_it_is_well_again(office: Office) -> None:
    office.settings = office.settings_with(hook=f"hook+http://127.0.0.1:{dead_port()}/{SECRET}")
    office.put("alert:hook:0", "hook")
    for _ in range(6):
        office.deliver(after=timedelta(hours=13))
    [began] = office.subjects("operator")
    assert "takes no messages" in began

    def send(*_: object) -> tuple[str, ...]:
        return ()

    office.now += timedelta(hours=25)
    deliver(office.settings, office.store, {}, lambda: office.now, send=send)
    assert office.store.incidents() == [], "it ended, and the operator was told so"


def test_a_message_that_fails_at_every_try_does_not_hold_up_the_others_of_its_channel(office: Office) -> None:
    """Where deliveries come once a day, it is due and first in line each time."""
    for number in range(3):
        office.put(f"alert:me:{number}")

    def send(_: Settings, channel: Channel, message: Message, events: Sequence[Event], now: datetime) -> tuple[str, ...]:
        if message.key == "alert:me:0":
            raise TransientDeliveryError("Not now.", remedy="Wait.")
        return ()

    deliver(office.settings, office.store, {}, lambda: office.now, send=send)
    assert [office.message(f"alert:me:{number}").state for number in range(3)] == ["waiting", "sent", "sent"]


ASKED = {
    "3600": timedelta(hours=1),
    "5": plan.BACK_OFF[0],
    "9999999": LONGEST_ASKED,
    "soon": plan.BACK_OFF[0],
}
"""What a webhook asks for, and how long it is left in peace: never shorter than without a word, never longer than a day."""


@pytest.mark.parametrize("words", ASKED)
def test_a_webhook_that_names_a_time_is_tried_then_and_not_before(office: Office, words: str) -> None:
    with Hook() as hook:
        hook.code, hook.retry_after = 429, words
        office.settings = office.settings_with(hook=f"hook+http://{hook.host}/")
        office.put("alert:hook:1", "hook")
        office.deliver()
        assert office.message("alert:hook:1").next_attempt_at == office.now + ASKED[words]
        hook.code = 200
        assert office.deliver(after=ASKED[words] - timedelta(seconds=1)).tried == ()
        assert office.deliver(after=timedelta(seconds=1)).sent == 1


def test_a_webhook_that_names_a_time_is_not_asked_for_the_next_message_at_once(office: Office) -> None:
    with Hook() as hook:
        hook.code, hook.retry_after = 429, "3600"
        office.settings = office.settings_with(hook=f"hook+http://{hook.host}/")
        for number in range(3):
            office.put(f"alert:hook:{number}", "hook")
        assert [item.key for item in office.deliver().tried] == ["alert:hook:0"]


def many_by_mail(office: Office, server: ScriptedSmtp, hook: Hook) -> None:
    """Nine channels that go through one mail server, each with a message that waits, and a webhook."""
    names = [f"reader-{number}" for number in range(9)]
    urls = {name: f"mailto:{name}@example.org" for name in names} | {"hook": f"hook+http://{hook.host}/"}
    settings = office.settings_with(operator=None, **urls)
    office.settings = msgspec.structs.replace(settings, mail=make_mail(server.port))
    for name in (*names, "hook"):
        office.put(f"alert:{name}:1", name)


def test_a_mail_server_that_cannot_be_spoken_to_costs_two_waits_for_all_its_channels(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "TIMEOUT_SECONDS", 0.1)
    with ScriptedSmtp({"connect": ""}) as server, Hook() as hook:
        many_by_mail(office, server, hook)
        report = office.deliver()
        assert sum(bool(item.error) for item in report.tried) == DEAD_AFTER
        assert [posted["key"] for posted in hook.posted] == ["alert:hook:1"]
        server.answers.update(ANSWERS)
        assert office.deliver(after=plan.BACK_OFF[0]).sent == 9


def test_a_mail_server_that_breaks_off_over_one_letter_is_asked_to_take_the_others(office: Office) -> None:
    """Two letters that it cannot stand must not keep it from all others."""
    with ScriptedSmtp({"DATA": HANG_UP}) as server, Hook() as hook:
        many_by_mail(office, server, hook)
        assert sum(bool(item.error) for item in office.deliver().tried) == 9


def test_a_mail_server_away_for_hours_is_told_of_though_no_channels_turn_came_often(office: Office) -> None:
    with ScriptedSmtp({"connect": "421 4.3.2 shutting down"}) as server, Hook() as hook:
        many_by_mail(office, server, hook)
        office.deliver()
        assert office.store.incidents() == []
        office.deliver(after=WAITED)
        assert [trouble.message.partition(":")[0] for trouble in office.store.incidents()] == [
            "Channel “reader-2” takes no messages",
            "Channel “reader-3” takes no messages",
        ]


def test_a_channel_that_is_well_again_gets_all_that_waited(office: Office) -> None:
    with Hook() as hook:
        office.settings = office.settings_with(hook=f"hook+http://{hook.host}/")
        hook.code = 503
        for number in range(3):
            office.put(f"alert:hook:{number}", "hook")
        office.deliver()
        hook.code, hook.posted = 200, []
        office.deliver(after=plan.BACK_OFF[0])
        assert [posted["key"] for posted in hook.posted] == [f"alert:hook:{number}" for number in range(3)]


def test_a_message_refused_for_good_does_not_hold_up_the_next_on_its_channel(office: Office) -> None:
    office.put("alert:me:1")
    office.put("alert:me:2")

    def send(_: Settings, channel: Channel, message: Message, events: Sequence[Event], now: datetime) -> tuple[str, ...]:
        if message.key == "alert:me:1":
            raise PermanentDeliveryError("Not this one.", remedy="None.")
        return ()

    deliver(office.settings, office.store, {}, lambda: office.now, send=send)
    assert [office.message(f"alert:me:{number}").state for number in (1, 2)] == ["failed", "sent"]


def test_no_secret_of_an_address_reaches_the_outbox_the_log_or_the_operator(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    with Hook() as hook:
        hook.code = 410
        office.settings = office.settings_with(
            hook=f"hook+http://{hook.host}/{SECRET}", dead=f"hook+http://127.0.0.1:{dead_port()}/{SECRET}"
        )
        office.put("alert:hook:1", "hook")
        office.put("alert:dead:1", "dead")
        report = office.deliver()
    assert len([item for item in report.tried if item.error]) == 2
    assert SECRET not in f"{report} {office.store.outbox()} {caplog.text}"
    assert SECRET not in str([letter.message.as_string() for letter in office.mailbox.letters])


# --- who may deliver ------------------------------------------------------------------------------------------------


def test_while_another_process_delivers_nothing_is_sent(office: Office) -> None:
    office.put("alert:me:1")
    lease = office.store.acquire_lease("delivery", "elsewhere:1", office.now, LEASE_FOR)
    report = office.deliver()
    assert "elsewhere:1" in report.busy
    assert (report.tried, report.clean, office.mailbox.letters) == ((), True, [])
    office.store.release_lease(lease, office.now)
    assert office.deliver().sent == 1


def test_a_delivery_longer_than_its_lease_keeps_it_and_one_that_lost_it_stops(office: Office) -> None:
    for number in range(4):
        office.put(f"alert:me:{number}")
    sent: list[str] = []

    def slow(_: Settings, channel: Channel, message: Message, events: Sequence[Event], now: datetime) -> tuple[str, ...]:
        """Each message takes nearly as long as the lease lasts; during the third the process stands still for too long."""
        sent.append(message.key)
        office.now += LEASE_FOR - timedelta(seconds=1)
        if len(sent) == 3:
            office.now += timedelta(minutes=1)
            office.store.acquire_lease("delivery", "elsewhere:1", office.now, LEASE_FOR)
        return ()

    report = deliver(office.settings, office.store, {}, lambda: office.now, send=slow)
    assert sent == ["alert:me:0", "alert:me:1", "alert:me:2"]
    assert [item.key for item in report.tried] == sent
    assert "elsewhere:1" in report.busy
    assert office.message("alert:me:2").state == "sent", "what was accepted is recorded all the same"
    assert office.message("alert:me:3").state == "waiting"


def test_a_process_that_died_between_cutting_and_sending_loses_nothing(office: Office) -> None:
    office.put("alert:me:1")
    office.store.acquire_lease("delivery", "killed:1", office.now, LEASE_FOR)
    assert office.deliver().busy
    assert office.deliver(after=LEASE_FOR).sent == 1


# --- what lasts -----------------------------------------------------------------------------------------------------


def test_trouble_that_lasts_is_told_when_it_begins_and_when_it_is_over(office: Office) -> None:
    office.store.open_incident("source:ctgov", "ClinicalTrials.gov could not be read: it refuses us.", office.now)
    for _ in range(3):
        office.deliver(after=timedelta(hours=6))
        office.store.open_incident("source:ctgov", "ClinicalTrials.gov could not be read: still.", office.now)
    assert office.subjects("operator") == ["Trial tracker: ClinicalTrials.gov could not be read"]
    office.store.close_incident("source:ctgov", office.now)
    for _ in range(2):
        office.deliver(after=timedelta(hours=6))
    assert office.subjects("operator")[1:] == ["Trial tracker: Over: ClinicalTrials.gov could not be read"]
    office.store.open_incident("source:ctgov", "ClinicalTrials.gov could not be read: again.", office.now)
    office.deliver()
    assert len(office.subjects("operator")) == 3


def test_a_source_whose_runs_are_held_is_told_once_when_it_begins_and_once_when_it_is_over(office: Office) -> None:
    for _ in range(3):
        office.store.open_incident("held:ctgov", "A run of ClinicalTrials.gov is held: too much.", office.now)
        office.deliver(after=timedelta(hours=6))
    assert office.subjects("operator") == ["Trial tracker: A run of ClinicalTrials.gov is held"]
    office.store.close_incident("held:ctgov", office.now)
    office.deliver()
    assert office.subjects("operator")[1:] == ["Trial tracker: Over: A run of ClinicalTrials.gov is held"]


def test_a_transient_error_is_logged_as_a_warning_and_giving_up_as_an_error(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    office.put("alert:me:1")

    def send(_: Settings, channel: Channel, message: Message, events: Sequence[Event], now: datetime) -> tuple[str, ...]:
        raise TransientDeliveryError("Not now.", remedy="Wait.")

    for wait in (*plan.BACK_OFF, timedelta(0)):
        deliver(office.settings, office.store, {}, lambda: office.now, send=send)
        office.now += wait
    levels = [record.levelname for record in caplog.records if "alert:me:1" in record.getMessage()]
    assert levels[: len(plan.BACK_OFF)] == ["WARNING"] * len(plan.BACK_OFF)
    assert levels[len(plan.BACK_OFF)] == "ERROR"
