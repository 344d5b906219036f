"""Replay and copy over the size of a database: the commands as they are called, over trials with seven versions each."""

from __future__ import annotations

from pathlib import Path

from benchmarks.figures import Bar, Figure, Size
from benchmarks.measuring import Cost, environ, run, tracker
from benchmarks.registry import Held
from benchmarks.stage import SEARCH, Stage, days

NAME = "replaying"
_COUNTS: dict[Size, tuple[int, ...]] = {"tiny": (12,), "usual": (300, 1_000, 3_000), "large": (1_000, 3_000, 10_000)}
_VERSIONS = 7
WHOLE = 4_330_000
"""Versions of a whole registry: some 620,000 trials with seven each."""


def measure(size: Size, folder: Path) -> list[Figure]:
    """How many versions each command gets through in a second of processor time, and the memory of its largest process."""
    figures: list[Figure] = []
    for count in _COUNTS[size]:
        at = folder / str(count)
        _fill(at, count)
        config = ("--config", at / "config.toml")
        for name, arguments in (("replay", ("replay",)), ("copy", ("copy", "--to", "sqlite:///copy.db"))):
            cost = run(tracker(*arguments, *config), folder=at, environ=environ())
            figures += _figures(name, count, cost)
    return figures


def _fill(folder: Path, count: int) -> None:
    """A database of so many trials, amended on each of six days."""
    first, *later = days(_VERSIONS)
    stage = Stage(folder, Held(count=count, first_day=first, day=first, edit="stamped"), SEARCH)
    stage.sync()
    for day in later:
        stage.held.edit, stage.held.edited = "amended", count
        stage.turn(day)
        stage.sync()
        for run_held in stage.store.held_runs():  # so many changes at once are not believed by themselves
            stage.store.release(run_held.id, stage.now)
    stage.close()


def _figures(name: str, count: int, cost: Cost) -> list[Figure]:
    versions = count * _VERSIONS
    of = f"{name}, {count:,} trials by {_VERSIONS} versions"
    whole = f"{WHOLE:,} versions by proportion: {WHOLE / versions * cost.cpu / 3600:.3g} h of one core"
    return [
        Figure(name=of, figure=versions / cost.cpu, unit="versions/s", note=whole),
        Figure(
            name=f"{of}, memory",
            figure=cost.peak_mb,
            unit="MB",
            bar=Bar(150, of="figure"),
            note=f"{cost.wall:.3g} s by the clock, {cost.cpu:.3g} s of processor time",
        ),
    ]
