"""Channels in every kind of trouble: the others are served, one copy arrives in the end, and the operator hears once.

What is tried again is so by the clock of the database, which outlives any process; what is refused for good is given up.
"""

from __future__ import annotations

import email
import email.policy
import io
import itertools
import re
import shutil
import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import msgspec
import pytest

from tests.builders import DAY
from tests.chaos import EVERYTHING, part
from tests.cli.program import inside
from tests.deliver.builders import SECRET, make_mail
from tests.deliver.conftest import Office
from tests.deliver.many import Channels, follow, make_wait, trials_by_state
from tests.deliver.servers import ANSWERS, HANG_UP, Hook, ScriptedSmtp, dead_port
from tests.lab import Mailbox
from tests.world import World, study
from tracker.archive import Archive
from tracker.daemon.monitor import health
from tracker.deliver import hook as webhook
from tracker.deliver import plan, smtp
from tracker.deliver.sender import DEAD_AFTER, TOLD_AFTER
from tracker.model.alert import OutboxView
from tracker.render import numbered
from tracker.store import Store, migrate

KEY = "alert:me:1"

LATER: dict[str, dict[str, str]] = {
    "refuses-all": {"connect": "421 4.3.2 shutting down"},
    "refuses-us": {"connect": "554 5.7.1 not from here"},
    "silent-at-connect": {"connect": ""},
    "silent-at-letter": {"message": ""},
    "hangs-up-at-connect": {"connect": HANG_UP},
    "hangs-up-after-letter": {"DATA": HANG_UP},
    "talks-nonsense": {"connect": "HTTP/1.1 400 Bad Request"},
    "wrong-password": {"AUTH": "535 5.7.8 no"},
    "sender-later": {"MAIL": "450 4.1.8 later"},
    "recipient-later": {"RCPT": "451 4.7.1 greylisted"},
    "mailbox-full": {"RCPT": "452 4.2.2 over quota"},
    "letter-later": {"message": "451 4.3.0 out of disk"},
    "sender-refused": {"MAIL": "553 5.1.8 not you"},
    "relay-denied": {"RCPT": "550 5.7.1 relaying denied"},
    "relay-denied-in-words": {"RCPT": "553 sorry, that domain isn't in my list of allowed rcpthosts"},
    "blocklist": {"RCPT": "554 5.7.1 client host blocked using a blocklist"},
    "over-quota": {"RCPT": "552 5.2.2 mailbox over quota"},
    "system-problem": {"RCPT": "554 5.3.0 other mail system problem"},
    "letter-refused": {"message": "554 5.7.1 spam"},
    "letter-too-large": {"message": "552 5.3.4 message too big"},
    "daily-limit": {"message": "550 5.4.5 daily user sending limit exceeded"},
}
"""Faults of a mail server that pass, or that are mended in [mail] or at the server while the message waits."""

FOR_GOOD: dict[str, dict[str, str]] = {
    "recipient-unknown": {"RCPT": "550 5.1.1 no such user"},
    "domain-unknown": {"RCPT": "550 5.1.2 no such host"},
    "recipient-unknown-in-words": {"RCPT": "550 No such user here"},
}
CODES_LATER = [None, 301, 302, 307, 400, 401, 403, 404, 408, 410, 413, 422, 425, 429, 500, 502, 503, 504]
"""What a webhook answers that has trouble; None is silence."""


