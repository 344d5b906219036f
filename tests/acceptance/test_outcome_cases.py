"""Real changes of outcomes: tense and house style are no switch, another population or cohort is."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.test_pairs import _bytes, _day, _record
from tests.builders import detected_in, make_step, said
from tracker.model.event import Event

pytestmark = pytest.mark.real_data


def _primary(real_data: Path, number: str) -> Event:
    folder = real_data.parent / "cases"
    if not folder.is_dir():
        pytest.skip("no folder of cases lies beside the real records")
    with (folder / "pairs" / "index.csv").open(newline="", encoding="utf-8") as index:
        row = next(row for row in csv.reader(index) if row[0] == number)
    days = [_day(Path(name).name.split(".")[0]) for name in row[2:4]]
    old, new = (_record(_bytes(folder / name), row[1], at) for name, at in zip(row[2:4], days, strict=True))
    events = detected_in(make_step(old, new, at=days[1])).events
    return next(event for event in events if event.kind == "primary_outcomes_changed")


def _verdicts(event: Event) -> list[tuple[Any, Any]]:
    return [(edit["verdict"], edit["reason"]) for edit in said(event)["measure_reworded"]]


def test_past_tense_and_house_style_add_and_remove_no_outcome(real_data: Path) -> None:
    event = _primary(real_data, "03")
    assert not {"added", "removed"} & set(event.effects)
    assert len(said(event)["time_frame"]) == 3
    assert {verdict for verdict, _ in _verdicts(event)} <= {"SAME", "REFINED"}


def test_an_outcome_of_a_new_cohort_in_the_same_text_is_another_outcome(real_data: Path) -> None:
    event = _primary(real_data, "17")
    assert (event.severity, _verdicts(event)) == ("major", [("DIFFERENT", "members")])


def test_patients_called_participants_reword_no_outcome(real_data: Path) -> None:
    event = _primary(real_data, "29")
    assert "measure_reworded" not in event.effects
    assert said(event)["time_frame"][0]["count"] == 2


def test_an_outcome_restricted_to_two_arms_is_another_outcome(real_data: Path) -> None:
    event = _primary(real_data, "66")
    assert (event.severity, _verdicts(event)) == ("major", [("DIFFERENT", "population")])
