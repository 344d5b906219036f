"""A whole registry as one watch: the first load, a day and the sweep, against the pace of its requests."""

from __future__ import annotations

from pathlib import Path

from benchmarks.figures import Bar, Figure, Size
from benchmarks.measuring import Cost, environ, run, tracker
from benchmarks.registry import Edit, Held, Served
from benchmarks.stage import configure, days
from tracker import clock
from tracker.store import migrate

NAME = "registry"
_COUNTS: dict[Size, int] = {"tiny": 12, "usual": 5_000, "large": 50_000}
_PAGE = 1_000
_PACE = 0.8
"""Requests a second that the registry is asked at."""
_UPDATED = 0.005
"""The share of a registry that is updated on a day."""
_FLOOR = "its requests at 0.8 a second, and nothing else"


def measure(size: Size, folder: Path) -> list[Figure]:
    """The command as it is called, without a pace: what it takes beside the waiting."""
    count = _COUNTS[size]
    updated = max(1, round(_UPDATED * count))
    first, second = days(2)
    figures: list[Figure] = []
    with Served(Held(count=count, first_day=first, day=first, edit="stamped")) as served:
        migrate(configure(folder, "everything = true", served.url).store_url, now=clock.now())

        def note(what: str, cost: Cost, studies: int) -> None:
            requests = 1 + -(-studies // _PAGE)
            figures.extend(
                (
                    Figure(
                        name=f"whole registry, {what}, {count:,} trials",
                        figure=cost.wall,
                        unit="s",
                        floor=requests / _PACE,
                        floor_is=_FLOOR,
                        bar=Bar(1.1) if size == "large" else None,
                        note=f"{cost.cpu:.3g} s of processor time, {cost.written / 1e6:.3g} MB written",
                    ),
                    Figure(
                        name=f"whole registry, {what}, {count:,} trials, memory",
                        figure=cost.peak_mb,
                        unit="MB",
                        bar=Bar(150, of="figure"),
                    ),
                )
            )

        def synced(day: str, edit: Edit, edited: int) -> Cost:
            served.show(day, edit, edited)
            return run(tracker("sync", "--json", *config), folder=folder, environ=environ(), expected=(0, 3))

        config = ("--config", folder / "config.toml")
        note("first load", synced(first, "stamped", 0), count)
        note("a day", synced(second, "amended", updated), updated)
    return figures
