"""One pass: ask each source, decide what its answers mean, stage, judge, accept. It does not know who called it.

    source -> fetch -> parse -> record -> compare -> events -> alerts -> staged -> health -> accepted

`source_run` does this for one source; this module does it for all, each in a thread of its own because each has a host of
its own. What the page sites answer is judged after what the registries do, whose records they repeat.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Literal

import msgspec

from tracker.clock import Clock
from tracker.config import Settings
from tracker.detect.listing import search_for
from tracker.model.run import RunCounts
from tracker.model.source import Source, Whole
from tracker.model.watch import WatchChanges
from tracker.store import Store
from tracker.store.processes import holder_name
from tracker.sync.due import Progress
from tracker.sync.garbage import rarely_collected
from tracker.sync.linked import follow_linked
from tracker.sync.source_run import Binder, SourceReport, SourceRun, no_progress

__all__ = ["Binder", "Progress", "SourceReport", "SyncReport", "needed", "no_progress", "sync"]

SyncState = Literal["done", "partly", "failed", "stopped"]


class SyncReport(msgspec.Struct, frozen=True, kw_only=True):
    """What one pass did, over all sources."""

    sources: tuple[SourceReport, ...]
    watches: tuple[WatchChanges, ...] = ()

    @property
    def accepted_runs(self) -> tuple[int, ...]:
        """The runs that were accepted, in the order in which the sources were asked: their events are in the change log."""
        return tuple(one.run for one in self.sources if one.state == "accepted" and one.run is not None)

    @property
    def events(self) -> int:
        """How many events were accepted."""
        return sum(source.events for source in self.sources)

    @property
    def state(self) -> SyncState:
        """done; partly: a source or trial failed, a run is held or was cut short; failed: nothing could be read; stopped."""
        if any(source.state == "stopped" for source in self.sources):
            return "stopped"
        if self.sources and all(source.in_vain for source in self.sources):
            return "failed"
        return "done" if all(source.clean for source in self.sources) else "partly"

    @property
    def errors(self) -> tuple[str, ...]:
        """What failed as a whole, a sentence each: a source, a run that is held, or a search."""
        found = [f"{source.title}: {source.error}" for source in self.sources if source.state in ("failed", "held")]
        found += [f"{source.title}: {source.cut_short}" for source in self.sources if source.cut_short]
        found += [
            f"{failure.subject}: {failure.error}" for source in self.sources for failure in source.failures if failure.watch
        ]
        return tuple(found)

    @property
    def counts(self) -> RunCounts:
        """The sum over all sources."""
        totals = {
            name: sum(getattr(source.counts, name) or 0 for source in self.sources) for name in RunCounts.__struct_fields__
        }
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
    A fetcher that raises StoppedError or PassLimitError ends the pass early: what was staged is kept, what was read counts.
    """
    homes_read = threading.Event()
    changes = store.sync_watches(settings.watches, {channel.name for channel in settings.channels}, clock())
    for change in changes.values():
        if change.joined and not change.created:
            store.add_note(change.watch, _added_by_hand(change), clock())
    follow_linked(settings, store, sources, clock)
    runs = [
        SourceRun(
            settings=settings,
            store=store,
            source=source,
            sources=sources,
            fetcher=fetcher,
            clock=clock,
            holder=holder_name(),
            only=frozenset(only),
            full=full,
            progress=progress,
            stop=stop,
            homes_read=homes_read,
        )
        for source in needed(settings, store.members().sources, sources)
    ]
    with rarely_collected():
        reports = _side_by_side(runs, homes_read)
    return SyncReport(sources=tuple(reports), watches=tuple(changes.values()))


def _added_by_hand(change: WatchChanges) -> str:
    count = "1 trial was" if len(change.joined) == 1 else f"{len(change.joined):,} trials were"
    return f"{count} added to watch “{change.watch}” by hand."


def needed(settings: Settings, followed: Collection[str], sources: Mapping[str, Source]) -> list[Source]:
    """The enabled sources that have a followed trial, or list a search; those that come out of files are imported."""
    used = set(followed)
    used |= {key for key, source in sources.items() for watch in settings.watches if search_for(watch, source.info)}
    used |= {
        key for key, source in sources.items() if isinstance(source, Whole) and any(one.everything for one in settings.watches)
    }
    return [
        source
        for key, source in sources.items()
        if key in used and settings.sources[key].enabled and not source.info.from_files
    ]


def _side_by_side(runs: Sequence[SourceRun], homes_read: threading.Event) -> list[SourceReport]:
    """Do them all; the reports are in order, registries first. ``homes_read`` is set when the registries are done.

    The threads are the program's own to leave: one that is to end does not wait for a host.
    """
    ordered = sorted(runs, key=lambda run: run.kind != "registry")
    reports: dict[int, SourceReport] = {}
    errors: list[BaseException] = []

    def do(place: int) -> None:
        try:
            reports[place] = ordered[place].run()
        except BaseException as error:
            errors.append(error)

    threads = [
        threading.Thread(target=do, args=(place,), name=f"source-{run.source.info.key}", daemon=True)
        for place, run in enumerate(ordered)
    ]
    for thread in threads:
        thread.start()
    registries = sum(run.kind == "registry" for run in ordered)
    for thread in threads[:registries]:
        thread.join()
    homes_read.set()
    for thread in threads[registries:]:
        thread.join()
    if errors:
        raise errors[0]
    return [reports[place] for place in range(len(ordered))]
