"""Recruitment status and why a trial stopped."""

from __future__ import annotations

import pytest

from tests.builders import changed, events, make_record, said, site
from tracker.events.recruitment import status_effect
from tracker.model.vocabulary import RECRUITMENT_STATUSES

N, R, BY_INVITATION, A = "NOT_YET_RECRUITING", "RECRUITING", "ENROLLING_BY_INVITATION", "ACTIVE_NOT_RECRUITING"


@pytest.mark.parametrize(
    ("old", "new", "effect"),
    [
        (N, R, "started"),
        (BY_INVITATION, R, "started"),
        (N, BY_INVITATION, "started_by_invitation"),
        (N, A, "started_and_closed"),
        (A, R, "reopened"),
        ("COMPLETED", R, "reopened"),
        ("WITHDRAWN", R, "reopened"),
        ("TERMINATED", BY_INVITATION, "reopened"),
        (R, A, "closed"),
        (R, BY_INVITATION, "closed"),
        (R, N, "closed"),
        (R, "NOT_RECRUITING_UNSPECIFIED", "closed"),
        (R, "SUSPENDED", "suspended"),
        ("SUSPENDED", R, "resumed"),
        ("SUSPENDED", A, "resumed"),
        ("TERMINATED", A, "resumed"),
        (A, "TERMINATED", "terminated"),
        (N, "WITHDRAWN", "withdrawn"),
        (A, "COMPLETED", "completed"),
        ("UNKNOWN", "COMPLETED", "completed"),
        ("UNKNOWN", "TERMINATED", "terminated"),
        (R, "UNKNOWN", "went_unknown"),
        ("UNKNOWN", R, "revived"),
        ("UNKNOWN", A, "revived"),
        ("NO_LONGER_AVAILABLE", "AVAILABLE", "access_opened"),
        ("AVAILABLE", "NO_LONGER_AVAILABLE", "access_closed"),
        ("AVAILABLE", "APPROVED_FOR_MARKETING", "access_closed"),
        ("NO_LONGER_AVAILABLE", "APPROVED_FOR_MARKETING", "other"),
        ("NOT_RECRUITING_UNSPECIFIED", R, "other"),
        ("NOT_RECRUITING_UNSPECIFIED", A, "other"),
        (None, R, "other"),
        (A, "WITHHELD", "other"),
        (R, "OTHER", "other"),
    ],
)
def test_the_sense_of_a_step(old: str | None, new: str | None, effect: str) -> None:
    assert status_effect(old, new) == effect


def test_no_step_between_known_statuses_is_without_a_sense_we_declare() -> None:
    for old in (*RECRUITMENT_STATUSES, None):
        for new in (*RECRUITMENT_STATUSES, None):
            if old != new:
                found = events(make_record(recruitment_status=old), make_record(recruitment_status=new))
                assert found["recruitment_status_changed"].effects == (status_effect(old, new),)


def test_starting_is_major_and_going_unknown_is_not() -> None:
    old = make_record(recruitment_status=N)
    assert events(old, changed(old, recruitment_status=R))["recruitment_status_changed"].severity == "major"
    unknown = changed(old, recruitment_status="UNKNOWN", last_known_status=N)
    event = events(old, unknown)["recruitment_status_changed"]
    assert (event.severity, said(event)["last_known_status"]) == ("notable", N)


def test_another_word_for_the_same_status_is_no_step() -> None:
    old = make_record(recruitment_status_as_given="Open")
    event = events(old, changed(old, recruitment_status_as_given="Recruiting"))["recruitment_status_changed"]
    assert (event.severity, event.effects) == ("minor", ("other",))


def test_site_statuses_that_appear_when_the_trial_opens_belong_to_the_status_event() -> None:
    old = make_record(recruitment_status=N, sites=(site("A"), site("B", "Dallas")))
    new = changed(old, recruitment_status=R, sites=(site("A", recruitment_status=R), site("B", "Dallas", recruitment_status=N)))
    found = events(old, new)
    assert list(found) == ["recruitment_status_changed"]
    assert said(found["recruitment_status_changed"])["sites_open"] == 1
    assert list(events(new, old)) == ["recruitment_status_changed"]


def test_site_statuses_that_move_on_their_own_are_news_of_the_sites() -> None:
    old = make_record(sites=(site("A", recruitment_status=N),))
    assert list(events(old, changed(old, sites=(site("A", recruitment_status=R),)))) == ["countries_changed", "sites_changed"]
    stopped = changed(old, recruitment_status=A, sites=(site("A", recruitment_status="COMPLETED"),))
    assert set(events(old, stopped)) == {"recruitment_status_changed", "sites_changed"}


def test_a_reason_is_quoted_with_the_stop() -> None:
    old = make_record()
    found = events(old, changed(old, recruitment_status="TERMINATED", why_stopped="Slow accrual"))
    assert said(found["recruitment_status_changed"])["why_stopped"] == "Slow accrual"
    assert "why_stopped_changed" not in found, "one fact is told once"


def test_a_reason_that_is_reworded_or_taken_out() -> None:
    old = make_record(recruitment_status="TERMINATED", why_stopped="Slow accrual")
    assert events(old, changed(old, why_stopped="Futility"))["why_stopped_changed"].effects == ("changed",)
    assert events(old, changed(old, why_stopped=None))["why_stopped_changed"].effects == ("removed",)
    assert events(old, changed(old, why_stopped="Slow  accrual")) == {}
