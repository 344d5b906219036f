"""The duty to post results by FDAAA 801 ends or comes back with an update: told with its reason, and only then."""

from __future__ import annotations

import datetime as dt
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from tests.builders import actual, changed, date, detected, events, known, make_record, said
from tracker import sources
from tracker.events import calendar_events
from tracker.events.results_duty import standing
from tracker.model.event import Event, Seen, Version
from tracker.model.record import Intervention, Oversight, ResultsSubmission, TrialRecord
from tracker.render import kinds

CTGOV = sources.load()["ctgov"].info
TODAY = datetime(2026, 6, 1, 6, tzinfo=UTC)
OVERDUE = make_record(
    recruitment_status="COMPLETED",
    start_date=actual("2023-05-01"),
    primary_completion_date=actual("2025-02-10"),
    completion_date=actual("2025-08-01"),
    phases=("PHASE1", "PHASE2"),
    oversight=Oversight(fda_drug=True, fda_device=False),
    interventions=(Intervention(name="CC312", type="DRUG"),),
    countries=("United States",),
)
"""Results were due on 10 Feb 2026."""


def told(old: TrialRecord, new: TrialRecord, *, at: datetime = TODAY, **parts: Any) -> Event | None:
    return events(old, new, at=at, **parts).get("results_duty_changed")


LEAVES: dict[str, dict[str, Any]] = {
    "phase_changed": {"phases": ("PHASE1",)},
    "fda_flag_changed": {"oversight": Oversight(fda_drug=False, fda_device=False)},
    "country_changed": {"countries": ("Germany",), "sites": ()},
    "purpose_changed": {"primary_purpose": "DEVICE_FEASIBILITY"},
    "study_type_changed": {"study_type": "OBSERVATIONAL"},
    "waived": {"results_waived": True},
    "withdrawn": {"recruitment_status": "WITHDRAWN"},
    "results_submitted": {"results_state": "SUBMITTED"},
    "results_posted": {"results_state": "POSTED", "results_first_posted": actual("2026-05-30")},
    "delay_certified": {"delay_certified_on": actual("2026-01-15")},
    "completion_date_changed": {"primary_completion_date": actual("2026-01-10")},
}


@pytest.mark.parametrize(("reason", "change"), LEAVES.items(), ids=LEAVES)
def test_a_trial_that_is_no_longer_overdue_says_why(reason: str, change: dict[str, Any]) -> None:
    event = told(OVERDUE, changed(OVERDUE, **change))
    assert event is not None
    assert event.effects == ("left", reason)
    assert said(event)["from"] == "overdue"
    assert kinds.headline(event).startswith("Results no longer overdue")


@pytest.mark.parametrize(("reason", "change"), LEAVES.items(), ids=LEAVES)
def test_one_that_comes_back_says_why_also_where_the_calendar_told_of_the_day_before(
    reason: str, change: dict[str, Any]
) -> None:
    away = changed(OVERDUE, **change)
    event = told(away, OVERDUE, past=_overdue_by_calendar())
    assert event is not None
    assert event.effects[0] == "overdue"
    assert len(event.effects) == 2
    assert kinds.headline(event).startswith("Results overdue since 10 Feb 2026 (estimate): ")


def _overdue_by_calendar() -> tuple[Event, ...]:
    seen = Seen(sha256="ab", first_seen_at=TODAY, last_seen_at=TODAY)
    since = datetime(2026, 3, 1, tzinfo=UTC)
    found = calendar_events(Version(record=OVERDUE, seen=seen), since=since, at=TODAY, known=known(source=CTGOV))
    return tuple(event for event in found if event.kind == "results_overdue")


def test_a_due_date_that_moves_into_the_past_for_the_first_time_is_told_by_the_calendar_alone() -> None:
    later = changed(OVERDUE, primary_completion_date=actual("2026-01-10"))
    assert told(later, OVERDUE) is None
    assert told(later, OVERDUE, past=_overdue_by_calendar()) is not None


NOT_OVERDUE: dict[str, dict[str, Any]] = {
    reason: change for reason, change in LEAVES.items() if reason != "completion_date_changed"
}


@pytest.mark.parametrize(("reason", "change"), NOT_OVERDUE.items(), ids=NOT_OVERDUE)
def test_an_edit_that_makes_results_overdue_says_why_also_where_nothing_is_known_of_before(
    reason: str, change: dict[str, Any]
) -> None:
    event = told(changed(OVERDUE, **change), OVERDUE)
    assert event is not None
    assert event.effects[0] == "overdue"
    steps = {"results_submitted": "submission_cancelled", "results_posted": "results_removed"}
    assert event.effects[1:] == (steps.get(reason, reason),)


def test_a_completion_date_that_moves_between_due_and_overdue_says_so() -> None:
    due = changed(OVERDUE, primary_completion_date=actual("2025-06-10"))
    event = told(OVERDUE, due)
    assert event is not None
    assert (event.effects, said(event)["from"]) == (("due", "completion_date_changed"), "overdue")
    assert kinds.headline(event) == "Results no longer overdue, but due by 10 Jun 2026 (estimate): completion date changed"
    event = told(due, OVERDUE)
    assert event is not None
    assert (event.effects, said(event)["from"]) == (("overdue", "completion_date_changed"), "due")


