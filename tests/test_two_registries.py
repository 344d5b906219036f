"""Days in which two registries list the trials of one watch: each has a first load, joins, leaves and failures of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.ctis_portal import LoopbackPortal, change
from tests.lab.server import Reply
from tests.world import SENDS, World, accepted, study
from tracker.archive import Archive
from tracker.model.details import CountryStatusDetails
from tracker.sync import SyncReport

BOTH = '[[watch]]\nname = "mine"\nquery = { condition = "testitis" }\nregistries = ["ctgov", "ctis"]\n' + SENDS
ONE = '[[watch]]\nname = "mine"\nquery = { condition = "testitis" }\n' + SENDS
US_A, US_B = "NCT90000101", "NCT90000102"
EU_A, EU_B, EU_C = "2023-590001-11", "2023-590002-22", "2026-590003-33"


@pytest.fixture
def portal() -> Iterator[LoopbackPortal]:
    with LoopbackPortal() as made:
        made.add(f"{EU_A}-00")
        made.add(f"{EU_B}-00")
        made.add("2023-599999-99-00", condition="Otherness")
        yield made


@pytest.fixture
def world(tmp_path: Path, portal: LoopbackPortal) -> Iterator[World]:
    with World(tmp_path) as made:
        made.portal = portal
        made.studies = {US_A: study(US_A)}
        yield made


def told(world: World, report: SyncReport) -> set[tuple[str, str]]:
    return {(event.trial.partition(":")[2], event.kind) for event in accepted(world.store, report)}


def members(world: World) -> dict[str, bool]:
    """Who is in the watch, and whether the search still holds it."""
    return {one.trial.partition(":")[2]: one.left_search_at is None for one in world.store.memberships()}


def lasting(world: World) -> set[str]:
    incidents = Archive(store=world.store, sources=world.sources).incidents()
    return {one.name for one in incidents if one.ended_at is None}


def fail(portal: LoopbackPortal) -> None:
    """Searches by condition come back as web pages; records are served as ever."""
    page = Reply(200, {"Content-Type": "text/html"}, b"<html>maintenance</html>")
    portal.fault = lambda request: page if b"medicalCondition" in request.body else None


def test_a_search_of_one_registry_that_fails_never_touches_what_the_other_lists(world: World, portal: LoopbackPortal) -> None:
    world.configure(BOTH)
    first = world.day()
    assert told(world, first) == set()
    assert members(world) == {US_A: True, EU_A: True, EU_B: True}

    def second_day() -> None:
        fail(portal)
        world.studies[US_B] = study(US_B, statusModule__studyFirstPostDateStruct={"date": "2026-03-03", "type": "ACTUAL"})

    second = world.day(change=second_day)
    assert told(world, second) == {(US_B, "new_registration")}
    assert members(world) == {US_A: True, US_B: True, EU_A: True, EU_B: True}
    assert "search:ctis:mine" in lasting(world)
    assert "search:ctgov:mine" not in lasting(world)

    def third_day() -> None:
        portal.fault = None
        portal.add(f"{EU_C}-00", decided="2026-03-04", published="2026-03-04")
        change(portal.trials[f"{EU_A}-00"], condition="Otherness", published="2026-03-04")
        world.studies[US_B] = study(US_B, conditionsModule__conditions=["Otherness"])

    third = world.day(change=third_day)
    assert (EU_C, "new_registration") in told(world, third)
    assert {(EU_A, "left_watch"), (US_B, "left_watch")} <= told(world, third)
    assert members(world) == {US_A: True, US_B: False, EU_A: False, EU_B: True, EU_C: True}
    assert lasting(world) == set()


def test_a_registry_that_is_added_to_a_watch_brings_its_trials_in_silently_and_edits_nothing(
    world: World, portal: LoopbackPortal
) -> None:
    world.configure(ONE)
    world.day()
    assert members(world) == {US_A: True}
    assert portal.requests == []
    world.configure(BOTH)
    world.studies[US_B] = study(US_B, statusModule__studyFirstPostDateStruct={"date": "2026-03-03", "type": "ACTUAL"})
    assert told(world, world.day()) == {(US_B, "new_registration")}
    assert members(world) == {US_A: True, US_B: True, EU_A: True, EU_B: True}


def test_an_edited_query_is_an_edit_in_each_registry(world: World, portal: LoopbackPortal) -> None:
    world.configure(BOTH)
    world.day()
    world.configure(BOTH.replace('"testitis"', '"otherness"'))
    world.studies[US_B] = study(US_B, conditionsModule__conditions=["Otherness"])
    assert told(world, world.day()) == set()
    assert members(world) == {US_A: False, US_B: True, EU_A: False, EU_B: False, "2023-599999-99": True}


def test_an_unchanged_day_asks_for_rows_and_no_record(world: World, portal: LoopbackPortal) -> None:
    world.configure(BOTH)
    world.day()
    before = len(portal.retrieved)
    assert before == 2
    assert told(world, world.day()) == set()
    assert len(portal.retrieved) == before


def test_a_halt_in_one_member_state_is_told_as_that(world: World, portal: LoopbackPortal) -> None:
    world.configure(f'[[watch]]\nname = "mine"\ntrials = ["{EU_A}-00"]\n' + SENDS)
    change(portal.trials[f"{EU_A}-00"], msc={"Germany": 276, "Spain": 724})
    world.day()

    def halted() -> None:
        change(portal.trials[f"{EU_A}-00"], states={"Spain": 6}, published="2026-03-04")

    report = world.day(change=halted)
    found = [event.details for event in accepted(world.store, report) if event.kind == "country_status_changed"]
    assert [one.countries for one in found if isinstance(one, CountryStatusDetails)] == [("Spain",)]
    assert not any(kind == "recruitment_status_changed" for _, kind in told(world, report))
    world.now = world.now.replace(hour=23)
    world.deliver()
    bodies = [letter.message.get_body(("plain",)).get_content() for letter in world.mailbox.to("me@example.org")]
    assert any("Spain: Suspended" in body for body in bodies)
    assert all("European Medicines Agency" in " ".join(body.split()) for body in bodies)


def test_a_number_that_the_register_no_longer_lists_is_gone_only_when_a_second_look_says_so(
    world: World, portal: LoopbackPortal
) -> None:
    world.configure(f'[[watch]]\nname = "mine"\ntrials = ["{EU_A}", "{EU_B}"]\n' + SENDS)
    world.day()
    gone = portal.trials.pop(f"{EU_A}-00")
    assert told(world, world.day()) == set()
    portal.trials[f"{EU_A}-00"] = gone
    assert told(world, world.day()) == set()
    del portal.trials[f"{EU_A}-00"]
    world.day()
    assert (EU_A, "removed") in told(world, world.day())
