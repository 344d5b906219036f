"""Older data are not believed: nothing of them is compared or told, and the operator hears once."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.lab import Day, days
from tests.world import SENDS, Study, World, put, study
from tracker.sync import SyncReport

A, B, C = "NCT00000101", "NCT00000102", "NCT00000103"
LISTED = f'[[watch]]\nname = "mine"\ntrials = ["{A}", "{B}"]\n' + SENDS
RECRUITING = (
    '[[watch]]\nname = "mine"\nsearch = "https://clinicaltrials.gov/search?cond=Testitis&aggFilters=status:rec"\n' + SENDS
)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path) as made:
        made.studies = {A: study(A), B: study(B)}
        yield made


def dated(made: Study, day: str) -> Study:
    """A study as the registry's data of that day hold it."""
    made = copy.deepcopy(made)
    made["derivedSection"]["miscInfoModule"]["versionHolder"] = day
    return made


def shown(world: World, data: str, studies: dict[str, Any]) -> SyncReport:
    """A pass in which the registry shows these studies at this data version."""
    world.registry.show(Day(f"{data}T09:00:05", {nct: dated(made, data) for nct, made in studies.items()}))
    report = world.sync_shown()
    world.deliver()
    return report


def updated(made: Study, day: str, **changes: Any) -> Study:
    """A study with a new update of that day."""
    made = copy.deepcopy(made)
    for path, value in changes.items():
        put(made, path, value)
    put(made, "statusModule__lastUpdateSubmitDate", day)
    return put(made, "statusModule__lastUpdatePostDateStruct", {"date": day, "type": "ACTUAL"})


def stated_in(page: str) -> str:
    """The day on which a page says that it was last updated."""
    found = re.search(r"Last Updated:</div><div class=\"value\">(\d{4}-\d\d-\d\d)", page)
    assert found
    return found[1]


def told_of_older(world: World) -> list[str]:
    return [s for s in world.subjects("operator@example.org") if "older data" in s and "Over" not in s]


def test_two_nodes_a_day_apart_make_one_change_one_change(world: World) -> None:
    world.configure(LISTED)
    old = {A: study(A), B: study(B)}
    shown(world, "2026-03-02", old)
    new = {A: updated(study(A), "2026-03-03", statusModule__overallStatus="COMPLETED"), B: study(B)}
    for number in range(10):
        world.now += timedelta(hours=6)
        ahead = number % 2 == 0
        shown(world, "2026-03-03" if ahead else "2026-03-02", new if ahead else old)
    assert [kind for _, kind in world.kinds()] == ["recruitment_status_changed"]
    assert len(told_of_older(world)) == 1


def test_records_of_an_older_node_behind_a_newer_version_are_not_compared_and_asked_for_again(world: World) -> None:
    world.configure(LISTED)
    old = {A: study(A), B: study(B)}
    new = {A: updated(study(A), "2026-03-03", statusModule__overallStatus="COMPLETED"), B: study(B)}
    shown(world, "2026-03-02", old)
    world.now += timedelta(days=1)
    shown(world, "2026-03-03", new)
    world.now += timedelta(days=1)
    stale = {nct: dated(made, "2026-03-02") for nct, made in old.items()}
    world.registry.show(Day("2026-03-04T09:00:05", stale))
    report = world.sync_shown()
    world.deliver()
    assert (report.sources[0].counts.doubted, report.state) == (2, "partly")
    world.now += timedelta(hours=1)
    fresh = {A: updated(new[A], "2026-03-04", designModule__enrollmentInfo={"count": 9, "type": "ACTUAL"}), B: study(B)}
    shown(world, "2026-03-04", fresh)
    assert [kind for _, kind in world.kinds()] == ["recruitment_status_changed", "enrollment_changed"]
    assert len(told_of_older(world)) == 1


