"""Ctrl-C, SIGTERM and the limit of a pass: the real program as a process, beside hosts on raw sockets that never end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.cli.program import command, environment
from tests.fetch.loopback import LoopbackServer, answer
from tracker.clock import sleep
from tracker.store import Store

PATIENCE = 60.0
"""Seconds after which a test gives up; the hosts hang for longer than that."""

GENEROUS = 20.0
"""Seconds in which a process has ended that was asked to; it takes two, and many times that on a machine that is busy."""

SYN_SENT = "02"
"""How /proc/net/tcp names a connection that was asked for and not answered yet."""

VERSION = answer(b'{"apiVersion":"2","dataTimestamp":"2026-11-27T09:00:05"}')
pytestmark = pytest.mark.skipif(os.name != "posix", reason="the signals are those of Unix")


def silent(connection: socket.socket, head: bytes) -> None:
    connection.settimeout(2 * PATIENCE)
    connection.recv(1)


def trickle(connection: socket.socket, head: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n")
    while True:
        connection.sendall(b" ")
        sleep(0.1)


@dataclass
class Host:
    """A registry that gives its data version, and to anything else what ``other`` does."""

    other: Callable[[socket.socket, bytes], None]
    versioned: bool = True
    reached: threading.Event = field(default_factory=threading.Event)

    def __call__(self, connection: socket.socket, head: bytes) -> None:
        if self.versioned and b"/version" in head:
            connection.sendall(VERSION)
            return
        self.reached.set()
        with suppress(OSError):
            self.other(connection, head)


@dataclass
class Ended:
    code: int
    seconds: float
    err: str


@pytest.fixture
def serve() -> Callable[[Host], str]:
    servers: list[LoopbackServer] = []

    def start(host: Host) -> str:
        servers.append(LoopbackServer(host))
        return servers[-1].url

    return start  # the handlers hang, and end with this process


def configure(folder: Path, url: str, *, http: str = "", pages: str = "") -> None:
    trials = ", ".join(f'"NCT{number:08d}"' for number in range(1, 51))
    config = (
        f'[store]\nurl = "sqlite:///tracker.db"\n[http]\n{http}\n[sources.ctgov]\nbase_url = "{url}"\npace = 1000\n'
        f'[sources.trialx]\nbase_url = "{url}"\npace = 1000\n[sources.meddatax]\nbase_url = "{url}"\npace = 1000\n'
        f'[[watch]]\nname = "mine"\ntrials = [{trials}]\n{pages}'
    )
    (folder / "config.toml").write_text(config)


def ended_by(number: int, folder: Path, reached: threading.Event, *args: str) -> Ended:
    """The command's end after the signal, sent once it waits for the host."""
    with (folder / "err").open("wb") as err:
        process = subprocess.Popen(
            command(args), cwd=folder, env=environment(), stdout=subprocess.DEVNULL, stderr=err, stdin=subprocess.DEVNULL
        )
        try:
            assert reached.wait(PATIENCE), "the host was never asked"
            process.send_signal(number)
            began = time.monotonic()
            code = process.wait(PATIENCE)
        finally:
            process.kill()
            process.wait()
    return Ended(code, time.monotonic() - began, (folder / "err").read_text())


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["Ctrl-C", "SIGTERM"])
@pytest.mark.parametrize("other", [silent, trickle])
def test_a_sync_ends_at_once_while_a_host_hangs(
    tmp_path: Path, serve: Callable[[Host], str], number: int, code: int, other: Callable[[socket.socket, bytes], None]
) -> None:
    host = Host(other)
    pages = 'pages = ["https://trialx.com/clinical-trials/listings/1/x/"]\n'
    configure(tmp_path, serve(host), pages=pages)
    ended = ended_by(number, tmp_path, host.reached, "sync")
    assert (ended.code, ended.err.splitlines()[-1:]) == (code, ["stopped"])
    assert ended.seconds < GENEROUS


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_the_daemon_ends_at_once_with_zero_while_a_host_hangs(
    tmp_path: Path, serve: Callable[[Host], str], number: int
) -> None:
    host = Host(silent)
    configure(tmp_path, serve(host))
    ended = ended_by(number, tmp_path, host.reached, "run")
    assert ended.code == 0
    assert "daemon_stopped" in ended.err
    assert ended.seconds < GENEROUS


def test_doctor_ends_at_once_while_a_host_hangs(tmp_path: Path, serve: Callable[[Host], str]) -> None:
    host = Host(silent, versioned=False)
    configure(tmp_path, serve(host))
    ended = ended_by(signal.SIGTERM, tmp_path, host.reached, "doctor")
    assert (ended.code, ended.err.split()) == (143, ["stopped"])
    assert ended.seconds < GENEROUS


# --- wherever it waits ------------------------------------------------------------------------------------------------


@contextmanager
def mute() -> Iterator[tuple[int, threading.Event]]:
    """A port that takes connections and what is said in them, and never says anything; the event says that one came."""
    reached, held = threading.Event(), []

    def accept() -> None:
        with suppress(OSError):
            while True:
                held.append(listener.accept()[0])
                reached.set()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1], reached
        listener.shutdown(socket.SHUT_RDWR)
    for connection in held:
        connection.close()


