"""How news is lost, doubled or mailed to the wrong people on its way to a reader: each way, closed.

The complaints are those of mailing services for trials and papers and of page watchers: messages too large to be taken and
sent again for ever, dead addresses asked hundreds of times, old trials announced as new, changes forgotten because a mail
server was down, and silence that could mean anything.
"""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from datetime import timedelta

import pytest

from tests.cli.program import inside
from tests.failure_modes.conftest import LISTED, SEARCHED, A, B, studies, texts
from tests.world import World, study
from tracker.deliver import deliver

MIB = 1024 * 1024
NO_SUCH_USER = "550 5.1.1 no such user"
NEWS = "Completed"


def complete(world: World, nct: str = A) -> None:
    world.amend(nct, statusModule__overallStatus="COMPLETED")


def told(world: World, what: str = NEWS, who: str = "me") -> int:
    """How many mails tell of it."""
    return sum(what in text for text in texts(world, who))


# --- messages that do not arrive ------------------------------------------------------------------------------------


def test_a_digest_of_megabytes_is_cut_sent_once_and_says_where_the_rest_is(world: World) -> None:
    """Forty trials of which each has its long list of outcomes rewritten: megabytes of old and new words."""

    def outcomes(word: str) -> list[dict[str, str]]:
        return [{"measure": f"{word} {turn}", "timeFrame": "1 year", "description": word * 150} for turn in range(25)]

    world.studies = {nct: study(nct, outcomesModule__secondaryOutcomes=outcomes("Pain")) for nct in studies(40)}
    world.configure(SEARCHED.replace('min_severity = "notable"', 'min_severity = "minor"'))
    world.day()

    def rewrite() -> None:
        for nct in world.studies:
            world.amend(nct, outcomesModule__secondaryOutcomes=outcomes("Wellbeing"))

    world.day(change=rewrite)
    for _ in range(3):
        world.day()
    # The welcome aside, all its parts came once, each at a size that any server takes, and the first holds the whole list.
    parts = [letter.message for letter in world.mailbox.to("me@example.org")][1:]
    assert len(parts) > 1
    assert len({str(part["Message-ID"]) for part in parts}) == len(parts)
    for part in parts:
        body = sum(
            len(inner.as_bytes())
            for inner in part.walk()
            if inner.get_content_maintype() == "text" and not inner.get_filename()
        )
        assert body < MIB / 2
    told = " ".join(parts[0].get_body(("plain",)).get_content().split())
    assert "message 1 of" in told
    assert any(inner.get_filename() for inner in parts[0].walk())
    assert world.store.outbox().messages == ()


def test_a_message_that_its_server_calls_too_large_waits_and_arrives_once_when_it_is_taken(world: World) -> None:
    """The limit of a server, or a quota, may be gone the next hour: the change is told then, and nothing is lost."""
    world.configure(LISTED)
    world.day()
    world.mailbox.refuse = lambda address: "552 5.3.4 message too big" if address.startswith("me") else None
    world.day(change=lambda: complete(world))
    assert told(world) == 0
    assert [message.state for message in world.store.outbox().messages] == ["waiting"]
    world.mailbox.refuse = None
    for _ in range(9):
        world.day()
    assert world.store.outbox().messages == ()
    assert told(world) == 1


def test_an_address_that_bounces_is_tried_once_for_each_message_and_never_again(world: World) -> None:
    """One service tried a dead address 210 times."""
    tried: Counter[str] = Counter()

    def refuse(address: str) -> str | None:
        tried[address] += 1
        return NO_SUCH_USER if address == "me@example.org" else None

    world.configure(LISTED)
    world.day()
    world.mailbox.refuse = refuse
    world.day(change=lambda: complete(world))
    for _ in range(10):
        world.day()
    messages = [message for message in world.store.outbox().messages if message.channel == "me"]
    assert {message.state for message in messages} == {"failed"}
    assert tried["me@example.org"] == len(messages) <= 3, "the alert, and the weekly proof of life"
    assert told(world, "no such user", "operator") == len(messages)


def test_a_server_that_is_away_for_days_is_told_of_once_and_delays_everything_and_loses_nothing(world: World) -> None:
    """The new state was saved before the mail was sent: with the mail, the change was gone for ever."""
    world.configure(LISTED)
    world.day()
    world.mailbox.drop = "at_connect"
    world.day(change=lambda: complete(world))
    for _ in range(8):
        world.day(after=timedelta(hours=3))
    world.mailbox.drop = "never"
    for _ in range(3):
        world.day(after=timedelta(hours=12))
    assert told(world) == 1
    about_me = [subject for subject in world.subjects("operator@example.org") if "“me”" in subject]
    assert about_me == ["Trial tracker: Channel “me” takes no messages", "Trial tracker: Over: Channel “me” takes no messages"]


