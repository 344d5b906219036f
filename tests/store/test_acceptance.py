"""A run is accepted in several transactions and is one acceptance: wherever it stops, all of it counts or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, event, func, select, text

from tests.store.builders import DAY_0, A, B, C, Pass, baseline, changed, check, data, day, snapshot, the_run, watch
from tracker.errors import StoreError
from tracker.model.event import EventFilter
from tracker.model.run import RunCounts, Verdict
from tracker.model.upkeep import Lease
from tracker.model.watch import CompletedListing, SearchEntry
from tracker.store import Store, migrate
from tracker.store import tables as t
from tracker.store.settling import TOGETHER

D = "ctgov:NCT00000004"


class PowerCutError(Exception):
    """The process ends here."""


class Interrupted(Store):
    """A store whose process ends instead of beginning a transaction."""

    left = -1

    @contextmanager
    def writing(self, lease: Lease | None = None) -> Iterator[Connection]:
        if self.left == 0:
            raise PowerCutError
        self.left -= 1
        with super().writing(lease) as connection:
            yield connection


def staged(store: Store) -> Pass:
    """A is changed, B as it was, C read for the first time because a search brings it in; D left the search."""
    baseline(store, A, B, D, watches=(watch("lupus", A, B), watch("found")))
    first = Pass(store, 0.5)
    list_found(store, first, D)
    first.accept(listings=[CompletedListing(watch="found", digest="d")])
    known = store.followed("ctgov", [A])[0].current
    assert known is not None
    run = Pass(store, 1)
    list_found(store, run, C)
    run.stage(**changed(A, b"second", run.now, "e1", known.id))
    run.stage(checks=(check(B, "unchanged", run.now), check(D, "unchanged", run.now)))
    run.stage(checks=(check(C, "baseline", run.now),), snapshots=(snapshot(C, b"first", run.now),))
    return run


def list_found(store: Store, run: Pass, *trials: str) -> None:
    store.begin_listing(run.lease, run.id, "found")
    store.stage_listed(run.lease, run.id, "found", [SearchEntry(trial=trial, kind=None) for trial in trials])
    store.compare_listing(run.lease, run.id, "found", "ctgov", run.now, edited=False)


def shown(store: Store) -> dict[str, object]:
    """What readers see of a run: versions, followers, the log, what is ready to be told, and the runs."""
    members = {(one.watch, one.trial, one.left_search_at is not None) for one in store.memberships()}
    return {
        "versions": {key: [one.sha256 for one in store.timeline(key)] for key in (A, B, C, D)},
        "current": {one.key: one.current.sha256 if one.current else None for one in store.followed("ctgov")},
        "members": members,
        "events": [one.id for one in store.events(EventFilter())],
        "ready": [one.alert.event for one in store.ready_alerts()],
        "stories": sorted(store.stories(["story of e1"])),
        "waits": [(one.state, one.count) for one in store.unsent_alerts()],
        "alerts": sorted(store.alerts_of(["e1"])),
        "counted": sum(store.count_events().values()),
        "stands": [(one.trial, one.version) for one in store.trial_marks()],
        "documents": [document.body for _, document in store.current_documents()],
        "view": asked(store, "SELECT event FROM changes"),
        "notes": [one.text for one in store.notes(["found"])],
        "runs": [(one.id, one.state) for one in store.runs(9) if one.state == "accepted"],
    }


def asked(store: Store, question: str) -> list[tuple[object, ...]]:
    with store.reading() as connection:
        return [tuple(row) for row in connection.execute(text(question))]


def rest(store: Store) -> dict[str, object]:
    """What is left of a run in the tables when all of it is written."""
    with store.reading() as connection:
        return {
            "checks": connection.execute(select(t.checks.c.trial, t.checks.c.status).order_by(t.checks.c.trial)).all(),
            "listed": connection.execute(select(t.listed.c.trial)).all(),
            "accepted": connection.execute(
                select(t.snapshots.c.trial, t.snapshots.c.accepted).order_by(t.snapshots.c.id)
            ).all(),
            "trials": connection.execute(
                select(t.trials.c.key, t.trials.c.checked_data_timestamp, t.trials.c.seen_at).order_by(t.trials.c.key)
            ).all(),
            "present": connection.scalar(select(t.runs.c.id).where(t.runs.c.accepting.is_not(None))),
        }


def accept(store: Store, run: Pass) -> None:
    listings = [CompletedListing(watch="found", digest="d")]
    store.accept(run.lease, run.id, run.now, RunCounts(), listings=listings, notes=[("found", "1 trial joined.")])


def go_on(store: Store, run: Pass) -> None:
    """What the next process does: it accepts the run, or completes what another one had decided."""
    if store.runs(1)[0].state == "open" and not decided(store):
        accept(store, run)
    else:
        store.complete_acceptance(run.lease, "ctgov")


def decided(store: Store) -> bool:
    with store.reading() as connection:
        return connection.scalar(select(t.runs.c.id).where(t.runs.c.accepting.is_not(None))) is not None


def interruptions(store: Store, stopped: Interrupted, run: Pass, step: int = 1) -> Iterator[None]:
    """Each process gets a step of transactions further than the one before it, and from one on again once the run counts."""
    transactions, counted = 1, False
    while True:
        stopped.left = transactions
        try:
            go_on(stopped, run)
        except PowerCutError:
            yield
        else:
            return
        counts = store.runs(1)[0].state == "accepted"
        transactions = 1 if counts and not counted else transactions + step
        counted = counts


def test_wherever_an_acceptance_stops_readers_see_all_or_nothing_and_the_next_process_completes_it(
    store: Store, store_url: str, url_beside: str
) -> None:
    """Each process gets one transaction further than the one before it; in the end all is as if there had been one."""
    migrate(url_beside, now=DAY_0)
    with Store.open(url_beside) as other:
        accept(other, staged(other))
        undisturbed = shown(other), rest(other)
    run = staged(store)
    before = shown(store)
    seen = [before]
    with Interrupted.open(store_url) as stopped:
        seen += [shown(store) for _ in interruptions(store, stopped, run)]
    after = shown(store)
    assert len(seen) > 5, "it has several parts"
    assert all(one in (before, after) for one in seen)
    assert seen == sorted(seen, key=lambda one: one == after), "what counts once counts from then on"
    assert (after["events"], after["ready"], after["notes"]) == (["e1"], ["e1"], ["1 trial joined."])
    assert after["members"] == {("lupus", A, False), ("lupus", B, False), ("found", C, False), ("found", D, True)}
    left = rest(store)
    assert (left["checks"], left["listed"], left["present"]) == ([(A, "changed")], [], None)
    assert all(accepted for _, accepted in left["accepted"])
    assert (after, left) == undisturbed
    store.complete_acceptance(run.lease, "ctgov")
    assert (shown(store), rest(store)) == undisturbed, "done twice it is done once"


def test_a_run_that_is_being_released_is_not_discarded_and_its_release_is_completed(store: Store, store_url: str) -> None:
    run = staged(store)
    before = shown(store)
    store.hold(run.lease, run.id, run.now, RunCounts(), Verdict(sick="too much"))
    with Interrupted.open(store_url) as stopped:
        stopped.left = 2
        with pytest.raises(PowerCutError):
            stopped.release(run.id, day(2))
    assert shown(store) == before
    with pytest.raises(StoreError, match="is being released"):
        store.discard(run.id, day(2))
    store.complete_acceptance(run.lease, "ctgov")
    assert shown(store)["events"] == ["e1"]
    assert store.held_runs() == []


class Counted(Store):
    """A store that counts the rows which the transaction wrote in which a run began to count."""

    rows = 0
    in_counting = 0

    @contextmanager
    def writing(self, lease: Lease | None = None) -> Iterator[Connection]:
        self.rows = 0
        counts = select(t.runs.c.id).where(t.runs.c.accepting == "settling")
        with super().writing(lease) as connection:
            before = connection.scalar(counts)
            yield connection
            if before is None and connection.scalar(counts) is not None:
                self.in_counting = self.rows


def moved(store: Store, count: int) -> Pass:
    """A run in which so many followed trials changed, each with an event, a story and an alert."""
    trials = [f"ctgov:NCT{number:08d}" for number in range(count)]
    baseline(store, *trials)
    run = Pass(store, 1)
    batch: dict[str, tuple[object, ...]] = {}
    for known in store.followed("ctgov"):
        assert known.current is not None
        for name, rows in changed(known.key, b"second", run.now, f"event of {known.key}", known.current.id).items():
            assert isinstance(rows, tuple)
            batch[name] = batch.get(name, ()) + rows
    run.stage(**batch)
    return run


def test_what_counts_at_once_writes_no_row_of_each_trial_that_changed(url: str, url_beside: str) -> None:
    written = []
    for address, count in ((url, 3), (url_beside, 30)):
        migrate(address, now=DAY_0)
        with Counted.open(address) as store:
            run = moved(store, count)

            def note(_c: object, cursor: object, sql: str, *_rest: object, counted: Counted = store) -> None:
                if not sql.lstrip().startswith("SELECT"):
                    counted.rows += max(0, getattr(cursor, "rowcount", 0))

            event.listen(store.engine, "after_cursor_execute", note)
            assert store.accept(run.lease, run.id, run.now, RunCounts()).alerts == count
            event.remove(store.engine, "after_cursor_execute", note)
            assert len(store.events(EventFilter())) == count
            written.append(store.in_counting)
    assert written[0] == written[1] > 0


def test_a_day_on_which_more_changed_than_one_part_holds_counts_at_once(store: Store, store_url: str) -> None:
    """Versions, the log and alerts are there for all trials or for none, wherever the acceptance stops."""
    run = moved(store, TOGETHER + 5)
    before = {one.version for one in store.trial_marks()}
    seen = []
    with Interrupted.open(store_url) as stopped:
        for _ in interruptions(store, stopped, run, step=4):
            new = sum(one.version not in before for one in store.trial_marks())
            told = len(set(asked(store, "SELECT trial FROM changes")))
            seen.append((new, told, sum(store.count_events().values()), len(store.ready_alerts())))
    assert set(seen) == {(0,) * 4, (TOGETHER + 5,) * 4}
    assert seen == sorted(seen)
    assert seen.count(seen[-1]) >= 3, "it was being settled when it counted already"


def staged_rows(store: Store, run: int) -> int:
    tables = (t.checks, t.snapshots, t.events, t.stories, t.alerts)
    with store.reading() as connection:
        return sum(connection.scalar(select(func.count()).select_from(one).where(one.c.run == run)) or 0 for one in tables)


@pytest.mark.parametrize("end", ["discard", "superseded", "failed"])
def test_what_an_ended_run_staged_goes_in_parts_and_nobody_sees_it_meanwhile(store: Store, store_url: str, end: str) -> None:
    """Wherever the process stops, the run is ended or not; the next run of its source takes away what is left."""
    run = staged(store)
    before = shown(store) | {"waits": []}
    if end == "discard":
        store.hold(run.lease, run.id, run.now, RunCounts(), Verdict(sick="too much"))

    def work(database: Store) -> None:
        if end == "discard" and database.held_runs():
            database.discard(run.id, day(2))
        elif end == "failed" and the_run(database, run.id).state == "open":
            database.fail_run(run.lease, run.id, day(2), "it broke")
        else:
            database.open_run(run.lease, "ctgov", day(2), data(2))

    with Interrupted.open(store_url) as stopped:
        for transactions in range(1, 99):
            stopped.left = transactions
            try:
                work(stopped)
            except PowerCutError:
                assert transactions == 1 or shown(store) == before
                continue
            break
    store.open_run(run.lease, "ctgov", day(2), data(2))
    assert staged_rows(store, run.id) == 0
    assert shown(store) == before
    assert store.integrity() == []
    assert the_run(store, run.id).state == {"discard": "discarded"}.get(end, end)
