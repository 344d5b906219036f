"""Versions of the past on their way into the database: staged as they come, numbered where we saw them, then compared."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Collection, Generator, Iterable, Mapping
from contextlib import contextmanager, suppress
from typing import Protocol

import msgspec

from tracker.detect.past import SeenVersion, moved, numbered_by_day, place, seen_as, valid_times
from tracker.errors import SourceError
from tracker.model.history import RecordHistory, RegistryVersion
from tracker.model.run import OpenRun, RunCounts
from tracker.model.snapshot import SnapshotMeta
from tracker.model.source import Dated, Document, Historic, Source
from tracker.model.staging import Batch, StagedSnapshot
from tracker.model.upkeep import Lease
from tracker.model.watch import Watch
from tracker.replay import ReplayJob
from tracker.replay.work import replay_trials
from tracker.store import Store
from tracker.store.processes import holder_name
from tracker.sync.lease_keeper import LeaseKeeper

LEASE_FOR = dt.timedelta(minutes=10)

Clock = Callable[[], dt.datetime]


class PastSource(Historic, Source, Protocol):
    """A source whose registry keeps earlier versions of its records."""


class _Cursor(msgspec.Struct, frozen=True):
    """What a backfill that is under way was asked, and when it began."""

    asked: str
    after: str = ""
    began: dt.datetime | None = None


class Keeper:
    """Writes the past of one source's trials under its lease; one run after the other, each made to count as a whole."""

    def __init__(self, store: Store, source: PastSource, job: ReplayJob, clock: Clock, lease: Lease) -> None:
        self.store, self.source, self.clock = store, source, clock
        self._job, self._lease = job, lease
        self._run: OpenRun | None = None
        self._cursor = ""
        self._numbered: list[int] = []
        self._since: dict[int, dt.datetime] = {}

    def begin(self, asked: str) -> dt.datetime:
        """When the backfill began that asks this: now, or when one did that was killed and is taken up."""
        left = self._opened().cursor
        with suppress(msgspec.MsgspecError):
            cursor = msgspec.json.decode(left or "", type=_Cursor)
            if cursor.asked == asked and cursor.began is not None:
                self._cursor = left or ""
                return cursor.began
        began = self.clock()
        self._cursor = msgspec.json.encode(_Cursor(asked=asked, began=began)).decode()
        self.store.note_cursor(self._lease, self._opened().run.id, self._cursor)
        return began

    def _opened(self) -> OpenRun:
        if self._run is None:
            self.store.complete_acceptance(self._lease, self.source.info.key, "backfill")
            self._run = self.store.open_run(self._lease, self.source.info.key, self.clock(), None, "backfill")
            if self._cursor:
                self.store.note_cursor(self._lease, self._run.run.id, self._cursor)
        return self._run

    def stored(self, trial: str) -> list[SnapshotMeta]:
        """All versions of a trial that are kept or on their way."""
        return [*self.store.timelines([trial])[trial], *self.store.staged_versions(self._opened().run.id, trial)]

    def seen(self, metas: Iterable[SnapshotMeta]) -> list[SeenVersion]:
        """The versions among these that we saw ourselves and that can be read."""
        return self.read(meta for meta in metas if meta.origin == "live")

    def read(self, metas: Iterable[SnapshotMeta]) -> list[SeenVersion]:
        """Those of these versions that can be read."""
        found = []
        for meta in metas:
            document = self.store.document(meta.id)
            with suppress(SourceError):
                record = self.source.as_past(self.source.parse(document).record)
                found.append(SeenVersion(meta=meta, record=record, updated=self.updated(document)))
        return found

    def updated(self, document: Document) -> dt.date | None:
        """The day of a document's last update by its own word."""
        stated = self.source.stated_dates(document).last_update_submitted if isinstance(self.source, Dated) else None
        return dt.date.fromisoformat(stated) if stated else None

    def keep(
        self, document: Document, version: RegistryVersion, times: Mapping[int, dt.datetime], seen: list[SeenVersion]
    ) -> bool:
        """Keep one version: as a further one, or by its number alone where we saw it ourselves; whether it is a further one.

        Raises AnswerError for one that cannot be read.
        """
        record = self.source.as_past(self.source.parse(document).record)
        same = seen_as(version, record, seen, {when.date() for when in times.values()})
        if same is not None:
            if same.meta.registry_version is None:
                self.number(same.meta, version.number)
                self._numbered.append(same.meta.id)
                numbered = msgspec.structs.replace(same.meta, registry_version=version.number)
                seen[seen.index(same)] = msgspec.structs.replace(same, meta=numbered)
            return False
        self.stage(document, place(version, times[version.number], seen), version.number, document.fetched_at)
        return True

    def dated(self, meta: SnapshotMeta, since: dt.datetime) -> None:
        """Note since when the registry had a version that we saw, to be written when it is known that the order stays."""
        self._since[meta.id] = since

    def number(self, meta: SnapshotMeta, number: int | None) -> None:
        """Note that a version which is kept has this number, unless it has one or there is none to give."""
        if number is not None and meta.registry_version is None:
            self.store.number_version(self._lease, meta.id, number)

    def recognise(self, trial: str, history: RecordHistory) -> None:
        """Give the versions that we saw the numbers and times that the index has for their days."""
        times = valid_times(history)
        since: dict[int, dt.datetime] = {}
        for snapshot, number in numbered_by_day(history, self.seen(self.stored(trial))).items():
            self.store.number_version(self._lease, snapshot, number)
            since[snapshot] = times[number]
        self.store.move_versions(self._lease, moved(self.store.timelines([trial])[trial], since))

    def stage(self, document: Document, valid_from: dt.datetime, number: int | None, seen_at: dt.datetime) -> None:
        """Put one version on its way."""
        staged = StagedSnapshot(
            document=document,
            sha256=hashlib.sha256(document.body).hexdigest(),
            digest=self.source.digest(document),
            digest_version=self.source.info.digest_version,
            seen_at=seen_at,
            valid_from=valid_from,
            registry_version=number,
        )
        self.store.stage(self._lease, self._opened().run.id, Batch(snapshots=(staged,)), self.clock())

    def drop(self, trial: str) -> None:
        """Take back what is on its way of a trial."""
        self.store.drop_versions(self._lease, self._opened().run.id, trial)
        for snapshot in self._numbered:
            self.store.number_version(self._lease, snapshot, None)
        self._numbered = []

    def done(self) -> None:
        """What is on its way of a trial stays: its index was the same before and after."""
        self._numbered = []

    def is_past(self, trial: str) -> bool:
        """Whether versions of the past are kept of a trial, or on their way."""
        return any(meta.origin == "backfill" for meta in self.stored(trial))

    def is_on_its_way(self, trial: str) -> bool:
        """Whether versions of a trial are on their way: a backfill that was killed left them, or this one."""
        return bool(self.store.staged_versions(self._opened().run.id, trial))

    def settle(self, trials: list[str]) -> dict[str, int]:
        """Make what is on its way count, and add to the change log what it tells; gives the events added by trial."""
        self._accept(RunCounts(checked=len(trials)))
        stored = self.store.histories(trials)
        for trial in trials:
            if trial in stored:
                metas = self.store.timelines([trial])[trial]
                times = valid_times(stored[trial].history)
                since = {meta.id: times[meta.registry_version] for meta in metas if meta.registry_version in times}
                self._since |= since
            self.store.move_versions(self._lease, moved(self.store.timelines([trial])[trial], self._since))
        added: dict[str, int] = {}
        gone: list[str] = []
        for found in replay_trials(self._job, tuple(trials)):
            if found.missing:
                batch = Batch(events=found.missing, stories=found.stories)
                self.store.stage(self._lease, self._opened().run.id, batch, self.clock())
            gone += [event.id for event in found.superseded]
            added[found.trial] = len(found.missing)
        self._accept(RunCounts(events=sum(added.values())))
        self.store.drop_events(self._lease, gone)
        self._since = {}
        return added

    def _accept(self, counts: RunCounts) -> None:
        if self._run is not None:
            self.store.accept(self._lease, self._run.run.id, self.clock(), counts)
            self._run = None

    def end(self) -> None:
        """The backfill is done: the next one begins anew."""
        self._accept(RunCounts())


@contextmanager
def keeping(store: Store, source: PastSource, job: ReplayJob, clock: Clock) -> Generator[Keeper, None, None]:
    """Write the past of a source's trials; a replay of the same source waits meanwhile, and the other way about.

    Raises LeaseHeldError where one is at work.
    """
    lease = store.acquire_lease(f"replay:{source.info.key}", holder_name(), clock(), LEASE_FOR)
    try:
        with LeaseKeeper(lambda: store.renew_lease(lease, clock(), LEASE_FOR)):
            yield Keeper(store, source, job, clock, lease)
    finally:
        store.release_lease(lease, clock())


def followed(store: Store, watch: str | None = None) -> frozenset[str]:
    """The trials that a watch follows, or any watch, by key."""
    return frozenset(member.trial for member in store.memberships() if watch in (None, member.watch))


def named_kinds(store: Store, watches: Iterable[Watch], trials: Collection[str]) -> dict[str, tuple[str, ...]]:
    """By trial the kinds of change that the watches which follow it name."""
    named = {watch.name: watch.kinds for watch in watches}
    following = store.watches_of(trials)
    return {trial: tuple(kind for watch in following[trial] for kind in named.get(watch, ())) for trial in trials}
