"""What two registries of a trial contradict each other in, and what says too little for that."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some

from tests.builders import actual, make_record
from tracker import sources
from tracker.detect.disagreement import Side, disagreement, group, verdict
from tracker.model.record import CountryStatus, TrialRecord
from tracker.model.vocabulary import RECRUITMENT_STATUSES

SOURCES = sources.load()
TODAY = date(2026, 11, 28)
SINCE = datetime(2026, 10, 1, tzinfo=UTC)


def side(source: str, **fields: Any) -> Side:
    number = {"ctgov": "NCT01234567", "ctis": "2023-501234-12", "euctr": "2019-001234-12", "drks": "DRKS00000001"}[source]
    given = {"recruitment_status": None, "results_state": None, "countries": None, "country_status": None, "sites": None}
    record: TrialRecord = msgspec.structs.replace(make_record(), trial=f"{source}:{number}", **(given | fields))
    return Side(record=record, source=SOURCES[source].info, tracked_since=SINCE, last_seen_at=SINCE + timedelta(days=30))


def of_status(mine: str, theirs: str, first: str = "ctgov", second: str = "drks") -> str:
    one, other = side(first, recruitment_status=mine), side(second, recruitment_status=theirs)
    return verdict("recruitment_status", one, other, TODAY)


def of_results(mine: Side, theirs: Side) -> str:
    assert verdict("results_state", mine, theirs, TODAY) == verdict("results_state", theirs, mine, TODAY)
    return verdict("results_state", mine, theirs, TODAY)


@pytest.mark.parametrize(
    ("mine", "theirs", "said"),
    [
        ("RECRUITING", "COMPLETED", "differ"),
        ("RECRUITING", "ACTIVE_NOT_RECRUITING", "differ"),
        ("SUSPENDED", "TERMINATED", "differ"),
        ("RECRUITING", "ENROLLING_BY_INVITATION", "agree"),
        ("COMPLETED", "TERMINATED", "agree"),
        ("NOT_YET_RECRUITING", "ACTIVE_NOT_RECRUITING", "agree"),
        ("RECRUITING", "UNKNOWN", "silent"),
        ("RECRUITING", "OTHER", "silent"),
        ("RECRUITING", "NOT_RECRUITING_UNSPECIFIED", "silent"),
        ("COMPLETED", "WITHHELD", "silent"),
    ],
)
def test_statuses_are_compared_by_what_they_say_to_those_who_want_to_take_part(mine: str, theirs: str, said: str) -> None:
    assert of_status(mine, theirs) == said
    assert of_status(theirs, mine) == said


@given(some.sampled_from(RECRUITMENT_STATUSES), some.sampled_from(RECRUITMENT_STATUSES))
def test_a_status_agrees_with_itself_and_sides_do_not_matter(mine: str, theirs: str) -> None:
    assert of_status(mine, theirs) == of_status(theirs, mine)
    assert of_status(mine, mine) == ("agree" if group(mine) else "silent")


def test_a_status_that_a_register_states_by_country_alone_is_not_compared() -> None:
    assert of_status("RECRUITING", "COMPLETED", "ctgov", "euctr") == "silent"


@pytest.mark.parametrize(
    ("more", "less", "said"),
    [
        (("Germany", "United States"), ("Germany",), "silent"),
        (("Germany",), ("Germany", "France"), "differ"),
        (("Germany",), (), "differ"),
        ((), ("Germany",), "differ"),
    ],
)
def test_a_trial_may_go_on_in_countries_of_which_the_other_registry_does_not_speak(
    more: tuple[str, ...], less: tuple[str, ...], said: str
) -> None:
    states = tuple(CountryStatus(country=one, status="COMPLETED") for one in less)
    one = side("ctgov", recruitment_status="RECRUITING", countries=more)
    for other in (
        side("ctis", recruitment_status="COMPLETED", countries=less),
        side("ctis", recruitment_status="COMPLETED", countries=(*less, "United States"), country_status=states or None)
        if less
        else side("ctis", recruitment_status="COMPLETED"),
    ):
        assert verdict("recruitment_status", one, other, TODAY) == said


@pytest.mark.parametrize(
    ("status", "state", "said"),
    [
        ("COMPLETED", "NONE_POSTED", "differ"),
        ("COMPLETED", "POSTED", "agree"),
        ("COMPLETED", "SUBMITTED", "silent"),
        ("COMPLETED", None, "silent"),
        ("WITHDRAWN", "NONE_POSTED", "silent"),
        ("RECRUITING", "NONE_POSTED", "silent"),
    ],
)
def test_results_are_missing_where_a_trial_is_over_or_a_law_asks_for_them(status: str, state: str | None, said: str) -> None:
    posted = side("ctgov", recruitment_status="COMPLETED", results_state="POSTED")
    assert of_results(posted, side("drks", recruitment_status=status, results_state=state)) == said


def test_no_results_on_either_side_is_agreement() -> None:
    assert of_results(side("ctgov", results_state="NONE_POSTED"), side("drks", results_state="NONE_POSTED")) == "agree"


def test_results_missing_in_the_older_register_of_a_trial_that_moved_are_no_disagreement() -> None:
    ended = (CountryStatus(country="Germany", status="COMPLETED"),)
    old = side(
        "euctr",
        recruitment_status="COMPLETED",
        results_state="NONE_POSTED",
        country_status=ended,
        completion_date=actual("2020-01-31"),
    )
    assert of_results(side("ctis", results_state="POSTED", rest={}), old) == "differ"
    assert of_results(side("ctis", results_state="POSTED", rest={"eudraCt.isTransitioned": True}), old) == "silent"


def test_it_stands_once_both_were_seen_to_differ_for_30_days() -> None:
    one, other = side("ctgov", recruitment_status="RECRUITING"), side("drks", recruitment_status="COMPLETED")
    assert disagreement("recruitment_status", one, other).stands
    late = msgspec.structs.replace(other, last_seen_at=SINCE + timedelta(days=29))
    assert not disagreement("recruitment_status", one, late).stands
    assert not disagreement("recruitment_status", late, one).stands