def test_a_registry_restored_to_yesterday_tells_nothing_and_what_comes_after_is_told(world: World) -> None:
    world.configure(LISTED)
    studies = [
        {A: study(A), B: study(B)},
        {A: updated(study(A), "2026-03-03", statusModule__overallStatus="COMPLETED"), B: study(B)},
    ]
    shown(world, "2026-03-02", studies[0])
    world.now += timedelta(days=1)
    shown(world, "2026-03-03", studies[1])
    world.now += timedelta(hours=4)
    report = shown(world, "2026-03-02", studies[0])
    assert (report.sources[0].state, report.state) == ("older", "partly")
    world.registry.requests.clear()
    shown(world, "2026-03-02", studies[0])
    assert [request.path.rpartition("/")[2] for request in world.registry.requests] == ["version"]
    world.now += timedelta(days=1)
    later = {A: studies[1][A], B: updated(study(B), "2026-03-04", statusModule__overallStatus="SUSPENDED")}
    shown(world, "2026-03-04", later)
    assert world.kinds() == [(f"ctgov:{A}", "recruitment_status_changed"), (f"ctgov:{B}", "recruitment_status_changed")]
    assert len(told_of_older(world)) == 1


def test_a_date_of_a_record_that_went_back_is_believed_when_a_second_data_version_says_it_again(world: World) -> None:
    world.configure(LISTED)
    mistaken = updated(study(A), "2026-12-01")
    shown(world, "2026-03-02", {A: mistaken, B: study(B)})
    right = updated(study(A), "2026-03-02", statusModule__overallStatus="COMPLETED")
    world.now += timedelta(days=1)
    shown(world, "2026-03-03", {A: right, B: study(B)})
    assert world.kinds() == []
    world.now += timedelta(hours=12)
    shown(world, "2026-03-04", {A: right, B: study(B)})
    assert world.kinds() == []
    world.now += timedelta(hours=12)
    shown(world, "2026-03-05", {A: right, B: study(B)})
    assert [kind for _, kind in world.kinds()] == ["recruitment_status_changed"]
    assert len(told_of_older(world)) == 1


@pytest.mark.parametrize("path", ["statusModule__lastUpdateSubmitDate", "statusModule__lastUpdatePostDateStruct"])
def test_either_date_that_goes_back_for_one_day_tells_nothing(world: World, path: str) -> None:
    world.configure(LISTED)
    now = updated(study(A), "2026-02-20")
    shown(world, "2026-03-02", {A: now, B: study(B)})
    back = put(copy.deepcopy(now), path, "2026-02-10" if path.endswith("Date") else {"date": "2026-02-10", "type": "ACTUAL"})
    put(back, "statusModule__overallStatus", "SUSPENDED")
    world.now += timedelta(days=1)
    shown(world, "2026-03-03", {A: back, B: study(B)})
    world.now += timedelta(days=1)
    shown(world, "2026-03-04", {A: now, B: study(B)})
    assert world.kinds() == []


def test_a_date_that_goes_back_at_the_same_data_version_is_older_than_what_we_have(world: World) -> None:
    world.configure(LISTED)
    now = updated(study(A), "2026-02-20", statusModule__overallStatus="COMPLETED")
    shown(world, "2026-03-02", {A: now, B: study(B)})
    for _ in range(4):
        world.now += timedelta(hours=21)
        world.registry.show(Day("2026-03-02T09:00:05", {A: study(A), B: study(B)}))
        world.sync_shown(full=True)
    assert world.kinds() == []


def test_a_later_date_and_a_missing_one_are_compared_as_ever(world: World) -> None:
    world.configure(LISTED)
    shown(world, "2026-03-02", {A: study(A), B: study(B)})
    later = updated(study(A), "2026-03-03", statusModule__overallStatus="COMPLETED")
    gone = put(copy.deepcopy(study(B)), "statusModule__overallStatus", "COMPLETED")
    del gone["protocolSection"]["statusModule"]["lastUpdateSubmitDate"]
    world.now += timedelta(days=1)
    shown(world, "2026-03-03", {A: later, B: gone})
    assert sorted(world.kinds()) == [(f"ctgov:{nct}", "recruitment_status_changed") for nct in (A, B)]


def test_a_data_version_from_the_future_does_not_outdate_all_later_ones(world: World) -> None:
    world.configure(LISTED)
    shown(world, "2062-03-02", {A: study(A), B: study(B)})
    world.now += timedelta(days=1)
    shown(world, "2026-03-03", {A: updated(study(A), "2026-03-03", statusModule__overallStatus="COMPLETED"), B: study(B)})
    assert [kind for _, kind in world.kinds()] == ["recruitment_status_changed"]