class Yard:
    """An office whose channel "me" is in trouble, while "other" and the operator's are two webhooks in good health."""

    def __init__(self, office: Office, other: Hook, operator: Hook) -> None:
        self.office, self.other, self.operator = office, other, operator
        self.through(office.mailbox.port)
        office.put(KEY)
        office.put("alert:other:1", "other")

    def through(self, port: int, url: str = "mailto:me@example.org", **login: str) -> None:
        """Channel "me" is at this address, by a mail server on this port."""
        urls = {"me": url, "other": f"hook+http://{self.other.host}/", "chief": f"hook+http://{self.operator.host}/"}
        settings = self.office.settings_with(operator="chief", **urls)
        self.office.settings = msgspec.structs.replace(settings, mail=make_mail(port, **login))

    def restart(self) -> None:
        """Another process goes on, with what the database knows."""
        self.office.store.close()
        self.office.store = Store.open(self.office.url)

    def told(self) -> list[str]:
        """What the operator heard, in order."""
        return [posted["subject"] for posted in self.operator.posted]

    def wait_out(self, tries: int) -> None:
        """So many tries fail, each after the wait that the one before asked for; between them nothing is tried."""
        for number in range(tries):
            report = self.office.deliver(after=plan.BACK_OFF[number - 1] if number else timedelta(0))
            assert [item.given_up for item in report.tried if item.key == KEY] == [False]
            waiting = self.office.message(KEY)
            assert (waiting.state, waiting.attempts) == ("waiting", number + 1)
            assert waiting.next_attempt_at == self.office.now + plan.BACK_OFF[number]
            self.restart()
            assert [item.key for item in self.office.deliver().tried if item.channel == "me"] == []
        assert [posted["key"] for posted in self.other.posted] == ["alert:other:1"], "the others are served meanwhile"

    def assert_put_off(self) -> None:
        """The fault has lasted for some tries, and is over now."""
        assert self.told() == ["Trial tracker: Channel “me” takes no messages"]
        assert SECRET not in f"{self.operator.posted} {self.office.store.outbox()}"
        self.operator.posted.clear()
        for _ in range(3):
            self.office.deliver(after=timedelta(days=1))
        assert self.office.message(KEY).state == "sent"
        assert self.told() == ["Trial tracker: Over: Channel “me” takes no messages"]

    def assert_given_up(self) -> None:
        """At the first try, whatever time passes; the operator hears once, and has it sent when all is mended."""
        self.office.deliver()
        for _ in range(10):
            assert [item.key for item in self.office.deliver(after=timedelta(days=1)).tried] == []
        failed = self.office.message(KEY)
        assert (failed.state, failed.attempts) == ("failed", 1)
        assert self.told() == ["Trial tracker: A message to “me” was given up"]
        assert [posted["key"] for posted in self.other.posted] == ["alert:other:1"]


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database to copy: the migrations are run once."""
    file = tmp_path_factory.mktemp("template") / "tracker.db"
    migrate(f"sqlite:///{file}", now=DAY)
    return file


@pytest.fixture
def yard(tmp_path: Path, migrated: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Yard]:
    monkeypatch.setattr(smtp, "TIMEOUT_SECONDS", 0.2)
    monkeypatch.setattr(webhook, "TIMEOUT_SECONDS", 0.2)
    shutil.copy(migrated, tmp_path / "tracker.db")
    with Mailbox() as mailbox, Hook() as other, Hook() as operator:
        made = Yard(Office(f"sqlite:///{tmp_path / 'tracker.db'}", mailbox), other, operator)
        yield made
        made.office.store.close()


# --- mail -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", part(list(LATER), 5))
def test_a_mail_server_in_trouble_delays_a_message_and_sends_it_once_when_it_is_well(yard: Yard, fault: str) -> None:
    with ScriptedSmtp(LATER[fault]) as server:
        yard.through(server.port, user="tracker", password=SECRET)
        yard.wait_out(TOLD_AFTER)
        assert server.letters == []
        server.answers.update(ANSWERS, MAIL="250 fine", RCPT="250 fine")
        yard.assert_put_off()
        assert len(server.letters) == 1


def test_a_mail_server_that_is_not_there_delays_a_message(yard: Yard) -> None:
    yard.through(dead_port())
    yard.wait_out(TOLD_AFTER)
    yard.through(yard.office.mailbox.port)
    yard.assert_put_off()
    assert len(yard.office.subjects("me")) == 1


@pytest.mark.parametrize("fault", part(list(FOR_GOOD), 2))
def test_what_a_mail_server_refuses_for_good_is_given_up_at_once(yard: Yard, fault: str) -> None:
    with ScriptedSmtp(FOR_GOOD[fault]) as server:
        yard.through(server.port)
        yard.assert_given_up()
        assert server.letters == []
        server.answers.update(ANSWERS, MAIL="250 fine", RCPT="250 fine")
        yard.office.store.retry(KEY, yard.office.now)
        for _ in range(3):
            yard.office.deliver(after=timedelta(days=1))
        assert len(server.letters) == 1


@pytest.mark.parametrize("answer", part(["550 5.7.1 relaying denied", "554 blocked", "550 5.1.1 no such user"], 1))
def test_what_one_mail_server_takes_from_nobody_the_operator_hears_through_it_when_it_is_well(yard: Yard, answer: str) -> None:
    """The operator's word goes the same way as what it is about, and waits as long as it has to."""
    yard.office.settings = yard.office.settings_with(operator="operator")
    yard.office.mailbox.refuse = lambda _address: answer
    for _ in range(30):
        yard.office.deliver(after=timedelta(days=1))
    assert yard.office.message(KEY).state == "failed"
    yard.office.mailbox.refuse = None
    yard.office.put("alert:me:news")
    for _ in range(3):
        yard.office.deliver(after=timedelta(days=1))
    assert "Trial tracker: A message to “me” was given up" in yard.office.subjects("operator")
    assert yard.office.subjects("me")[-1].startswith("You missed 1 message")
    texts = " ".join(yard.office.text(number) for number in range(len(yard.office.subjects("operator"))))
    assert f"tracker outbox retry {KEY}" in " ".join(texts.split())


