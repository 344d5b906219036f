"""Milestones: what moved, by how much for certain, and how often before."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import actual, changed, date, day, events, make_record, said
from tracker.model.event import Event
from tracker.model.record import TrialRecord

KIND = "primary_completion_date_changed"


def step(old: Any, new: Any, **parts: Any) -> Event:
    before = make_record(primary_completion_date=old, last_update_posted=parts.pop("updated", "2026-03-09"))
    return events(before, changed(before, primary_completion_date=new), **parts)[KIND]


@pytest.mark.parametrize(
    ("old", "new", "effects", "severity", "days"),
    [
        ("2026-09", "2027-03", ("slipped",), "major", 181),
        ("2026-09", "2026-10", ("slipped",), "notable", 30),
        ("2026-09-10", "2026-12-09", ("slipped",), "major", 90),
        ("2026-09-10", "2026-12-08", ("slipped",), "notable", 89),
        ("2027-03", "2026-09", ("advanced",), "major", -181),
        ("2026-03", "2026-03-31", ("refined",), "minor", 0),
        ("2026", "2026-11", ("refined",), "minor", 0),
        ("2026-03-31", "2026-03", ("widened",), "minor", 0),
        ("2026-06-30", "2026-07", ("slipped",), "minor", 1),
        ("2025-12", "2026-06", ("slipped", "moved_after_passing"), "major", 181),
        ("2025-12", actual("2025-12-10"), ("happened",), "notable", 0),
        ("2026-02-01", actual("2026-02-20"), ("happened", "slipped"), "notable", 19),
        ("2025-06", actual("2026-02-20"), ("happened", "slipped"), "major", 235),
        (actual("2025-11-02"), actual("2024-11-11"), ("corrected",), "major", -356),
        (actual("2025-11-02"), actual("2025-11-20"), ("corrected",), "notable", 18),
        (actual("2025-11"), actual("2025-11-20"), ("refined",), "minor", 0),
        (actual("2025-11-02"), "2026-11-02", ("back_to_estimated", "slipped"), "major", 365),
    ],
)
def test_what_a_step_of_a_date_is(old: Any, new: Any, effects: tuple[str, ...], severity: str, days: int) -> None:
    event = step(old, new)
    assert (event.effects, event.severity, said(event)["days"]) == (effects, severity, days)


def test_a_month_made_a_day_is_no_slip_of_thirty_days() -> None:
    """The commonest false alarm of all."""
    event = step("2026-03", "2026-03-31")
    assert (event.effects, event.severity, said(event)["days"]) == (("refined",), "minor", 0)


def test_estimated_made_actual_on_the_same_day_has_happened() -> None:
    assert step("2026-03-01", actual("2026-03-01")).effects == ("happened",)


def test_a_date_that_only_says_now_that_it_is_estimated() -> None:
    old = make_record().primary_completion_date
    assert old is not None
    event = step(type(old)("2026-09"), "2026-09")
    assert (event.effects, event.severity) == (("type_stated",), "minor")


def test_cleared_and_given_dates_are_told() -> None:
    assert step("2026-09", None).effects == ("cleared",)
    assert step(None, "2026-09").effects == ("given",)


@pytest.mark.parametrize(("old", "new"), [("2026-03", "Spring 2026"), ("Spring 2026", "2026-03"), ("2026-03", "2026-13")])
def test_an_unreadable_date_is_told_as_it_reads_and_never_measured(old: str, new: str) -> None:
    event = step(old, new)
    assert event.effects == ("unreadable",)
    assert "days" not in said(event)
    assert said(event)["new"]["date"] == new


def history(*dates: str) -> tuple[list[Event], TrialRecord]:
    """The events of a date that moves through these values, each knowing the earlier ones."""
    found: list[Event] = []
    record = make_record(primary_completion_date=dates[0])
    for number, text in enumerate(dates[1:]):
        new = changed(record, primary_completion_date=text)
        parts = {"past": tuple(found), "at": day(number), "tracking_since": day(-30)}
        found.append(events(record, new, **parts)[KIND])
        record = new
    return found, record


def test_small_slips_add_up_to_a_major_one() -> None:
    found, _ = history("2027-01-01", "2027-02-10", "2027-03-20", "2027-04-10")
    assert [event.severity for event in found] == ["notable", "notable", "major"]
    assert said(found[-1])["cumulative_days"] == 99
    assert said(found[-1])["nth"] == 3
    assert said(found[-1])["coverage"] == "since tracking began 2026-02-08"


def test_after_a_major_slip_the_count_begins_anew() -> None:
    found, _ = history("2027-01-01", "2027-06-01", "2027-07-01", "2027-09-15")
    assert [event.severity for event in found] == ["major", "notable", "major"]
    assert "since the last major change" in found[1].rule


def test_a_slip_taken_back_is_not_counted_twice() -> None:
    found, _ = history("2027-01-01", "2027-03-01", "2027-01-01", "2027-03-01")
    assert [event.severity for event in found] == ["notable"] * 3
    assert said(found[-1])["cumulative_days"] == 59
    assert said(found[-1])["nth"] == 2


def test_an_old_estimate_that_had_passed_when_it_moved() -> None:
    assert "moved_after_passing" in step("2026-03-01", "2026-06").effects
    assert "moved_after_passing" not in step("2026-03", "2026-06").effects  # the month is not over


@pytest.mark.parametrize("field", ["start_date", "primary_completion_date", "completion_date"])
def test_each_milestone_has_its_kind(field: str) -> None:
    old = make_record(**{field: date("2026-09")})
    found = events(old, changed(old, **{field: "2026-11"}))
    assert list(found) == [f"{field}_changed"]
    assert said(found[f"{field}_changed"])["field"] == field
