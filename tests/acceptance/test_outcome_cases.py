"""Real changes of outcomes: tense and house style are no switch, another population or cohort is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.case_pairs import case_pair
from tests.builders import detected_in, make_step, said
from tracker.model.event import Event

pytestmark = pytest.mark.real_data


def _primary(cases: Path, number: str) -> Event:
    found = case_pair(cases, number)
    events = detected_in(make_step(found.old, found.new, at=found.at)).events
    return next(event for event in events if event.kind == "primary_outcomes_changed")


def _verdicts(event: Event) -> list[tuple[Any, Any]]:
    return [(edit["verdict"], edit["reason"]) for edit in said(event)["measure_reworded"]]


def test_past_tense_and_house_style_add_and_remove_no_outcome(cases: Path) -> None:
    event = _primary(cases, "03")
    assert not {"added", "removed"} & set(event.effects)
    assert len(said(event)["time_frame"]) == 3
    assert {verdict for verdict, _ in _verdicts(event)} <= {"SAME", "REFINED"}


def test_an_outcome_of_a_new_cohort_in_the_same_text_is_another_outcome(cases: Path) -> None:
    event = _primary(cases, "17")
    assert (event.severity, _verdicts(event)) == ("major", [("DIFFERENT", "members")])


def test_patients_called_participants_reword_no_outcome(cases: Path) -> None:
    event = _primary(cases, "29")
    assert "measure_reworded" not in event.effects
    assert said(event)["time_frame"][0]["count"] == 2


def test_an_outcome_restricted_to_two_arms_is_another_outcome(cases: Path) -> None:
    event = _primary(cases, "66")
    assert (event.severity, _verdicts(event)) == ("major", [("DIFFERENT", "population")])
