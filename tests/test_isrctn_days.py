"""Days in which ISRCTN's studies turn with the calendar, with nobody editing them, and are edited, listed and out of reach."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.lab.isrctn_registry import LoopbackIsrctn
from tests.lab.server import Reply
from tests.replay.builders import HERE, job
from tests.world import SENDS, World, accepted
from tracker.archive import Archive
from tracker.model.event import Event, EventFilter
from tracker.replay import replay
from tracker.sync import SyncReport

A, B, C = "ISRCTN90000101", "ISRCTN90000102", "ISRCTN90000103"
WATCH = f'[[watch]]\nname = "mine"\ntrials = ["{A}", "{B}"]\n' + SENDS
SEARCH = '[[watch]]\nname = "mine"\nquery = { condition = "testitis" }\nregistries = ["isrctn"]\n' + SENDS


@pytest.fixture
def registry() -> Iterator[LoopbackIsrctn]:
    """A begins to recruit on 5 March 2026, B recruits; both end in 2028."""
    with LoopbackIsrctn() as made:
        made.add(A).set(recruitmentStart="2026-03-05")
        made.add(B)
        yield made


@pytest.fixture
def world(tmp_path: Path, registry: LoopbackIsrctn) -> Iterator[World]:
    with World(tmp_path) as made:
        made.isrctn = registry
        yield made


def told(world: World, report: SyncReport) -> set[tuple[str, str]]:
    return {(event.trial.partition(":")[2], event.kind) for event in accepted(world.store, report)}


def turned(world: World, number: str) -> list[Event]:
    kind = "recruitment_status_changed"
    return [event for event in world.store.events(EventFilter()) if event.trial == f"isrctn:{number}" and event.kind == kind]


def standing(world: World, number: str) -> tuple[str | None, str | None]:
    """The status that a list shows, from stored columns, and that of the record."""
    archive = Archive(store=world.store, sources=world.sources)
    [row] = [row for row in archive.present() if row.trial == f"isrctn:{number}"]
    return row.recruitment_status, archive.trial(f"isrctn:{number}").record.recruitment_status


def test_a_status_turns_on_its_day_though_nobody_edits_the_record(world: World, registry: LoopbackIsrctn) -> None:
    world.configure(WATCH)
    assert told(world, world.day()) == set()  # 3 March
    assert standing(world, A) == ("NOT_YET_RECRUITING", "NOT_YET_RECRUITING")
    assert told(world, world.day()) == set()
    report = world.day()  # 5 March
    assert told(world, report) == {(A, "recruitment_status_changed")}
    [event] = turned(world, A)
    assert (event.cause, event.effects) == ("calendar", ("started",))
    assert event.evidence.old == event.evidence.new
    assert event.seen_between == (world.now - timedelta(days=1), world.now)
    assert standing(world, A) == ("RECRUITING", "RECRUITING")
    assert any("recruiting" in subject.lower() for subject in world.subjects())
    assert told(world, world.sync()) == told(world, world.day()) == set()
    bodies = [letter.message.get_body(("plain",)).get_content() for letter in world.mailbox.to("me@example.org")]
    assert all("ISRCTN registry" in " ".join(body.split()) for body in bodies)


def test_a_status_turns_once_however_long_nobody_looked(world: World, registry: LoopbackIsrctn) -> None:
    world.configure(WATCH)
    world.day()
    world.day(after=timedelta(days=1000))  # 27 November 2028
    [event] = turned(world, A)
    assert event.effects == ("started_and_closed",)
    assert standing(world, A)[0] == "ACTIVE_NOT_RECRUITING"
    world.day(after=timedelta(days=40))
    assert [event.effects for event in turned(world, A)] == [("started_and_closed",), ("completed",)]


def test_a_status_turns_for_a_study_that_cannot_be_read_that_day_and_an_edit_later_does_not_tell_it_again(
    world: World, registry: LoopbackIsrctn
) -> None:
    world.configure(WATCH)
    world.day()
    registry.fault = lambda request: Reply(500) if f"/trial/{A}/" in request.path else None
    registry.reads_or = False
    world.day()
    assert told(world, world.day()) == {(A, "recruitment_status_changed")}
    assert standing(world, A) == ("RECRUITING", "RECRUITING")

    def edited() -> None:
        registry.fault = None
        registry.studies[A].set(targetEnrolment="300").edited = "2026-03-06"

    assert told(world, world.day(change=edited)) == {(A, "enrollment_changed")}


def test_a_start_that_is_put_off_on_its_day_never_turns(world: World, registry: LoopbackIsrctn) -> None:
    world.configure(WATCH)
    world.day()
    world.day()

    def put_off() -> None:
        registry.studies[A].set(recruitmentStart="2026-04-05").edited = "2026-03-05"

    assert told(world, world.day(change=put_off)) == {(A, "start_date_changed")}
    assert told(world, world.day()) == set()
    assert told(world, world.day(after=timedelta(days=40))) == {(A, "recruitment_status_changed")}


def test_a_turn_that_comes_with_an_edit_is_told_with_it(world: World, registry: LoopbackIsrctn) -> None:
    world.configure(WATCH)
    world.day()
    world.day()

    def edited() -> None:
        registry.studies[A].set(targetEnrolment="300").edited = "2026-03-05"

    assert told(world, world.day(change=edited)) == {(A, "recruitment_status_changed"), (A, "enrollment_changed")}
    assert told(world, world.day()) == set()
    assert len(turned(world, A)) == 1


def test_a_turn_on_a_day_of_which_only_a_part_was_read_is_told_with_the_next_whole_look(
    world: World, registry: LoopbackIsrctn
) -> None:
    world.configure(WATCH)
    world.day()
    world.day()
    world.now += timedelta(days=1)
    assert told(world, world.sync(only=("mine",))) == set()
    assert told(world, world.day(after=timedelta(hours=6))) == {(A, "recruitment_status_changed")}


def test_a_study_that_was_stopped_by_hand_turns_no_more(world: World, registry: LoopbackIsrctn) -> None:
    world.configure(WATCH)
    world.day()

    def stopped() -> None:
        registry.studies[A].set(recruitmentStatusOverride="Stopped").edited = "2026-03-04"

    assert (A, "recruitment_status_changed") in told(world, world.day(change=stopped))
    assert told(world, world.day()) == set()
    assert A not in {trial for trial, _ in told(world, world.day(after=timedelta(days=1100)))}


def test_a_search_brings_studies_in_and_one_that_the_registry_stops_reading_fails(
    world: World, registry: LoopbackIsrctn
) -> None:
    registry.add("ISRCTN90000199").condition = "Otherness"
    world.configure(SEARCH)
    assert told(world, world.day()) == set()
    assert {one.trial for one in world.store.memberships()} == {f"isrctn:{A}", f"isrctn:{B}"}

    def joined() -> None:
        registry.add(C).edited = "2026-03-04"

    assert told(world, world.day(change=joined)) == {(C, "entered_watch")}

    def ignoring() -> None:
        registry.reads.discard("condition")
        registry.ignores.add("condition")

    world.day(change=ignoring)
    assert {one.trial for one in world.store.memberships()} == {f"isrctn:{number}" for number in (A, B, C)}
    incidents = Archive(store=world.store, sources=world.sources).incidents()
    assert "search:isrctn:mine" in {one.name for one in incidents if one.ended_at is None}


def test_what_turned_and_what_was_edited_is_what_a_replay_says(world: World, registry: LoopbackIsrctn) -> None:
    world.configure(WATCH)
    for _ in range(4):
        world.day()

    def edited() -> None:
        registry.studies[A].set(targetEnrolment="300").edited = "2026-03-07"

    world.day(change=edited)
    world.day(after=timedelta(days=900))
    assert len(turned(world, A)) == 2
    [result] = [one for one in replay(world.store, HERE, job(world), "isrctn") if one.trial == f"isrctn:{A}"]
    assert (result.pairs, result.missing, result.unsaid) == (1, (), ())
