"""What one worker does: read the stored versions of some trials and run today's rules over them.

A worker is a process of this machine or of another one. It opens the database itself, for reading, and gives values back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime

import msgspec

from tracker import __version__, sources
from tracker.archive.names import Names
from tracker.detect import kept
from tracker.detect.replay import Level, Replayed, replay
from tracker.errors import SourceError, StoreError
from tracker.events import TrialContext
from tracker.geo.watched import named_countries
from tracker.model.event import Event
from tracker.model.ids import split_key
from tracker.model.page_site import PageSite
from tracker.model.record import TrialRecord
from tracker.model.snapshot import SnapshotMeta
from tracker.model.source import FollowsCalendar, Historic, Source
from tracker.model.vocabulary import Severity
from tracker.model.watch import Watch
from tracker.store import Store


class ReplayJob(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker must know beside the trials: where the versions are, and what the configuration says."""

    store_url: str
    version: str
    watches: tuple[Watch, ...] = ()
    page_sites: tuple[PageSite, ...] = ()
    severities: Mapping[str, Severity] = {}
    since: datetime | None = None


def job_of(
    store_url: str,
    watches: Iterable[Watch],
    severities: Mapping[str, Severity],
    since: datetime | None = None,
    page_sites: tuple[PageSite, ...] = (),
) -> ReplayJob:
    """A job by a configuration. Of a watch goes along what events depend on: its lists may be long, and go with every task."""
    needed = tuple(
        Watch(name=one.name, search=one.search, query=one.query, near=one.near, kinds=one.kinds, labels=one.labels)
        for one in watches
    )
    return ReplayJob(
        store_url=store_url,
        version=__version__,
        watches=needed,
        page_sites=page_sites,
        severities=severities,
        since=since,
    )


def replay_trials(job: ReplayJob, trials: tuple[str, ...]) -> tuple[Replayed, ...]:
    """Today's rules over these trials. Raises StoreError where the worker runs another version of the program."""
    if job.version != __version__:
        raise StoreError(f"a worker runs version {__version__} of the tracker, this command {job.version}.")
    with Store.open(job.store_url, reading=True) as store:
        return tuple(_replayed(store, job, trials))


def _replayed(store: Store, job: ReplayJob, trials: tuple[str, ...]) -> Iterator[Replayed]:
    known = sources.load(job.page_sites)
    names = Names(job.watches, known)
    timelines, logged, following = store.timelines(trials), store.past_events(trials), store.watches_of(trials)
    for trial in trials:
        timeline = timelines[trial]
        source = known[split_key(trial).source]
        watches = [watch for watch in job.watches if watch.name in following[trial]]
        reader = _Reader(store, source)

        def context(record: TrialRecord, past: tuple[Event, ...]) -> TrialContext:
            return TrialContext(
                source=source.info,  # noqa: B023 - called before the next trial's turn
                label=names.name(record),
                tracking_since=timeline[0].first_seen_at,  # noqa: B023
                registered_at=timeline[0].valid_from if timeline[0].registry_version == 0 else None,  # noqa: B023
                past=past,
                near={watch.name: watch.near for watch in watches if watch.near},  # noqa: B023
                countries={watch.name: named_countries(watch) for watch in watches},  # noqa: B023
                named=frozenset(kind for watch in watches for kind in watch.kinds),  # noqa: B023
                overrides=job.severities,
            )

        level = reader.as_told if isinstance(source, FollowsCalendar) else leveller(source)
        yield replay(trial, timeline, reader.read, logged.get(trial, ()), context, job.since, level)


def leveller(source: Source) -> Level:
    """Makes a version of the source's history and one that we saw comparable: what only one of them can say is left out."""

    def level(old: SnapshotMeta, before: TrialRecord, new: SnapshotMeta, after: TrialRecord) -> tuple[TrialRecord, TrialRecord]:
        if not isinstance(source, Historic) or source.is_past(old.url) == source.is_past(new.url):
            return before, after
        return source.as_past(before), source.as_past(after)

    return level


class _Reader:
    """Reads the versions of one trial with today's parser."""

    def __init__(self, store: Store, source: Source) -> None:
        self._store, self._source = store, source

    def read(self, meta: SnapshotMeta) -> TrialRecord | None:
        """The record as it was believed when it came; None for one that cannot be read."""
        return self._read(meta, meta.first_seen_at)

    def as_told(
        self, old: SnapshotMeta, before: TrialRecord, _new: SnapshotMeta, after: TrialRecord
    ) -> tuple[TrialRecord, TrialRecord]:
        """Two versions that follow the calendar, the old one as last seen: its turns until then were told on their days."""
        return self._read(old, old.last_seen_at) or before, after

    def _read(self, meta: SnapshotMeta, at: datetime) -> TrialRecord | None:
        try:
            record = self._parse(meta.id, at)
        except SourceError:
            return None
        earlier = {}
        for field in meta.kept:
            with suppress(SourceError):
                earlier[field.snapshot] = self._parse(field.snapshot, at)
        return kept.restored(record, meta.kept, earlier)

    def _parse(self, snapshot: int, at: datetime) -> TrialRecord:
        document = self._store.document(snapshot)
        if isinstance(self._source, FollowsCalendar):
            document = msgspec.structs.replace(document, as_of=at)
        return self._source.parse(document).record
