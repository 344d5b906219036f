"""The real program as processes that are killed at a chosen point: ``python -m tests.chaos.killing`` is their parent.

It loads the program once and forks a process for each command, because hundreds of them are started and loading takes
as long as a sync. In such a process the program runs as ever; hooks of SQLite and of Python's audit count its *steps*:
each statement said to its database, each file that is renamed or removed, each line said to the mail server. Before one
of them the process kills (or stops) itself. Points in the middle of SQLite's own work are reached by its files: where a
write would make one longer than a number of bytes, the system ends the process.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import resource
import signal
import sqlite3
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import msgspec
from sqlalchemy import Pool, event

import tracker

ROOT = Path(__file__).parents[2]

DEEDS = frozenset({"sqlite3.connect", "os.rename", "os.remove", "smtplib.connect", "smtplib.send"})
"""Python's own names for what a program does outside of its memory, statements left aside."""

ALTERING = ("INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "DROP", "COMMIT", "os.", "sqlite3.")
"""How steps in a writing transaction begin that are more than reading."""

PARTS = (
    ("migrate", "tracker.store.schema", "migrate"),
    ("backup", "tracker.store.backup", "backup"),
    ("acceptance", "tracker.store.acceptance", "accept"),
    ("delivery", "tracker.deliver", "deliver"),
    ("copy", "tracker.store.copying", "copy"),
    ("replay", "tracker.replay", "replay_and_store"),
    ("backfill", "tracker.cli.backfill", "backfill_command"),
)
"""Which part of the work a step belongs to: part, and module and function that must be under way. All else is the sync."""


class Step(msgspec.Struct, frozen=True):
    """Something a process was about to do, and the part of its work that this belonged to."""

    part: str
    deed: str


class Kill(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a process ends: at a step (the first is 1), or where a file would pass so many bytes; nowhere by default.

    ``by`` is the signal that it sends itself at the step.
    """

    step: int | None = None
    longest_file: int | None = None
    by: int = signal.SIGKILL


class Order(msgspec.Struct, frozen=True):
    """A command of ours, the folder to run it in and where it is to end."""

    args: tuple[str, ...]
    folder: str
    kill: Kill


class Ended(msgspec.Struct, frozen=True):
    """How a process ended: its exit code, or the negative number of a signal; None for one that was stopped."""

    pid: int
    code: int | None
    said: str
    steps: tuple[Step, ...]


def telling(steps: Sequence[Step], *parts: str) -> list[int]:
    """The numbers of the steps of these parts, the first being 1, without reading: before and after it all is the same."""
    found, writing = [], False
    for number, step in enumerate(steps, 1):
        if step.deed.startswith("BEGIN"):
            writing = step.deed == "BEGIN IMMEDIATE"
        alters = step.deed.startswith(ALTERING) if writing else step.deed in DEEDS
        if step.part in parts and alters:
            found.append(number)
        writing = writing and step.deed != "COMMIT"
    return found


# --- in the tests ---------------------------------------------------------------------------------------------------


class Program:
    """The program, loaded and ready to be started as often as is needed."""

    def __init__(self) -> None:
        self._parent = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.killing"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._folders: dict[int, Path] = {}
        self._stopped: set[int] = set()

    def run(self, *args: str | Path, folder: Path, kill: Kill | None = None) -> Ended:
        """Run a command to its end, to its death or until it stops."""
        self.start(*args, folder=folder, kill=kill)
        return self.wait()

    def start(self, *args: str | Path, folder: Path, kill: Kill | None = None) -> int:
        """Begin a command; gives its process's number. `wait` must follow."""
        self._say(Order(tuple(map(str, args)), str(folder), kill or Kill()))
        pid = msgspec.json.decode(self._hear(), type=int)
        self._folders[pid] = folder
        return pid

    def go_on(self, pid: int) -> Ended:
        """Let a process that stopped itself go on to its end."""
        self._stopped.remove(pid)
        self._say(pid)
        return self.wait()

    def wait(self) -> Ended:
        """How the command that was begun last ended."""
        pid, code = msgspec.json.decode(self._hear(), type=tuple[int, int | None])
        if code is None:
            self._stopped.add(pid)
        said, steps = _output(self._folders[pid], pid), _steps(self._folders[pid], pid)
        taken = msgspec.json.decode(steps.read_bytes(), type=tuple[Step, ...]) if steps.exists() else ()
        return Ended(pid=pid, code=code, said=said.read_text("utf-8"), steps=taken)

    def close(self) -> None:
        """End the parent, and what was stopped and not let go on."""
        for pid in self._stopped:
            os.kill(pid, signal.SIGKILL)
        self._parent.communicate()

    def _say(self, order: object) -> None:
        assert self._parent.stdin is not None
        self._parent.stdin.write(msgspec.json.encode(order) + b"\n")
        self._parent.stdin.flush()

    def _hear(self) -> bytes:
        assert self._parent.stdout is not None
        line = self._parent.stdout.readline()
        assert line, "the parent of the processes has ended"
        return line


@contextmanager
def loaded() -> Iterator[Program]:
    """The program for as long as it is needed."""
    program = Program()
    try:
        yield program
    finally:
        program.close()


def _output(folder: Path, pid: int) -> Path:
    return folder / f"{pid}.output"


def _steps(folder: Path, pid: int) -> Path:
    return folder / f"{pid}.steps"


# --- in the parent --------------------------------------------------------------------------------------------------


def serve() -> None:
    """Fork a process for each order read, and answer with its number, then with how it ended."""
    _load()
    for line in sys.stdin.buffer:
        order = msgspec.json.decode(line, type=Order | int)
        if isinstance(order, int):
            pid = order
            os.kill(pid, signal.SIGCONT)
        else:
            pid = os.fork()
            if pid == 0:
                _become(order)
            _answer(pid)
        _, status = os.waitpid(pid, os.WUNTRACED)
        _answer((pid, None if os.WIFSTOPPED(status) else os.waitstatus_to_exitcode(status)))


def _load() -> None:
    """Import the program, and what it imports only when it is used."""
    modules = (module.name for module in pkgutil.walk_packages(tracker.__path__, "tracker."))
    for name in (*modules, "alembic.command", "deepdiff", "httpcore"):
        if name != "tracker.__main__":
            importlib.import_module(name)


def _answer(words: object) -> None:
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


# --- in the process that is killed ----------------------------------------------------------------------------------


def _become(order: Order) -> NoReturn:
    """Be the program until its end."""
    from tracker.cli import main

    folder = Path(order.folder)
    with _output(folder, os.getpid()).open("wb") as output, Path(os.devnull).open("rb") as nothing:
        for stream, descriptor in ((nothing, 0), (output, 1), (output, 2)):
            os.dup2(stream.fileno(), descriptor)
    os.chdir(folder)
    steps = Steps(order.kill)
    code: Any = 1
    try:
        main(order.args)
    except SystemExit as ended:
        code = ended.code
    except BaseException:
        traceback.print_exc()
    steps.counting = False
    _steps(folder, os.getpid()).write_bytes(msgspec.json.encode(steps.taken))
    sys.stdout.flush()
    os._exit(code)


class Steps:
    """Counts what this process does from now on, and ends it where that was asked for."""

    def __init__(self, kill: Kill) -> None:
        self.kill, self.counting = kill, True
        self.taken: list[Step] = []
        if kill.longest_file is not None:
            signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # Python would make an error of it
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            resource.setrlimit(resource.RLIMIT_FSIZE, (kill.longest_file, kill.longest_file))
        event.listen(Pool, "connect", self._connected)
        sys.addaudithook(self._audit)

    def take(self, deed: str) -> None:
        """One step: the process may not live to take it."""
        if not self.counting:
            return
        self.taken.append(Step(part=_part(), deed=deed))
        if len(self.taken) == self.kill.step:
            # To this thread: one that is sent to the process may stop another first, and this one would go on for a moment.
            signal.pthread_kill(threading.get_ident(), self.kill.by)

    def _audit(self, name: str, _args: tuple[object, ...]) -> None:
        if name in DEEDS:
            self.take(name)

    def _connected(self, connection: sqlite3.Connection, _record: object) -> None:
        connection.set_trace_callback(self._statement)

    def _statement(self, statement: str) -> None:
        """The same statement with one row after the other is one step."""
        deed = " ".join(statement.split())[:40]
        if not self.taken or self.taken[-1].deed != deed:
            self.take(deed)


def _part() -> str:
    under_way = set()
    frame = sys._getframe()
    while frame.f_back is not None:
        frame = frame.f_back
        under_way.add((frame.f_globals.get("__name__"), frame.f_code.co_name))
    return next((part for part, module, function in PARTS if (module, function) in under_way), "sync")


if __name__ == "__main__":
    serve()