def test_a_mail_server_that_never_comes_back_is_given_up_after_five_days_and_told_twice_in_all(yard: Yard) -> None:
    begun = yard.office.now
    with ScriptedSmtp(LATER["refuses-all"]) as server:
        yard.through(server.port)
        yard.wait_out(len(plan.BACK_OFF))
        yard.office.deliver(after=plan.BACK_OFF[-1])
        assert yard.office.now - begun >= timedelta(days=4)
        for _ in range(9):
            yard.office.deliver(after=timedelta(days=1))
    assert yard.office.message(KEY).state == "failed"
    assert yard.told() == ["Trial tracker: Channel “me” takes no messages", "Trial tracker: A message to “me” was given up"]


def test_one_of_several_recipients_that_is_put_off_or_refused_doubles_the_letter_for_none(yard: Yard) -> None:
    answers = {"later@example.org": "451 4.7.1 greylisted", "gone@example.org": "550 5.1.1 no such user"}
    yard.office.mailbox.refuse = answers.get
    yard.through(yard.office.mailbox.port, "mailto:me@example.org,later@example.org,gone@example.org")
    yard.office.deliver()
    del answers["later@example.org"]
    for wait in (*plan.BACK_OFF[:3], timedelta(days=9)):
        yard.office.deliver(after=wait)
    [letter] = yard.office.mailbox.letters
    assert letter.recipients == ("me@example.org", "later@example.org")
    assert yard.told() == ["Trial tracker: A message did not reach everybody on “me”"]


# --- webhooks -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", part(CODES_LATER, 3))
def test_a_webhook_in_trouble_delays_a_message_and_gets_it_once_when_it_is_well(yard: Yard, code: int | None) -> None:
    with Hook() as hook:
        hook.code, hook.location = code, f"http://{yard.other.host}/elsewhere" if code and code < 400 else ""
        yard.through(yard.office.mailbox.port, f"hook+http://{hook.host}/{SECRET}")
        yard.wait_out(TOLD_AFTER)
        hook.code, hook.location = 200, ""
        hook.posted.clear()
        yard.assert_put_off()
        assert [posted["key"] for posted in hook.posted] == [KEY]


def test_a_webhook_whose_tls_fails_delays_a_message(yard: Yard) -> None:
    yard.through(yard.office.mailbox.port, f"hook+https://{yard.other.host}/{SECRET}")
    yard.wait_out(TOLD_AFTER)
    with Hook() as hook:
        yard.through(yard.office.mailbox.port, f"hook+http://{hook.host}/{SECRET}")
        yard.assert_put_off()
        assert [posted["key"] for posted in hook.posted] == [KEY]


# --- the others -----------------------------------------------------------------------------------------------------


def test_a_channel_that_lets_us_wait_costs_two_waits_a_delivery_and_comes_last(yard: Yard) -> None:
    for number in range(20):
        yard.office.put(f"alert:me:waiting-{number:02}")
    with ScriptedSmtp(LATER["silent-at-connect"]) as server:
        yard.through(server.port)
        assert sum(bool(item.error) for item in yard.office.deliver().tried) == DEAD_AFTER
        yard.office.put("alert:other:2", "other")
        tried = yard.office.deliver(after=plan.BACK_OFF[0]).tried
        assert tried[0].key == "alert:other:2"
        assert sum(bool(item.error) for item in tried) == DEAD_AFTER


# --- size -----------------------------------------------------------------------------------------------------------

LIMIT = 200_000
NCT = re.compile(r"NCT\d{8}")
CHANGED = 1000 if EVERYTHING else 100
FIELDS = {
    "statusModule__overallStatus": "COMPLETED",
    "statusModule__primaryCompletionDateStruct": {"date": "2028-06", "type": "ESTIMATED"},
    "designModule__enrollmentInfo": {"count": 300, "type": "ESTIMATED"},
    "descriptionModule__briefSummary": "Other words. " * 60,
    "conditionsModule__conditions": ["Testitis", "Otheritis"],
}


def trials_of(letter: EmailMessage) -> set[str]:
    """The trials that a mail names: in its text, and in the list that it carries in a zip."""
    found = set(NCT.findall(letter.get_body(("plain",)).get_content()))
    for file in letter.iter_attachments():
        with zipfile.ZipFile(io.BytesIO(file.get_content())) as archive:
            found |= set(NCT.findall(archive.read("changes.csv").decode()))
    return found


