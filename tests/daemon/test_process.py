"""The real daemon as a real process: signals, two at once, systemd's socket, and a pass that is cut short."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.lab import Reply, Request
from tests.world import SENDS, World, study
from tracker import clock
from tracker.model.event import EventFilter

A, B = "NCT00000101", "NCT00000102"
LISTED = f'[[watch]]\nname = "mine"\ntrials = ["{A}", "{B}"]\n' + SENDS
PATIENCE = 45.0
"""Seconds until a test gives up waiting; nothing is asserted about how long anything takes."""

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="the daemon's signals are those of Unix")


def until(found: Callable[[], bool], what: str) -> None:
    """Wait for something to become true."""
    end = time.monotonic() + PATIENCE
    while not found():
        if time.monotonic() > end:
            pytest.fail(f"waited in vain until {what}")
        clock.sleep(0.05)


class Process:
    """A daemon started on a world's configuration; its log is read from a file."""

    def __init__(self, world: World, **environ: str) -> None:
        self.log = world.folder / f"daemon-{clock.monotonic()}.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tracker", "--config", str(world.config), "run"],
                stdout=subprocess.DEVNULL,
                stderr=log,
                env={**os.environ, **environ},
                cwd=Path(__file__).parent.parent.parent,
            )

    def says(self, text: str) -> bool:
        assert self.process.poll() is None or text in self.log.read_text(), self.log.read_text()
        return text in self.log.read_text()

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


@contextmanager
def running(world: World, **environ: str) -> Iterator[Process]:
    process = Process(world, **environ)
    try:
        yield process
    finally:
        if process.process.poll() is None:
            process.process.kill()
            process.process.wait()


@pytest.fixture
def world(tmp_path: Path, database: str) -> Iterator[World]:
    with World(tmp_path, database) as made:
        made.now = clock.now()
        made.studies = {nct: study(nct) for nct in (A, B)}
        made.show()
        made.configure(LISTED)
        yield made


def synced(world: World, runs: int = 1) -> Callable[[], bool]:
    return lambda: len([run for run in world.store.runs(99) if run.state == "accepted"]) >= runs


def test_it_syncs_at_once_tells_and_ends_with_zero_on_sigterm(world: World) -> None:
    with running(world) as daemon:
        until(synced(world), "the baseline is accepted")
        until(lambda: bool(world.subjects()), "the welcome message has arrived")
        assert daemon.end() == 0
        assert daemon.says("daemon_stopped")


def test_sigterm_in_the_middle_of_a_pass_gives_up_the_answer_at_hand_and_the_next_start_takes_the_run_up(world: World) -> None:
    def slow(request: Request) -> Reply | None:
        normal = world.registry.answer(request)
        return Reply(normal.status, normal.headers, normal.body, delay=2.0) if request.path.endswith("/studies") else None

    world.registry.fault = slow
    with running(world) as daemon:
        until(lambda: any(request.path.endswith("/studies") for request in world.registry.requests), "records are asked for")
        assert daemon.end() == 0
    [run] = world.store.runs(9)
    assert run.state == "open"
    world.registry.fault = None
    with running(world) as daemon:
        until(synced(world), "the run is accepted")
        assert daemon.end() == 0
    assert [run.id for run in world.store.runs(9)] == [run.id]


def test_sighup_rereads_and_a_wrong_configuration_is_refused(world: World) -> None:
    with running(world) as daemon:
        until(synced(world), "the baseline is accepted")
        right = world.config.read_text()
        world.config.write_text(right + "\n[nonsense]\n")
        daemon.process.send_signal(signal.SIGHUP)
        until(lambda: daemon.says("config_kept"), "the wrong configuration is refused")
        world.config.write_text(right.replace(f', "{B}"', "") + '\n[schedule]\nsync = "1m"\n')
        daemon.process.send_signal(signal.SIGHUP)
        until(lambda: daemon.says("config_reread"), "the right one is read")
        assert daemon.end() == 0


def test_two_daemons_and_a_one_shot_share_a_database_and_the_second_takes_over(world: World) -> None:
    with running(world) as first:
        until(synced(world), "the first has synced")
        with running(world) as second:
            until(lambda: second.says("standing_by"), "the second stands by")
            command = [sys.executable, "-m", "tracker", "--config", str(world.config), "sync", "--full"]
            shot = subprocess.run(command, capture_output=True, text=True, check=False)
            assert shot.returncode in (0, 1), shot.stderr  # 1: the daemon was at work on the only source
            assert first.end() == 0
            world.store.set_due("daemon:sync", None, None)
            until(synced(world, 2), "the second has synced")
            assert second.end() == 0
    assert world.store.size().snapshots == 2