def test_an_error_while_sending_never_marks_a_message_as_sent(world: World) -> None:
    """A catch-all once sent an empty mail in place of what could not be written, and noted it as sent."""

    def broken(*_: object) -> tuple[str, ...]:
        raise RuntimeError("a mistake of our own")

    world.configure(LISTED)
    world.day()
    world.now += timedelta(days=1)
    complete(world)
    world.sync()
    with pytest.raises(RuntimeError):
        deliver(world.settings, world.store, world.sources, world.clock, send=broken)
    assert [message.state for message in world.store.outbox().messages] == ["waiting"]
    world.now += timedelta(hours=1)
    world.deliver()
    assert told(world) == 1


def test_a_record_that_cannot_be_read_any_more_empties_no_mail(world: World) -> None:
    """The stored bytes of a trial are damaged between the run and the mail: its news is told all the same, or waits."""
    world.configure(LISTED)
    world.day()
    world.now += timedelta(days=1)
    complete(world)
    world.sync()
    before = len(world.mailbox.letters)
    with sqlite3.connect(world.folder / "tracker.db") as database:
        database.execute("UPDATE snapshots SET body = x'00' WHERE id = (SELECT max(id) FROM snapshots)")
    database.close()
    inside("--config", world.config, "sync")
    sent = texts(world)[before:]
    waiting = len(world.store.ready_alerts())
    assert bool(sent) != bool(waiting)
    assert all(NEWS in text for text in sent)


def test_no_mail_is_empty(world: World) -> None:
    world.configure(LISTED, extra='\n[digest]\nwhen_empty = "always"\n')
    for status in ("RECRUITING", "SUSPENDED", "SUSPENDED", "RECRUITING"):
        world.day(change=lambda status=status: world.amend(A, statusModule__overallStatus=status))
    assert len(world.mailbox.letters) >= 4
    for letter in world.mailbox.letters:
        assert str(letter.message["Subject"]).strip()
        for kind in ("plain", "html"):
            assert len(letter.message.get_body((kind,)).get_content().split()) > 20


# --- messages that should not have been written ---------------------------------------------------------------------


def test_trials_that_are_imported_are_not_mailed_as_new(world: World) -> None:
    """Old trials that are taken in by hand or by a wider search: one line in the next digest, and no event."""
    world.configure(LISTED)
    world.day()
    world.studies |= studies(40)
    world.configure(LISTED.replace(f'"{B}"', f'"{B}", ' + ", ".join(f'"{nct}"' for nct in studies(40))))
    world.day()
    world.day()
    assert world.kinds() == []
    for _ in range(7):
        world.day()
    assert told(world, "40 trials") == 1, "the next digest says that they joined"


def test_who_is_taken_out_of_the_configuration_hears_nothing_more(world: World) -> None:
    """Unsubscribing that does nothing: what waits for them is not sent either."""
    team = '\n[[channel]]\nname = "team"\nurl = "mailto:team@example.org"\n'
    world.configure(LISTED.replace('to = "me"', 'to = "team"'), extra=team)
    world.day()
    before = len(texts(world, "team"))
    world.now += timedelta(days=1)
    complete(world)
    world.sync()
    world.configure(LISTED)
    for status in ("SUSPENDED", "RECRUITING"):
        world.day(change=lambda status=status: world.amend(B, statusModule__overallStatus=status))
    assert len(texts(world, "team")) == before == 1, "the welcome"
    assert world.store.ready_alerts() == []
    assert len(world.kinds()) == 3


def test_every_mail_says_how_to_stop_it_in_its_text_and_in_its_header(world: World) -> None:
    world.configure(LISTED)
    world.day()
    world.day(change=lambda: complete(world))
    for letter in world.mailbox.to("me@example.org"):
        assert "operator@example.org" in str(letter.message["List-Unsubscribe"])
    assert "To stop: " in texts(world)[-1]


# --- the right news to the right people, once -----------------------------------------------------------------------


