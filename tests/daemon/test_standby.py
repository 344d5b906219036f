"""A daemon that stands by has no port, and is told from a dead one all the same."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.world import World, study
from tracker import sources
from tracker.daemon import standby
from tracker.daemon.service import Daemon

A = "NCT00000101"
HEALTHCHECK = Path(__file__).parents[2] / "deploy" / "healthcheck.py"


@pytest.fixture
def world(tmp_path: Path, database: str) -> Iterator[World]:
    with World(tmp_path, database) as made:
        made.studies = {A: study(A)}
        made.configure(f'[[watch]]\nname = "mine"\ntrials = ["{A}"]\n')
        made.store.size()  # the database is there
        yield made


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def asked(tmp_path: Path, port: int) -> int:
    """The exit code of the health check, in a process as an engine starts it."""
    config = tmp_path / "asked.toml"
    config.write_text(f"[daemon]\nport = {port}\n")
    environ = os.environ | {"TRACKER_CONFIG": str(config)}
    return subprocess.run([sys.executable, HEALTHCHECK], env=environ, capture_output=True, check=False).returncode


def test_a_daemon_that_stands_by_is_well_and_one_that_ended_is_not(world: World, tmp_path: Path) -> None:
    port = free_port()
    settings = msgspec.structs.replace(world.settings, daemon=msgspec.structs.replace(world.settings.daemon, port=port))
    first = Daemon(world.settings, sources.load(), world.clock, lambda: world.settings)
    second = Daemon(settings, sources.load(), world.clock, lambda: settings)
    second._holder = "elsewhere:1"
    try:
        assert asked(tmp_path, port) == 1, "nobody was started"
        first.tick()
        second.tick()
        assert second.state.mode == "standby"
        assert asked(tmp_path, port) == 0
        os.utime(standby.sign(port), (0, 0))
        assert asked(tmp_path, port) == 1, "it was killed long ago"
        second.tick()
        assert asked(tmp_path, port) == 0
        first._let_go()
        second.tick()
        assert not standby.sign(port).exists(), "it is the daemon now, and answers itself"
        second._listen_no_more()
        assert asked(tmp_path, port) == 1
    finally:
        second._listen_no_more()
        standby.clear(port)
        first.store.close()
        second.store.close()


def test_a_link_in_the_way_is_not_followed(tmp_path: Path) -> None:
    port = free_port()
    target = tmp_path / "target"
    standby.sign(port).symlink_to(target)
    try:
        with pytest.raises(OSError, match="symbolic links"):
            standby.show(port)
        assert not target.exists()
        assert asked(tmp_path, port) == 1
    finally:
        standby.clear(port)
