"""What is known to be unreadable is the operator's business and never a removal, however long it lasts."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.chaos import EVERYTHING
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
        ("statusModule__studyFirstSubmitDate", ["2025-01-02"]),
        ("designModule__enrollmentInfo", None),
        ("outcomesModule", None),
        ("contactsLocationsModule__locations", None),
    ],
)
def test_a_value_of_a_wrong_type_is_an_issue_and_no_change(world: World, path: str, odd: Any) -> None:
    whole = copy.deepcopy(world.studies)
    reports = [world.day(change=lambda: [world.amend(nct, **{path: odd}) for nct in TRIALS[:3]]), world.day()]
    reports.append(world.day(change=lambda: world.studies.update(whole)))
    assert kinds(world) == []
    assert [one.sources[0].state for one in reports] == ["accepted"] * 3
    assert [bool(one.sources[0].issues) for one in reports] == [True, False, False]


ANCHORS = [
    "identificationModule__briefTitle",
    "statusModule__overallStatus",
    "statusModule__lastUpdatePostDateStruct",
    "statusModule__lastUpdatePostDateStruct__date",
    "sponsorCollaboratorsModule__leadSponsor",
    "sponsorCollaboratorsModule__leadSponsor__name",
    "designModule__studyType",
    "statusModule",
    "sponsorCollaboratorsModule",
    "designModule",
]
WRONG = [["A", "B"], 7, {"text": "A"}, None, True]


def other_than(wrong: Any, place: str) -> Any:
    """A wrong value that is none of the right type by chance: of an object's place a text."""
    return "A" if isinstance(wrong, dict) and not place.endswith(("Title", "Status", "date", "name", "Type")) else wrong


@pytest.mark.parametrize(
    ("place", "wrong"),
    [
        (place, WRONG[(number + turn) % len(WRONG)])
        for number, place in enumerate(ANCHORS)
        for turn in range(len(WRONG) if EVERYTHING else 1)
    ],
)
def test_what_every_record_has_keeps_its_last_value_while_its_type_is_wrong(world: World, place: str, wrong: Any) -> None:
    """And everything else of the trial is followed meanwhile."""
    whole = copy.deepcopy(world.studies)
    odd = other_than(wrong, place)
    reports = [world.day(change=lambda: [world.amend(nct, **{place: odd}) for nct in TRIALS[:2]])]
    if place != "statusModule" and "Post" not in place:
        world.amend(TRIALS[0], **UPDATED)
    reports.append(world.day(change=lambda: world.amend(TRIALS[0], conditionsModule__keywords=["a", "b"])))
    assert kinds(world) == ["conditions_changed"]
    world.amend(TRIALS[0], conditionsModule__keywords=["a"])
    reports.append(world.day(change=lambda: world.studies.update(whole)))
    assert {kind for kind in kinds(world) if kind != "record_updated"} == {"conditions_changed"}
    assert [(one.sources[0].state, one.sources[0].failures) for one in reports] == [("accepted", ())] * 3
    assert [bool(one.sources[0].issues) for one in reports] == [True, False, False]


def test_what_every_record_has_is_not_read_in_a_first_record_that_has_it_in_a_wrong_type(world: World) -> None:
    new = "NCT00060001"
    world.studies[new] = study(new)
    report = world.day(change=lambda: world.amend(new, statusModule__overallStatus=["RECRUITING"]))
    assert [failure.subject for failure in report.sources[0].failures] == [f"ctgov:{new}"]
    world.day(change=lambda: world.amend(new, statusModule__overallStatus="RECRUITING"))
    assert kinds(world) == ["entered_watch"]


@pytest.mark.parametrize("trials", [3, 12])
def test_a_run_in_which_many_lack_what_every_record_has_is_held(world: World, trials: int) -> None:
    report = world.day(change=lambda: [world.amend(nct, statusModule__overallStatus=["RECRUITING"]) for nct in TRIALS[:trials]])
    assert report.sources[0].state == "held"
    assert kinds(world) == []


def test_what_is_read_for_the_first_time_is_no_change(world: World) -> None:
    """Near miss: what is added beside it is one."""
    new = "NCT00060001"
    world.studies[new] = study(new)
    world.day(change=lambda: world.amend(new, outcomesModule="Pain and sleep"))
    before = kinds(world)
    whole = {"outcomesModule": {"primaryOutcomes": OUTCOMES}, "conditionsModule__keywords": ["x"], **UPDATED}
    world.day(change=lambda: world.amend(new, **whole))
    assert kinds(world)[len(before) :] == ["conditions_changed"] or sorted(kinds(world)) == sorted(
        [*before, "conditions_changed"]
    )


def test_what_says_nothing_and_never_said_anything_is_nothing(world: World) -> None:
    report = world.day(change=lambda: [world.amend(nct, identificationModule__acronym=None) for nct in TRIALS])
    assert (report.sources[0].state, report.sources[0].issues) == ("accepted", ())
    world.day(change=lambda: world.amend(TRIALS[0], identificationModule__acronym="ABC", **UPDATED))
    assert len(kinds(world)) == 1


def test_a_list_of_a_search_is_read_where_one_trial_has_a_field_of_a_wrong_type(world: World) -> None:
    for number, wrong in enumerate([["A"], 7, None, True]):
        world.amend(TRIALS[number], statusModule__studyFirstPostDateStruct=wrong)
    report = world.day()
    assert (report.sources[0].state, report.sources[0].failures, kinds(world)) == ("accepted", (), [])


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


def test_one_of_two_sites_gone_without_a_new_version_counts_when_a_second_data_version_says_so(world: World) -> None:
    """Near miss: with a new version of the record it is believed at once."""
    world.day(change=lambda: [world.amend(nct, contactsLocationsModule__locations=SITES[:2], **UPDATED) for nct in TRIALS[:2]])
    told = len(kinds(world))
    newer = {"statusModule__lastUpdatePostDateStruct": {"date": "2026-03-11", "type": "ACTUAL"}}
    world.amend(TRIALS[1], contactsLocationsModule__locations=SITES[:1], **newer)
    report = world.day(change=lambda: world.amend(TRIALS[0], contactsLocationsModule__locations=SITES[:1]))
    assert [failure.subject for failure in report.sources[0].outdated] == [f"ctgov:{TRIALS[0]}"]
    assert {event.trial for event in world.store.events(EventFilter())[told:]} <= {f"ctgov:{TRIALS[1]}"}
    told = len(kinds(world))
    assert world.day().sources[0].outdated == ()
    assert kinds(world)[told:] == ["sites_changed"] or len(kinds(world)) == told + 1
    world.day()
    assert len(kinds(world)) == told + 1


def test_one_of_two_sites_gone_for_a_day_is_no_change(world: World) -> None:
    world.day(change=lambda: world.amend(TRIALS[0], contactsLocationsModule__locations=SITES[:2], **UPDATED))
    told = len(kinds(world))
    world.day(change=lambda: world.amend(TRIALS[0], contactsLocationsModule__locations=SITES[:1]))
    world.day(change=lambda: world.amend(TRIALS[0], contactsLocationsModule__locations=SITES[:2]))
    world.day()
    assert len(kinds(world)) == told


def test_a_value_that_is_really_taken_out_is_told(world: World) -> None:
    world.day(change=lambda: world.amend(TRIALS[0], contactsLocationsModule__locations=[], **UPDATED))
    assert "sites_changed" in kinds(world)
