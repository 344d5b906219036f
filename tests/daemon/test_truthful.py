"""The daemon tells the truth, and ends where it cannot: as a real process, over its port, on real disks, with real signals."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from tests import postgres
from tests.chaos.limits import small_disk
from tests.cli.program import inside
from tests.daemon.test_process import LISTED, A, B, running, synced
from tests.world import World, study
from tracker import clock
from tracker.store import Store

PATIENCE = 240.0

OPERATOR = "operator@example.org"


def until(found: Callable[[], bool], what: str) -> None:
    """Wait for something that may take a retry of the daemon, a minute later."""
    end = clock.monotonic() + PATIENCE
    while not found():
        if clock.monotonic() > end:
            pytest.fail(f"waited in vain until {what}")
        clock.sleep(0.2)


def filled(disk: Path) -> Path:
    """Fill the disk to its last byte, while others write to it too; returns the file that fills it."""
    filler = disk / "filler"
    with suppress(OSError), filler.open("ab", buffering=0) as opened:
        while True:
            opened.write(b"\0" * 1024)
    return filler


def free_port() -> int:
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Watched:
    """A world with a daemon's port."""

    def __init__(self, world: World) -> None:
        self.world, self.port = world, free_port()
        world.now = clock.now()
        world.studies = {nct: study(nct) for nct in (A, B)}
        world.show()
        world.configure(LISTED, extra=f'\n[daemon]\nport = {self.port}\n[schedule]\nsync = "1m"\n')

    def health(self) -> dict[str, Any]:
        """What /health says; empty while nobody listens."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=20) as answer:
                return dict(json.load(answer))
        except urllib.error.HTTPError as error:
            return dict(json.load(error))
        except OSError:
            return {}

    def told(self, words: str) -> Callable[[], bool]:
        """Whether the operator was written to of it."""
        return lambda: any(words in subject for subject in self.world.subjects(OPERATOR))


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    with World(tmp_path) as world:
        yield Watched(world)


def deleted(file: Path) -> None:
    for path in (file, file.with_name(f"{file.name}-wal"), file.with_name(f"{file.name}-shm")):
        path.unlink()


def backup_put_in_its_place(file: Path) -> None:
    shutil.copy(file.parent / "kept.db", file.parent / "new.db")
    (file.parent / "new.db").replace(file)


@pytest.mark.parametrize("change", [deleted, backup_put_in_its_place])
def test_a_daemon_whose_database_is_another_one_ends_and_the_operator_hears(
    watched: Watched, change: Callable[[Path], None]
) -> None:
    world = watched.world
    with running(world) as daemon:
        until(synced(world), "the baseline is accepted")
        until(lambda: watched.health().get("status") == "ok", "all is well")
        world.store.backup(world.folder / "kept.db")
        world.store.close()
        change(world.folder / "tracker.db")
        assert daemon.process.wait(60) == 1
        assert "while it was open" in daemon.log.read_text()
        assert watched.told("The tracker has stopped")()
    if change is deleted:
        with running(world) as again:
            assert again.process.wait(60) == 1
            assert "init --new" in again.log.read_text()
        assert not (world.folder / "tracker.db").exists(), "no new baseline"


def test_what_the_operator_could_not_be_told_is_told_at_the_next_start(watched: Watched) -> None:
    world = watched.world
    right = world.config.read_text()
    world.config.write_text(right.replace(f"port = {world.mailbox.port}", f"port = {free_port()}"))
    with running(world) as daemon:
        until(synced(world), "the baseline is accepted")
        world.store.backup(world.folder / "kept.db")
        world.store.close()
        backup_put_in_its_place(world.folder / "tracker.db")
        assert daemon.process.wait(60) == 1
    for rest in ("tracker.db-wal", "tracker.db-shm"):
        (world.folder / rest).unlink(missing_ok=True)
    world.config.write_text(right)
    with running(world):
        until(watched.told("The tracker has stopped"), "the operator hears")


def test_a_daemon_says_that_its_database_is_damaged_and_writes_nothing_more(watched: Watched) -> None:
    world, file = watched.world, watched.world.folder / "tracker.db"
    with running(world) as daemon:
        until(synced(world), "the baseline is accepted")
        world.store.housekeep(clock.now())
        with file.open("r+b") as opened:
            opened.seek(4096 * 3)
            opened.write(os.urandom(4096 * 20))
        until(lambda: "damaged" in watched.health().get("last_error", ""), "health says so")
        assert watched.health()["status"] == "trouble"
        until(watched.told("can do nothing"), "the operator hears")
        before = file.read_bytes()
        clock.sleep(6)
        assert file.read_bytes() == before
        assert daemon.process.poll() is None


def test_a_full_disk_is_said_at_once_and_its_end_too(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "8m") as disk, World(disk) as world:
        watched = Watched(world)
        with running(world):
            until(synced(world), "the baseline is accepted")
            until(lambda: watched.health().get("status") == "ok", "all is well")
            filler = filled(disk)
            until(lambda: watched.health().get("status") == "trouble", "health says so")
            assert "disk" in watched.health()["last_error"]
            until(lambda: any("disk" in str(letter.message) for letter in world.mailbox.letters), "the operator hears")
            filler.unlink()
            world.store.set_due("daemon:sync", None, None)  # the next pass need not be waited for
            until(lambda: watched.health().get("status") == "ok", "all is well again")
            until(watched.told("Over"), "the operator hears of the end")


def test_a_refused_reload_is_remembered_until_the_configuration_is_good_again(watched: Watched) -> None:
    world = watched.world
    with running(world) as daemon:
        until(lambda: watched.health().get("status") == "ok", "all is well")
        right, store = world.config.read_text(), world.store
        world.config.write_text(right + "\n[nonsense]\n")
        daemon.process.send_signal(signal.SIGHUP)
        until(lambda: "nonsense" in watched.health()["last_error"], "it is refused")
        store.set_due("daemon:deliver", None, None)
        until(watched.told("The new configuration is refused"), "the operator hears")
        runs = len(store.runs(99))
        store.set_due("daemon:sync", None, None)
        until(lambda: len(store.runs(99)) > runs, "another pass is done")
        assert "nonsense" in watched.health()["last_error"]
        assert watched.health()["status"] == "trouble"
        world.config.write_text(right)
        daemon.process.send_signal(signal.SIGHUP)
        until(lambda: watched.health()["status"] == "ok", "it is read")
        store.set_due("daemon:deliver", None, None)
        until(watched.told("Over: The new configuration"), "the operator hears of the end")


@pytest.mark.skipif(postgres.address() != "", reason="the server is frozen, so it must be our own")
def test_health_answers_while_postgresql_is_frozen_and_the_daemon_gives_up_waiting(watched: Watched) -> None:
    world = watched.world
    with postgres.server() as server, postgres.fresh_database(server) as url:
        text = world.config.read_text()
        address = url.render_as_string(hide_password=False)
        world.config.write_text(text.replace(f"sqlite:///{world.folder / 'tracker.db'}", address))
        with running(world) as daemon:
            until(lambda: watched.health().get("last_pass_clean") is True, "a pass is done")
            cluster = Path(str(url.query["host"])) / "cluster"
            master = (cluster / "postmaster.pid").read_text().split()[0]
            children = subprocess.run(["pgrep", "-P", master], capture_output=True, text=True, check=True).stdout.split()
            frozen = [int(pid) for pid in (master, *children)]
            for pid in frozen:
                os.kill(pid, signal.SIGSTOP)
            try:
                begun = clock.monotonic()
                assert watched.health(), "it answers"
                assert clock.monotonic() - begun < 10, "generous: a hang would be 30 seconds and more"
                until(lambda: watched.health().get("status") == "trouble", "health says so")
                until(lambda: daemon.says("tick_failed"), "the daemon has given up waiting")
                assert clock.monotonic() - begun < 120, "generous: PostgreSQL's own wait has no end"
            finally:
                for pid in frozen:
                    os.kill(pid, signal.SIGCONT)
            with Store.open(address) as store:
                store.set_due("daemon:sync", None, None)  # the next pass need not be waited for
            until(lambda: watched.health().get("status") == "ok", "all is well again")
            assert daemon.end() == 0
        with Store.open(address) as store:
            assert store.integrity() == []


def test_every_command_says_that_the_database_is_missing(watched: Watched) -> None:
    world = watched.world
    config = ("--config", world.config)
    assert inside(*config, "sync").code == 0
    for rest in ("", "-wal", "-shm"):
        (world.folder / f"tracker.db{rest}").unlink(missing_ok=True)
    for args in (("sync",), ("list",), ("changes",), ("migrate",), ("init",), ("run",), ("outbox",)):
        ended = inside(*config, *args)
        assert (ended.code, ended.out) == (1, ""), args
        assert "is missing" in ended.err
        assert "init --new" in ended.err
    assert not (world.folder / "tracker.db").exists()
    assert inside(*config, "init", "--new").code == 0
    assert inside(*config, "sync").code == 0
    assert inside(*config, "init", "--new").code == 2, "the database is there"
