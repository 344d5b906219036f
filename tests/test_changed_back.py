"""A value that changes and soon changes back, from the registry to the mail: nobody is left with what is no longer so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.world import SENDS, World, study
from tracker.model.event import Event, EventFilter

A = "NCT00000101"
TRIAL = f'[[watch]]\nname = "mine"\ntrials = ["{A}"]\n'
AT_ONCE = TRIAL + SENDS
WEEKLY = TRIAL + '[[watch.send]]\nto = "me"\nwhen = "weekly"\nmin_severity = "notable"\n'
OTHERS = TRIAL.replace("mine", "theirs") + '[[watch.send]]\nto = "operator"\nwhen = "weekly"\nmin_severity = "major"\n'


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path) as made:
        made.studies = {A: study(A)}
        yield made


def set_status(world: World, status: str) -> None:
    """The next day the registry shows this status."""
    world.now += timedelta(days=1)
    world.amend(A, statusModule__overallStatus=status)
    world.sync()


def events(world: World) -> list[Event]:
    return world.store.events(EventFilter())


def bodies(world: World, recipient: str = "me@example.org") -> list[str]:
    """The plain texts of a reader's mails about changes, in order."""
    found = [letter.message.get_body(("plain",)).get_content() for letter in world.mailbox.to(recipient)]
    return [body for body in found if "Suspended" in body or "changed back" in body]


def test_who_was_told_of_a_change_is_told_at_once_that_it_is_taken_back(world: World) -> None:
    world.configure(AT_ONCE)
    world.day()
    set_status(world, "SUSPENDED")
    world.deliver()
    world.now += timedelta(days=9)
    set_status(world, "RECRUITING")
    world.deliver()
    stopped, back = events(world)
    assert back.severity == stopped.severity == "major"
    assert back.details.changed_back is not None
    assert back.details.changed_back.told
    first, second = bodies(world)
    assert "changed back" not in first
    assert "changed back within 14 days" in second
    assert "changed back" in world.subjects()[-1]


def test_after_more_than_14_days_it_is_a_change_like_any_other(world: World) -> None:
    world.configure(AT_ONCE)
    world.day()
    set_status(world, "SUSPENDED")
    world.deliver()
    world.now += timedelta(days=14)
    set_status(world, "RECRUITING")
    assert events(world)[-1].details.changed_back is None


def test_a_change_that_nobody_was_told_of_is_one_story_with_its_way_back(world: World) -> None:
    world.configure(WEEKLY)
    world.day()
    set_status(world, "SUSPENDED")
    set_status(world, "RECRUITING")
    stopped, back = events(world)
    assert (stopped.severity, back.severity) == ("major", "minor")
    world.day(after=timedelta(days=7))
    [body] = bodies(world)
    assert body.count("Mute: tracker silence") == 1, "one story"
    assert "changed back within 14 days" in " ".join(body.split())


def test_a_value_that_goes_to_and_fro_before_anybody_is_told_is_one_story(world: World) -> None:
    world.configure(WEEKLY)
    world.day()
    for status in ("SUSPENDED", "RECRUITING", "SUSPENDED"):
        set_status(world, status)
    world.day(after=timedelta(days=7))
    [body] = bodies(world)
    assert body.count("Mute: tracker silence") == 1, "one story"
    assert " ".join(body.split()).count("changed back within 14 days") == 2


def test_where_one_reader_was_told_the_others_hear_of_both(world: World) -> None:
    world.configure(AT_ONCE + OTHERS)
    world.day()
    set_status(world, "SUSPENDED")
    world.deliver()
    set_status(world, "RECRUITING")
    world.deliver()
    assert len(bodies(world)) == 2
    assert bodies(world, "operator@example.org") == []
    world.day(after=timedelta(days=7))
    [digest] = bodies(world, "operator@example.org")
    assert "Suspended" in digest
    assert "changed back within 14 days" in digest


def test_a_reader_who_was_told_hears_of_the_way_back_also_where_the_watch_now_asks_for_less(world: World) -> None:
    world.configure(AT_ONCE)
    world.day()
    set_status(world, "SUSPENDED")
    world.deliver()
    world.configure(AT_ONCE.replace("trials =", 'kinds = ["results_posted"]\ntrials ='))
    set_status(world, "RECRUITING")
    world.deliver()
    assert len(bodies(world)) == 2


@pytest.mark.parametrize("least", ["notable", "minor"])
def test_a_change_that_goes_out_at_once_takes_its_way_back_along(world: World, least: str) -> None:
    world.configure(AT_ONCE.replace("notable", least))
    world.day()
    set_status(world, "SUSPENDED")
    set_status(world, "RECRUITING")
    world.now += timedelta(minutes=1)
    world.deliver()
    [body] = bodies(world)
    assert "Suspended" in body
    assert "changed back within 14 days" in " ".join(body.split())
