"""Lower dates: what is certainly lower is never compared the first time, and everything else is never held up."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import DAY, make_record
from tests.detect.test_batch import A, document, found, run, tracked
from tracker.detect.age import RecordDates, claim, gone_back
from tracker.detect.batch import BatchInputs, decide, look
from tracker.model.dates import RegistryDate
from tracker.model.record import TrialRecord
from tracker.model.source import DataVersion

DAYS = st.dates(date(2000, 1, 1), date(2026, 3, 1))
PRECISIONS = st.sampled_from([4, 7, 10])
"""Characters of an ISO date that are kept: year, month, day."""

WRITTEN = st.one_of(st.none(), st.builds(lambda day, kept: RegistryDate(day.isoformat()[:kept]), DAYS, PRECISIONS))
DATES = st.builds(RecordDates, submitted=WRITTEN, posted=WRITTEN, page=WRITTEN)


def record(day: date, enrollment: int) -> TrialRecord:
    posted = RegistryDate(day.isoformat(), "ACTUAL")
    return make_record(trial=A, nct_number="NCT00000001", enrollment=enrollment, last_update_posted=posted)


def version(day: int) -> DataVersion:
    return DataVersion(timestamp=f"2026-03-{day:02}T09:00:05", date=f"2026-03-{day:02}")


@given(DATES)
def test_no_record_is_older_than_itself(dates: RecordDates) -> None:
    assert gone_back(dates, dates) == ""


@given(WRITTEN, WRITTEN)
def test_of_two_records_at_most_one_is_older_and_only_when_no_reading_of_the_dates_has_it_otherwise(
    one: RegistryDate | None, other: RegistryDate | None
) -> None:
    forth = gone_back(RecordDates(posted=one), RecordDates(posted=other))
    back = gone_back(RecordDates(posted=other), RecordDates(posted=one))
    assert not (forth and back)
    certain = bool(one and other and one.first and other.last and other.last < one.first)
    assert bool(forth) == certain


@given(DATES, DATES)
def test_records_that_claim_the_same_dates_are_of_one_age(one: RecordDates, other: RecordDates) -> None:
    if claim(one) == claim(other):
        assert gone_back(one, other) == ""


@given(DAYS, DAYS, st.integers(1, 500))
def test_a_lower_date_is_never_compared_the_first_time_and_is_the_second_time(
    before: date, after: date, enrollment: int
) -> None:
    """Under newer data; a date that is as high or higher is compared at once."""
    stored, served = record(before, 100), record(after, enrollment)
    known = msgspec.structs.replace(tracked(stored), checked_data_timestamp=version(5).timestamp)
    inputs = BatchInputs(documents={A: document(stored)})
    first = run(known, data=version(6))
    [result] = decide(first, [look(first, found(served))], inputs, DAY).results
    told = {"unchanged", "changed", "quiet"}
    if after >= before:
        assert result.staged.check.status in told
        return
    assert (result.staged.check.status, result.events, result.snapshot) == ("doubted", (), None)
    again = msgspec.structs.replace(
        known,
        claim=result.staged.claim,
        claimed_at=DAY,
        claim_data_timestamp=version(6).timestamp,
        checked_data_timestamp=version(6).timestamp,
    )
    second = run(again, data=version(7))
    [result] = decide(second, [look(second, found(served))], inputs, DAY + timedelta(hours=20)).results
    assert result.staged.check.status in told
    assert bool(result.events) == (enrollment != 100)
