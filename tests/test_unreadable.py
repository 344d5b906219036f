"""What is known to be unreadable is the operator's business and never a removal, however long it lasts."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.world import SENDS, World, study
from tracker.archive import records
from tracker.model.event import EventFilter

TRIALS = [f"NCT0005{number:04}" for number in range(12)]
SEARCHED = '[[watch]]\nname = "search"\nsearch = "https://clinicaltrials.gov/search?cond=Testitis"\n' + SENDS
UPDATED = {"statusModule__lastUpdatePostDateStruct": {"date": "2026-03-09", "type": "ACTUAL"}}
SITES = [{"facility": f"Hospital {n}", "city": "Springfield", "country": "United States"} for n in range(3)]
OUTCOMES = [{"measure": "Pain", "timeFrame": "1 year"}, {"measure": "Sleep", "timeFrame": "1 year"}]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path) as made:
        made.studies = {
            nct: study(
                nct,
                contactsLocationsModule__locations=SITES,
                outcomesModule__primaryOutcomes=OUTCOMES,
                conditionsModule__keywords=["a"],
            )
            for nct in TRIALS
        }
        made.configure(SEARCHED)
        made.day()
        yield made


def kinds(world: World) -> list[str]:
    return [event.kind for event in world.store.events(EventFilter())]


@pytest.mark.parametrize(
    ("path", "odd"),
    [
        ("designModule__enrollmentInfo__count", ["100"]),
        ("designModule__enrollmentInfo", "one hundred"),
        ("identificationModule__officialTitle", ["A", "B"]),
        ("conditionsModule__keywords", "a"),
        ("conditionsModule__conditions", [["Testitis"]]),
        ("statusModule__primaryCompletionDateStruct", "2027-06"),
        ("statusModule__primaryCompletionDateStruct__date", ["2027-06"]),
        ("contactsLocationsModule__locations", "Springfield"),
        ("contactsLocationsModule__locations", [*SITES[:2], "Hospital 2"]),
        ("contactsLocationsModule__locations", [*SITES[:2], {**SITES[2], "city": ["Springfield"]}]),
        ("outcomesModule__primaryOutcomes", [OUTCOMES[0], {**OUTCOMES[1], "measure": {"text": "Sleep"}}]),
        ("outcomesModule", "Pain and sleep"),
        ("eligibilityModule__minimumAge", 18),
        ("sponsorCollaboratorsModule__leadSponsor__class", 4),
    ],
)
def test_a_value_of_a_wrong_type_is_an_issue_and_no_change(world: World, path: str, odd: Any) -> None:
    whole = copy.deepcopy(world.studies)
    reports = [world.day(change=lambda: [world.amend(nct, **{path: odd}) for nct in TRIALS[:3]]), world.day()]
    reports.append(world.day(change=lambda: world.studies.update(whole)))
    assert kinds(world) == []
    assert [one.sources[0].state for one in reports] == ["accepted"] * 3
    assert [bool(one.sources[0].issues) for one in reports] == [True, False, False]


def test_an_anchor_of_a_wrong_type_fails_its_trial_and_changes_nothing(world: World) -> None:
    whole = copy.deepcopy(world.studies)
    report = world.day(change=lambda: world.amend(TRIALS[0], identificationModule__briefTitle=["A", "B"]))
    assert [failure.subject for failure in report.sources[0].failures] == [f"ctgov:{TRIALS[0]}"]
    world.day(change=lambda: world.studies.update(whole))
    assert kinds(world) == []


def test_what_changed_while_a_field_could_not_be_read_is_found_when_it_can_be_read_again(world: World) -> None:
    nct = TRIALS[0]
    world.day(change=lambda: world.amend(nct, designModule__enrollmentInfo__count=["100"]))
    # Other content moves meanwhile, so that the field is read from a version before the last.
    world.day(change=lambda: world.amend(nct, conditionsModule__keywords=["a", "b"], **UPDATED))
    assert kinds(world) == ["conditions_changed"]
    world.day(change=lambda: world.amend(nct, designModule__enrollmentInfo__count=160))
    [event] = [event for event in world.store.events(EventFilter()) if event.kind == "enrollment_changed"]
    [change] = event.changes
    assert (change.old["count"], change.new["count"]) == (100, 160)
    world.day()
    assert len(kinds(world)) == 2


def test_the_last_readable_value_is_what_everybody_is_shown(world: World) -> None:
    nct = TRIALS[0]
    world.day(change=lambda: world.amend(nct, contactsLocationsModule__locations="Springfield"))
    world.day(after=timedelta(days=3))
    [(known, record)] = records.current(world.store, world.sources, [f"ctgov:{nct}"])
    assert len(record.sites or ()) == 3
    assert known.current is not None
    assert {field.field for field in known.current.kept} >= {"sites"}
    first = world.store.timeline(f"ctgov:{nct}")[0]
    assert {field.snapshot for field in known.current.kept} == {first.id}


def test_a_value_that_is_really_taken_out_is_told(world: World) -> None:
    world.day(change=lambda: world.amend(TRIALS[0], contactsLocationsModule__locations=[], **UPDATED))
    assert "sites_changed" in kinds(world)
