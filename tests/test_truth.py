"""What a registry changes without moving its update date is found by the daily sweep; what only looks like news is not told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.lab import Reply, Request
from tests.world import SENDS, World, study
from tracker.model.event import Event, EventFilter

A, B, C = "NCT00000101", "NCT00000102", "NCT00000103"
LISTED = f'[[watch]]\nname = "mine"\ntrials = ["{A}", "{B}"]\n' + SENDS
SEARCHED = '[[watch]]\nname = "search"\nsearch = "https://clinicaltrials.gov/search?cond=Testitis"\n' + SENDS
ELSEWHERE = {"conditionsModule__conditions": ["Otheritis"], "descriptionModule__briefSummary": "Other."}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path) as made:
        made.studies = {nct: study(nct) for nct in (A, B)}
        yield made


def events(world: World, kind: str) -> list[Event]:
    return [event for event in world.store.events(EventFilter()) if event.kind == kind]


def tracking(world: World, nct: str, *infos: dict[str, Any]) -> None:
    """The registry's quality control of results says this; no date of the record moves."""
    world.amend(nct)
    made = world.studies[nct]
    assert isinstance(made, dict)
    made["derivedSection"]["miscInfoModule"]["submissionTracking"] = {"submissionInfos": list(infos)}


def operator_texts(world: World) -> list[str]:
    parts = [letter.message.get_body(("plain",)) for letter in world.mailbox.to("operator@example.org")]
    return [" ".join(part.get_content().split()) for part in parts if part]


# --- found by the sweep -----------------------------------------------------------------------------------------------


def test_a_status_that_the_registry_itself_sets_to_unknown_is_told_once(world: World) -> None:
    world.configure(LISTED)
    world.day()
    unknown = {"statusModule__overallStatus": "UNKNOWN", "statusModule__lastKnownStatus": "RECRUITING"}
    world.day(change=lambda: world.amend(A, **unknown))
    world.day()
    [event] = events(world, "recruitment_status_changed")
    assert (event.trial, event.effects) == (f"ctgov:{A}", ("went_unknown",))
    assert len(world.kinds()) == 1


def test_results_that_are_submitted_returned_and_submitted_again_are_told_step_by_step(world: World) -> None:
    world.configure(LISTED)
    world.day()
    returned = {"releaseDate": "2026-02-20", "resetDate": "2026-03-04"}
    world.day(change=lambda: tracking(world, A, {"releaseDate": "2026-02-20"}))
    world.day(change=lambda: tracking(world, A, returned))
    world.day(change=lambda: tracking(world, A, returned, {"releaseDate": "2026-03-05"}))
    world.day()
    told = [event.effects for event in events(world, "results_submission_changed")]
    assert told == [("submitted",), ("returned",), ("resubmitted",)]
    assert len(world.kinds()) == 3


def test_a_paper_that_the_registry_links_by_itself_is_told(world: World) -> None:
    world.configure(LISTED)
    world.day()
    paper = {"pmid": "40000001", "type": "DERIVED", "citation": "An invented paper. J Test. 2026."}
    world.day(change=lambda: world.amend(B, referencesModule__references=[paper]))
    [event] = events(world, "references_changed")
    assert (event.trial, event.severity) == (f"ctgov:{B}", "minor")


def test_a_trial_that_comes_back_changed_is_restored_and_its_change_is_told(world: World) -> None:
    world.configure(LISTED)
    world.day()
    gone = world.studies.pop(A)
    world.day()
    world.day()

    def back() -> None:
        world.studies[A] = gone
        world.amend(A, statusModule__overallStatus="COMPLETED")

    world.day(change=back)
    world.day()
    assert sorted(kind for _, kind in world.kinds()) == ["recruitment_status_changed", "removed", "restored"]


