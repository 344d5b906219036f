"""No daily question reads a whole table that grows with the years: asked of SQLite's own query plans."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import event as hooks

from tests.store.builders import DAY_0, A, B, Pass, alert, baseline, changed, check, day, message, watch
from tracker.model.event import EventFilter
from tracker.model.watch import SearchEntry
from tracker.store import Store, migrate

SMALL = ("watches", "memberships", "trials", "CONSTANT", "(subquery-1)")
"""What is as big as what is followed today may be read whole; "CONSTANT" and the subquery are an empty IN list."""

BRIEF = ("ix_runs_accepting", "ix_trials_merged", "ix_listed_moves")
"""Indexes of a few rows: what is being accepted, merged trials, what a search changes."""


def ask_everything(store: Store) -> None:
    """What a day asks, on tables with a row or two."""
    baseline(store, A, B)
    known = store.followed("ctgov", [A])[0].current
    assert known is not None
    run = Pass(store, 1)
    store.begin_listing(run.lease, run.id, "lupus")
    store.stage_listed(run.lease, run.id, "lupus", [SearchEntry(trial=A, kind=None)])
    store.compare_listing(run.lease, run.id, "lupus", "ctgov", run.now, edited=False)
    list(store.gone_from_listing(run.id, "lupus"))
    store.cut_listing(run.lease, run.id, "lupus")
    store.entering(run.id, [A])
    store.count_explained(run.id, "lupus")
    list(store.search_moves(run.id))
    list(store.due_trials(run.id, "ctgov", "now"))
    store.count_due(run.id, "ctgov", "now")
    store.moving(run.id, [A])
    run.stage(checks=(check(B, "failed", run.now),))
    run.stage(**changed(A, b"second", run.now, "e1", known.id))
    store.staged_totals(run.id)
    list(store.staged_events(run.id))
    list(store.unmoved_documents(run.id))
    store.answered(run.id, [A])
    run.accept()
    store.complete_acceptance(run.lease, "ctgov")
    run = Pass(store, 1)
    run.hold()
    store.sync_watches([watch("lupus", A, B)], {"me"}, day(1))
    store.followed("ctgov")
    store.tracking_since([A])
    store.past_events([A])
    store.events(EventFilter(trials=frozenset({A}), since=DAY_0))
    store.events(EventFilter(since=DAY_0, limit=5))
    store.event("e1")
    list(store.staged_documents(run.id))
    store.stories(["story of e1"])
    store.timeline(A)
    store.snapshot_at(A, day(1))
    list(store.current_documents())
    list(store.documents([1, 2]))
    store.ready_alerts("me", "daily")
    store.events_already_sent("me")
    store.outbox()
    store.cut(message(), [alert()], day(1))
    store.due_messages(day(1))
    store.mark_sent("me/run-1", day(1))
    store.settle_sent(day(1))
    store.discard(run.id, day(1))


def test_no_daily_question_reads_a_growing_table_whole(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/tracker.db"
    migrate(url, now=DAY_0)
    asked: dict[str, object] = {}
    with Store.open(url) as store:
        hooks.listen(store.engine, "before_cursor_execute", lambda _c, _k, sql, values, _x, _m: asked.setdefault(sql, values))
        ask_everything(store)
        scans = []
        with store.engine.connect() as connection:
            for sql, values in list(asked.items()):
                if not sql.startswith(("SELECT", "UPDATE", "DELETE")):
                    continue
                one = values[0] if isinstance(values, list) else values
                for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", one):  # type: ignore[arg-type]
                    words = row[3].split()
                    if words[0] == "SCAN" and words[1] not in SMALL and not row[3].endswith(BRIEF):
                        scans.append(f"{row[3]}: {' '.join(sql.split())}")
    assert asked
    assert scans == []
