"""The daemon in this process, with a clock that jumps: nothing doubled, nothing skipped, and never two at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine

from tests.world import World, study
from tracker import clock, sources
from tracker.daemon import Daemon, service
from tracker.store import Store

A = "NCT00000101"
WATCH = f'[[watch]]\nname = "mine"\ntrials = ["{A}"]\n[[watch.send]]\nto = "me"\nwhen = "daily"\n'
DIGEST = '\n[digest]\nat = "02:30"\ntimezone = "Europe/Berlin"\nwhen_empty = "always"\n'


@pytest.fixture
def world(tmp_path: Path, database: str) -> Iterator[World]:
    with World(tmp_path, database) as made:
        made.studies = {A: study(A)}
        made.configure(WATCH, extra=DIGEST)
        made.store.size()  # the database is there
        yield made


@pytest.fixture
def daemon(world: World) -> Iterator[Daemon]:
    made = Daemon(world.settings, sources.load(), world.clock, lambda: world.settings)
    yield made
    made.store.close()


def digests(world: World) -> int:
    return sum("Now following" not in subject for subject in world.subjects())


def tick(world: World, daemon: Daemon, after: timedelta) -> None:
    world.now += after
    world.show()
    daemon.tick()


@pytest.mark.parametrize(
    "night", [datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)], ids=["spring", "autumn"]
)
def test_one_digest_a_day_across_the_night_of_a_clock_change(world: World, daemon: Daemon, night: datetime) -> None:
    """02:30 does not exist in the spring night and comes twice in the autumn night: each day has one digest all the same."""
    world.now = night - timedelta(days=1, hours=12)
    tick(world, daemon, timedelta(0))
    before = digests(world)
    for _ in range(72):
        tick(world, daemon, timedelta(hours=1))
    assert digests(world) - before == 3


def test_after_downtime_there_is_one_digest_and_one_pass(world: World, daemon: Daemon) -> None:
    tick(world, daemon, timedelta(0))
    runs, sent = len(world.store.runs(999)), digests(world)
    tick(world, daemon, timedelta(days=20))
    assert len(world.store.runs(999)) == runs + 1
    assert digests(world) == sent + 1
    assert any("nothing had run since" in subject for subject in world.subjects("operator@example.org"))


def test_a_clock_that_jumps_ahead_and_back_neither_stops_nor_doubles(world: World, daemon: Daemon) -> None:
    tick(world, daemon, timedelta(0))
    tick(world, daemon, timedelta(days=400))
    runs, sent = len(world.store.runs(999)), digests(world)
    tick(world, daemon, timedelta(days=-400, hours=6))
    assert len(world.store.runs(999)) == runs + 1, "it goes on at once, and does not wait 400 days"
    assert digests(world) == sent
    tick(world, daemon, timedelta(minutes=1))
    assert len(world.store.runs(999)) == runs + 1


def test_two_daemons_on_one_database_never_work_at_once(world: World, daemon: Daemon) -> None:
    second = Daemon(world.settings, sources.load(), world.clock, lambda: world.settings)
    second._holder = "elsewhere:1"
    try:
        tick(world, daemon, timedelta(0))
        second.tick()
        assert second.state.mode == "standby"
        runs = len(world.store.runs(999))
        tick(world, second, timedelta(hours=7))  # the first is silent: its lease is over
        assert second.state.mode == "idle"
        assert len(world.store.runs(999)) == runs + 1
        daemon.tick()
        daemon.tick()
        assert daemon.state.mode == "standby", "back from its sleep it finds its place taken"
    finally:
        second.store.close()


def delivered_today(store: Store) -> bool:
    last = store.due("daemon:deliver").last_at
    return last is not None and abs(clock.now() - last) < timedelta(hours=1)


def test_a_clock_that_is_set_while_the_daemon_sleeps_does_not_stop_its_alarm(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Back by a day, ahead by two years, and back: it neither waits for the old time nor counts what it missed."""
    monkeypatch.setattr(service, "TICK_SECONDS", 0.1)
    with time_machine.travel(world.now, tick=True) as traveller:
        daemon = Daemon(world.settings, sources.load(), clock.now, lambda: world.settings)
        thread = threading.Thread(target=daemon.run)
        thread.start()
        try:
            for jump in (timedelta(0), timedelta(days=-1), timedelta(days=731), timedelta(days=-731)):
                traveller.shift(jump)
                for _ in range(900):
                    if delivered_today(world.store):
                        break
                    clock.sleep(0.05)
                assert delivered_today(world.store), f"the alarm is silent after {jump}"
        finally:
            daemon.stop()
            thread.join()


def test_health_is_not_ok_while_a_search_fails_and_a_delivery_does_not_clear_it(world: World, daemon: Daemon) -> None:
    bad = '[[watch]]\nname = "bad"\nsearch = "https://clinicaltrials.gov/search?cond=Testitis&start=soon"\n'
    daemon.settings = world.configure(WATCH + bad, extra=DIGEST)
    tick(world, daemon, timedelta(0))
    assert len(world.store.memberships("ctgov")) == 1, "the other watch is read"
    daemon._do("deliver")
    found = daemon.health()
    assert found.status == "trouble"
    assert found.last_pass_clean is False
    assert "start=soon" in found.last_error
    daemon.settings = world.configure(WATCH, extra=DIGEST)
    tick(world, daemon, timedelta(hours=7))
    assert (daemon.health().status, daemon.health().last_error) == ("ok", "")


def test_health_stays_ok_while_single_trials_cannot_be_read(world: World, daemon: Daemon) -> None:
    tick(world, daemon, timedelta(0))
    world.store.open_incident("trials:ctgov", "1 of 2 could not be read at ClinicalTrials.gov", world.now)
    assert daemon.health().status == "ok"
    world.store.open_incident("source:ctgov", "ClinicalTrials.gov could not be read", world.now)
    assert daemon.health().status == "trouble"
