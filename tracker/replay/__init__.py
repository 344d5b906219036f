"""Today's rules over all stored versions: what they would have told, and what of it the change log lacks.

Trials are independent, so any workers share them; one writer, this process, stores what is missing. See `workers` for who
works, `work` for what a worker does, and `tracker.detect.replay` for the rules.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from datetime import datetime, timedelta
from functools import partial
from itertools import islice

import msgspec

from tracker import __version__
from tracker.detect.replay import Replayed
from tracker.model.run import OpenRun, RunCounts
from tracker.model.staging import Batch
from tracker.model.upkeep import Lease
from tracker.replay.work import ReplayJob, job_of, replay_trials
from tracker.replay.workers import Workers, cluster, in_order, processes
from tracker.store import Store
from tracker.store.processes import holder_name
from tracker.sync.lease_keeper import LeaseKeeper

__all__ = ["ReplayJob", "Replayed", "Workers", "cluster", "job_of", "processes", "replay", "replay_and_store"]

TOGETHER = 20
"""Trials that a worker gets at once, and that one transaction stores."""

LEASE_FOR = timedelta(minutes=10)


class _Cursor(msgspec.Struct, frozen=True):
    """How far a replay that stores has got: what was asked for, and the last trial that is done."""

    asked: str
    after: str


def replay(
    store: Store,
    workers: Workers,
    job: ReplayJob,
    source: str,
    *,
    watch: str | None = None,
    after: str = "",
    together: int = TOGETHER,
) -> Iterator[Replayed]:
    """Each trial of a source that has more than one version, by key from behind ``after`` on, as today's rules see it."""
    trials = store.trials_with_history(source, watch=watch, after=after)
    for _, found in in_order(workers, partial(replay_trials, job), _chunked(trials, together)):
        yield from found


def replay_and_store(
    store: Store,
    workers: Workers,
    job: ReplayJob,
    source: str,
    clock: Callable[[], datetime],
    *,
    watch: str | None = None,
    together: int = TOGETHER,
) -> Generator[Replayed, None, None]:
    """The same, and what the log lacks is written to it when the last trial is done; nobody is alerted.

    It is staged with the trial up to which all is done: a replay that was killed goes on there, and stores nothing twice.
    """
    lease = store.acquire_lease(f"replay:{source}", holder_name(), clock(), LEASE_FOR)
    try:
        with LeaseKeeper(lambda: store.renew_lease(lease, clock(), LEASE_FOR)):
            store.complete_acceptance(lease, source, "backfill")
            opened = store.open_run(lease, source, clock(), None, "backfill")
            asked = msgspec.json.encode([__version__, watch, job.since]).decode()
            after = _after(opened, asked)
            found = replay(store, workers, job, source, watch=watch, after=after, together=together)
            checked = events = 0
            while some := list(islice(found, together)):
                _stage(store, lease, opened.run.id, some, asked, clock())
                checked, events = checked + len(some), events + sum(len(one.missing) for one in some)
                yield from some
            store.accept(lease, opened.run.id, clock(), RunCounts(checked=checked, events=events))
    finally:
        store.release_lease(lease, clock())


def _after(opened: OpenRun, asked: str) -> str:
    """The trial behind which a run that was taken up goes on; one that was asked otherwise begins anew."""
    if opened.cursor is None:
        return ""
    cursor = msgspec.json.decode(opened.cursor, type=_Cursor)
    return cursor.after if cursor.asked == asked else ""


def _stage(store: Store, lease: Lease, run: int, found: list[Replayed], asked: str, now: datetime) -> None:
    batch = Batch(
        events=tuple(event for one in found for event in one.missing),
        stories=tuple(story for one in found for story in one.stories),
        cursor=msgspec.json.encode(_Cursor(asked=asked, after=found[-1].trial)).decode(),
    )
    store.stage(lease, run, batch, now)


def _chunked(trials: Iterator[str], together: int) -> Iterator[tuple[str, ...]]:
    while some := tuple(islice(trials, together)):
        yield some
