"""Another process at work on the same database: ``python -m tests.store.worker URL TASK``. It answers line by line."""

from __future__ import annotations

import os
import sys

from tests.store.builders import DAY_0, TTL, A, check, data, snapshot
from tracker.errors import LeaseHeldError
from tracker.model.source import Issue
from tracker.model.staging import Batch
from tracker.store import Store
from tracker.store.trials import ensure_trials

ROUNDS = 60
BATCH = 5


def say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def hear() -> None:
    sys.stdin.readline()


def batch(number: int) -> Batch:
    """Five trials, each with a check and a version."""
    trials = [f"ctgov:NCT{number * BATCH + offset:08d}" for offset in range(BATCH)]
    return Batch(checks=tuple(map(check, trials)), snapshots=tuple(snapshot(t, t.encode() * 50) for t in trials))


def fight(store: Store) -> None:
    """Try for the lease once told to, and stay: the lease of a process that is gone is free."""
    say("ready")
    hear()
    try:
        store.acquire_lease("source:ctgov", "other", DAY_0, TTL)
    except LeaseHeldError:
        say("refused")
    else:
        say("won")
    hear()


def count(store: Store) -> None:
    """Read and write the same row again and again."""
    lease = store.acquire_lease(f"count:{os.getpid()}", "worker", DAY_0, TTL)
    say("ready")
    hear()
    run = store.open_run(lease, "ctgov", DAY_0, None, "backfill").run
    odd = Batch(issues=((A, Issue(code="unknown_word", path="status")),))
    for _ in range(ROUNDS):
        store.stage(lease, run.id, odd, DAY_0)
    say("done")


def hang(store: Store) -> None:
    """Stage one batch whole, then stand still in the middle of the second."""
    lease = store.acquire_lease("source:ctgov", "killed", DAY_0, TTL)
    run = store.open_run(lease, "ctgov", DAY_0, data(0)).run
    store.stage(lease, run.id, batch(0), DAY_0)
    with store.writing(lease) as connection:
        ensure_trials(connection, [A, "ctgov:NCT99999999"], DAY_0)
        say("in the middle")
        hear()


def hold(store: Store) -> None:
    """Take the lease for long, and stand still."""
    store.acquire_lease("source:ctgov", "holder", DAY_0, TTL)
    say("holding")
    hear()


def write(store: Store) -> None:
    """Stage batch after batch."""
    lease = store.acquire_lease("source:ctgov", "writer", DAY_0, TTL)
    run = store.open_run(lease, "ctgov", DAY_0, data(0)).run
    for number in range(100_000):
        store.stage(lease, run.id, batch(number), DAY_0)
        if number == 3:
            say("writing")


if __name__ == "__main__":
    with Store.open(sys.argv[1]) as opened:
        {"fight": fight, "count": count, "hang": hang, "hold": hold, "write": write}[sys.argv[2]](opened)
