"""Digests and welcomes told in days: what they count, since when, and that nothing is denied or told twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.world import SENDS, World, study

A, B = "NCT00000101", "NCT00000102"
LISTED = f'[[watch]]\nname = "mine"\ntrials = ["{A}", "{B}"]\n' + SENDS
QUIET = ("No changes", "Nothing beyond")
ALWAYS = '[digest]\nwhen_empty = "always"\n'


@pytest.fixture
def world(tmp_path: Path, database: str) -> Iterator[World]:
    with World(tmp_path, database) as made:
        made.studies = {nct: study(nct) for nct in (A, B)}
        yield made


def digests(world: World) -> list[str]:
    """Subjects of the digests a reader got: neither welcomes nor alerts."""
    return [
        subject
        for subject in world.subjects()
        if subject.endswith(": mine") and (subject.startswith(QUIET) or subject[0].isdigit())
    ]


def last_text(world: World) -> str:
    body = world.mailbox.to("me@example.org")[-1].message.get_body(("plain",))
    assert body is not None
    return " ".join(body.get_content().split())


def complete(world: World, nct: str = A) -> None:
    world.amend(nct, statusModule__overallStatus="COMPLETED")


def postpone(world: World, nct: str = B) -> None:
    """A change that is notable: the next digest tells it."""
    world.amend(nct, statusModule__primaryCompletionDateStruct={"date": "2027-08", "type": "ESTIMATED"})


def test_the_welcome_says_how_to_stop_by_mail(world: World) -> None:
    world.configure(LISTED)
    world.day()
    assert "write “unsubscribe” to operator@example.org" in last_text(world), "the contact is this reader's own address"


def test_a_quiet_digest_does_not_deny_what_was_told_at_once(world: World) -> None:
    """Not even what is told by the same delivery."""
    world.configure(LISTED, extra=ALWAYS)
    world.day()
    world.day(change=lambda: complete(world))
    assert digests(world) == ["Nothing beyond the change told at once: mine"]
    assert "Nothing beyond the change you were told of at once since 3 Mar 2026." in last_text(world)
    world.day()
    assert digests(world)[1:] == ["No changes: mine"], "it was counted in the digest before"
    assert "since 4 Mar 2026" in last_text(world)


def test_what_is_told_between_two_digests_is_counted_in_the_later_one(world: World) -> None:
    world.configure(LISTED, extra=ALWAYS)
    world.day()
    world.day()
    world.day(after=timedelta(hours=6), change=lambda: complete(world))
    assert digests(world) == ["No changes: mine"]
    world.day(after=timedelta(hours=18))
    assert digests(world)[1:] == ["Nothing beyond the change told at once: mine"]


def test_a_digest_with_changes_counts_what_was_told_at_once_beside_them(world: World) -> None:
    world.configure(LISTED, extra=ALWAYS)
    world.day()

    def both() -> None:
        complete(world)
        postpone(world)

    world.day(change=both)
    [subject] = digests(world)
    assert subject == "1 primary completion later: mine"
    assert "1 more change was told at once." in last_text(world)
    assert "ompleted" not in last_text(world)


def test_a_weekly_proof_of_life_speaks_of_the_whole_week(world: World) -> None:
    """Between two digests that were written lie days on which there was nothing to write."""
    world.configure(LISTED)
    world.day()
    world.day(change=lambda: complete(world))
    for _ in range(4):
        world.day()
    assert digests(world) == []
    world.day()
    assert f"{world.now:%a}" == "Mon"
    assert digests(world) == ["Nothing beyond the change told at once: mine"]
    assert "since 3 Mar 2026" in last_text(world), "since the channel was set up"
    for _ in range(7):
        world.day()
    assert digests(world)[1:] == ["No changes: mine"]
    assert "since 9 Mar 2026" in last_text(world)


def test_no_proof_of_life_is_sent_to_those_who_want_none(world: World) -> None:
    world.configure(LISTED, extra='[digest]\nwhen_empty = "never"\n')
    for _ in range(9):
        world.day()
    assert digests(world) == []


def test_after_a_downtime_one_digest_tells_all(world: World) -> None:
    world.configure(LISTED, extra=ALWAYS)
    world.day()
    world.now += timedelta(days=1)
    postpone(world, A)
    world.sync()
    world.now += timedelta(days=1)
    postpone(world, B)
    world.sync()
    world.now += timedelta(days=9)
    world.deliver()
    [subject] = digests(world)
    assert subject == "2 primary completions later: mine"


def test_a_digest_is_cut_once_however_often_deliveries_run(world: World) -> None:
    world.configure(LISTED, extra=ALWAYS)
    world.day()
    world.day(change=lambda: postpone(world))
    world.now += timedelta(days=1)
    for _ in range(4):
        world.deliver()
        world.now += timedelta(minutes=30)
    told = [subject for subject in digests(world) if subject == "1 primary completion later: mine"]
    assert len(told) == 1


def test_what_waits_for_a_send_that_is_taken_out_is_dropped_with_a_reason_and_the_others_keep_theirs(world: World) -> None:
    """Watch and channel are both still there; no digest would ever have taken it."""
    both = LISTED + LISTED.replace('"mine"', '"theirs"').replace('to = "me"', 'to = "operator"')
    world.configure(both)
    world.day()
    world.now += timedelta(days=1)
    postpone(world)
    world.sync()
    world.configure(both.replace(LISTED, LISTED.removesuffix(SENDS) + '[[watch.send]]\nto = "operator"\n'))
    world.deliver()
    assert digests(world) == []
    assert world.store.ready_alerts() == []
    assert sum(subject.startswith("1 primary completion later") for subject in world.subjects("operator@example.org")) == 1
    with world.store.reading() as connection:
        asked = text("SELECT watch, channel, state, reason FROM alerts ORDER BY watch")
        states = [tuple(row) for row in connection.execute(asked)]
    assert states == [
        ("mine", "me", "dropped", 'watch "mine" no longer sends to "me"'),
        ("theirs", "operator", "sent", ""),
    ]


def test_what_waits_for_a_digest_where_only_immediate_alerts_are_left_is_told_at_once(world: World) -> None:
    world.configure(LISTED)
    world.day()
    world.now += timedelta(days=1)
    postpone(world)
    world.sync()
    assert [item.alert.when for item in world.store.ready_alerts()] == ["daily"]
    before = len(world.subjects())
    world.configure(LISTED.partition("[[watch.send]]")[0] + '[[watch.send]]\nto = "me"\nwhen = "immediate"\n')
    world.deliver()
    assert len(world.subjects()) == before + 1
    assert world.store.ready_alerts() == []


def test_what_an_edit_sheds_is_not_said_to_have_left_its_search(world: World) -> None:
    """The registry changed nothing: neither the listing after the edit nor any later one makes an event of it."""
    searched = '[[watch]]\nname = "search"\nsearch = "https://clinicaltrials.gov/search?cond={}"\n' + SENDS
    world.studies[B] = study(B, conditionsModule__conditions=["Otheritis"])
    world.configure(searched.format("Testitis%20OR%20Otheritis"))
    world.day()
    assert len(world.store.memberships()) == 2
    world.configure(searched.format("Testitis"))
    for _ in range(3):
        world.day()
    assert world.kinds() == []
    assert len(world.store.memberships()) == 2, "membership is sticky"
