"""Memory and writing over the size of a registry: the command as it is called, a process each."""

from __future__ import annotations

from pathlib import Path

from benchmarks.figures import Bar, Figure, Size
from benchmarks.measuring import Cost, environ, run, tracker
from benchmarks.registry import Edit, Held, Served
from benchmarks.stage import SEARCH, configure, days
from tracker import clock
from tracker.store import migrate

NAME = "growing"
_COUNTS: dict[Size, tuple[int, ...]] = {"tiny": (12,), "usual": (1_000, 10_000), "large": (1_000, 10_000, 100_000)}
_MB = 1024 * 1024
_FLAT = Bar(150, of="figure")


def measure(size: Size, folder: Path) -> list[Figure]:
    """A first load, an unchanged day, one on which every record moved quietly, and what reads all."""
    figures: list[Figure] = []
    for count in _COUNTS[size]:
        at = folder / str(count)
        at.mkdir()
        figures += _grown(at, count, few=size == "tiny")
    return figures


def _grown(folder: Path, count: int, *, few: bool = False) -> list[Figure]:
    first, second, third, fourth = days(4)
    figures: list[Figure] = []
    with Served(Held(count=count, first_day=first, day=first, edit="stamped")) as served:
        migrate(configure(folder, SEARCH, served.url).store_url, now=clock.now())
        config = ("--config", folder / "config.toml")

        def note(what: str, cost: Cost, *, written: bool = False) -> None:
            figures.append(
                Figure(
                    name=f"{what}, {count:,} trials",
                    figure=cost.peak_mb,
                    unit="MB",
                    bar=_FLAT,
                    note=f"{cost.cpu:.3g} s of processor time, {cost.written / _MB:.3g} MB written",
                )
            )
            if written:
                bar = Bar(10 * count / 10_000, of="figure") if count >= 1_000 else None
                figures.append(Figure(name=f"{what}, {count:,} trials, written", figure=cost.written / _MB, unit="MB", bar=bar))

        def synced(day: str, edit: Edit) -> Cost:
            served.show(day, edit, count)
            return run(tracker("sync", *config), folder=folder, environ=environ(), expected=(0, 3))

        note("first load, printed", synced(first, "stamped"))
        if few:
            return figures
        synced(second, "stamped")
        note("unchanged day", synced(third, "stamped"), written=True)
        note("each record moved quietly", synced(fourth, "verified"))
        for name, arguments in (
            ("list", ("list",)),
            ("changes", ("changes",)),
            ("export trials", ("export", "--table", "trials")),
        ):
            note(name, run(tracker(*arguments, *config), folder=folder, environ=environ()))
    return figures
