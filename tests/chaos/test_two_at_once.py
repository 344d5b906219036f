"""Two at work on one database: programs begun at the same instant, a stranger who locks it, one who reads for hours."""

from __future__ import annotations

import sqlite3
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from tests.chaos import part
from tests.cli.program import TRACEBACK, command, environment, inside
from tests.daemon.test_process import running, synced, until
from tests.lab import Reply, Request
from tests.world import SENDS, World, study
from tracker import clock
from tracker.passes import one_pass
from tracker.store import database

A, B = "NCT00000101", "NCT00000102"
LISTED = f'[[watch]]\nname = "mine"\ntrials = ["{A}", "{B}"]\n' + SENDS


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Two trials, and nobody has looked yet; no digest comes due while the tests run."""
    with World(tmp_path) as made:
        made.now = clock.now() - timedelta(days=1)
        made.studies = {nct: study(nct) for nct in (A, B)}
        made.configure(LISTED, extra=f'[digest]\nat = "{clock.now() + timedelta(hours=12):%H:%M}"\n')
        made.show()
        yield made


def complete(world: World) -> None:
    """The next day one trial has completed."""
    world.now += timedelta(days=1)
    world.amend(A, statusModule__overallStatus="COMPLETED")
    world.show()


def begin(world: World, *args: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command(("--config", world.config, *args)),
        cwd=world.folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def syncs_at_once(world: World, count: int = 2) -> list[str]:
    """What so many one-shots say that are begun together. One that found its turn taken says by whom and ends with 1."""
    said = []
    started = [begin(world, "sync") for _ in range(count)]
    for process in started:
        out, err = process.communicate()
        assert TRACEBACK not in err
        assert (process.returncode, err) in ((0, ""), (1, "")), err
        if process.returncode:
            assert "busy" in out
            assert "is at work on 'source:ctgov'" in out
        said.append(out)
    return said


def copies(world: World) -> Counter[str]:
    return Counter(str(letter.message["Message-ID"]) for letter in world.mailbox.letters)


def assert_told_once(world: World, subjects: int) -> None:
    assert Counter(world.subjects()).total() == subjects
    assert set(copies(world).values()) == {1}
    assert world.store.integrity() == []


# --- programs of ours -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", part([2, 2, 2, 2, 3, 3, 4], 1))
def test_one_shots_at_the_same_instant_make_the_database_once_and_double_nothing(world: World, count: int) -> None:
    syncs_at_once(world, count)
    assert_told_once(world, 1)
    assert world.store.size().snapshots == 2
    complete(world)
    syncs_at_once(world, count)
    assert world.kinds() == [(f"ctgov:{A}", "recruitment_status_changed")]
    assert_told_once(world, 2)


def test_a_one_shot_in_the_middle_of_the_daemons_pass_says_who_is_at_work(world: World) -> None:
    asked, go_on = threading.Event(), threading.Event()

    def slow(request: Request) -> Reply | None:
        if request.path.endswith("/studies"):
            asked.set()
            go_on.wait(60)
        return None

    world.registry.fault = slow
    with running(world) as daemon:
        assert asked.wait(60)
        shot = begin(world, "sync")
        out, err = shot.communicate()
        go_on.set()
        assert (shot.returncode, err) == (1, "")
        assert f":{daemon.process.pid} is at work on 'source:ctgov'" in out
        until(synced(world), "the baseline is accepted")
        until(lambda: bool(world.subjects()), "the welcome message has arrived")
        assert daemon.end() == 0
    assert_told_once(world, 1)


def test_of_two_daemons_that_start_together_one_works_and_the_other_stands_by(world: World) -> None:
    with running(world) as one, running(world) as other:
        until(lambda: one.says("standing_by") or other.says("standing_by"), "one of them stands by")
        until(lambda: bool(world.subjects()), "the welcome message has arrived")
        assert not (one.says("standing_by") and other.says("standing_by"))
        assert (one.end(), other.end()) == (0, 0)
    assert_told_once(world, 1)
    assert len(world.store.runs(9)) == 1


def test_what_one_process_brings_while_another_delivers_is_sent_by_that_other(world: World) -> None:
    """The one may not come back for hours."""
    world.sync()
    world.deliver()
    complete(world)
    with held_letter(world) as (reached, go_on):
        world.sync()
        busy = threading.Thread(target=world.deliver)
        busy.start()
        assert reached.wait(30)
        world.amend(B, statusModule__overallStatus="TERMINATED")
        world.sync(full=True)
        assert "is at work on 'delivery'" in world.deliver().busy
        go_on.set()
        busy.join()
    assert sum("Terminated" in subject for subject in world.subjects()) == 1
    assert set(copies(world).values()) == {1}


@contextmanager
def held_letter(world: World) -> Iterator[tuple[threading.Event, threading.Event]]:
    """The mail server keeps the first recipient waiting: (that it was named, that it may go on)."""
    reached, go_on = threading.Event(), threading.Event()

    def hold(_address: str) -> None:
        reached.set()
        go_on.wait(60)

    world.mailbox.refuse = hold
    try:
        yield reached, go_on
    finally:
        go_on.set()
        world.mailbox.refuse = None


# --- strangers ------------------------------------------------------------------------------------------------------


def stranger(world: World) -> sqlite3.Connection:
    """Somebody else's program on the same file."""
    return sqlite3.connect(world.folder / "tracker.db", isolation_level=None)


