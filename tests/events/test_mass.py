"""A registry that reformats its records is one note to the operator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.builders import actual, changed, detected, make_record, measure, site
from tracker.events.bulk_edits import BulkEdit, BulkEditTally, parted
from tracker.model.event import Event
from tracker.model.record import TrialRecord

Edit = Callable[[TrialRecord], dict[str, Any]]


def reformatted(events: list[Event], checked: int) -> BulkEdit | None:
    tally = BulkEditTally()
    for event in events:
        tally.add(event)
    return tally.found(checked)


def run(trials: int, edit: Edit, **parts: Any) -> list[Event]:
    """The events of a run in which as many trials got the same edit."""
    found: list[Event] = []
    for number in range(trials):
        fields = {"conditions": ("Lupus",), "sites": (site(country="Turkey", zip="1"),)}
        old = make_record(trial=f"ctgov:NCT{number:08}", **fields)
        found.extend(detected(old, changed(old, **edit(old)), **parts).events)
    return found


def capitals(record: TrialRecord) -> dict[str, Any]:
    return {"brief_title": str(record.brief_title).upper()}


def test_the_same_respelling_of_most_records_is_a_reformatting() -> None:
    events = run(30, capitals)
    found = reformatted(events, checked=40)
    assert found is not None
    assert (found.kinds, found.checked) == (("titles_changed",), 40)
    parts = list(parted(found, events))
    assert len(parts) == 30
    assert {event for its, _ in parts for event in its} == {event.id for event in events}


@pytest.mark.parametrize(("trials", "checked"), [(19, 19), (30, 61), (0, 0), (0, 100)])
def test_under_twenty_trials_or_half_of_the_checked_is_none(trials: int, checked: int) -> None:
    assert reformatted(run(trials, capitals), checked) is None


@pytest.mark.parametrize(("trials", "checked"), [(20, 20), (20, 40), (30, 60)])
def test_twenty_trials_and_half_of_the_checked_is_one(trials: int, checked: int) -> None:
    assert reformatted(run(trials, capitals), checked) is not None


def test_other_words_in_every_record_are_news_in_every_record() -> None:
    assert reformatted(run(30, lambda _: {"brief_title": "Another study altogether"}), 30) is None


def test_a_true_change_beside_the_reformatting_is_left_alone() -> None:
    events = run(30, lambda record: capitals(record) | {"enrollment": 500})
    found = reformatted(events, 30)
    assert found is not None
    dropped = {event for its, _ in parted(found, events) for event in its}
    assert dropped == {event.id for event in events if event.kind == "titles_changed"}


def test_several_kinds_reformatted_at_once_are_one_note() -> None:
    events = run(25, lambda record: capitals(record) | {"primary_outcomes": (measure("CHANGE IN DISEASE ACTIVITY SCORE."),)})
    found = reformatted(events, 30)
    assert found is not None
    assert found.kinds == ("primary_outcomes_changed", "titles_changed")
    assert [len(its) for its, _ in parted(found, events)] == [2] * 25


def test_a_country_that_the_registry_spells_otherwise_is_a_reformatting() -> None:
    respelt = {"sites": (site(country="Turkey (Türkiye)", zip="1"),), "last_update_posted": actual("2026-03-10")}
    found = reformatted(run(30, lambda _: respelt), 30)
    assert found is not None
    assert found.kinds == ("sites_changed",)


def test_a_kind_that_the_configuration_made_loud_is_told_as_the_user_wants() -> None:
    assert reformatted(run(30, capitals, overrides={"titles_changed": "notable"}), 30) is None


def test_trials_with_nothing_but_the_reformatting_are_told_from_those_with_news_beside_it() -> None:
    events = sorted([*run(30, capitals), *run(3, lambda _: {"enrollment": 500})], key=lambda event: event.trial)
    found = reformatted(events, 30)
    assert found is not None
    assert [alone for _, alone in parted(found, events)] == [False] * 3 + [True] * 27