def test_a_digest_of_thousands_of_changes_holds_all_in_numbered_mails_and_requests(tmp_path: Path) -> None:
    """Five megabytes if it were whole, by a server that takes a fifth of one, and to a webhook that takes a half."""
    with World(tmp_path) as world, Hook() as hook, ScriptedSmtp(offers=(f"SIZE {LIMIT}",)) as server:
        trials = [f"NCT{number:08}" for number in range(1, CHANGED * 5 // 2)]
        world.studies = {nct: study(nct) for nct in trials}
        sends = "".join(f'[[watch.send]]\nto = "{to}"\nwhen = "daily"\nmin_severity = "minor"\n' for to in ("me", "hook"))
        watch = f'[[watch]]\nname = "mine"\ntrials = {trials}\n{sends}'
        world.configure(watch, extra=f'[[channel]]\nname = "hook"\nurl = "hook+http://{hook.host}/"\n')
        world.day()
        world.config.write_text(world.config.read_text().replace(f"port = {world.mailbox.port}", f"port = {server.port}"))
        hook.posted.clear()
        for nct in trials[:CHANGED]:
            world.amend(nct, **FIELDS)
        digests: list[EmailMessage] = []
        for _ in range(4):
            before = len(server.letters)
            world.day()
            letters = [email.message_from_bytes(sent, policy=email.policy.default) for sent in server.letters[before:]]
            of_the_day = [letter for letter in letters if "mine" in letter["Subject"]]
            assert len(of_the_day) <= numbered.MAIL.messages
            digests += of_the_day
        assert all(len(sent) <= LIMIT for sent in server.letters)
        headed = [NCT.findall(letter.get_body(("plain",)).get_content()) for letter in digests]
        assert set(itertools.chain(*headed)) == set(trials[:CHANGED]), (
            "each has a headline: what eight mails do not hold waits a day"
        )
        assert sum(map(len, map(set, headed))) == CHANGED
        assert set.union(*map(trials_of, digests)) == set(trials[:CHANGED])
        assert len({letter["Message-ID"] for letter in digests}) == len(digests)
        sizes = [len(msgspec.json.encode(posted["events"])) for posted in hook.posted]
        assert max(sizes) <= numbered.DATA.body
        assert {posted["events_left_out"] for posted in hook.posted} == {0}
        told = [event["id"] for posted in hook.posted for event in posted["events"]]
        assert len(told) == len(set(told)) == CHANGED * len(FIELDS)
        assert world.store.outbox() == OutboxView()


@pytest.mark.skipif(not EVERYTHING, reason="minutes")
def test_of_50_000_changes_as_many_are_told_as_are_marked_sent(yard: Yard) -> None:
    trials = make_wait(yard.office.store, 50_000, when="immediate", severity="notable")
    yard.office.settings = follow(yard.office, "immediate", "notable")
    channels = Channels()
    for _ in range(3):
        channels.deliver(yard.office)
        states = trials_by_state(yard.office.store)
        assert states["sent"] == channels.told()
        assert states.get("ready", set()) == set(trials) - states["sent"]
        yard.office.now += timedelta(hours=1)


# --- the operator's own channel -------------------------------------------------------------------------------------


def test_where_the_operators_own_channel_is_dead_doctor_outbox_health_and_log_say_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with World(tmp_path) as world:
        world.studies = {"NCT00000101": study("NCT00000101")}
        world.configure('[[watch]]\nname = "mine"\ntrials = ["NCT00000101"]\n')
        world.day()
        world.mailbox.refuse = lambda _address: "451 4.3.0 later"
        world.store.open_incident("source:ctgov", "ClinicalTrials.gov could not be read: it refuses us.", world.now)
        for wait in (timedelta(0), *plan.BACK_OFF[:4]):
            world.now += wait
            world.deliver()
        dead = "Channel “operator” takes no messages"
        findings = inside("--config", world.config, "doctor", "--json").json["findings"]
        assert [item["text"] for item in findings if item["subject"] == "trouble"][1].startswith(dead)
        [unsent] = [item for item in findings if item["subject"] == "outbox"]
        assert unsent["text"].startswith("1 message for operator waiting: ")
        assert "451 4.3.0 later" in unsent["text"]
        [waiting] = inside("--config", world.config, "outbox", "--json").json["messages"]
        assert "451 4.3.0 later" in waiting["last_error"]
        kept = Archive(store=world.store, sources=world.sources)
        found = health(kept.health(), world.now, mode="idle", started_at=world.now)
        assert found.messages_waiting == 1
        assert any(sentence.startswith(dead) for sentence in found.conditions)
        assert sum("operator_channel_dead" in record.getMessage() for record in caplog.records) == 1
        world.mailbox.refuse = None
        for _ in range(3):
            world.now += timedelta(days=1)
            world.deliver()
        assert Counter(world.subjects("operator@example.org")) == {
            "Trial tracker: ClinicalTrials.gov could not be read": 1,
            f"Trial tracker: Over: {dead}": 1,
        }
