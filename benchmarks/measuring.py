"""Processor time of calls, and of whole processes with their peak memory and what they wrote."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

ROOT = Path(__file__).resolve().parents[1]
LAUNCH = Path(__file__).with_name("launch.py")
HANGS = 3600.0
"""Seconds after which a process is ended and counts as hung."""


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What a process took: exit code, seconds, peak memory, bytes written to the disk. ``err`` is the end of what it said."""

    code: int
    cpu: float
    wall: float
    peak_kb: int
    own_peak_kb: int
    written: int
    err: str = ""

    @property
    def peak_mb(self) -> float:
        """Its peak memory."""
        return self.peak_kb / 1024


class CommandFailedError(RuntimeError):
    """A measured command ended in a way that its measuring did not expect."""


def cpu(work: Callable[[], object]) -> float:
    """Seconds of processor time of one call, all threads together."""
    began = time.process_time()
    work()
    return time.process_time() - began


def best(work: Callable[[], object], times: int = 3) -> float:
    """The least of several calls: other processes only ever add."""
    return min(cpu(work) for _ in range(times))


def run(
    command: Sequence[str | Path],
    *,
    folder: Path,
    environ: Mapping[str, str] | None = None,
    limit: float = HANGS,
    expected: Sequence[int] | None = (0,),
) -> Cost:
    """Run a command to its end. Raises CommandFailedError for an exit code that is not expected."""
    launched = subprocess.run(
        [sys.executable, "-I", "-S", LAUNCH, str(limit), *map(str, command)],
        cwd=folder,
        env={**os.environ, **(environ or {})},
        capture_output=True,
        check=False,
    )
    if launched.returncode or not launched.stdout:
        raise CommandFailedError(launched.stderr.decode()[-2000:])
    err = launched.stderr.decode(errors="replace")[-2000:]
    cost = msgspec.structs.replace(msgspec.json.decode(launched.stdout, type=Cost), err=err)
    if expected is not None and cost.code not in expected:
        raise CommandFailedError(f"{' '.join(map(str, command))} ended with {cost.code}: {err}")
    return cost


def tracker(*arguments: str | Path) -> list[str | Path]:
    """The command line of the tracker beside these benchmarks."""
    return [sys.executable, "-m", "tracker", *arguments]


def environ() -> dict[str, str]:
    """The environment in which `tracker` finds the package beside these benchmarks, and no configuration of anyone's."""
    return {"PYTHONPATH": str(ROOT), "TRACKER_CONFIG": ""}


def median_cpu(command: Sequence[str | Path], folder: Path, times: int, *, expected: Sequence[int] | None = (0,)) -> float:
    """The middle of several runs of a short command whose modules are compiled, as those of an installed program are."""
    compiled = environ() | {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(folder / "bytecode")}
    run(command, folder=folder, environ=compiled, expected=expected)
    return statistics.median(run(command, folder=folder, environ=compiled, expected=expected).cpu for _ in range(times))
