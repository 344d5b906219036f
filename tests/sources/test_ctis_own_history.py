"""What a record of EU CTIS dates of its own past."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.lab.ctis_portal import trial
from tracker import sources
from tracker.errors import AnswerError
from tracker.model.history import DatedFact, OwnHistory
from tracker.model.source import Document, SelfDated

KEY = "ctis:2023-590001-11"
SOURCE = sources.load()["ctis"]
AT = datetime(2026, 3, 2, tzinfo=UTC)


def history(record: object) -> OwnHistory:
    assert isinstance(SOURCE, SelfDated)
    body = record if isinstance(record, bytes) else json.dumps(record).encode()
    kind = "application/json"
    return SOURCE.own_history(Document(source="ctis", trial=KEY, url="", body=body, content_type=kind, fetched_at=AT, as_of=AT))


def record(**msc: Any) -> dict[str, Any]:
    """A record with one member state, Spain, of which this is said, and nothing else that it dates."""
    made: dict[str, Any] = trial("2023-590001-11-00")["record"]
    inner = made["authorizedApplication"]
    inner["applicationInfo"] = []
    inner["authorizedPartsII"] = [{"mscInfo": {"mscName": "Spain", **msc}}]
    made["events"] = {}
    return made


def said(found: OwnHistory) -> list[tuple[str, str, str | None]]:
    return [(fact.said, str(fact.date), str(fact.until) if fact.until else None) for fact in found.facts]


def status(word: str, at: str) -> dict[str, str]:
    return {"trialStatus": word, "trialStatusDate": at}


def start(day: str, written: str, **more: str) -> dict[str, str]:
    return {"recruitmentStartDate": day, "fromDate": written, **more}


def test_a_status_ends_with_the_next_one_in_whatever_order_they_stand() -> None:
    dated = [status("Authorised", "2024-04-24T15:14:58.509"), status("Under evaluation", "2024-03-04T14:27:02.283")]
    found = history(record(clinicalTrialStatusHistory=dated))
    assert said(found) == [("Under evaluation", "2024-03-04", "2024-04-24"), ("Authorised", "2024-04-24", None)]
    assert [fact.recruitment_status for fact in found.facts] == ["NOT_YET_RECRUITING", "OTHER"]
    assert found.since == date(2024, 3, 4)


def test_a_status_said_twice_in_a_row_is_one_and_one_that_comes_back_is_another() -> None:
    days = ("2024-01-01T10:00:00.1", "2024-01-01T10:00:00.2", "2024-02-01", "2024-03-01")
    words = ("Under evaluation", "Under evaluation", "Authorised", "Under evaluation")
    found = history(record(clinicalTrialStatusHistory=[status(*one) for one in zip(words, days, strict=True)]))
    assert [(word, day) for word, day, _ in said(found)] == [
        ("Under evaluation", "2024-01-01"),
        ("Authorised", "2024-02-01"),
        ("Under evaluation", "2024-03-01"),
    ]


def test_two_starts_that_were_written_down_on_two_days_are_both_kept() -> None:
    periods = [start("2021-10-31", "2024-06-14"), start("2021-10-31", "2024-06-14"), start("2022-10-31", "2024-07-04")]
    found = history(record(trialRecruitmentPeriod=periods))
    assert [(str(one.date), str(one.registered)) for one in found.facts] == [
        ("2021-10-31", "2024-06-14"),
        ("2022-10-31", "2024-07-04"),
    ]
    assert {one.recruitment_status for one in found.facts} == {"RECRUITING"}


def test_a_period_is_known_from_the_day_on_which_it_was_written_and_stands_until_its_end() -> None:
    found = history(record(trialRecruitmentPeriod=[start("2024-02-01", "2024-03-01", recruitmentEndDate="2025-01-01")]))
    standing = {
        day: bool(found.on(date.fromisoformat(day))) for day in ("2024-02-15", "2024-03-01", "2024-12-31", "2025-01-01")
    }
    assert standing == {"2024-02-15": False, "2024-03-01": True, "2024-12-31": True, "2025-01-01": False}
    assert found.since == date(2024, 3, 1)


def test_what_both_places_say_of_a_member_state_is_told_once() -> None:
    made = record(clinicalTrialStatusHistory=[status("Authorised", "2024-04-24")])
    inner = made["authorizedApplication"]
    inner["memberStatesConcerned"] = [inner["authorizedPartsII"][0]["mscInfo"], {"mscName": "Italy"}]
    assert len(history(made).facts) == 1


def test_applications_are_dated_by_when_they_were_sent_and_decided() -> None:
    made = record()
    decision = {"decisionDate": "2025-03-02T09:36:07.282", "decision": "authorized_conditions", "mscName": "Spain"}
    made["authorizedApplication"]["applicationInfo"] = [
        {"type": "INITIAL", "businessKey": "IN", "submissionDate": "2023-11-02", "decisionDate": "2024-02-01"},
        {"type": "SUBSTANTIAL MODIFICATION", "businessKey": "SM-1", "submissionDate": "2025-01-10", "decisions": [decision]},
    ]
    assert [(fact.kind, fact.said, fact.country) for fact in history(made).facts] == [
        ("application", "Initial application submitted", None),
        ("decision", "Initial application decided", None),
        ("application", "Substantial modification SM-1 submitted", None),
        ("decision", "Substantial modification SM-1: authorized conditions", "Spain"),
    ]


def test_a_notice_that_a_period_repeats_is_left_out_and_a_halt_is_told() -> None:
    made = record(trialRecruitmentPeriod=[start("2024-03-20", "2024-03-25")])
    notices = [("START_OF_RECRUITMENT", "2024-03-20"), ("END_OF_RECRUITMENT", "2025-04-01")]
    made["events"] = {
        "trialEvents": [{"mscName": "Spain", "events": [{"notificationType": kind, "date": day} for kind, day in notices]}],
        "temporaryHaltList": [{"mscName": "Spain", "haltDate": "2025-02-18"}],
    }
    assert [fact.said for fact in history(made).facts] == [
        "recruiting",
        "Temporary halt notified",
        "End of recruitment notified",
    ]


def test_the_overall_status_is_never_among_what_a_record_dates() -> None:
    made = record(clinicalTrialStatusHistory=[status("Authorised", "2024-04-24")])
    assert all(fact.country for fact in history(made).facts if fact.recruitment_status)


def test_what_was_known_before_a_day_has_no_later_end() -> None:
    dated = [status("Under evaluation", "2024-03-04"), status("Authorised", "2024-04-24")]
    found = history(record(clinicalTrialStatusHistory=dated)).known_before(date(2024, 4, 1))
    assert said(found) == [("Under evaluation", "2024-03-04", None)]


@pytest.mark.parametrize("body", [b"[]", b"<html></html>", b"", b"[" * 100_000])
def test_what_is_no_record_is_refused(body: bytes) -> None:
    with pytest.raises(AnswerError):
        history(body)


days = st.dates(date(2020, 1, 1), date(2027, 1, 1))
facts = st.builds(
    DatedFact,
    kind=st.sampled_from(["status", "recruitment", "notice"]),
    date=days,
    said=st.just("said"),
    until=st.none() | days,
    registered=st.none() | days,
    country=st.none() | st.just("Spain"),
)


@given(st.lists(facts, max_size=8), days, days)
def test_a_later_reader_knows_all_that_an_earlier_one_knew(found: list[DatedFact], one: date, other: date) -> None:
    """What was known before a day is known before a later one; of an earlier day it says the same."""
    own = OwnHistory(trial=KEY, facts=tuple(found))
    earlier, later = sorted((one, other))
    assert len(own.known_before(earlier).facts) <= len(own.known_before(later).facts) <= len(found)
    before = own.known_before(later)
    assert before.on(earlier) == before.known_before(later).on(earlier)
    assert {(fact.date, fact.said) for fact in own.on(earlier)} <= {(fact.date, fact.said) for fact in found}
    assert all(fact.known_since <= earlier and fact.date <= earlier for fact in own.on(earlier))


odd = st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=12), lambda inner: st.lists(inner, max_size=2))


@given(odd, odd, odd)
def test_anything_in_a_place_of_dates_is_no_fact_and_no_failure(one: object, two: object, three: object) -> None:
    made = record(clinicalTrialStatusHistory=one, trialPeriod=[two], trialRecruitmentPeriod=[{"recruitmentStartDate": three}])
    made["events"] = {"trialEvents": two, "temporaryHaltList": three}
    made["authorizedApplication"]["applicationInfo"] = [one]
    assert all(isinstance(fact, DatedFact) for fact in history(made).facts)
