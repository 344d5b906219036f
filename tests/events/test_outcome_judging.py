"""Inflection, spelling and units make no other outcome; a threshold, a population or a time point does."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import changed, detected, events, make_record, measure, said
from tests.events.outcome_labels import DIFFERENT, REFINED, SAME, UNCLEAR
from tracker.events.outcome_judging import Said, Verdict, judge
from tracker.model.event import Event
from tracker.text.similarity import measure_likeness, similarity


def step(old: tuple[str, ...], new: tuple[str, ...], *, frame: str | None = "24 weeks", **fields: Any) -> Event:
    before = make_record(primary_outcomes=tuple(measure(text, frame) for text in old), **fields)
    after = changed(before, primary_outcomes=tuple(measure(text, frame) for text in new))
    return events(before, after)["primary_outcomes_changed"]


@pytest.mark.parametrize(("old", "new"), SAME)
def test_inflection_spelling_and_units_are_the_same_outcome(old: str, new: str) -> None:
    assert judge(Said(measure=old), Said(measure=new)).verdict is Verdict.SAME
    assert judge(Said(measure=new), Said(measure=old)).verdict is Verdict.SAME
    event = step((old,), (new,), frame=None)
    assert (event.effects, event.severity) == (("measure_reworded",), "minor")


@pytest.mark.parametrize(("old", "new"), REFINED)
def test_more_detail_is_the_same_outcome_said_more_exactly(old: str, new: str) -> None:
    assert judge(Said(measure=old), Said(measure=new)).verdict is Verdict.REFINED
    event = step((old,), (new,), frame=None)
    assert (event.effects, event.severity) == (("measure_reworded",), "notable")


@pytest.mark.parametrize(("old", "new", "reason"), DIFFERENT)
def test_what_redefines_an_outcome_is_major_after_the_start_with_its_reason(old: str, new: str, reason: str) -> None:
    judgement = judge(Said(measure=old), Said(measure=new))
    assert (judgement.verdict, judgement.reason) == (Verdict.DIFFERENT, reason)
    event = step((old,), (new,), frame=None)
    assert event.severity == "major"
    if "redefined" in event.effects:  # else the two are so unlike that one went and one came
        assert said(event)["measure_reworded"][0]["reason"] == reason


@pytest.mark.parametrize(("old", "new"), UNCLEAR)
def test_a_text_that_named_no_outcome_carries_no_judgement(old: str, new: str) -> None:
    event = step((old,), (new,))
    assert (event.effects, event.severity) == (("measure_reworded",), "notable")
    assert said(event)["measure_reworded"][0]["verdict"] == "UNCLEAR"
    assert "names no outcome to judge by" in event.rule


def test_a_first_outcome_where_none_was_stated_is_not_judged() -> None:
    event = step((), ("Wound length",))
    assert (event.effects, event.severity) == (("added",), "notable")


def test_a_threshold_that_the_description_had_before_is_not_added() -> None:
    old = Said(measure="Rash resolution", description="A score below 3 counts as resolved.")
    assert judge(old, Said(measure="Rash resolution, score < 3")).verdict is not Verdict.DIFFERENT


def test_a_time_point_that_the_time_frame_had_before_is_not_added() -> None:
    old = Said(measure="Grip strength", time_frame="Week 12")
    assert judge(old, Said(measure="Grip strength at 3 months")).verdict is not Verdict.DIFFERENT
    assert judge(old, Said(measure="Grip strength at 12 months")).reason == "time_point"


def test_a_population_that_the_trials_title_names_restricts_nothing() -> None:
    title = "Examplumab in women with gout"
    old, new = Said(measure="Gout flares", trial=title), Said(measure="Gout flares in women", trial=title)
    assert judge(old, new).verdict is not Verdict.DIFFERENT
    assert judge(Said(measure="Gout flares"), Said(measure="Gout flares in women")).reason == "population"


def test_the_length_of_a_test_is_no_time_point() -> None:
    old = Said(measure="Walking distance", time_frame="24 weeks")
    assert judge(old, Said(measure="6-minute walking distance by 24-hour recorder")).verdict is not Verdict.DIFFERENT


def test_parts_that_are_still_judged_alone_are_split_or_merged() -> None:
    whole, parts = ("Zinc level in blood",), ("Zinc level in blood when fed", "Zinc level in blood when fasted overnight")
    for old, new in ((whole, parts), (parts, whole)):
        event = step(old, new)
        assert (set(event.effects), event.severity) == ({"measure_reworded", "regrouped"}, "notable")


def test_one_quantity_of_one_substance_merged_over_its_arms_is_no_removal() -> None:
    old = ("Maximum Concentration (Cmax) of Zinc-12/salt when alone", "Cmax of Zinc-12/salt when given with bread")
    event = step(old, ("Maximum Observed Plasma Concentration (Cmax) of Zinc-12",))
    assert "removed" not in event.effects
    assert (
        step(
            (*old, "Cmax of ferritin when given with bread"), ("Maximum Observed Plasma Concentration (Cmax) of Zinc-12",)
        ).severity
        == "major"
    )


def test_two_outcomes_made_one_composite_are_another_outcome() -> None:
    assert step(("Time to fever", "Time to wheeze"), ("Time to fever or wheeze",)).severity == "major"


def test_an_outcome_that_only_stood_twice_is_no_removal() -> None:
    event = step(("Zinc level", "Zinc level"), ("Zinc level",))
    assert (event.effects, event.severity) == (("regrouped",), "minor")


def test_an_outcome_beside_one_that_stays_is_added() -> None:
    assert step(("Zinc level",), ("Zinc level", "Number of participants with rash")).effects == ("added",)


def test_the_one_outcome_lost_and_the_one_gained_are_one_where_they_share_a_phrase() -> None:
    event = step(
        ("To compare a balm with a lotion as to complete wart clearance",), ("Wart clearance by a modified foot score",)
    )
    assert not {"added", "removed"} & set(event.effects)


def test_an_outcome_that_the_others_description_names_is_that_outcome() -> None:
    before = make_record(primary_outcomes=(measure("Efficacy of balm", description="Efficacy on itching, by a recorder."),))
    after = changed(before, primary_outcomes=(measure("Itching"),))
    assert "added" not in events(before, after)["primary_outcomes_changed"].effects


def test_an_outcome_that_shares_no_phrase_with_the_one_that_went_is_added() -> None:
    assert step(("Number of joints in flare",), ("Number of warts",)).effects == ("added", "removed")


def test_numbers_of_arms_in_brackets_state_no_outcomes_apart() -> None:
    old, new = (
        "Parts 2 (Arm 5 and Arm 6) and 3 (Arm 7): Wart count",
        "Parts 2 (Arm 5, Arm 6, and Arm 8) and 3 (Arm 7): Wart count",
    )
    assert judge(Said(measure=old), Said(measure=new)).verdict is Verdict.REFINED


def test_a_drugs_other_measure_is_not_the_same() -> None:
    assert step(("Change in body weight",), ("Change in body fat",)).effects == ("added", "removed")
    assert measure_likeness("Pain", "Pain medication use") == 0
    assert measure_likeness("Number of participants with adverse events", "Number of participants with a response") == 0


def test_a_text_of_words_that_any_measure_has_is_still_like_its_restatement() -> None:
    assert (
        similarity("Percentage of Participants With Adverse Events Graded by a Manual", "Participants With Adverse Events") > 0
    )


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_two_texts_can_be_judged_and_a_text_is_the_same_as_itself(one: str, other: str) -> None:
    assert judge(Said(measure=one), Said(measure=one)).verdict is Verdict.SAME
    assert judge(Said(measure=one), Said(measure=other)).verdict in Verdict
    assert measure_likeness(one, other) == measure_likeness(other, one)


def test_two_thousand_reworded_outcomes_are_paired_in_seconds() -> None:
    names = [f"Level of analyte {number} in the serum of marker A{number % 50}" for number in range(2000)]
    old = make_record(secondary_outcomes=tuple(map(measure, names)))
    new = changed(old, secondary_outcomes=tuple(measure(f"Levels of {name[9:]} by assay") for name in names))
    began = time.process_time()
    event = next(found for found in detected(old, new).events if found.kind == "secondary_outcomes_changed")
    assert "added" not in event.effects
    assert time.process_time() - began < 60


@pytest.mark.real_data
def test_labelled_real_changes_agree_with_the_careful_reader(real_data: Path) -> None:
    """Kappa of at least 0.6 on the 80 labelled changes; they are one reading by written rules, no human gold set."""
    folder = real_data / "outcome-labels"
    tracker = Path(sys.executable).with_name("tracker")
    found = subprocess.run(
        [sys.executable, folder / "agreement.py", folder / "pairs.jsonl", tracker], capture_output=True, text=True, check=True
    )
    assert float(found.stdout.rsplit("kappa=", 1)[1]) >= 0.6, found.stdout
