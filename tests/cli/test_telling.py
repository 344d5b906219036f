"""``digest``, ``outbox``, ``channel`` and ``doctor``."""

from __future__ import annotations

import contextlib
import email
import email.policy
import json
from datetime import timedelta
from pathlib import Path

import pytest

from tests.cli.conftest import A, B, Run, publish
from tests.cli.program import inside
from tests.fakes import ScriptedFetch
from tests.lab import Reply
from tests.world import SENDS, World
from tracker import sources
from tracker.cli.doctor import greet
from tracker.errors import StatusError

ALL = ("--since", "2026-02-01")


@pytest.fixture
def told(world: World, run: Run) -> World:
    """A world with one change that waits for the daily digest; whatever was sent before is cleared away."""
    world.configure(f'[[watch]]\nname = "mine"\ntrials = ["{A}", "{B}"]\n' + SENDS)
    publish(world)
    run("sync")
    world.now += timedelta(days=1)
    world.amend(A, statusModule__whyStopped="No money left")
    publish(world)
    assert run("sync", "--no-deliver").code == 0
    world.mailbox.letters.clear()
    return world


# --- digest ---------------------------------------------------------------------------------------------------------


def test_a_digest_reads_in_four_forms(ask: Run) -> None:
    text = ask("digest", *ALL)
    assert text.code == 0
    assert "23 changes in 13 trials · 16 trials" in text.out
    assert "Terminated, was recruiting: “Planned interim analysis" in text.out
    page = ask("digest", *ALL, "--format", "html").out
    assert page.startswith("<!DOCTYPE html>")
    assert "CLEARWATER" in page
    assert len(json.loads(ask("digest", *ALL, "--format", "json").out)["events"]) == 23
    letter = email.message_from_string(ask("digest", *ALL, "--format", "eml").out, policy=email.policy.default)
    assert letter["Subject"].startswith("2 now recruiting, 1 terminated, 10 more: ")
    assert {part.get_content_type() for part in letter.walk()} >= {"text/plain", "text/html"}


def test_a_digest_of_one_watch_counts_that_watch(ask: Run) -> None:
    ended = ask("digest", *ALL, "--watch", "vasculitis")
    assert "· 4 trials" in ended.out
    assert "SHORTWAVE" in ended.out
    assert "CLEARWATER" not in ended.out
    assert ask("digest", "--watch", "nope").code == 2


def test_a_digest_that_is_sent_leaves_the_regular_one_as_it_was(told: World, run: Run) -> None:
    before = run("outbox", "--json").json
    ended = run("digest", "--since", "1d", "--send", "me")
    assert ended.code == 0
    assert ended.out.startswith("Sent to me: ")
    [letter] = told.mailbox.to("me@example.org")
    assert "No money left" in letter.message.get_body(("plain",)).get_content()
    assert run("outbox", "--json").json == before, "the alert still waits for its digest"


def test_a_digest_is_sent_with_json_too(told: World, run: Run) -> None:
    [sent] = run("digest", "--since", "1d", "--send", "me", "--json").json["messages"]
    assert (sent["channel"], sent["error"]) == ("me", "")
    assert len(told.mailbox.letters) == 1


def test_a_digest_for_an_unknown_channel_is_refused(told: World, run: Run) -> None:
    ended = run("digest", "--send", "nobody")
    assert ended.code == 2
    assert ended.err == f"error: There is no channel nobody. Channels in {told.config}: me, operator.\n"


# --- outbox ---------------------------------------------------------------------------------------------------------


def test_the_outbox_names_what_waits_why_and_the_key_to_use(told: World, run: Run) -> None:
    assert "1 alert of watch mine to me: ready, daily" in run("outbox").out
    told.mailbox.refuse = lambda recipient: "550 5.1.1 no such user" if recipient == "me@example.org" else None
    assert run("digest", "--since", "1d", "--send", "me").code == 3
    listed = run("outbox").out
    assert "failed" in listed
    assert "no such user" in listed
    [message] = run("outbox", "--json").json["messages"]
    assert f"  {message['key']}\n" in listed
    told.mailbox.refuse = None
    retried = run("outbox", "retry", message["key"])
    assert retried.code == 0
    assert retried.out.startswith("Sent to me: ")
    assert len(told.mailbox.to("me@example.org")) == 1


def test_a_dropped_message_is_never_sent(told: World, run: Run) -> None:
    told.mailbox.refuse = lambda recipient: "451 4.3.0 later"
    assert run("digest", "--since", "1d", "--send", "me").code == 3
    [message] = run("outbox", "--json").json["messages"]
    assert run("outbox", "drop", message["key"]).out == f"Dropped {message['key']}.\n"
    told.mailbox.refuse = None
    assert run("outbox", "retry").out == "Nothing waits: every message is on its way.\n"
    assert told.mailbox.letters == []


def test_the_outbox_says_when_it_is_called_wrongly(told: World, run: Run) -> None:
    assert run("outbox", "drop").err == "error: Which message is to be dropped? `tracker outbox` lists the keys.\n"
    assert run("outbox", "drop").code == 2
    for action in ("drop", "retry"):
        ended = run("outbox", action, "no such key")
        assert ended.code == 1
        assert "there is no message 'no such key'. `tracker outbox` lists them." in ended.err
    assert run("outbox", "burn").code == 2


# --- channel --------------------------------------------------------------------------------------------------------


def test_a_channel_takes_a_test_message(told: World, run: Run) -> None:
    ended = run("channel", "test", "me")
    assert (ended.code, ended.out, ended.err) == (0, "Channel me took a test message.\n", "")
    assert len(told.mailbox.to("me@example.org")) == 1