def test_a_lock_that_lasts_is_told_with_file_and_remedy_and_the_next_pass_does_it_all(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "PATIENCE", 1)
    assert inside("--config", world.config, "sync").code == 0
    complete(world)
    with closing(stranger(world)) as other:
        other.execute("BEGIN IMMEDIATE")
        ended = inside("--config", world.config, "sync")
        assert (ended.code, ended.out) == (1, "")
        assert ended.err == (
            f"error: the database sqlite:///{world.folder}/tracker.db refused: database is locked. "
            "Another process has been writing for long; try again when it is done.\n"
        )
        assert inside("--config", world.config, "list").code == 0, "reading waits for nobody"
        other.execute("ROLLBACK")
    assert inside("--config", world.config, "sync").code == 0
    assert world.kinds() == [(f"ctgov:{A}", "recruitment_status_changed")]
    assert_told_once(world, 2)


def test_a_lock_that_is_short_is_waited_for(world: World) -> None:
    assert inside("--config", world.config, "sync").code == 0
    complete(world)
    with closing(stranger(world)) as other:
        other.execute("BEGIN IMMEDIATE")
        sync = begin(world, "sync")
        until(lambda: waiting(sync), "the program has started and waits")
        other.execute("ROLLBACK")
        out, err = sync.communicate()
    assert (sync.returncode, err) == (0, ""), out
    assert_told_once(world, 2)


def waiting(process: subprocess.Popen[str]) -> bool:
    """Whether a program has opened the database."""
    opened = Path(f"/proc/{process.pid}/fd")
    if not opened.is_dir():
        pytest.skip("what a process has opened is looked up in /proc")
    return any(link.readlink().name == "tracker.db" for link in opened.iterdir() if link.is_symlink())


def test_one_who_reads_for_hours_stops_nobody(world: World) -> None:
    world.sync()
    world.deliver()
    with closing(stranger(world)) as other:
        other.execute("BEGIN")
        assert other.execute("SELECT count(*) FROM events").fetchone() == (0,)
        for hour in range(6):
            world.now += timedelta(hours=1)
            world.amend(B, descriptionModule__briefSummary=f"Rewritten {hour}")
            world.sync(full=True)
            world.deliver()
        began = clock.monotonic()
        world.store.housekeep(world.now)
        assert clock.monotonic() - began < database.PATIENCE / 2, "or every writer would wait for as long"
        complete(world)
        world.sync()
        world.deliver()
        assert other.execute("SELECT count(*) FROM events").fetchone() == (0,), "and sees what there was when it began"
    assert sum("Completed" in subject for subject in world.subjects()) == 1
    assert world.store.integrity() == []
    assert world.kinds()[-1] == (f"ctgov:{A}", "recruitment_status_changed")


# --- the clock ------------------------------------------------------------------------------------------------------

YEAR, DAY = timedelta(days=365), timedelta(days=1)
JUMPS = [(YEAR, -YEAR), (-YEAR, YEAR), (-DAY, DAY), (DAY, -DAY), (-DAY, -DAY), (YEAR, YEAR), (-YEAR, -YEAR)]


@pytest.mark.parametrize("jumps", part(JUMPS, 2), ids=str)
def test_a_clock_that_jumps_loses_no_alert_and_tells_none_twice(world: World, jumps: tuple[timedelta, timedelta]) -> None:
    """After each jump one trial changes; the registry's own days go on as ever."""
    ncts = [f"NCT00000{number}" for number in range(200, 206)]
    world.studies = {nct: study(nct) for nct in ncts}
    world.configure(f'[[watch]]\nname = "mine"\ntrials = {ncts}\n' + SENDS)
    world.day()
    changing = iter(ncts)
    registry_day = world.now

    def step(after: timedelta) -> None:
        nonlocal registry_day
        registry_day += DAY
        world.amend(next(changing), statusModule__overallStatus="COMPLETED")
        kept, world.now = world.now + after, registry_day
        world.show()
        world.now = kept
        one_pass(world.settings, world.store, world.sources, world.clock)

    digests = len(world.subjects())
    for after in (DAY, jumps[0], DAY, jumps[1], DAY, DAY):
        step(after)
    told = Counter(subject for subject in world.subjects() if "Completed" in subject)
    assert set(told.values()) == {1}
    assert len(told) == len(ncts)
    assert len(world.subjects()) - digests - len(told) <= 6, "at most one digest for each day that came"
    assert set(copies(world).values()) == {1}
    assert world.store.outbox().messages == ()
