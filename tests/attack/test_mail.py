"""A mail server in trouble loses nothing: all is told in the end, and a message holds what it marks as sent."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest

from tests.attack import hooksink
from tests.attack.hooksink import Hook
from tests.attack.mailsink import HANG_UP
from tests.attack.records import changed, nct, study
from tests.attack.scene import Scene, numbers_in

POLICY = {
    "relay denied": ("RCPT", "550 5.7.1 Relaying denied"),
    "relay access denied": ("RCPT", "554 5.7.1 <me@example.org>: Relay access denied"),
    "blocklist at greeting": ("greeting", "554 5.7.1 Service unavailable; client host blocked using zen.spamhaus.org"),
    "blocklist at recipient": ("RCPT", "550 5.7.1 Service unavailable; blocked using zen.spamhaus.org"),
    "sender refused": ("MAIL", "550 5.7.1 Sender rejected"),
    "unauthenticated": ("end", "550 5.7.26 This mail is unauthenticated"),
    "spam suspected": ("end", "554 5.7.1 Message rejected as spam"),
    "quota by 552": ("end", "552 5.2.2 Mailbox full"),
    "quota at recipient": ("RCPT", "552 5.2.2 Over quota"),
    "system full": ("end", "552 5.3.4 Insufficient system resources"),
    "sending limit": ("MAIL", "550 5.4.5 Daily sending quota exceeded"),
    "without a second code": ("end", "550 Rejected by policy"),
    "mail system": ("end", "554 5.3.0 Internal error"),
    "transaction failed": ("end", "554 Transaction failed"),
    "later": ("end", "451 4.3.0 Try later"),
    "closing": ("greeting", "421 4.3.2 Shutting down"),
    "drops": ("end", HANG_UP),
}


@pytest.mark.cost(9)
@pytest.mark.parametrize("trouble", POLICY)
@pytest.mark.parametrize("hours", [2, 12])
def test_what_a_mail_server_refuses_by_policy_arrives_when_that_is_over(scene: Scene, trouble: str, hours: int) -> None:
    scene.hold(*(study(number) for number in range(1, 6)))
    scene.configure(trials=5)
    scene.sync()
    scene.mail.letters.clear()
    scene.mail.answers = dict([POLICY[trouble]])
    scene.next_day()
    scene.amend(1, statusModule__overallStatus="COMPLETED")
    for _ in range(4):
        scene.sync(expect=(0, 3))
        scene.set_clock(scene.ahead + timedelta(hours=hours / 4))
    assert scene.mail.letters == []
    scene.mail.answers = {}
    for _ in range(3):
        scene.set_clock(scene.ahead + timedelta(hours=6))
        scene.sync(expect=(0, 3))
    assert nct(1) in numbers_in(scene.mail.to("me"))
    assert len([letter for letter in scene.mail.to("me") if nct(1) in letter.text]) == 1
    assert scene.mail.to("chief"), "the operator hears of it, though his mail goes through the same server"


@pytest.mark.cost(9)
def test_an_address_that_does_not_exist_is_given_up_and_the_operator_hears_how_to_send_it_after_all(scene: Scene) -> None:
    scene.hold(study(1))
    scene.configure(trials=1)
    scene.sync()
    scene.mail.letters.clear()
    scene.mail.answers = {"RCPT": "550 5.1.1 No such user"}
    scene.next_day()
    scene.amend(1, statusModule__overallStatus="COMPLETED")
    scene.sync(expect=(0, 3))
    scene.set_clock(scene.ahead + timedelta(hours=6))
    scene.sync(expect=(0, 3))
    scene.mail.answers = {}
    for _ in range(4):
        scene.set_clock(scene.ahead + timedelta(hours=12))
        scene.sync(expect=(0, 3))
    assert any("outbox retry" in letter.text for letter in scene.mail.to("chief"))


HOOKED = '[[channel]]\nname = "hook"\nurl = "hook+{url}"'
TO_HOOK = """
[[watch]]
name = "mine"
trials = ["NCT00000001", "NCT00000002"]
[[watch.send]]
to = "hook"
when = "immediate"
min_severity = "minor"
[[watch.send]]
to = "me"
when = "immediate"
min_severity = "minor"
"""


def hooked(scene: Scene, hook: Hook) -> None:
    """Two trials are known, and one change waits to be told to a webhook and by mail."""
    scene.hold(study(1), study(2))
    scene.configure(TO_HOOK, channels=HOOKED.format(url=hook.url))
    scene.sync()
    scene.mail.letters.clear()
    hook.posts.clear()
    scene.next_day()
    scene.amend(1, statusModule__overallStatus="COMPLETED")


def arrives_once(scene: Scene, hook: Hook) -> None:
    """When the webhook is honest again, it hears what it missed."""
    hook.way = None
    for _ in range(3):
        scene.set_clock(scene.ahead + timedelta(hours=7))
        scene.sync(expect=(0, 3))
    told = [post for post in hook.posts if nct(1) in str(post.get("events"))]
    assert len(told) == 1


@pytest.mark.cost(8)
@pytest.mark.parametrize("code", [302, 307, 401, 403, 404, 410, 413, 429, 500, 503])
def test_a_webhook_that_refuses_for_hours_hears_it_when_that_is_over(scene: Scene, code: int) -> None:
    hook = Hook()
    hooked(scene, hook)
    hook.way = hooksink.status(code)
    for _ in range(3):
        scene.sync(expect=(0, 3))
        scene.set_clock(scene.ahead + timedelta(hours=1))
    assert nct(1) in numbers_in(scene.mail.to("me"))
    arrives_once(scene, hook)
    hook.wire.close()


@pytest.mark.cost(130)  # some are left after a minute, in each of two tries
@pytest.mark.parametrize("way", hooksink.HOSTILE)
def test_a_hostile_webhook_delays_its_own_messages_only(scene: Scene, way: str) -> None:
    hook = Hook()
    hooked(scene, hook)
    hook.way = hooksink.HOSTILE[way]
    ended = scene.sync(expect=(0, 3))
    assert nct(1) in numbers_in(scene.mail.to("me"))
    assert ended.memory < 400_000_000
    arrives_once(scene, hook)
    hook.wire.close()


@pytest.mark.cost(70)
@pytest.mark.parametrize("code", [200, 500])
@pytest.mark.parametrize("seconds", [20, 45, 58])
def test_a_webhook_that_works_before_it_answers_is_asked_once_a_pass(scene: Scene, seconds: int, code: int) -> None:
    hook = Hook()
    hooked(scene, hook)
    hook.requests, hook.way = 0, hooksink.late(seconds, code)
    scene.sync(expect=(0, 3))
    assert hook.requests == 1
    scene.set_clock(scene.ahead + timedelta(minutes=3))
    hook.way = None
    scene.sync(expect=(0, 3))
    assert hook.requests == (1 if code == 200 else 2)
    hook.wire.close()


@pytest.mark.cost(70)
@pytest.mark.parametrize("way", hooksink.HOSTILE)
def test_a_hostile_chat_service_delays_its_own_messages_only(scene: Scene, way: str) -> None:
    hook = Hook()
    scene.hold(study(1), study(2))
    scene.configure(TO_HOOK, channels=f'[[channel]]\nname = "hook"\nurl = "{hook.url.replace("http:", "json:")}?rto=200"')
    scene.sync()
    scene.mail.letters.clear()
    scene.next_day()
    scene.amend(1, statusModule__overallStatus="COMPLETED")
    hook.requests, hook.way = 0, hooksink.HOSTILE[way]
    ended = scene.sync(expect=(0, 3))
    assert nct(1) in numbers_in(scene.mail.to("me"))
    assert ended.memory < 400_000_000
    asked = hook.requests
    hook.posts.clear()
    hook.way = None
    for _ in range(3):
        scene.set_clock(scene.ahead + timedelta(hours=7))
        scene.sync(expect=(0, 3))
    assert asked == 1
    assert len([post for post in hook.posts if nct(1) in str(post)]) == 1
    hook.wire.close()


@pytest.mark.cost(8)
@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("where", ["itself", "another on this machine"])
def test_a_webhook_that_redirects_is_not_followed(scene: Scene, code: int, where: str) -> None:
    hook, inner = Hook(), Hook()
    hooked(scene, hook)
    hook.way = hooksink.redirected_to(hook.url if where == "itself" else inner.url, code)
    scene.sync(expect=(0, 3))
    assert inner.requests == 0
    assert hook.requests < 5
    arrives_once(scene, hook)
    hook.wire.close()
    inner.wire.close()


@pytest.mark.cost(130)
@pytest.mark.parametrize(
    ("when", "answer"),
    [
        ("greeting", b"endless 220-still here\r\n"),
        ("EHLO", b"endless 250-X-OFFER\r\n"),
        ("greeting", b"endless xxxxxxxxxxxxxxxxxxxx"),
        ("end", b"endless 250-taken\r\n"),
        ("greeting", b"slowly 220 " + b"slow" * 500 + b"\r\n"),
        ("RCPT", b"slowly 250 " + b"slow" * 500 + b"\r\n"),
    ],
    ids=["endless greeting", "endless offers", "endless line", "endless end", "slow greeting", "slow recipient"],
)
def test_a_mail_server_that_never_stops_talking_is_left(scene: Scene, when: str, answer: bytes) -> None:
    scene.hold(study(1))
    scene.configure(trials=1)
    scene.sync()
    scene.next_day()
    scene.amend(1, statusModule__overallStatus="COMPLETED")
    scene.mail.letters.clear()
    scene.mail.answers = {when: answer}
    ended = scene.sync(expect=(0, 3))
    assert ended.memory < 400_000_000
    scene.mail.answers = {}
    for _ in range(3):
        scene.set_clock(scene.ahead + timedelta(hours=6))
        scene.sync(expect=(0, 3))
    assert nct(1) in numbers_in(scene.mail.to("me"))


# --- a message holds all that it marks as sent -----------------------------------------------------------------------


@pytest.mark.parametrize("when", ["immediate", "daily"])
@pytest.mark.parametrize(
    "count",
    [15, 60, 99, pytest.param(400, marks=pytest.mark.cost(30)), pytest.param(2_000, marks=pytest.mark.cost(120))],
)
def test_every_trial_that_is_marked_as_told_stands_in_a_mail(scene: Scene, count: int, when: str) -> None:
    scene.hold(*(study(number) for number in range(1, 2 * count + 22)))
    sends = f'[[watch.send]]\nto = "me"\nwhen = "{when}"\nmin_severity = "minor"\n'
    scene.configure(trials=2 * count + 21, sends=sends, extra='[digest]\nat = "00:00"\n')
    scene.sync()
    scene.mail.letters.clear()
    scene.next_day()
    for number in range(1, count + 1):
        scene.amend(
            number,
            statusModule__overallStatus="TERMINATED",
            statusModule__whyStopped=f"Sponsor decision number {number}, after the interim analysis",
            designModule__enrollmentInfo={"count": number, "type": "ACTUAL"},
        )
    scene.sync(expect=(0, 3))
    outbox = scene.run("outbox", "--json").json
    wait = sum(tally["count"] for tally in outbox["alerts"])
    assert len(numbers_in(scene.mail.to("me"))) + wait >= count, "what stands in no mail still waits"
    for _ in range(30):
        if not scene.run("outbox", "--json").json["alerts"]:
            break
        scene.next_day()
        scene.sync(expect=(0, 3))
    assert numbers_in(scene.mail.to("me")) >= {nct(number) for number in range(1, count + 1)}
    bodies = " ".join(letter.message.get_body(("plain",)).get_content() for letter in scene.mail.to("me"))
    assert sum(f"trial number {number}" in bodies for number in range(1, count + 1)) == count, "each major change in a body"


@pytest.mark.cost(300)
def test_of_50_000_alerts_each_that_is_marked_sent_has_its_trial_in_a_mail(scene: Scene) -> None:
    """Seven watches follow the same trials, of which 2,500 change in three ways each: no mail could hold them all."""
    scene.hold(*(study(number) for number in range(1, 5_022)))
    sends = '[[watch.send]]\nto = "me"\nwhen = "immediate"\nmin_severity = "minor"\n'
    numbers = [nct(number) for number in range(1, 5_022)]
    scene.configure("".join(f'[[watch]]\nname = "watch {name}"\ntrials = {json.dumps(numbers)}\n{sends}' for name in range(7)))
    scene.sync(limit=900)
    scene.mail.letters.clear()
    scene.next_day()
    for number in range(1, 2_501):
        scene.amend(
            number,
            statusModule__overallStatus="TERMINATED",
            statusModule__whyStopped=f"Sponsor decision number {number}, after the interim analysis",
            statusModule__primaryCompletionDateStruct={"date": "2031-04", "type": "ESTIMATED"},
            designModule__enrollmentInfo={"count": number, "type": "ACTUAL"},
        )
    for _ in range(3):
        scene.sync(limit=900, expect=(0, 3))
        by_state = alerted(scene)
        assert sum(count for count, _ in by_state.values()) >= 50_000
        assert by_state["sent"][1] <= numbers_in(scene.mail.to("me")), "marked as sent, and in no mail"
        scene.set_clock(scene.ahead + timedelta(hours=1))


def alerted(scene: Scene) -> dict[str, tuple[int, set[str]]]:
    """How many alerts there are in each state, and of which trials."""
    found: dict[str, tuple[int, set[str]]] = {}
    with closing(sqlite3.connect(scene.folder / "tracker.db")) as looked:
        told = "SELECT state, trial, count(*) FROM alerts JOIN events ON events.run = alerts.run AND events.id = alerts.event"
        for state, trial, count in looked.execute(f"{told} GROUP BY state, trial"):
            before, trials = found.get(state, (0, set()))
            found[state] = before + count, trials | {trial.partition(":")[2]}
    return found


def test_a_change_of_a_trial_is_told_once(scene: Scene) -> None:
    """Near miss: nothing is told twice by the parts of a long message."""
    scene.hold(*(study(number) for number in range(1, 150)))
    scene.configure(trials=149)
    scene.sync()
    scene.mail.letters.clear()
    scene.next_day()
    for number in range(1, 70):
        scene.hold(changed(study(number), on=scene.today, statusModule__overallStatus="COMPLETED"))
    for _ in range(4):
        scene.sync(expect=(0, 3))
        scene.set_clock(scene.ahead + timedelta(hours=1))
    ids = [letter.message["Message-ID"] for letter in scene.mail.to("me")]
    assert len(ids) == len(set(ids))
