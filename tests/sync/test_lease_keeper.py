"""The lease of a source is renewed while its host hangs, and no longer once it is lost or the work is done."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.fetch.loopback import serving
from tests.world import World, study
from tracker.errors import LeaseLostError, SourceError, StoreError
from tracker.fetch import Fetcher, Limits
from tracker.model.upkeep import Lease
from tracker.sync.lease_keeper import LeaseKeeper

PATIENCE = 30.0
OFTEN = 0.01
TTL = timedelta(minutes=10)


class Renewals:
    """Renews a lease by a clock that goes on by a minute each time, and says when it was renewed often enough."""

    def __init__(self, world: World, lease: Lease, enough: int) -> None:
        self.world, self.lease, self.left = world, lease, enough
        self.done = threading.Event()

    def __call__(self) -> None:
        self.world.now += timedelta(minutes=1)
        self.world.store.renew_lease(self.lease, self.world.now, TTL)
        self.left -= 1
        if self.left <= 0:
            self.done.set()


@pytest.fixture
def world(tmp_path: Path, database: str) -> Iterator[World]:
    with World(tmp_path, database) as made:
        made.studies = {"NCT00000101": study("NCT00000101")}
        made.configure('[[watch]]\nname = "mine"\ntrials = ["NCT00000101"]\n')
        yield made


def test_a_lease_outlasts_a_host_that_hangs_for_longer_than_it_runs(world: World) -> None:
    """Twenty minutes pass by the clock while a real socket says nothing; nobody else gets the lease meanwhile."""
    lease = world.store.acquire_lease("source:ctgov", "one:1", world.now, TTL)
    renewals = Renewals(world, lease, enough=20)

    def silent(connection: socket.socket, head: bytes) -> None:
        assert renewals.done.wait(PATIENCE)

    with serving(silent) as server, Fetcher(user_agent="tracker-tests/1", limits=Limits(attempts=1)) as fetcher:
        source = world.sources["ctgov"]
        fetch = fetcher.bind(source.info, base_url=server.url, pace=1000)
        with LeaseKeeper(renewals, OFTEN), pytest.raises(SourceError):
            fetch.get("/version")
    with pytest.raises(StoreError, match="is at work"):
        world.store.acquire_lease("source:ctgov", "other:2", world.now, TTL)


def test_a_lease_that_is_lost_is_not_renewed_any_more() -> None:
    tries = []
    lost = threading.Event()

    def renew() -> None:
        tries.append(1)
        lost.set()
        raise LeaseLostError("taken over")

    with LeaseKeeper(renew, OFTEN) as keeper:
        assert lost.wait(PATIENCE)
        keeper._thread.join(PATIENCE)
    assert len(tries) == 1


def test_a_database_that_is_busy_for_a_moment_does_not_end_the_renewing() -> None:
    tries = []
    enough = threading.Event()

    def renew() -> None:
        tries.append(1)
        if len(tries) >= 3:
            enough.set()
        raise StoreError("busy")

    with LeaseKeeper(renew, OFTEN):
        assert enough.wait(PATIENCE)
    count = len(tries)
    assert not threading.Event().wait(5 * OFTEN)
    assert len(tries) == count, "nothing is renewed when the work is done"