@contextmanager
def unreachable() -> Iterator[tuple[int, threading.Event]]:
    """A port whose queue is full, so that a connect waits; the event says that a process of another's waits there."""
    reached, over = threading.Event(), threading.Event()
    with socket.socket() as listener, ExitStack() as filling:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port: int = listener.getsockname()[1]
        for _ in range(8):
            connection = filling.enter_context(socket.socket())
            connection.setblocking(False)
            connection.connect_ex(("127.0.0.1", port))
        before = connecting(port)

        def watch() -> None:
            while not over.wait(0.02):
                if connecting(port) - before:
                    reached.set()
                    return

        threading.Thread(target=watch, daemon=True).start()
        yield port, reached
        over.set()


def connecting(port: int) -> set[str]:
    """The local ports of connections to a port that are not answered yet."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {row[1] for row in rows if row[2].endswith(f":{port:04X}") and row[3] == SYN_SENT}


SIGNALS = pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["Ctrl-C", "SIGTERM"])


@SIGNALS
@pytest.mark.parametrize("args", [("sync",), ("doctor",)], ids=["sync", "doctor"])
def test_a_command_ends_at_once_while_it_connects(tmp_path: Path, number: int, code: int, args: tuple[str, ...]) -> None:
    if not Path("/proc/net/tcp").exists():
        pytest.skip("the system does not say which connections wait")
    with unreachable() as (port, reached):
        configure(tmp_path, f"http://127.0.0.1:{port}")
        ended = ended_by(number, tmp_path, reached, *args)
    assert (ended.code, ended.err.splitlines()[-1:]) == (code, ["stopped"])
    assert ended.seconds < GENEROUS


@SIGNALS
def test_a_sync_ends_at_once_in_a_tls_handshake(tmp_path: Path, number: int, code: int) -> None:
    with mute() as (port, reached):
        configure(tmp_path, f"https://127.0.0.1:{port}")
        ended = ended_by(number, tmp_path, reached, "sync")
    assert (ended.code, ended.err.splitlines()[-1:]) == (code, ["stopped"])
    assert ended.seconds < GENEROUS


@SIGNALS
@pytest.mark.parametrize("args", [("sync",), ("channel", "test", "me")], ids=["sync", "channel-test"])
def test_a_command_ends_at_once_while_a_mail_server_is_silent(
    tmp_path: Path, serve: Callable[[Host], str], number: int, code: int, args: tuple[str, ...]
) -> None:
    """The registry refuses, which the operator is to hear of by a mail server that says nothing. The word still waits then."""

    def refuse(connection: socket.socket, head: bytes) -> None:
        connection.sendall(answer(b"{}", "404 Not Found"))

    with mute() as (port, reached):
        configure(tmp_path, serve(Host(refuse, versioned=False)))
        mail = f'[mail]\nhost = "127.0.0.1"\nport = {port}\nsecurity = "none"\nfrom = "t@example.org"\n'
        channel = '[operator]\nchannel = "me"\n[[channel]]\nname = "me"\nurl = "mailto:me@example.org"\n'
        with (tmp_path / "config.toml").open("a") as config:
            config.write(mail + channel)
        ended = ended_by(number, tmp_path, reached, *args)
    assert (ended.code, ended.err.splitlines()[-1:]) == (code, ["stopped"])
    assert ended.seconds < GENEROUS
    if args == ("sync",):
        with Store.open(f"sqlite:///{tmp_path / 'tracker.db'}") as store:
            [message] = store.outbox().messages
        assert (message.kind, message.state) == ("operator", "waiting")


@SIGNALS
def test_a_command_ends_at_once_while_a_chat_service_is_silent(tmp_path: Path, number: int, code: int) -> None:
    with mute() as (port, reached):
        configure(tmp_path, "http://127.0.0.1:9")
        with (tmp_path / "config.toml").open("a") as config:
            config.write(f'[[channel]]\nname = "chat"\nurl = "json://127.0.0.1:{port}?rto=200"\n')
        ended = ended_by(number, tmp_path, reached, "channel", "test", "chat")
    assert (ended.code, ended.err.splitlines()[-1:]) == (code, ["stopped"])
    assert ended.seconds < GENEROUS


@SIGNALS
@pytest.mark.parametrize("args", [("sync",), ("list",), ("doctor",)], ids=lambda args: args[0])
def test_a_command_ends_at_once_while_a_postgresql_is_silent(
    tmp_path: Path, number: int, code: int, args: tuple[str, ...]
) -> None:
    with mute() as (port, reached):
        configure(tmp_path, "http://127.0.0.1:9")
        config = (tmp_path / "config.toml").read_text()
        url = f"postgresql+psycopg://me@127.0.0.1:{port}/tracker"
        (tmp_path / "config.toml").write_text(config.replace("sqlite:///tracker.db", url))
        ended = ended_by(number, tmp_path, reached, *args)
    assert (ended.code, ended.err.splitlines()[-1:]) == (code, ["stopped"])
    assert ended.seconds < GENEROUS


def test_a_host_that_never_answers_is_given_up_before_the_limit(tmp_path: Path, serve: Callable[[Host], str]) -> None:
    """Nothing at all was read; what is waited for was said on the way, although nobody sits at a terminal."""
    host = Host(silent)
    configure(tmp_path, serve(host), http='pass_limit = "1m"')
    began = time.monotonic()
    ended = subprocess.run(
        command(["sync"]), cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False, timeout=200
    )
    assert ended.returncode == 1
    assert "ClinicalTrials.gov: FAILED" in ended.stdout
    assert "ClinicalTrials.gov: waiting for 127.0.0.1" in ended.stderr
    assert time.monotonic() - began < 200
