"""What can no longer be read is the operator's business, and no change that readers hear of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import events, make_record
from tracker import sources
from tracker.detect.unread import no_longer, readable
from tracker.model.record import Eligibility, Enrollment, TrialRecord
from tracker.model.source import Issue

COUNT = "designModule.enrollmentInfo.count"


def issue(path: str, value: object = "some dozens", code: str = "unreadable_value") -> Issue:
    return Issue(code=code, path=path, value=str(value))


def told(
    old: TrialRecord,
    new: TrialRecord,
    before: tuple[Issue, ...],
    after: tuple[Issue, ...],
    path_words: Mapping[str, str] = {},
) -> set[str]:
    return set(events(*readable(old, new, before, after, path_words)))


GIVEN = make_record()
LOST = make_record(enrollment=Enrollment(count=None, type="ESTIMATED"), rest={COUNT: "some dozens"})


def test_a_number_that_can_no_longer_be_read_is_not_told_as_taken_out_nor_as_given_when_it_can_again() -> None:
    assert set(events(GIVEN, LOST)) == {"enrollment_changed", "other_fields_changed"}, "as it would look without the issue"
    assert told(GIVEN, LOST, (), (issue(COUNT),)) == set()
    assert told(LOST, GIVEN, (issue(COUNT),), ()) == set()


def test_what_else_changed_is_told_all_the_same() -> None:
    actual = make_record(enrollment=Enrollment(count=None, type="ACTUAL"), brief_title="Another title")
    assert told(GIVEN, actual, (), (issue(COUNT),)) == {"enrollment_changed", "titles_changed"}
    assert told(GIVEN, make_record(enrollment=None), (), ()) == {"enrollment_changed"}, "it was really taken out"
    elsewhere = (issue("statusModule.whyStopped"),)
    assert told(GIVEN, make_record(enrollment=None), (), elsewhere) == {"enrollment_changed"}


@pytest.mark.parametrize(
    ("place", "old", "new"),
    [
        ("Basic Information / Total Enrollment", {}, {"enrollment": None}),
        ("identificationModule.briefTitle", {}, {"brief_title": None}),
        ("conditionsModule.conditions", {"conditions": ("Lupus",)}, {"conditions": ()}),
        (
            "eligibilityModule.minimumAge",
            {"eligibility": Eligibility(minimum_age="18 Years", sex="ALL")},
            {"eligibility": Eligibility(sex="ALL")},
        ),
    ],
)
def test_the_field_is_found_by_its_name_in_the_place(place: str, old: dict[str, Any], new: dict[str, Any]) -> None:
    assert told(make_record(**old), make_record(**new), (), (issue(place),)) == set()


AGES = {"eligibility": Eligibility(minimum_age="18 Years", maximum_age="65 Years")}


@pytest.mark.parametrize(
    ("source", "place", "old", "new"),
    [
        ("ctgov", "statusModule.overallStatus", {}, {"recruitment_status": None}),
        ("trialx", "the listing / ages", AGES, {"eligibility": Eligibility()}),
    ],
)
def test_a_source_declares_the_fields_that_its_paths_name_otherwise(
    source: str, place: str, old: dict[str, Any], new: dict[str, Any]
) -> None:
    before, after, issues = make_record(**old), make_record(**new), (issue(place),)
    assert told(before, after, (), issues, sources.load()[source].info.path_words) == set()
    assert told(before, after, (), issues) != set()


def test_a_part_that_was_taken_out_beside_one_that_cannot_be_read_is_told() -> None:
    old = make_record(eligibility=Eligibility(minimum_age="18 Years", maximum_age="65 Years"))
    new = make_record(eligibility=Eligibility())
    assert told(old, new, (), (issue("eligibilityModule.minimumAge"),)) == {"eligibility_changed"}


def test_the_operator_hears_that_it_can_no_longer_be_read_and_of_the_rest_as_ever() -> None:
    strange, other = issue("x.y", code="unknown_word"), issue(COUNT)
    assert [one.code for one in no_longer((), (strange, other))] == ["unknown_word", "no_longer_readable"]
    assert no_longer((other,), (other,)) == (other,), "it never could"


@given(st.lists(st.sampled_from([COUNT, "identificationModule.briefTitle", "a.b"])), st.booleans())
def test_without_issues_or_with_the_same_ones_nothing_is_filled_in(places: list[str], same: bool) -> None:
    issues = tuple(issue(place) for place in places) if same else ()
    assert readable(GIVEN, LOST, issues, issues, {}) == (GIVEN, LOST)
