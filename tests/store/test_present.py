"""Plain columns belong to a version: they are current, staged and gone with it."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import func, select

from tests.store.builders import A, B, Pass, baseline, check, day, snapshot
from tracker.model.views import PlainDue, PlainRecord, ShownRecord
from tracker.store import Store
from tracker.store import tables as t

READER = "1/1"
FIRST, NEXT = dt.date(2026, 4, 1), dt.date(2026, 6, 1)


def plain(trial: str, true_from: dt.date) -> PlainRecord:
    due = PlainDue(kind="milestone_passed", effects=("start",), due=true_from, true_from=true_from, severity=1, rule="a rule")
    return PlainRecord(trial=trial, reader=READER, shown=ShownRecord(trial=trial), due_dates=(due,))


@pytest.fixture
def moved(store: Store) -> Pass:
    """A and B are read, with the day FIRST each; then a version of A is staged whose day is NEXT."""
    baseline(store, A, B)
    store.note_present([(known.current.id, plain(known.key, FIRST)) for known in store.followed("ctgov") if known.current])
    run = Pass(store, 1)
    new = snapshot(A, b"newer", run.now)
    run.stage(checks=(check(A, "changed", run.now),), snapshots=(new,), plain={new.version: plain(A, NEXT)})
    return run


def asked(store: Store, after: dt.date | None, until: dt.date, reader: str = READER) -> list[str]:
    return store.calendar_trials("ctgov", reader, after, until)


def kept(store: Store) -> tuple[int | None, int | None]:
    """How many rows there are of plain columns, and of days."""
    with store.reading() as connection:
        present, days = (connection.scalar(select(func.count()).select_from(table)) for table in (t.present, t.due_dates))
        return present, days


def test_a_day_is_asked_for_by_the_days_of_current_versions(store: Store, moved: Pass) -> None:
    eve, after = FIRST - dt.timedelta(days=1), FIRST + dt.timedelta(days=1)
    assert asked(store, eve, FIRST) == [A, B]
    assert asked(store, None, FIRST) == [A, B]
    assert asked(store, FIRST, after) == []
    assert asked(store, None, eve) == []
    assert asked(store, FIRST, NEXT) == []  # what is staged is not current
    assert asked(store, FIRST, after, reader="2/1") == [A, B]
    assert kept(store) == (3, 3)


def test_what_is_accepted_takes_the_place_of_what_it_was_before(store: Store, moved: Pass) -> None:
    moved.accept()
    assert asked(store, None, FIRST) == [B]
    assert asked(store, FIRST, NEXT) == [A]
    assert kept(store) == (2, 2)


def test_what_is_held_moves_no_day_until_it_is_released(store: Store, moved: Pass) -> None:
    moved.hold()
    assert asked(store, None, FIRST) == [A, B]
    store.release(moved.id, day(2))
    assert asked(store, None, FIRST) == [B]


def test_what_is_discarded_goes_with_its_days(store: Store, moved: Pass) -> None:
    moved.hold()
    store.discard(moved.id, day(2))
    assert asked(store, FIRST, NEXT) == []
    assert kept(store) == (2, 2)


def test_a_version_without_plain_columns_is_asked_for_on_any_day(store: Store, moved: Pass) -> None:
    moved.accept()
    run = Pass(store, 2)
    run.stage(checks=(check(B, "changed", run.now),), snapshots=(snapshot(B, b"newer", run.now),))
    run.accept()
    assert store.stale_present("ctgov", READER) == [B]
    assert asked(store, FIRST, FIRST) == [B]


def test_the_days_are_found_by_an_index(store: Store, moved: Pass) -> None:
    if store.engine.dialect.name != "sqlite":
        return
    with store.reading() as connection:
        text = "EXPLAIN QUERY PLAN SELECT snapshot FROM due_dates WHERE true_from <= '2026-04-01' AND true_from > '2026-03-31'"
        [plan] = connection.exec_driver_sql(text).all()
    assert "INDEX ix_due_dates_true_from" in plan[3]
