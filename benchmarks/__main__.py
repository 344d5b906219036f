"""Measures: ``python -m benchmarks [ROW…] [--size tiny|usual|large] [--out FILE]``; each row is a process of its own."""

from __future__ import annotations

import argparse
import importlib
import os
import pkgutil
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import get_args

import msgspec

from benchmarks import rows, studies
from benchmarks.figures import RESULTS, Benchmark, Results, Size, cells, machine, save
from tracker import __version__

NAMES = tuple(sorted(module.name for module in pkgutil.iter_modules(rows.__path__)))


def measure(name: str, size: Size) -> Benchmark:
    """Measure one row in this process."""
    module = importlib.import_module(f"benchmarks.rows.{name}")
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        figures = module.measure(size, Path(folder))
    used = resource.getrusage(resource.RUSAGE_SELF)
    return Benchmark(
        name=name, figures=tuple(figures), cpu_seconds=used.ru_utime + used.ru_stime, peak_mb=used.ru_maxrss / 1024
    )


def measured(names: Sequence[str], size: Size) -> list[Benchmark]:
    """Measure rows in a process of their own; what fails says so. The tiny size is of made records."""
    command = [sys.executable, "-m", "benchmarks", "--here", *names, "--size", size]
    environ = {name: value for name, value in os.environ.items() if size != "tiny" or name != "TRACKER_REAL_DATA"}
    ended = subprocess.run(command, capture_output=True, check=False, env=environ)
    if ended.returncode:
        why = ended.stderr.decode(errors="replace").strip()[-600:]
        return [Benchmark(name=name, failed=why) for name in names]
    return msgspec.json.decode(ended.stdout.splitlines()[-1], type=list[Benchmark])


def table(benchmarks: Iterable[Benchmark]) -> list[str]:
    """The rows as they are printed."""
    lines: list[tuple[str, ...]] = [("", "figure", "floor", "ratio", "bar", "")]
    for benchmark in benchmarks:
        lines += [tuple(cells(figure)) for figure in benchmark.figures]
    widths = [max(len(line[column]) for line in lines) for column in range(6)]
    printed = ["  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    return printed + [f"{one.name} failed: {one.failed}" for one in benchmarks if one.failed]


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="benchmarks")
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"which of {', '.join(NAMES)}; all unless named")
    parser.add_argument("--size", choices=get_args(Size), default="usual")
    parser.add_argument("--out", type=Path, default=RESULTS / "latest.json", help="where the figures are kept as JSON")
    parser.add_argument("--here", nargs="+", metavar="ROW", help="measure these in this process, and print JSON")
    given = parser.parse_args(arguments)
    if given.here:
        here = [measure(name, given.size) for name in given.here]
        sys.stdout.write("\n" + msgspec.json.encode(here).decode() + "\n")
        return 0
    unknown = sorted(set(given.rows) - set(NAMES))
    if unknown:
        parser.error(f"there is no row {unknown[0]}")
    found: list[Benchmark] = []
    for name in given.rows or NAMES:
        found += measured([name], given.size)
        print("\n".join(table(found[-1:])), flush=True)
        results = Results(
            version=__version__,
            size=given.size,
            records="real" if studies.real_folder() and given.size != "tiny" else "made",
            machine=machine(),
            benchmarks=tuple(found),
        )
        save(results, given.out)
    return 1 if any(one.failed for one in found) else 0


if __name__ == "__main__":
    sys.exit(main())
