"""Two runs of the benchmarks side by side: ``python -m benchmarks.compare [BEFORE AFTER]``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.figures import RESULTS, Figure, Results, load, number


def compared(before: Results, after: Results) -> list[str]:
    """A Markdown table of the figures that both have, and what must be known to compare them."""
    lines = [
        "| | before | after | after in before | ratio to the floor: before, after | bar | |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    lines += [_row(old, new) for old, new in _both(before, after)]
    if before.machine != after.machine:
        lines += ["", "Not on the same machine: only the ratios to the floor can be compared."]
    if (before.size, before.records) != (after.size, after.records):
        lines += ["", "Not of the same size or the same records: nothing here can be compared."]
    return lines


def _both(before: Results, after: Results) -> Iterator[tuple[Figure, Figure]]:
    known = {figure.name: figure for benchmark in before.benchmarks for figure in benchmark.figures}
    for benchmark in after.benchmarks:
        yield from ((known[figure.name], figure) for figure in benchmark.figures if figure.name in known)


def _row(old: Figure, new: Figure) -> str:
    share = f"{number(new.figure / old.figure)}x" if old.figure else "-"
    ratios = f"{number(old.ratio)}x, {number(new.ratio)}x" if old.ratio is not None and new.ratio is not None else ""
    verdict = {True: "met", False: "missed", None: ""}[new.met]
    cells = (
        new.name,
        f"{number(old.figure)} {old.unit}",
        f"{number(new.figure)} {new.unit}",
        share,
        ratios,
        str(new.bar) if new.bar else "",
        verdict,
    )
    return f"| {' | '.join(cells)} |"


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="benchmarks.compare")
    parser.add_argument("before", nargs="?", type=Path, default=RESULTS / "2026-11-before.json")
    parser.add_argument("after", nargs="?", type=Path, default=RESULTS / "latest.json")
    given = parser.parse_args(arguments)
    print("\n".join(compared(load(given.before), load(given.after))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