def test_a_trial_that_is_missing_for_one_day_was_never_gone(world: World) -> None:
    world.configure(LISTED)
    world.day()
    gone = world.studies.pop(A)
    world.day()
    world.day(change=lambda: world.studies.update({A: gone}))
    world.day(change=lambda: world.studies.pop(A))
    assert world.kinds() == []


def test_a_merged_trial_goes_on_being_told_under_the_number_it_was_merged_into(world: World) -> None:
    world.configure(f'[[watch]]\nname = "mine"\ntrials = ["{A}"]\n' + SENDS)
    world.day()

    def merge() -> None:
        world.studies.pop(A)
        world.amend(B, identificationModule__nctIdAliases=[A])

    world.day(change=merge)
    world.day()
    world.day()
    world.day(change=lambda: world.amend(B, statusModule__overallStatus="COMPLETED"))
    assert world.kinds() == [(f"ctgov:{A}", "merged"), (f"ctgov:{B}", "recruitment_status_changed")]


# --- what only looks like news ----------------------------------------------------------------------------------------


def test_a_field_that_vanishes_from_many_records_is_the_registrys_and_a_release_tells_it_after_all(world: World) -> None:
    """No anchor, nothing unknown in its place: it is dropped in 6 of the 8 that had it, and never told of by itself."""
    numbers = [f"NCT0003{number:04}" for number in range(8)]
    world.studies = {nct: study(nct, identificationModule__acronym="TEST") for nct in numbers}
    world.configure(SEARCHED)
    world.day()
    held = world.day(change=lambda: [world.amend(nct, identificationModule__acronym="") for nct in numbers[:6]])
    world.day()
    assert held.sources[0].state == "held"
    assert world.kinds() == []
    [told] = operator_texts(world)
    assert "acronym was filled and is now empty in 6 of 8 trials, for instance in ctgov:NCT00030000" in told
    [run] = world.store.held_runs()
    world.store.release(run.id, world.now)
    assert len(world.kinds()) == 6


def test_a_field_that_some_trials_take_out_while_most_keep_it_is_told(world: World) -> None:
    numbers = [f"NCT0003{number:04}" for number in range(20)]
    world.studies = {nct: study(nct, identificationModule__acronym="TEST") for nct in numbers}
    world.configure(SEARCHED)
    world.day()
    report = world.day(change=lambda: [world.amend(nct, identificationModule__acronym="") for nct in numbers[:5]])
    assert report.state == "done"
    assert len(world.kinds()) == 5


def test_contacts_that_go_when_a_sponsor_stops_all_its_trials_hold_nothing_back(world: World) -> None:
    numbers = [f"NCT0003{number:04}" for number in range(8)]
    contacts = [{"name": "Study Desk", "role": "CONTACT", "phone": "1"}]
    world.studies = {nct: study(nct, contactsLocationsModule__centralContacts=contacts) for nct in numbers}
    world.configure(SEARCHED)
    world.day()

    def stop() -> None:
        for nct in numbers:
            world.amend(nct, contactsLocationsModule__centralContacts=[], statusModule__overallStatus="TERMINATED")

    assert world.day(change=stop).state == "done"
    assert len(events(world, "recruitment_status_changed")) == 8


def test_words_of_a_new_kind_in_all_trials_at_once_are_the_registrys_and_not_news(world: World) -> None:
    world.configure(LISTED)
    world.day()
    held = world.day(change=lambda: [world.amend(nct, statusModule__overallStatus="recruiting") for nct in (A, B)])
    assert held.sources[0].state == "held"
    assert "overallStatus is no longer understood in 2 of 2 trials" in held.sources[0].error
    assert world.kinds() == []


