"""Outcome switching is major; new words for the same thing are not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import DAY, actual, changed, day, events, make_record, measure, said
from tracker.events.outcome_matching import time_point_moved
from tracker.model.dates import RegistryDate
from tracker.model.event import Event
from tracker.model.record import OutcomeMeasure, TrialRecord

SURVIVAL = measure("Overall survival", "5 years")
RESPONSE = measure("Objective response rate by RECIST 1.1", "24 weeks")
PAIN = measure("Pain intensity on a visual scale", "12 weeks")


def step(old: tuple[OutcomeMeasure, ...], new: tuple[OutcomeMeasure, ...], **fields: Any) -> Event:
    before = make_record(primary_outcomes=old, **fields)
    return events(before, changed(before, primary_outcomes=new))["primary_outcomes_changed"]


def test_an_outcome_added_or_removed_after_the_start_is_major() -> None:
    assert step((SURVIVAL,), (SURVIVAL, PAIN)).effects == ("added",)
    event = step((SURVIVAL, PAIN), (SURVIVAL,))
    assert (event.effects, event.severity, said(event)["window"]) == (("removed",), "major", "ongoing")


def test_a_switch_is_one_removed_and_one_added() -> None:
    event = step((SURVIVAL,), (PAIN,))
    assert (event.effects, event.severity) == (("added", "removed"), "major")


def test_before_the_start_nothing_of_this_is_major() -> None:
    early: dict[str, Any] = {"recruitment_status": "NOT_YET_RECRUITING", "start_date": "2026-06"}
    event = step((SURVIVAL,), (PAIN,), **early)
    assert (event.severity, said(event)["window"]) == ("notable", "before_start")
    assert step((SURVIVAL,), (measure("Overall survival rate", "5 years"),), **early).severity == "minor"


@pytest.mark.parametrize(
    "text",
    ["overall  survival", "OVERALL SURVIVAL", "Overall-survival."],
    ids=["space", "case", "punctuation"],
)
def test_case_and_punctuation_of_a_primary_outcome_are_no_alarm(text: str) -> None:
    before = make_record(primary_outcomes=(SURVIVAL,))
    found = events(before, changed(before, primary_outcomes=(measure(text, "5 years"),)))
    assert all(event.severity == "minor" and event.effects == ("measure_reworded",) for event in found.values())


def test_a_short_form_written_out_is_no_switch() -> None:
    event = step((measure("PFS", "2 years"),), (measure("Progression-free survival (PFS)", "2 years"),))
    assert (event.effects, event.severity) == (("measure_reworded",), "minor")


def test_a_rewording_says_how_alike_the_wordings_are() -> None:
    event = step((measure("Pain at rest by a visual scale"),), (measure("Pain at rest by a numeric scale"),))
    assert [entry["likeness"] for entry in said(event)["measure_reworded"]] == [0.6]


def test_more_detail_is_notable() -> None:
    event = step((RESPONSE,), (measure("Objective response rate by RECIST 1.1, read by two radiologists", "24 weeks"),))
    assert (event.effects, event.severity) == (("measure_reworded",), "notable")


def test_another_aggregation_is_redefined_and_major() -> None:
    event = step((measure("Mean pain score"),), (measure("Median pain score"),))
    assert (event.effects, event.severity) == (("redefined", "measure_reworded"), "major")
    assert said(event)["redefined"]


def test_a_small_move_of_the_time_point_is_notable_and_a_large_one_major() -> None:
    small = step((measure("Overall survival", "Up to 59 months"),), (measure("Overall survival", "Up to 58 months"),))
    assert (small.effects, small.severity) == (("time_frame",), "notable")
    large = step((measure("Overall survival", "5 years"),), (measure("Overall survival", "3 years"),))
    assert (large.effects, large.severity) == (("redefined", "time_frame"), "major")
    assert said(large)["time_frame"][0]["days"] == -730  # two years


def test_a_new_description_is_notable() -> None:
    event = step((SURVIVAL,), (measure("Overall survival", "5 years", "From randomisation to death"),))
    assert (event.effects, event.severity) == (("description",), "notable")


def moved(old: TrialRecord, **fields: Any) -> dict[str, Event]:
    return events(old, changed(old, **fields))


def test_an_outcome_that_becomes_primary_is_promoted_and_told_once() -> None:
    old = make_record(primary_outcomes=(SURVIVAL,), secondary_outcomes=(PAIN, RESPONSE))
    found = moved(old, primary_outcomes=(SURVIVAL, PAIN), secondary_outcomes=(RESPONSE,))
    assert list(found) == ["primary_outcomes_changed"]
    event = found["primary_outcomes_changed"]
    assert (event.effects, event.severity, len(event.changes)) == (("promoted",), "major", 2)


def test_an_outcome_that_stops_being_primary_is_demoted() -> None:
    old = make_record(primary_outcomes=(SURVIVAL, PAIN), secondary_outcomes=(RESPONSE,))
    found = moved(
        old, primary_outcomes=(SURVIVAL,), secondary_outcomes=(RESPONSE, measure("Pain intensity on visual scale", "12 weeks"))
    )
    assert list(found) == ["primary_outcomes_changed"]
    assert "demoted" in found["primary_outcomes_changed"].effects


def test_moves_below_the_primary_outcomes_are_the_secondary_kinds() -> None:
    old = make_record(secondary_outcomes=(PAIN,), other_outcomes=(RESPONSE,))
    found = moved(old, secondary_outcomes=(PAIN, RESPONSE), other_outcomes=())
    assert list(found) == ["secondary_outcomes_changed"]
    assert (found["secondary_outcomes_changed"].effects, found["secondary_outcomes_changed"].severity) == (
        ("promoted",),
        "notable",
    )


def test_secondary_and_other_outcomes_are_less_loud() -> None:
    old = make_record(secondary_outcomes=(PAIN,), other_outcomes=(PAIN,))
    found = moved(old, secondary_outcomes=(PAIN, SURVIVAL), other_outcomes=(PAIN, RESPONSE))
    assert found["secondary_outcomes_changed"].severity == "notable"
    assert found["other_outcomes_changed"].severity == "minor"


def test_many_like_time_frame_edits_are_one_event_with_one_group() -> None:
    def frames(months: int, count: int, name: str) -> tuple[OutcomeMeasure, ...]:
        return tuple(measure(f"{name} number {n}", f"Up to approximately {months} months") for n in range(count))

    old = make_record(primary_outcomes=frames(59, 3, "Survival"), secondary_outcomes=frames(59, 22, "Response"))
    found = moved(old, primary_outcomes=frames(58, 3, "Survival"), secondary_outcomes=frames(58, 22, "Response"))
    assert list(found) == ["primary_outcomes_changed"]
    (group,) = said(found["primary_outcomes_changed"])["time_frame"]
    assert (group["from"], group["to"], group["fields"]) == (
        "59 months",
        "58 months",
        {"primary_outcomes": 3, "secondary_outcomes": 22},
    )


def test_another_time_frame_edit_in_the_secondary_outcomes_is_their_own_event() -> None:
    old = make_record(primary_outcomes=(SURVIVAL,), secondary_outcomes=(PAIN,))
    found = moved(
        old, primary_outcomes=(measure("Overall survival", "6 years"),), secondary_outcomes=(measure(PAIN.measure, "14 weeks"),)
    )
    assert set(found) == {"primary_outcomes_changed", "secondary_outcomes_changed"}


@pytest.mark.parametrize(
    ("old", "new", "severity"),
    [
        ("Week 12 and week 24", "Week 24", "notable"),
        ("Weeks 4, 12 and 24", "Weeks 4 and 24", "notable"),
        ("Week 24", "Baseline, month 3, week 24", "notable"),
        ("1 year and 5 years", "5 years", "notable"),
        ("Week 24", "Up to 24 weeks", "minor"),
        ("Weeks 4 and 12", "Week 4, week 12", "minor"),
        ("12 months", "One year", "minor"),
        ("0, 2 and 4 hours after the dose", "0 and 4 hours after the dose", "minor"),
        ("Every 8 weeks up to 2 years", "Every 12 weeks up to 2 years", "minor"),
        ("Throughout the study", "Week 12", "minor"),
    ],
)
def test_a_time_point_that_comes_or_goes_is_notable_in_a_secondary_outcome(old: str, new: str, severity: str) -> None:
    before = make_record(secondary_outcomes=(measure("Grip strength", old),))
    event = events(before, changed(before, secondary_outcomes=(measure("Grip strength", new),)))["secondary_outcomes_changed"]
    assert (event.severity, event.effects) == (severity, ("time_frame",))


@pytest.mark.parametrize(
    ("old", "new", "severity"),
    [
        ("Two scans a minimum of 6 months or 1 year apart", "Two scans a minimum of 1 year apart", "notable"),
        ("Two scans a minimum of 12 months apart", "Two scans a minimum of 1 year apart", "minor"),
    ],
)
def test_a_measure_that_names_a_time_point_more_or_fewer_is_no_mere_rewording(old: str, new: str, severity: str) -> None:
    before = make_record(secondary_outcomes=(measure(old, "6 years"),))
    event = events(before, changed(before, secondary_outcomes=(measure(new, "6 years"),)))["secondary_outcomes_changed"]
    assert (event.severity, event.effects) == (severity, ("measure_reworded",))


def test_an_update_that_reports_a_start_long_past_places_its_changes_on_neither_side() -> None:
    early: dict[str, Any] = {"recruitment_status": "NOT_YET_RECRUITING", "start_date": "2025-10-15"}
    before = make_record(primary_outcomes=(SURVIVAL,), **early)
    late = moved(before, primary_outcomes=(PAIN,), recruitment_status="RECRUITING", start_date=actual("2025-10-22"))
    assert said(late["primary_outcomes_changed"])["window"] == "uncertain"
    assert late["primary_outcomes_changed"].severity == "notable"
    soon = moved(before, primary_outcomes=(PAIN,), recruitment_status="RECRUITING", start_date=actual("2026-02-22"))
    assert said(soon["primary_outcomes_changed"])["window"] == "before_start"


@pytest.mark.parametrize(
    ("fields", "window"),
    [
        ({"start_date": "2026-06", "recruitment_status": "NOT_YET_RECRUITING"}, "before_start"),
        ({"start_date": "2026-01", "recruitment_status": "NOT_YET_RECRUITING"}, "before_start"),
        ({"start_date": "2026-03"}, "uncertain"),
        ({"start_date": None, "recruitment_status": "UNKNOWN"}, "uncertain"),
        ({"start_date": None}, "ongoing"),
        ({}, "ongoing"),
        ({"primary_completion_date": actual("2025-12-01")}, "after_primary_completion"),
        ({"primary_completion_date": "2025-12-01", "recruitment_status": "ACTIVE_NOT_RECRUITING"}, "after_primary_completion"),
        ({"primary_completion_date": "2025-12-01"}, "ongoing"),
        ({"primary_completion_date": "2026-03"}, "uncertain"),
        ({"results_state": "POSTED", "results_first_posted": actual("2026-02-20")}, "with_results"),
        ({"results_state": "POSTED", "results_first_posted": actual("2025-02-20")}, "after_results"),
    ],
)
def test_the_window_is_placed_by_the_old_records_dates(fields: dict[str, Any], window: str) -> None:
    assert said(step((SURVIVAL,), (PAIN,), **fields))["window"] == window


@pytest.mark.parametrize(
    ("old", "new", "window", "note"),
    [
        ({"primary_completion_date": "2023-05"}, {"primary_completion_date": "2030-08-15"}, "ongoing", None),
        (
            {"primary_completion_date": "2023-05", "recruitment_status": "ACTIVE_NOT_RECRUITING"},
            {"primary_completion_date": "2030-08-15"},
            "ongoing",
            None,
        ),
        (
            {"primary_completion_date": "2026-09"},
            {"primary_completion_date": actual("2026-01-10"), "recruitment_status": "COMPLETED"},
            "after_primary_completion",
            None,
        ),
        (
            {"primary_completion_date": actual("2025-12-01")},
            {"primary_completion_date": "2030-01"},
            "after_primary_completion",
            None,
        ),
        (
            {"primary_completion_date": "2023-05"},
            {"primary_completion_date": "2025-05"},
            "ongoing",
            "the estimated primary completion date has passed, the trial still recruits",
        ),
        (
            {"primary_completion_date": RegistryDate("2025-05")},
            {},
            "ongoing",
            "the primary completion date, not marked as actual, has passed, the trial still recruits",
        ),
        (
            {"start_date": "2026-01"},
            {"start_date": "2026-09", "recruitment_status": "NOT_YET_RECRUITING"},
            "before_start",
            None,
        ),
        ({"start_date": actual("2026-01-05")}, {"start_date": "2026-09"}, "ongoing", None),
    ],
)
def test_that_a_date_has_passed_is_judged_on_the_new_record(
    old: dict[str, Any], new: dict[str, Any], window: str, note: str | None
) -> None:
    """Nobody changes an outcome after a date that the same update moves into the future; what was actual stays so."""
    before = make_record(primary_outcomes=(SURVIVAL,), **old)
    details = said(moved(before, primary_outcomes=(PAIN,), **new)["primary_outcomes_changed"])
    assert (details["window"], details.get("window_note")) == (window, note)


def test_a_placing_by_an_estimate_is_flagged() -> None:
    fields: dict[str, Any] = {"primary_completion_date": "2025-12-01", "recruitment_status": "ACTIVE_NOT_RECRUITING"}
    assert "estimated" in said(step((SURVIVAL,), (PAIN,), **fields))["window_note"]


def test_changes_that_come_with_the_results_keep_major_and_say_so() -> None:
    old = make_record(primary_outcomes=(SURVIVAL,))
    found = moved(old, primary_outcomes=(PAIN,), results_state="POSTED", results_first_posted=actual("2026-03-08"))
    event = found["primary_outcomes_changed"]
    assert (event.severity, said(event)["window"]) == ("major", "with_results")
    assert "at results posting" in event.rule


def test_a_record_update_is_placed_by_its_own_date_not_by_when_we_saw_it() -> None:
    old = make_record(start_date=actual("2026-02-15"), last_update_posted="2026-01-05")
    new = changed(old, primary_outcomes=(PAIN,), last_update_posted="2026-02-01")
    assert said(events(old, new, at=day(60))["primary_outcomes_changed"])["window"] == "before_start"
    assert DAY.year == 2026


def test_a_time_point_moves_far_from_a_fifth() -> None:
    assert time_point_moved("12 weeks", "16 weeks") == (28, True)
    assert time_point_moved("Up to 8 days", "Up to 50 hours") == (-6, True)
    assert time_point_moved("five weeks", "six weeks") == (7, True)
    assert time_point_moved("59 months", "58 months") == (-30, False)
    assert time_point_moved("12 months", "52 weeks") == (-1, False)
    assert time_point_moved("at discharge", "58 months") is None


def test_a_rhythm_and_another_clock_are_no_time_point() -> None:
    assert time_point_moved("Every 8 weeks", "Every 8 weeks for up to 106 weeks") is None
    assert time_point_moved("9 months", "Until death, an average of 12 months") is None
    assert time_point_moved("5 years after the last participant is enrolled", "Up to 7 years") is None
