"""The start of a command: whole processes, against the least that they must import."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.figures import Bar, Figure, Size
from benchmarks.measuring import median_cpu, tracker
from benchmarks.registry import Held
from benchmarks.stage import Stage, days

NAME = "starting"
_CLICK = "import click\n@click.group()\ndef main() -> None: pass\nmain(['--help'], standalone_mode=False)"


def measure(size: Size, folder: Path) -> list[Figure]:
    """Help, an empty change log and a list of few trials."""
    times = 1 if size == "tiny" else 9
    [day] = days(1)
    stage = Stage(folder, Held(count=3, first_day=day, day=day))
    stage.sync()
    stage.close()
    click = median_cpu([sys.executable, "-c", _CLICK], folder, times)
    alchemy = median_cpu([sys.executable, "-c", "import sqlalchemy"], folder, times)
    config = ("--config", folder / "config.toml")
    rows = (
        ("tracker --help", ("--help",), click, "a bare click program", Bar(2)),
        ("tracker changes, nothing to show", ("changes", *config), alchemy, "import sqlalchemy", Bar(1.5)),
        ("tracker list, 3 trials", ("list", *config), alchemy, "import sqlalchemy", Bar(2)),
        ("tracker sync, nothing to ask", ("sync", *config), alchemy, "import sqlalchemy", None),
    )
    return [
        Figure(
            name=name,
            figure=median_cpu(tracker(*arguments), folder, times, expected=(0, 1, 3)),
            unit="s",
            floor=floor,
            floor_is=floor_is,
            bar=bar,
        )
        for name, arguments, floor, floor_is, bar in (rows[:1] if size == "tiny" else rows)
    ]
