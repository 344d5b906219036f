"""The closing transaction of a large run: how long it keeps others from writing."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from benchmarks.figures import Bar, Figure, Size
from benchmarks.registry import Held
from benchmarks.stage import SEARCH, Stage, days
from tracker.model.staging import AcceptReport
from tracker.store import Store

NAME = "closing"
_WHOLE = 600_000


class Timed(Store):
    """A store that notes how long its last acceptance took."""

    took = 0.0

    def accept(self, *arguments: Any, **named: Any) -> AcceptReport:
        """Accept a run."""
        began = time.perf_counter()
        report = Store.accept(self, *arguments, **named)
        self.took = time.perf_counter() - began
        return report


def measure(size: Size, folder: Path) -> list[Figure]:
    """A first load and an unchanged day; the bar holds for a whole registry, by proportion."""
    count = {"tiny": 12, "usual": 10_000, "large": 100_000}[size]
    first, second = days(2)
    stage = Stage(folder, Held(count=count, first_day=first, day=first, edit="stamped"), SEARCH)
    stage.store.close()
    stage.store = store = Timed.open(stage.settings.store_url)
    figures = []
    for name, day in (("first load", first), ("unchanged day", second)):
        stage.turn(day)
        stage.sync()
        figures.append(
            Figure(
                name=f"closing transaction, {name}, {_WHOLE:,} trials by proportion",
                figure=store.took * _WHOLE / count,
                unit="s",
                bar=Bar(5, of="figure"),
                note=f"{store.took:.3g} s at {count:,}",
            )
        )
    stage.close()
    return figures