def test_trials_that_a_registry_leaves_out_in_numbers_are_not_gone(world: World) -> None:
    """A well-formed list that holds next to nothing, for days: no trial is removed, none comes back."""
    numbers = [f"NCT0003{number:04}" for number in range(12)]
    world.studies = {nct: study(nct) for nct in numbers}
    world.configure(f'[[watch]]\nname = "mine"\ntrials = {numbers}\n' + SENDS)
    world.day()
    whole = dict(world.studies)
    world.studies = {numbers[0]: whole[numbers[0]]}
    for _ in range(3):
        report = world.day()
        assert report.sources[0].state == "held"
        assert "the record itself is no longer given in 11 of 12 trials" in report.sources[0].error
    world.studies = whole
    world.day()
    assert world.kinds() == []
    assert len(operator_texts(world)) == 2, "once when it begins, once when it is over"


# --- searches ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by_number", [True, False], ids=["it holds them by number", "it denies them by number too"])
def test_a_search_that_shrinks_is_not_believed_though_some_other_trial_cannot_be_read(world: World, by_number: bool) -> None:
    numbers = [f"NCT0003{number:04}" for number in range(8)]
    world.studies = {nct: study(nct) for nct in numbers}
    world.configure(SEARCHED + f'[[watch]]\nname = "typo"\ntrials = ["{C}"]\n')
    world.day()

    def shrunk(request: Request) -> Reply | None:
        names = dict(request.params)
        if "query.cond" not in names or (by_number and "filter.ids" in names):
            return None
        few = json.loads(world.registry.answer(request).body)["studies"]
        few = [one for one in few if one["protocolSection"]["identificationModule"]["nctId"] == numbers[0]]
        return Reply(headers={"Content-Type": "application/json"}, body=json.dumps({"studies": few}).encode())

    world.registry.fault = shrunk
    report = world.day()
    assert report.state == "partly"
    if by_number:
        [search] = [failure for failure in report.sources[0].failures if failure.subject == "search of watch search"]
        assert "by number" in search.error
    else:
        assert "held 1 trials, under half of the 8" in report.sources[0].error
    world.registry.fault = None
    world.day()
    assert world.kinds() == []


def test_a_search_that_its_user_narrows_is_believed(world: World) -> None:
    world.studies |= {nct: study(nct) for nct in (C, "NCT00000104")}
    world.amend(A, conditionsModule__conditions=["Testitis", "Rare Testitis"])
    world.configure(SEARCHED)
    world.day()
    world.configure(SEARCHED.replace("Testitis", "Rare%20Testitis"))
    assert world.day().state == "done"
    assert world.day().state == "done"
    assert world.kinds() == []


def test_the_only_trial_of_a_search_may_leave_it_when_its_own_change_says_why(world: World) -> None:
    del world.studies[B]
    world.configure(SEARCHED)
    world.day()
    report = world.day(change=lambda: world.amend(A, statusModule__overallStatus="COMPLETED", **ELSEWHERE))
    assert report.state == "done"
    assert {"left_watch", "recruitment_status_changed"} <= {kind for _, kind in world.kinds()}


@pytest.mark.parametrize("first_day", [True, False], ids=["on the first day", "later"])
def test_a_trial_that_slips_between_pages_while_data_move_has_neither_left_nor_entered(world: World, first_day: bool) -> None:
    world.studies |= {C: study(C)}
    world.configure(SEARCHED)
    slipped: list[Request] = []

    def moving(request: Request) -> Reply | None:
        """Pages of two; once, the trial that stood first on the second page has moved to the first meanwhile."""
        names = dict(request.params)
        if not request.path.endswith("/studies") or "filter.ids" in names:
            return None
        small = replace(request, params=tuple((name, "2" if name == "pageSize" else value) for name, value in request.params))
        answer = world.registry.answer(small)
        if "pageToken" in names and not slipped:
            slipped.append(request)
            return replace(answer, body=b'{"studies": []}')
        return answer

    if not first_day:
        world.day()
    world.registry.fault = moving
    assert world.day().state == "done"
    assert slipped
    world.registry.fault = None
    world.day(after=timedelta(days=1))
    assert world.kinds() == []
    assert len(world.store.memberships()) == 3
