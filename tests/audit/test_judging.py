"""One row per outcome: what became of it between two versions, in what it differs, and how alike the texts are."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import make_record, measure
from tests.events.outcome_labels import DIFFERENT, REFINED
from tracker import sources
from tracker.audit import Finding, drawn, judged
from tracker.model.record import OutcomeMeasure

CTGOV = sources.load()["ctgov"].info


def found(old: dict[str, Any], new: dict[str, Any]) -> list[Finding]:
    return list(judged(make_record(**old), make_record(**new), CTGOV))


def primary(*texts: str | OutcomeMeasure, frame: str = "24 weeks") -> dict[str, Any]:
    return {"primary_outcomes": tuple(text if isinstance(text, OutcomeMeasure) else measure(text, frame) for text in texts)}


def test_an_outcome_in_the_same_words_is_the_same_whatever_its_case_and_place() -> None:
    rows = found(primary("Zinc level", "Grip strength"), primary("GRIP STRENGTH", "Zinc level"))
    assert [(one.found, one.score, one.now.measure if one.now else "") for one in rows] == [
        ("same", 1.0, "GRIP STRENGTH"),
        ("same", 1.0, "Zinc level"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "facet"),
    [
        ("Clearance of warts", "Complete clearance of warts", "measure"),
        ("ACR20 response", "ACR50 response", "threshold"),
        ("Mean pain score", "Median pain score", "aggregation"),
        ("Grip strength at week 6", "Grip strength at week 24", "time point"),
    ],
)
def test_a_redefined_outcome_says_in_what_it_differs(old: str, new: str, facet: str) -> None:
    (one,) = found(primary(old, frame=""), primary(new, frame=""))
    assert (one.found, one.facet) == ("redefined", facet)


def test_another_time_frame_is_another_time_point() -> None:
    (one,) = found(primary("Pain", frame="6 weeks"), primary("Pain", frame="12 months"))
    assert (one.found, one.facet, one.reason) == ("redefined", "time point", "time_frame")
    (near,) = found(primary("Pain", frame="up to 24 weeks"), primary("Pain", frame="Within 24 weeks"))
    assert (near.found, near.reason) == ("reworded", "time_frame_wording")


@pytest.mark.parametrize(("old", "new"), REFINED)
def test_more_detail_is_reworded(old: str, new: str) -> None:
    (one,) = found(primary(old, frame=""), primary(new, frame=""))
    assert (one.found, one.facet) == ("reworded", "")


@pytest.mark.parametrize(("old", "new", "reason"), DIFFERENT)
def test_what_the_tracker_tells_as_another_outcome_the_audit_does_not_call_the_same(old: str, new: str, reason: str) -> None:
    rows = found(primary(old, frame=""), primary(new, frame=""))
    assert {one.found for one in rows} in ({"redefined"}, {"added", "dropped"}), reason


def test_an_outcome_that_moved_to_another_level_is_promoted_or_demoted_and_still_says_how_it_was_redefined() -> None:
    old = {**primary("Overall response"), "secondary_outcomes": (measure("Mean pain score"),)}
    new = {**primary("Median pain score"), "secondary_outcomes": (measure("Overall response"),)}
    assert [(one.found, one.facet, one.level_before, one.level_now) for one in found(old, new)] == [
        ("promoted", "aggregation", "secondary", "primary"),
        ("demoted", "", "primary", "secondary"),
    ]


def test_outcomes_come_and_go_alone() -> None:
    rows = found(primary("Zinc level", "Number of joints in flare"), primary("Zinc level", "Wart count"))
    assert [(one.found, one.score) for one in rows] == [("same", 1.0), ("added", None), ("dropped", None)]


def test_an_outcome_where_none_was_stated_is_added_and_says_so() -> None:
    (one,) = found(primary(), primary("Wart count"))
    assert (one.found, one.reason) == ("added", "none_stated")


def test_a_text_that_named_no_outcome_is_unclear_and_not_forced() -> None:
    (one,) = found(primary("Primary outcome measure"), primary("Change in grip strength"))
    assert one.found == "unclear"


def test_parts_that_are_still_judged_alone_are_reworded() -> None:
    whole, parts = (
        primary("Zinc level in blood"),
        primary("Zinc level in blood when fed", "Zinc level in blood when fasted overnight"),
    )
    assert [one.found for one in found(whole, parts)] == ["reworded", "reworded"]
    assert {one.reason for one in found(whole, parts)} >= {"split"}
    assert "merged" in {one.reason for one in found(parts, whole)}


@given(st.lists(st.sampled_from(["Wart count", "Zinc level", "Pain", "Grip strength at week 6", "Pain"]), max_size=4))
def test_a_record_against_itself_has_each_outcome_once_and_the_same(texts: list[str]) -> None:
    rows = found(primary(*texts), primary(*texts))
    assert [one.found for one in rows] == ["same"] * len(texts)


@given(*[st.lists(st.sampled_from(["Wart count", "Zinc level", "Pain", "Pain at rest", "Fever or wheeze"]), max_size=4)] * 2)
def test_every_outcome_of_both_versions_has_a_row(before: list[str], now: list[str]) -> None:
    rows = found(primary(*before), primary(*now))
    assert {one.now.measure for one in rows if one.now} >= set(now)
    assert {one.before.measure for one in rows if one.before} >= set(before)


def test_the_same_seed_draws_the_same_rows_and_never_more_than_there_are() -> None:
    rows = list(range(50))
    assert drawn(rows, 5, 1) == drawn(rows, 5, 1) != drawn(rows, 5, 2)
    assert drawn(rows, 5, 1) == sorted(drawn(rows, 5, 1))
    assert drawn(rows, 99, 1) == rows