def test_a_channel_that_refuses_is_told_in_a_sentence(told: World, run: Run) -> None:
    told.mailbox.refuse = lambda recipient: "550 5.1.1 no such user"
    ended = run("channel", "test", "me")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith('error: The mail server refused me@example.org of channel "me": 550 5.1.1 no such user.')
    answer = run("channel", "test", "me", "--json")
    assert answer.code == 1
    assert answer.json["ok"] is False
    assert "no such user" in answer.json["error"]
    assert run("channel", "test", "nobody").code == 2


# --- doctor ---------------------------------------------------------------------------------------------------------


def test_doctor_finds_nothing_amiss_against_a_registry_that_answers(told: World, run: Run) -> None:
    told.pages = {"/meddatax": "<!doctype html><p>Welcome", "/trialx": "<!doctype html><p>Welcome"}
    publish(told)
    ended = run("doctor", "--json")
    assert ended.code == 0, ended.out
    findings = {finding["subject"]: finding for finding in ended.json["findings"]}
    assert {finding["state"] for finding in findings.values()} == {"ok"}
    assert set(findings) >= {"configuration", "database", "disk", "ClinicalTrials.gov", "mail server"}
    assert not {"MedDataX", "TrialX"} & set(findings), "nothing of them is followed"
    assert findings["ClinicalTrials.gov"]["text"].endswith("data of 2026-03-03T09:00:05")
    assert told.mailbox.letters == [], "greeting sends nothing"


@pytest.mark.parametrize(
    ("follows", "asked"),
    [
        (f'trials = ["{A}"]', {"ClinicalTrials.gov"}),
        ('search = "https://clinicaltrials.gov/search?cond=Testitis"', {"ClinicalTrials.gov"}),
        (f'pages = ["https://meddatax.com/clinical-trials/{A}"]', {"MedDataX"}),
    ],
)
def test_doctor_asks_only_the_registries_in_use(world: World, run: Run, follows: str, asked: set[str]) -> None:
    world.configure(f'[[watch]]\nname = "mine"\n{follows}\n')
    publish(world)
    before = len(world.registry.requests)
    subjects = {item["subject"] for item in run("doctor", "--json").json["findings"]}
    assert subjects & {"ClinicalTrials.gov", "MedDataX", "TrialX"} == asked
    paths = [request.path for request in world.registry.requests[before:]]
    assert any("meddatax" in path for path in paths) == ("MedDataX" in asked)
    assert any("version" in path for path in paths) == ("ClinicalTrials.gov" in asked)


def test_doctor_asks_nobody_where_nothing_is_followed(world: World, run: Run) -> None:
    world.configure("")
    publish(world)
    before = len(world.registry.requests)
    findings = {item["subject"]: item for item in run("doctor", "--json").json["findings"]}
    assert findings["registries"]["text"] == "nothing is followed, so none was asked"
    assert len(world.registry.requests) == before


def test_doctor_names_a_remedy_for_each_problem(told: World, run: Run) -> None:
    told.registry.fault = lambda request: Reply(403, {"Content-Type": "text/html"}, b"<p>Forbidden")
    told.mailbox.drop = "at_connect"
    ended = run("doctor", "--mail", "--json")
    assert ended.code == 1
    problems = {item["subject"]: item["remedy"] for item in ended.json["findings"] if item["state"] == "problem"}
    assert set(problems) == {"ClinicalTrials.gov", "mail server", "channel me", "channel operator"}
    assert all(problems.values())
    listed = run("doctor")
    assert listed.code == 1
    assert "problem  mail server" in listed.out


def test_doctor_of_registries_that_are_gone_does_not_wait_long_and_says_what_to_check(own_demo: Path) -> None:
    ended = inside("--config", own_demo / "config.toml", "doctor", "--json")
    problems = {item["subject"]: item["remedy"] for item in ended.json["findings"] if item["state"] == "problem"}
    assert problems["ClinicalTrials.gov"].startswith(
        "Check the network and proxy of this machine, and [sources.ctgov] base_url"
    )
    assert set(problems) == {"ClinicalTrials.gov", "MedDataX", "TrialX", "mail server"}


@pytest.mark.parametrize(("key", "fails"), [("ctgov", False), ("trialx", True)])
def test_doctor_takes_any_answer_of_an_interface_and_only_a_page_of_a_site(key: str, fails: bool) -> None:
    with pytest.raises(StatusError) if fails else contextlib.nullcontext():
        greet(sources.load()[key].info, ScriptedFetch([StatusError("status 404")]))


def test_doctor_sends_a_test_message_through_every_channel_only_when_asked(told: World, run: Run) -> None:
    run("doctor", "--mail")
    assert {letter.recipients for letter in told.mailbox.letters} == {("me@example.org",), ("operator@example.org",)}


def test_doctor_without_a_database_still_looks_at_the_rest(world: World, run: Run) -> None:
    world.configure(f'[[watch]]\nname = "mine"\ntrials = ["{A}"]\n')
    publish(world)
    findings = {item["subject"]: item for item in run("doctor", "--json").json["findings"]}
    assert findings["database"]["state"] == "warning"
    assert findings["database"]["remedy"] == "Run `tracker migrate`."
    assert "disk" in findings
    (world.folder / "tracker.db").write_bytes(b"this is no database, whatever its name says" * 50)
    findings = {item["subject"]: item for item in run("doctor", "--json").json["findings"]}
    assert findings["database"]["state"] == "problem"
    assert findings["database"]["remedy"]