def test_a_date_given_more_exactly_within_the_same_standing_is_silent() -> None:
    month = changed(OVERDUE, primary_completion_date=actual("2025-02"))
    assert told(month, OVERDUE) is None
    assert told(OVERDUE, month) is None


def test_a_day_that_passes_is_no_change_of_the_duty() -> None:
    assert told(OVERDUE, changed(OVERDUE, brief_title="Another title")) is None


def test_what_is_submitted_before_the_grace_is_over_was_never_overdue() -> None:
    submitted = changed(OVERDUE, results_state="SUBMITTED")
    event = told(OVERDUE, submitted, at=datetime(2026, 3, 12, 6, tzinfo=UTC))  # 30 days late
    assert event is not None
    assert said(event)["from"] == "due"
    assert kinds.headline(event) == "Results no longer due (estimate): submitted"
    event = told(OVERDUE, submitted, at=datetime(2026, 3, 13, 6, tzinfo=UTC))
    assert event is not None
    assert said(event)["from"] == "overdue"


def test_a_submission_that_is_returned_or_cancelled_is_due_again() -> None:
    submitted = changed(
        OVERDUE, results_state="SUBMITTED", results_submissions=(ResultsSubmission(type="RELEASE", date="2026-02-01"),)
    )
    returned = changed(submitted, results_state="RETURNED")
    event = told(submitted, returned)
    assert event is not None
    assert event.effects == ("due", "submission_returned")
    assert kinds.headline(event) == "Results due by 10 Feb 2026 (estimate): returned for correction"
    again = told(returned, submitted)
    assert again is not None
    assert again.effects == ("left", "results_submitted")
    cancelled = told(
        submitted, changed(submitted, results_state="NONE_POSTED", results_submissions=()), past=_overdue_by_calendar()
    )
    assert cancelled is not None
    assert cancelled.effects == ("overdue", "submission_cancelled")


def test_only_what_decided_it_is_named() -> None:
    new = changed(OVERDUE, phases=("PHASE1",), brief_title="Another title", completion_date=actual("2025-09-01"))
    event = told(OVERDUE, new)
    assert event is not None
    assert event.effects == ("left", "phase_changed")
    both = told(OVERDUE, changed(OVERDUE, phases=("PHASE1",), countries=("Germany",), sites=()))
    assert both is not None
    assert both.effects == ("left", "phase_changed", "country_changed")


def test_a_trial_that_was_not_due_yet_or_never_is_silent() -> None:
    ahead = changed(OVERDUE, primary_completion_date=actual("2026-04-01"))
    assert told(ahead, changed(ahead, phases=("PHASE1",))) is None
    assert told(ahead, changed(ahead, results_state="SUBMITTED")) is None
    planned = changed(OVERDUE, primary_completion_date=date("2025-02-10"))
    assert told(planned, changed(planned, phases=("PHASE1",))) is None  # no duty on the word of an estimated date


WORKED: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "NCT02086526, phase 4 became 1": ({"phases": ("PHASE4",)}, {"phases": ("PHASE1",)}, "phase_changed"),
    "NCT02593760, phase 1/2 became 1": ({"phases": ("PHASE1", "PHASE2")}, {"phases": ("PHASE1",)}, "phase_changed"),
    "NCT02505867, completion moved before the rule": (
        {"start_date": actual("2015-07-01"), "primary_completion_date": actual("2017-05-01")},
        {"primary_completion_date": actual("2016-12-31")},
        "completion_date_changed",
    ),
    "NCT00874614, delay certified": (
        {"start_date": actual("2009-03-01"), "primary_completion_date": actual("2025-04-01")},
        {"delay_certified_on": actual("2026-03-20")},
        "delay_certified",
    ),
    "NCT00026208, submitted": (
        {"start_date": actual("2001-09-01"), "primary_completion_date": actual("2018-02-01")},
        {"results_state": "SUBMITTED"},
        "results_submitted",
    ),
}


@pytest.mark.parametrize(("before", "change", "reason"), WORKED.values(), ids=WORKED)
def test_trials_that_a_public_tracker_went_on_calling_due(before: dict[str, Any], change: dict[str, Any], reason: str) -> None:
    old = changed(OVERDUE, **before)
    event = told(old, changed(old, **change))
    assert event is not None
    assert event.effects == ("left", reason)
    assert not standing(changed(old, **change), CTGOV, TODAY.date()).is_owed


def test_its_headline_stands_in_one_story_with_what_caused_it() -> None:
    found = detected(OVERDUE, changed(OVERDUE, results_state="POSTED", results_first_posted=actual("2026-05-30")), at=TODAY)
    assert [event.kind for event in found.events] == ["results_posted", "results_duty_changed"]
    assert kinds.story_headline(found.events) == "Results posted on 30 May 2026; results no longer overdue"


def test_an_edit_of_the_record_that_ends_an_overdue_duty_is_major_and_a_step_told_elsewhere_is_not() -> None:
    edited = told(OVERDUE, changed(OVERDUE, phases=("PHASE1",)))
    submitted = told(OVERDUE, changed(OVERDUE, results_state="SUBMITTED"))
    assert edited is not None
    assert submitted is not None
    assert (edited.severity, submitted.severity) == ("major", "notable")
    assert "not a legal finding" in edited.rule


def test_a_registry_without_known_duties_has_none_that_change() -> None:
    other = msgspec.structs.replace(CTGOV, duties=frozenset())
    assert standing(OVERDUE, other, dt.date(2026, 6, 1)).state == "none"
