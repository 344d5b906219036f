"""Whose lease is free before its time: that of a process which is certainly no more, and nobody else's."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from tests.store.builders import DAY_0, TTL, Pass, check
from tests.store.test_processes import Worker
from tracker.errors import LeaseHeldError, LeaseLostError
from tracker.model.upkeep import Lease
from tracker.store import Store
from tracker.store.processes import PROC, is_gone, process_name
from tracker.store.tables import leases

pytestmark = pytest.mark.skipif(not process_name(os.getpid()), reason="this system has no /proc: leases run out by time")


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    """A process that does nothing until it is ended."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        yield process
        process.kill()


@pytest.fixture
def holder(store: Store, store_url: str) -> Iterator[Worker]:
    """A process that holds the lease of a source."""
    worker = Worker(store_url, "hold")
    assert worker.answer() == "holding"
    yield worker
    worker.kill()


def take(store: Store) -> Lease:
    """The holder's lease, a second after the holder took it."""
    return store.acquire_lease("source:ctgov", "next", DAY_0 + timedelta(seconds=1), TTL)


def rename(store: Store, change: Callable[[list[str]], list[str]]) -> None:
    """Let the lease name another process than the one that holds it: ``change`` is given machine, namespace, number, start."""
    with store.writing() as connection:
        name = connection.execute(select(leases.c.process)).scalar_one()
        connection.execute(update(leases).values(process=" ".join(change(name.split()))))


def test_the_lease_of_a_killed_process_is_free_at_once(store: Store, holder: Worker) -> None:
    with pytest.raises(LeaseHeldError, match="holder is at work"):
        take(store)
    assert [lease.holder for lease in store.leases()] == ["holder"]
    holder.kill()
    assert store.leases() == []
    assert take(store).token == 2


def test_the_lease_of_a_process_that_stands_still_is_not_free(store: Store, holder: Worker) -> None:
    holder.process.send_signal(signal.SIGSTOP)
    os.waitpid(holder.process.pid, os.WUNTRACED)
    with pytest.raises(LeaseHeldError):
        take(store)


def test_a_process_that_got_the_number_of_a_dead_one_is_not_taken_for_it(store: Store, holder: Worker) -> None:
    rename(store, lambda name: [*name[:3], str(int(name[3]) - 1)])
    assert take(store).holder == "next"


@pytest.mark.parametrize("part", [0, 1], ids=["machine", "container"])
def test_a_dead_process_of_another_machine_or_container_is_waited_for(store: Store, holder: Worker, part: int) -> None:
    """Its number means nothing here, and may well be nobody's."""
    holder.kill()
    rename(store, lambda name: [*name[:part], "another", *name[part + 1 :]])
    with pytest.raises(LeaseHeldError):
        take(store)
    assert store.acquire_lease("source:ctgov", "next", DAY_0 + TTL, TTL).token == 2


def test_a_lease_that_names_no_process_is_waited_for(store: Store, holder: Worker) -> None:
    """As a program of an earlier release left it, or a system that says nothing of its processes."""
    holder.kill()
    rename(store, lambda _: [])
    with pytest.raises(LeaseHeldError):
        take(store)


def test_one_of_two_gets_the_lease_of_a_dead_process(store: Store, store_url: str, holder: Worker) -> None:
    holder.kill()
    pair = [Worker(store_url, "fight") for _ in range(2)]
    try:
        assert [worker.answer() for worker in pair] == ["ready", "ready"]
        for worker in pair:
            worker.go()
        assert sorted(worker.answer() for worker in pair) == ["refused", "won"]
    finally:
        for worker in pair:
            worker.kill()


def test_a_process_of_the_same_program_gets_no_second_lease_of_a_name(store: Store) -> None:
    run = Pass(store, 0)
    with pytest.raises(LeaseHeldError):
        take(store)
    run.stage(checks=(check(),))
    store.release_lease(run.lease, DAY_0)
    take(store)
    with pytest.raises(LeaseLostError):
        run.stage(checks=(check(),))


def test_a_process_is_gone_once_it_was_killed_even_if_nobody_asked_how_it_ended(child: subprocess.Popen[bytes]) -> None:
    """The first process of a container often never asks."""
    name = process_name(child.pid)
    assert not is_gone(name)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert (PROC / str(child.pid)).exists()
    assert is_gone(name)
    child.wait()
    assert is_gone(name)


def test_of_a_process_that_has_no_name_nothing_is_known(child: subprocess.Popen[bytes]) -> None:
    """As on a system without /proc."""
    child.kill()
    child.wait()
    assert process_name(child.pid) == ""
    assert not is_gone("")


# --- a clock that runs ahead, or two that differ


def ahead(store: Store, minutes: int, ttl: timedelta = TTL) -> Lease:
    """A lease that another machine took, whose clock runs ahead; of its process nothing can be known here."""
    lease = store.acquire_lease("source:ctgov", "elsewhere:1", DAY_0 + timedelta(minutes=minutes), ttl)
    rename(store, lambda _: [])
    return lease


@pytest.mark.parametrize("minutes", [50, 100, 600, 60 * 24 * 365])
def test_a_lease_from_a_clock_that_runs_ahead_is_free_once_nobody_renewed_it_for_its_time(store: Store, minutes: int) -> None:
    ahead(store, minutes)
    for waited in (timedelta(0), TTL / 2, TTL - timedelta(seconds=1)):
        with pytest.raises(LeaseHeldError, match=f"{DAY_0 + TTL:%H:%M:%S} UTC"):
            store.acquire_lease("source:ctgov", "next", DAY_0 + waited, TTL)
    assert store.acquire_lease("source:ctgov", "next", DAY_0 + TTL, TTL).holder == "next"


def test_a_lease_that_is_renewed_by_a_clock_that_runs_ahead_is_never_free(store: Store) -> None:
    lease = ahead(store, 50)
    for minute in range(0, 120, 3):
        with pytest.raises(LeaseHeldError):
            store.acquire_lease("source:ctgov", "next", DAY_0 + timedelta(minutes=minute), TTL)
        lease = store.renew_lease(lease, DAY_0 + timedelta(minutes=minute + 50), TTL)


def test_no_lease_is_waited_for_longer_than_a_quarter_of_an_hour(store: Store) -> None:
    ahead(store, 50, timedelta(hours=3))
    with pytest.raises(LeaseHeldError):
        store.acquire_lease("source:ctgov", "next", DAY_0, timedelta(hours=1))
    later = DAY_0 + timedelta(minutes=15)
    assert store.acquire_lease("source:ctgov", "next", later, timedelta(hours=1)).holder == "next"


def test_what_was_seen_of_an_earlier_lease_does_not_count_for_the_next(store: Store) -> None:
    lease = ahead(store, 50)
    with pytest.raises(LeaseHeldError):
        take(store)
    store.release_lease(lease, DAY_0)
    ahead(store, 55)
    with pytest.raises(LeaseHeldError):
        store.acquire_lease("source:ctgov", "next", DAY_0 + TTL + timedelta(seconds=2), TTL)
