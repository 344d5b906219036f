"""A day on which nothing changed, through the whole sync into SQLite, and what its calendar reads."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType

from benchmarks import studies
from benchmarks.figures import Bar, Figure, Size
from benchmarks.measuring import best, cpu
from benchmarks.registry import Held
from benchmarks.rows.verdict import floor
from benchmarks.stage import Stage, days
from tracker.model.source import Document, Parsed, Source
from tracker.sources.ctgov import ClinicalTrialsGov

NAME = "passing"


class Counting(ClinicalTrialsGov):
    """ClinicalTrials.gov, and how many documents were parsed."""

    parsed = 0

    def parse(self, document: Document) -> Parsed:
        """The record of one study."""
        self.parsed += 1
        return super().parse(document)


def measure(size: Size, folder: Path) -> list[Figure]:
    """The first pass of a day, one later on it, and the records that a day's calendar reads."""
    count = 8 if size == "tiny" else len(studies.originals())
    dates = days(3)
    stage = Stage(folder, Held(count=count, first_day=dates[0], day=dates[0]))
    counting = Counting()
    stage.sources = _with(stage.sources, counting)
    stage.sync()
    stage.held.edit = "stamped"
    stage.turn(dates[1])
    stage.sync()  # the pass after the first load has more to do, once
    figures = []
    for name, day, bar in (("first pass of a day", dates[2], Bar(5.0)), ("later on the day", None, None)):
        if day:
            stage.turn(day)
        counting.parsed = 0
        took = cpu(partial(stage.sync, full=not day))
        figures.append(
            Figure(
                name=f"unchanged, {name}, whole sync",
                figure=took / count * 1e6,
                unit="µs/study",
                floor=best(lambda: floor(list(stage.bodies.values()))) / count * 1e6,
                floor_is="as for the verdict",
                bar=bar,
                note=f"{counting.parsed:,} of {count:,} records were parsed",
            )
        )
    stage.close()
    return figures


def _with(every: Mapping[str, Source], source: Source) -> Mapping[str, Source]:
    return MappingProxyType({**every, source.info.key: source})