def test_every_change_of_many_days_is_told_exactly_once_whatever_the_mail_server_does(world: World) -> None:
    """Each day another collaborator joins; days with and without a mail server come in any order."""
    chance = random.Random(7)
    world.configure(LISTED.replace('min_severity = "notable"', 'min_severity = "minor"'))
    world.day()
    partners: list[str] = []

    def join() -> None:
        partners.append(f"Partner{len(partners):02}")
        named = [{"name": name, "class": "OTHER"} for name in partners]
        world.amend(A, sponsorCollaboratorsModule__collaborators=named)

    for _ in range(8):
        world.mailbox.drop = chance.choice(["never", "at_connect", "before_acceptance"])
        world.day(change=join)
    world.mailbox.drop = "never"
    for _ in range(3):
        world.day()
    assert {name: told(world, name) for name in partners} == dict.fromkeys(partners, 1)
    assert world.store.ready_alerts() == []


def test_what_waits_for_a_daily_digest_is_in_the_weekly_one_when_that_is_wanted_instead(world: World) -> None:
    """An edited cadence must not leave news behind, least of all under a digest that says "no changes"."""
    daily = LISTED.partition("[[watch.send]]")[0] + '[[watch.send]]\nto = "me"\nwhen = "daily"\n'
    world.configure(daily)
    world.day()
    world.now += timedelta(days=1)
    complete(world)
    world.sync()
    world.configure(daily.replace("daily", "weekly"))
    for _ in range(8):
        world.day()
    assert told(world) == 1


def test_what_is_shown_in_the_change_log_was_sent_or_says_why_not(world: World) -> None:
    world.configure(LISTED)
    world.day()
    for status in ("SUSPENDED", "RECRUITING", "COMPLETED"):
        world.day(change=lambda status=status: world.amend(A, statusModule__overallStatus=status))
    world.day()
    assert len(world.kinds()) == 3
    assert world.store.events_already_sent("me") >= {event.id for event in world.store.past_events(f"ctgov:{A}")}


def test_changes_of_one_day_come_in_one_mail_and_each_reader_gets_their_own(world: World) -> None:
    other = '[[watch]]\nname = "theirs"\ntrials = ["{}"]\n[[watch.send]]\nto = "team"\nwhen = "immediate"\n'
    team = '\n[[channel]]\nname = "team"\nurl = "mailto:team@example.org,desk@example.org"\n'
    world.configure(LISTED + other.format(B), extra=team)
    world.day()

    def both() -> None:
        complete(world, A)
        complete(world, B)

    world.day(change=both)
    [mine] = [text for text in texts(world) if NEWS in text]
    assert "Study 101" in mine
    assert "Study 102" in mine
    [theirs] = [text for text in texts(world, "team") if NEWS in text]
    assert "Study 101" not in theirs
    assert texts(world, "desk")[-1] == theirs, "one mail to all of a channel"


def test_a_mail_tells_the_old_and_the_new_value_and_not_just_that_something_changed(world: World) -> None:
    world.configure(LISTED)
    world.day()
    slipped = {"date": "2028-01", "type": "ESTIMATED"}
    world.day(change=lambda: world.amend(A, statusModule__primaryCompletionDateStruct=slipped))
    text = texts(world)[-1]
    assert "Jun 2027" in text
    assert "Jan 2028" in text
    assert f"https://clinicaltrials.gov/study/{A}" in text


def test_a_reader_is_told_that_nothing_changed_as_often_as_they_wish(world: World) -> None:
    for wish, expected in (("always", 7), ("weekly", 1), ("never", 0)):
        world.configure(LISTED, extra=f'\n[digest]\nwhen_empty = "{wish}"\n')
        world.day()
        before = told(world, "No changes")
        for _ in range(7):
            world.day()
        assert told(world, "No changes") - before == expected, wish


def test_digests_keep_to_the_readers_clock_in_summer_and_winter(world: World) -> None:
    """Half past seven in Berlin is another hour in UTC after the last Sunday of March."""
    world.configure(LISTED, extra='\n[digest]\nat = "07:30"\ntimezone = "Europe/Berlin"\nwhen_empty = "always"\n')
    world.now = world.now.replace(month=3, day=28, hour=0, minute=10)
    world.sync()
    world.deliver()
    hours = []
    for _ in range(24 * 2):
        before = len(world.mailbox.letters)
        world.now += timedelta(hours=1)
        world.deliver()
        hours += [world.now.hour] * (len(world.mailbox.letters) - before)
    assert hours == [7, 6], "on the Saturday before the change of the clocks, and on the Sunday after it"
