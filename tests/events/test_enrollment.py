"""Planned and actual numbers of participants."""

from __future__ import annotations

import pytest

from tests.builders import changed, events, make_record, said
from tracker.model.event import Event
from tracker.model.record import Enrollment


def step(old: int | None, new: int | None, old_type: str | None = "ESTIMATED", new_type: str | None = "ESTIMATED") -> Event:
    before = make_record(enrollment=Enrollment(count=old, type=old_type))
    after = changed(before, enrollment=Enrollment(count=new, type=new_type))
    return events(before, after)["enrollment_changed"]


@pytest.mark.parametrize(
    ("old", "new", "new_type", "effects", "severity"),
    [
        (100, 120, "ESTIMATED", ("raised",), "major"),
        (100, 119, "ESTIMATED", ("raised",), "notable"),
        (1000, 1190, "ESTIMATED", ("raised",), "notable"),
        (10, 20, "ESTIMATED", ("raised",), "notable"),
        (100, 80, "ESTIMATED", ("lowered",), "major"),
        (32, 12, "ACTUAL", ("actual_reported", "lowered"), "major"),
        (35, 35, "ACTUAL", ("actual_reported",), "notable"),
        (5, 0, "ACTUAL", ("actual_reported", "zeroed"), "major"),
        (5, 0, "ESTIMATED", ("zeroed",), "major"),
        (0, 120, "ESTIMATED", ("raised",), "major"),
        (0, 5, "ESTIMATED", ("raised",), "notable"),
        (None, 40, "ESTIMATED", ("given",), "notable"),
        (40, None, "ESTIMATED", ("cleared",), "notable"),
    ],
)
def test_what_a_step_of_enrollment_is(
    old: int | None, new: int | None, new_type: str, effects: tuple[str, ...], severity: str
) -> None:
    event = step(old, new, new_type=new_type)
    assert (event.effects, event.severity) == (effects, severity)


def test_percent_is_of_the_old_number() -> None:
    assert said(step(32, 12))["percent"] == -62.5


def test_planned_made_actual_with_the_same_number_is_told() -> None:
    event = step(18, 18, new_type="ACTUAL")
    assert event.effects == ("actual_reported",)
    assert event.rule.startswith("the same number")


def test_only_the_kind_of_number_being_stated_is_a_trifle() -> None:
    event = step(18, 18, old_type=None)
    assert (event.effects, event.severity) == (("type_stated",), "minor")
    assert step(18, 18, old_type="ACTUAL").effects == ("back_to_estimated",)


def test_an_actual_number_that_changes_is_corrected_not_raised_or_cut() -> None:
    up, down = step(662, 669, "ACTUAL", "ACTUAL"), step(100, 60, "ACTUAL", "ACTUAL")
    assert (up.effects, up.severity) == (("corrected",), "notable")
    assert (down.effects, down.severity) == (("corrected",), "major")
    assert step(662, 669, None, None).effects == ("raised",), "nobody says that these are actual"
