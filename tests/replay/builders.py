"""What a replay is asked, and what was taken out of a log."""

from __future__ import annotations

from collections.abc import Generator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from datetime import datetime
from typing import Any

from sqlalchemy import text

from tests.world import SENDS, World
from tracker.replay import Replayed, ReplayJob, Workers, job_of, replay, replay_and_store

A, B, C = "NCT00000101", "NCT00000102", "NCT00000103"


def watches() -> str:
    return f'[[watch]]\nname = "mine"\ntrials = ["{A}", "{B}"]\n{SENDS}\n[[watch]]\nname = "theirs"\ntrials = ["{C}"]\n'


def job(world: World, since: datetime | None = None) -> ReplayJob:
    return job_of(world.settings.store_url, world.settings.watches, world.settings.severities, since)


class Here(Executor):
    """Does the work at once, in this process."""

    def submit(self, fn: Any, /, *args: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **named))
        except BaseException as error:
            future.set_exception(error)
        return future


HERE = Workers(Here)
THREADS = Workers(lambda: ThreadPoolExecutor(2))


def replayed(world: World, workers: Workers = HERE, **more: Any) -> dict[str, Replayed]:
    return {one.trial: one for one in replay(world.store, workers, job(world, **more), "ctgov")}


def stored(world: World, workers: Workers = HERE, **more: Any) -> Generator[Replayed, None, None]:
    """Stores after each trial."""
    return replay_and_store(world.store, workers, job(world, **more), "ctgov", world.clock, together=1)


def forget(world: World, kind: str) -> int:
    """Take the events of a kind out of the log, as if no rule had made them yet; gives how many there were."""
    with world.store.writing() as connection:
        ids = list(connection.scalars(text("SELECT id FROM events WHERE kind = :kind"), {"kind": kind}))
        for one in ids:
            for statement in (
                "DELETE FROM alerts WHERE event = :id",
                "DELETE FROM changed_values WHERE event = :id",
                "DELETE FROM events WHERE id = :id",
            ):
                connection.execute(text(statement), {"id": one})
    return len(ids)