def test_the_word_on_older_data_is_over_a_day_after_the_last_of_them(world: World) -> None:
    world.configure(LISTED)
    studies = {A: study(A), B: study(B)}
    shown(world, "2026-03-02", studies)
    world.now += timedelta(days=1)
    shown(world, "2026-03-03", studies)
    shown(world, "2026-03-02", studies)
    world.now += timedelta(days=1)
    shown(world, "2026-03-04", studies)
    assert len(told_of_older(world)) == 1
    assert [subject for subject in world.subjects("operator@example.org") if "Over" in subject]


def test_a_list_of_an_older_node_lets_nothing_enter_or_leave_a_search(world: World) -> None:
    """The list says no date, so the records are asked whether the trials really left or came back."""
    world.configure(RECRUITING)
    old = {nct: study(nct) for nct in (A, B, C)}
    shown(world, "2026-03-02", old)
    new = {**old, A: updated(study(A), "2026-03-03", statusModule__overallStatus="COMPLETED")}
    world.now += timedelta(days=1)
    shown(world, "2026-03-03", new)
    told = sorted(world.kinds())
    assert (f"ctgov:{A}", "left_watch") in told
    for _ in range(3):
        world.now += timedelta(hours=2)
        world.registry.show(Day("2026-03-03T09:00:05", {nct: dated(made, "2026-03-02") for nct, made in old.items()}))
        world.sync_shown()
        world.now += timedelta(hours=2)
        shown(world, "2026-03-03", new)
    assert sorted(world.kinds()) == told


def test_a_page_that_states_an_older_date_is_doubted_until_it_says_so_20_hours_later(world: World) -> None:
    path = "/meddatax/clinical-trials/NCT07177911"
    world.configure(
        f'[[watch]]\nname = "page"\npages = ["{world.registry.meddatax_url}/clinical-trials/NCT07177911"]\n' + SENDS
    )
    recorded = {number: days()[number].pages[path] for number in (0, 2)}
    newer = recorded[0].replace("2026-01-14", "2026-01-20")
    assert newer != recorded[0]
    older = recorded[2].replace(stated_in(recorded[2]), "2026-01-10")
    world.pages = {path: newer}
    world.day()
    world.pages = {path: older}
    world.day()
    world.day(after=timedelta(hours=12))
    assert world.kinds() == []
    world.day(after=timedelta(hours=9))
    assert {kind for _, kind in world.kinds()} == {"recruitment_status_changed", "start_date_changed"}
    assert len(told_of_older(world)) == 1


def test_a_page_that_is_served_from_an_old_copy_for_one_day_tells_nothing(world: World) -> None:
    path = "/meddatax/clinical-trials/NCT07177911"
    world.configure(
        f'[[watch]]\nname = "page"\npages = ["{world.registry.meddatax_url}/clinical-trials/NCT07177911"]\n' + SENDS
    )
    newer = days()[2].pages[path].replace(stated_in(days()[2].pages[path]), "2026-01-20")
    world.pages = {path: newer}
    world.day()
    world.pages = {path: days()[0].pages[path]}
    world.day()
    world.pages = {path: newer}
    world.day()
    assert world.kinds() == []


# --- a clock that runs ahead ----------------------------------------------------------------------------------------

SOON = {"date": "2026-03-20", "type": "ESTIMATED"}


def test_a_clock_far_ahead_makes_no_calendar_events_and_none_is_lost(world: World) -> None:
    world.configure(LISTED)
    due = study(A, statusModule__primaryCompletionDateStruct=SOON)
    shown(world, "2026-03-02", {A: due, B: study(B)})
    right = world.now
    world.now = right + timedelta(days=400)
    shown(world, "2026-03-03", {A: due, B: study(B)})
    changed = updated(due, "2026-03-04", designModule__enrollmentInfo={"count": 9, "type": "ACTUAL"})
    shown(world, "2026-03-04", {A: changed, B: study(B)})
    assert [kind for _, kind in world.kinds()] == ["enrollment_changed"]
    world.now = right + timedelta(days=19)
    shown(world, "2026-03-21", {A: changed, B: study(B)})
    assert sorted(kind for _, kind in world.kinds()) == ["enrollment_changed", "milestone_passed"]


def test_data_of_two_days_ago_let_the_calendar_run(world: World) -> None:
    world.configure(LISTED)
    due = study(A, statusModule__primaryCompletionDateStruct=SOON)
    shown(world, "2026-03-02", {A: due, B: study(B)})
    world.now += timedelta(days=19)
    shown(world, "2026-03-19", {A: due, B: study(B)})
    assert [kind for _, kind in world.kinds()] == ["milestone_passed"]
