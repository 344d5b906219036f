"""Accepting a large run: how long it keeps others from writing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, select

from benchmarks.figures import Bar, Figure, Size
from benchmarks.registry import Held
from benchmarks.stage import SEARCH, Stage, days
from tracker.model.upkeep import Lease
from tracker.store import Store
from tracker.store import tables as t

NAME = "closing"
_WHOLE = 600_000


class Timed(Store):
    """A store that notes how long the transaction took in which a run began to count, and the longest one beside it."""

    counting = 0.0
    beside = 0.0
    settling = False

    @contextmanager
    def writing(self, lease: Lease | None = None) -> Iterator[Connection]:
        """A transaction that writes."""
        began, before = time.perf_counter(), self.settling
        with super().writing(lease) as connection:
            yield connection
            begun = select(t.runs.c.id).where(t.runs.c.accepting == "settling")
            self.settling = connection.scalar(begun) is not None
        took = time.perf_counter() - began
        if self.settling and not before:
            self.counting = took
        else:
            self.beside = max(self.beside, took)


def measure(size: Size, folder: Path) -> list[Figure]:
    """A first load and an unchanged day. The transaction that counts grows with the run: its bar holds by proportion."""
    count = {"tiny": 12, "usual": 10_000, "large": 100_000}[size]
    first, second = days(2)
    stage = Stage(folder, Held(count=count, first_day=first, day=first, edit="stamped"), SEARCH)
    stage.store.close()
    stage.store = store = Timed.open(stage.settings.store_url)
    figures = []
    for name, day in (("first load", first), ("unchanged day", second)):
        stage.turn(day)
        store.beside = 0.0
        stage.sync()
        figures += [
            Figure(
                name=f"closing transaction, {name}, {_WHOLE:,} trials by proportion",
                figure=store.counting * _WHOLE / count,
                unit="s",
                bar=Bar(5, of="figure"),
                note=f"{store.counting:.3g} s at {count:,}",
            ),
            Figure(
                name=f"longest other transaction, {name}, {count:,} trials",
                figure=store.beside,
                unit="s",
                bar=Bar(5, of="figure"),
            ),
        ]
    stage.close()
    return figures
