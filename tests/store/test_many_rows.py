"""Many rows written by one statement are the rows that SQLAlchemy would have written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select

from tests.store.builders import DAY_0, A, B, C
from tracker.store import Store
from tracker.store import tables as t
from tracker.store.database import execute_many, insert
from tracker.store.trials import ensure_trials

ELSEWHERE = timezone(timedelta(hours=9))
ROWS: list[dict[str, object]] = [
    {"key": A, "source": "ctgov", "number": "NCT00000001", "first_seen_at": DAY_0, "error": "", "removed_at": None},
    {
        "key": B,
        "source": "ctgov",
        "number": "NCT00000002",
        "first_seen_at": datetime(2026, 1, 5, 15, 30, 0, 7, tzinfo=ELSEWHERE),
        "error": "nul \0 and half a sign \ud800, é漢",
        "removed_at": DAY_0,
    },
]


def stored(store: Store) -> list[tuple[object, ...]]:
    with store.reading() as connection:
        return [tuple(row) for row in connection.execute(select(t.trials).order_by(t.trials.c.key))]


def test_values_are_converted_as_those_of_single_rows(store: Store) -> None:
    with store.writing() as connection:
        execute_many(connection, insert(connection, t.trials), ROWS)
    at_once = stored(store)
    with store.writing() as connection:
        connection.execute(t.trials.delete())
        for row in ROWS:
            connection.execute(insert(connection, t.trials).values(**row))
    assert at_once == stored(store)
    assert "nul \ufffd and half a sign \ufffd, é漢" in at_once[1]
    assert datetime(2026, 1, 5, 6, 30, 0, 7, tzinfo=UTC) in at_once[1]


def test_no_rows_are_no_statement(store: Store) -> None:
    with store.writing() as connection:
        execute_many(connection, insert(connection, t.trials), [])
    assert stored(store) == []


def test_a_time_without_a_zone_is_refused(store: Store) -> None:
    naive = {**ROWS[0], "first_seen_at": datetime(2026, 1, 5)}  # noqa: DTZ001 - what is refused
    with pytest.raises(Exception, match="without a zone"), store.writing() as connection:
        execute_many(connection, insert(connection, t.trials), [naive])


def test_trials_that_are_there_stay_as_they_are(store: Store) -> None:
    with store.writing() as connection:
        ensure_trials(connection, [A, B], DAY_0)
        ensure_trials(connection, [B, C], DAY_0 + timedelta(days=1))
        seen = {row.key: row.first_seen_at for row in connection.execute(select(t.trials.c.key, t.trials.c.first_seen_at))}
    assert seen == {A: DAY_0, B: DAY_0, C: DAY_0 + timedelta(days=1)}
