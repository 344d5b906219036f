"""What a record dates of itself stands beside what was seen, and changes none of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tests.builders import make_record
from tracker.archive import timeline
from tracker.model.history import DatedFact, OwnHistory
from tracker.model.ledgers import STATUS, MovedValue, TrialPast
from tracker.model.record import TrialRecord

KEY = "ctis:2023-590001-11"
BEGAN = datetime(2025, 1, 1, tzinfo=UTC)
STATUSES = ("NOT_YET_RECRUITING", "RECRUITING", "SUSPENDED", "COMPLETED")

facts = st.builds(
    DatedFact,
    kind=st.just("status"),
    date=st.dates(date(2023, 1, 1), date(2026, 12, 31)),
    said=st.sampled_from(STATUSES),
    registered=st.none() | st.dates(date(2023, 1, 1), date(2026, 12, 31)),
    country=st.sampled_from(["Spain", "Italy"]),
    recruitment_status=st.sampled_from(STATUSES),
)


def moves(statuses: list[str]) -> list[MovedValue]:
    """Status changes as they were seen, a day apart."""
    return [
        MovedValue(
            trial=KEY,
            path=STATUS,
            old=old,
            new=new,
            days=None,
            severity=3,
            valid_from=BEGAN + timedelta(days=nth),
            seen_at=BEGAN + timedelta(days=nth),
            event=f"e{nth}",
        )
        for nth, (old, new) in enumerate(pairwise(statuses), start=1)
        if old != new
    ]


def past(record: TrialRecord, moved: list[MovedValue], own: OwnHistory | None) -> TrialPast:
    return timeline.past(record, "A", link=lambda _: "", timeline=[], history=None, moved=moved, events=(), own=own)


@given(st.lists(facts, max_size=6), st.lists(st.sampled_from(STATUSES), min_size=1, max_size=6), st.dates())
def test_what_was_seen_is_the_same_with_and_without_what_the_record_dates(
    dated: list[DatedFact], seen: list[str], day: date
) -> None:
    record = make_record(trial=KEY, recruitment_status=seen[-1])
    own = OwnHistory(trial=KEY, facts=tuple(dated))
    alone, beside = past(record, moves(seen), None), past(record, moves(seen), own)
    assert (beside.versions, beside.statuses, beside.slips, beside.enrollment) == (
        alone.versions,
        alone.statuses,
        alone.slips,
        alone.enrollment,
    )
    assert beside.own_history == own, "all that the record dates is told beside it"
    end = datetime.combine(day, datetime.min.time(), UTC)
    assert timeline.until(beside, end).statuses == timeline.until(alone, end).statuses
