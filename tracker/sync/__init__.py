"""One pass: ask each source, weigh each answer, stage, judge, accept. It does not know who called it.

    source -> fetch -> parse -> record -> compare -> events -> alerts -> staged -> health -> accepted

`lane` does this for one source; this module runs the lanes: registries first, then the page sites that mirror them,
each in a thread of its own because each has a host of its own.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import msgspec

from tracker.clock import Clock
from tracker.config import Settings
from tracker.model.event import Event, Story
from tracker.model.run import RunCounts
from tracker.model.source import Search, Source
from tracker.model.watch import WatchChanges
from tracker.store import Store
from tracker.sync.lane import Binder, Lane, LaneReport, Progress, no_progress
from tracker.sync.listing import search_of

__all__ = ["Binder", "LaneReport", "Progress", "SyncReport", "no_progress", "sync"]

SyncState = Literal["done", "partly", "failed"]


class SyncReport(msgspec.Struct, frozen=True, kw_only=True):
    """What one pass did, over all sources."""

    lanes: tuple[LaneReport, ...]
    watches: tuple[WatchChanges, ...] = ()

    @property
    def state(self) -> SyncState:
        """done, partly (some source or trial failed, or a run is held) or failed (nothing could be read)."""
        if self.lanes and all(lane.in_vain for lane in self.lanes):
            return "failed"
        return "done" if all(lane.clean for lane in self.lanes) else "partly"

    @property
    def events(self) -> tuple[Event, ...]:
        """Accepted events of all sources, weightiest runs first as they were run."""
        return tuple(event for lane in self.lanes for event in lane.events)

    @property
    def stories(self) -> dict[str, Story]:
        """The stories of these events by id."""
        return {story.id: story for lane in self.lanes for story in lane.stories}

    @property
    def counts(self) -> RunCounts:
        """The sum over all sources."""
        totals = {name: sum(getattr(lane.counts, name) or 0 for lane in self.lanes) for name in RunCounts.__struct_fields__}
        return RunCounts(**totals)


def sync(
    settings: Settings,
    store: Store,
    sources: Mapping[str, Source],
    fetcher: Binder,
    clock: Clock,
    *,
    only: Sequence[str] = (),
    full: bool = False,
    progress: Progress = no_progress,
    stop: Callable[[], bool] = lambda: False,
) -> SyncReport:
    """One pass over every followed trial, or those of the watches named in ``only``.

    ``full`` also asks for trials already read at the registry's present data version; ``stop`` is asked between batches.
    """
    changes = store.sync_watches(settings.watches, {channel.name for channel in settings.channels}, clock())
    for change in changes.values():
        if change.joined and not change.created:
            store.add_note(change.watch, _added_by_hand(change), clock())
    holder = f"{socket.gethostname()}:{os.getpid()}"
    lanes = [
        Lane(
            settings=settings,
            store=store,
            source=source,
            sources=sources,
            fetcher=fetcher,
            clock=clock,
            holder=holder,
            only=frozenset(only),
            full=full,
            progress=progress,
            stop=stop,
        )
        for source in _needed(settings, store, sources)
    ]
    reports = [report for kind in ("registry", "page") for report in _run(lane for lane in lanes if lane.kind == kind)]
    return SyncReport(lanes=tuple(reports), watches=tuple(changes.values()))


def _added_by_hand(change: WatchChanges) -> str:
    count = "1 trial was" if len(change.joined) == 1 else f"{len(change.joined):,} trials were"
    return f"{count} added to watch “{change.watch}” by hand."


def _needed(settings: Settings, store: Store, sources: Mapping[str, Source]) -> list[Source]:
    """The enabled sources that follow a trial or list a search."""
    used = {member.trial.partition(":")[0] for member in store.memberships()}
    used |= {key for key, source in sources.items() for watch in settings.watches if _lists(source, search_of(watch))}
    return [source for key, source in sources.items() if key in used and settings.sources[key].enabled]


def _lists(source: Source, search: Search | None) -> bool:
    return search is not None and source.info.understands(search)


def _run(lanes: Iterable[Lane]) -> list[LaneReport]:
    ready = list(lanes)
    if len(ready) <= 1:
        return [lane.run() for lane in ready]
    with ThreadPoolExecutor(max_workers=len(ready), thread_name_prefix="lane") as pool:
        return list(pool.map(Lane.run, ready))