def test_a_one_shot_beside_the_daemon_doubles_nothing(world: World) -> None:
    with running(world) as daemon:
        until(synced(world), "the baseline is accepted")
        world.now = clock.now()
        world.amend(A, statusModule__overallStatus="COMPLETED")
        world.now = world.now.replace(year=world.now.year + 1)  # the registry's next data timestamp
        world.show()
        world.store.set_due("daemon:sync", None, None)
        shot = subprocess.run(
            [sys.executable, "-m", "tracker", "--config", str(world.config), "sync"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert shot.returncode in (0, 1), shot.stderr  # 1: the daemon was at work on the only source
        until(lambda: len(world.store.events(EventFilter())) == 1, "the change is known")
        until(lambda: any("ompleted" in subject for subject in world.subjects()), "it is told")
        assert daemon.end() == 0
    assert sum("ompleted" in subject for subject in world.subjects()) == 1


def test_it_speaks_to_systemd(world: World, tmp_path: Path) -> None:
    address = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(address))
        listener.settimeout(PATIENCE)
        with running(world, NOTIFY_SOCKET=str(address), WATCHDOG_USEC="400000") as daemon:
            heard: list[str] = []
            while "READY=1" not in heard or "WATCHDOG=1" not in heard or "STATUS=idle" not in heard:
                heard.append(listener.recv(4096).decode())
            daemon.process.send_signal(signal.SIGTERM)
            while "STOPPING=1" not in heard:
                heard.append(listener.recv(4096).decode())
            assert daemon.process.wait(PATIENCE) == 0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def status(port: int) -> str | None:
    """What ``/health`` says of itself; None where nothing listens."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=PATIENCE) as answer:
            return str(json.load(answer)["status"])
    except OSError:
        return None


def test_a_port_in_use_is_an_error_before_anything_is_synced_or_sent(world: World) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        world.configure(LISTED, extra=f"\n[daemon]\nport = {port}\n")
        world.store.size()  # the database is there
        asked = len(world.registry.requests)
        with running(world) as daemon:
            assert daemon.process.wait(PATIENCE) == 2
        assert f"error: [daemon] port {port} cannot be opened on 127.0.0.1" in daemon.log.read_text()
        assert "Traceback" not in daemon.log.read_text()
    assert len(world.registry.requests) == asked
    assert world.store.runs(9) == []
    assert world.mailbox.letters == []
    assert world.store.leases() == [], "the place of the daemon is free"


def test_a_daemon_that_stands_by_listens_nowhere_until_it_takes_over(world: World) -> None:
    port = free_port()
    world.configure(LISTED, extra=f"\n[daemon]\nport = {port}\n")
    with running(world) as first:
        until(synced(world), "the first has synced")
        with running(world) as second:
            until(lambda: second.says("standing_by"), "the second stands by")
            assert status(port) == "ok"
            assert first.end() == 0
            until(lambda: status(port) == "ok", "the second has taken the port over")
            assert second.end() == 0
    assert "Traceback" not in second.log.read_text()


def test_no_line_of_the_scheduler_reaches_the_log(world: World) -> None:
    """A pass longer than the interval of the alarm makes the scheduler complain of the tick that it leaves out."""

    def slow(request: Request) -> Reply | None:
        normal = world.registry.answer(request)
        return Reply(normal.status, normal.headers, normal.body, delay=12.0) if request.path.endswith("/studies") else None

    world.registry.fault = slow
    with running(world) as daemon:
        until(synced(world), "the baseline is accepted")
        assert daemon.end() == 0
    lines = daemon.log.read_text().splitlines()
    assert all(" INFO " in line or " WARNING " in line or " ERROR " in line for line in lines), lines
    assert not any("tick" in line or "instances" in line for line in lines), lines


def test_health_and_metrics_answer_on_the_loopback(world: World) -> None:
    port = free_port()
    world.configure(LISTED, extra=f"\n[daemon]\nport = {port}\nmetrics = true\n")
    with running(world) as daemon:
        until(synced(world), "the baseline is accepted")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=PATIENCE) as answer:
            found = json.load(answer)
        assert found["status"] == "ok"
        assert list(found["last_accepted"]) == ["ctgov"]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=PATIENCE) as answer:
            assert "tracker_trials 2.0" in answer.read().decode()
        assert daemon.end() == 0
