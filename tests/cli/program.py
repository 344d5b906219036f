"""Running ``tracker``: as a process, or in this one where a process would add nothing but its start."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tracker.cli import main

ROOT = Path(__file__).parents[2]
TRACEBACK = "Traceback (most recent call last)"


@dataclass(frozen=True)
class Ended:
    """How a command ended. ``memory`` is the process's largest size in bytes, 0 for one that ran in this process."""

    code: int
    out: str
    err: str
    memory: int = 0

    @property
    def json(self) -> Any:
        """All of stdout as one JSON document."""
        return msgspec.json.decode(self.out)


# A process counts as large as the one it was begun by until it is its own program, so a small one stands between.
_MEASURED = """
import os, subprocess, sys
started = subprocess.Popen(sys.argv[2:])
_, state, used = os.wait4(started.pid, 0)
with open(sys.argv[1], "w") as file:
    file.write(str(used.ru_maxrss))
os._exit(os.waitstatus_to_exitcode(state))
"""


def process(*args: str | Path, folder: Path, environ: Mapping[str, str] | None = None) -> Ended:
    """The real program, in a process of its own with ``folder`` as its working directory. It never prints a traceback."""
    out, err, memory = folder / ".stdout", folder / ".stderr", folder / ".memory"
    measured = [sys.executable, "-ISc", _MEASURED, str(memory), *command(args)]
    with out.open("wb") as stdout, err.open("wb") as stderr:
        code = subprocess.call(measured, cwd=folder, env=environment(environ), stdout=stdout, stderr=stderr)
    largest = int(memory.read_text()) * (1 if sys.platform == "darwin" else 1024)
    ended = Ended(code, out.read_text("utf-8"), err.read_text("utf-8"), largest)
    assert TRACEBACK not in ended.err, ended.err
    return ended


def command(args: Sequence[str | Path]) -> list[str]:
    """The program's command line."""
    return [sys.executable, "-m", "tracker", *map(str, args)]


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The tester's environment, with the program on its path and without a configuration of their own."""
    kept = {name: value for name, value in os.environ.items() if name not in ("TRACKER_CONFIG", "COLUMNS")}
    return {**kept, "PYTHONPATH": str(ROOT), **(extra or {})}


class Stream(io.TextIOWrapper):
    """An output in memory, for texts and bytes alike, that may say it is a terminal."""

    def __init__(self, *, terminal: bool) -> None:
        self.written = io.BytesIO()
        self.terminal = terminal
        super().__init__(self.written, encoding="utf-8", newline="", write_through=True)

    def isatty(self) -> bool:
        return self.terminal


def inside(*args: str | Path, terminal: bool = False) -> Ended:
    """The program in this process; logging is left as it was found. An error that was not foreseen is raised."""
    out, err = Stream(terminal=terminal), Stream(terminal=terminal)
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), _logging_kept(), pytest.raises(SystemExit) as ended:
        main([str(arg) for arg in args])
    code = ended.value.code
    assert isinstance(code, int)
    return Ended(code, out.written.getvalue().decode(), err.written.getvalue().decode())


@contextlib.contextmanager
def _logging_kept() -> Any:
    logger = logging.getLogger("tracker")
    before = logger.handlers[:], logger.level, logger.propagate
    try:
        yield
    finally:
        logger.handlers[:], logger.level, logger.propagate = before[0], before[1], before[2]
