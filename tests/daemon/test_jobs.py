"""When the daemon's jobs are due: after downtime once, never twice, and past every trick of the clock."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.config import Schedule
from tracker.daemon.jobs import JOBS, Job, due_now, name_of, next_at
from tracker.model.upkeep import Due

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def dues(**given: Due) -> dict[Job, Due]:
    never = {job: Due(name=name_of(job), last_at=NOON, next_at=NOON + timedelta(days=9)) for job in JOBS}
    return {job: given.get(job, due) for job, due in never.items()}


def test_what_was_never_done_is_due_at_once_in_order() -> None:
    assert due_now({job: Due(name=name_of(job)) for job in JOBS}, NOON) == list(JOBS)


def test_after_a_downtime_a_job_is_due_once_however_long_it_was() -> None:
    schedule = Schedule(sync="6h")
    last = NOON - timedelta(days=40)
    missed = dues(sync=Due(name="daemon:sync", last_at=last, next_at=last + timedelta(hours=6)))
    assert due_now(missed, NOON) == ["sync"]
    done = dues(sync=Due(name="daemon:sync", last_at=NOON, next_at=next_at("sync", schedule, NOON)))
    assert due_now(done, NOON) == []


def test_a_clock_that_ran_ahead_and_came_back_does_not_stop_the_daemon() -> None:
    ahead = NOON + timedelta(days=400)
    left = dues(sync=Due(name="daemon:sync", last_at=ahead, next_at=ahead + timedelta(hours=6)))
    assert due_now(left, NOON) == ["sync"]


@pytest.mark.parametrize(
    ("sync", "expected"),
    [
        ("30m", NOON + timedelta(minutes=30)),
        ("1d", NOON + timedelta(days=1)),
        ("0 6 * * mon-fri", datetime(2026, 3, 3, 6, tzinfo=UTC)),
        ("0 6 * * sun", datetime(2026, 3, 8, 6, tzinfo=UTC)),
        ("0 12 * * *", datetime(2026, 3, 3, 12, tzinfo=UTC)),
        ("0 0 31 feb *", NOON + timedelta(days=1)),
    ],
)
def test_the_next_sync_follows_the_schedule(sync: str, expected: datetime) -> None:
    assert next_at("sync", Schedule(sync=sync), NOON) == expected


@given(st.lists(st.integers(min_value=1, max_value=3 * 24 * 60), max_size=50))
def test_a_sync_is_never_done_twice_within_its_interval(minutes: list[int]) -> None:
    """Whenever the daemon looks, it syncs at most once in six hours, and looking six hours after one it does."""
    schedule, now = Schedule(sync="6h"), NOON
    due = Due(name="daemon:sync")
    done: list[datetime] = []
    for step in minutes:
        now += timedelta(minutes=step)
        if "sync" in due_now(dues(sync=due), now):
            done.append(now)
            due = Due(name="daemon:sync", last_at=now, next_at=next_at("sync", schedule, now))
        assert now - done[-1] < timedelta(hours=6)
    assert all(after - before >= timedelta(hours=6) for before, after in itertools.pairwise(done))
