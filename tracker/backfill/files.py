"""Versions that somebody fetched otherwise become part of a trial's past; nobody is asked for anything."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import cast

import msgspec

from tracker.backfill.keeping import Clock, Keeper, PastSource, keeping
from tracker.backfill.reading import Item, Trouble
from tracker.detect.past import SeenVersion, differences, valid_times
from tracker.errors import SourceError
from tracker.model.ids import split_key
from tracker.model.record import TrialRecord
from tracker.model.snapshot import SnapshotMeta
from tracker.model.source import Dated, Document, Historic, Source
from tracker.replay import ReplayJob
from tracker.store import Store


class Imported(msgspec.Struct, kw_only=True):
    """What came of files: versions that were ``stored``, those that were ``known``, the ``events`` added, and all troubles."""

    stored: int = 0
    known: int = 0
    events: int = 0
    troubles: list[Trouble] = []
    trials: dict[str, int] = {}


class _Version(msgspec.Struct, frozen=True, kw_only=True):
    """A version from a file: its document and record, its number where it says one, its day, and when it was seen."""

    name: str
    document: Document
    record: TrialRecord
    day: dt.date
    number: int | None
    seen_at: dt.datetime | None

    @property
    def order(self) -> tuple[dt.date, int, dt.datetime]:
        """By day; within one, by number and by when it was seen."""
        never = dt.datetime.min.replace(tzinfo=dt.UTC)
        return self.day, -1 if self.number is None else self.number, self.seen_at or never


def import_versions(
    store: Store,
    sources: Mapping[str, Source],
    job: ReplayJob,
    clock: Clock,
    found: Iterable[Item | Trouble],
    trials: Collection[str],
) -> Imported:
    """Keep the versions of these trials that were found; what is odd, of another trial or not readable is named."""
    historic = {key: cast(PastSource, source) for key, source in sources.items() if isinstance(source, Historic)}
    imported = Imported()
    by_trial: dict[str, list[_Version]] = defaultdict(list)
    for item in found:
        read = item if isinstance(item, Trouble) else _read(item, historic, trials, clock())
        if isinstance(read, Trouble):
            imported.troubles.append(read)
        else:
            by_trial[read.document.trial].append(read)
    for key in sorted({split_key(trial).source for trial in by_trial}):
        with keeping(store, historic[key], job, clock) as keeper:
            keeper.begin("files")
            own = sorted(trial for trial in by_trial if split_key(trial).source == key)
            for trial in own:
                imported.trials[trial] = _Trial(keeper, trial, imported).keep(by_trial.pop(trial))
            imported.events += sum(keeper.settle(own).values())
            keeper.end()
    return imported


def _read(item: Item, sources: Mapping[str, PastSource], trials: Collection[str], now: dt.datetime) -> _Version | Trouble:
    sniffed = ((source, source.sniff(item.body)) for source in sources.values())
    source, trial = next(((source, trial) for source, trial in sniffed if trial), (None, None))
    if source is None or trial is None:
        return Trouble(name=item.name, what="it is no record of a registry whose history is kept")
    if trial not in trials:
        return Trouble(name=item.name, what=f"it is of {trial}, which was not asked for")
    document = _document(item, source, trial, now)
    try:
        record = source.as_past(source.parse(document).record)
        number = source.version_number(document)
    except SourceError as error:
        return Trouble(name=item.name, what=error.message)
    if number is not None:
        document = msgspec.structs.replace(document, url=source.version_address(trial, number))
    day = record_day(source, document)
    if day is None:
        return Trouble(name=item.name, what="it does not say when it was last updated")
    return _Version(name=item.name, document=document, record=record, day=day, number=number, seen_at=item.seen_at)


def _document(item: Item, source: PastSource, trial: str, now: dt.datetime) -> Document:
    seen_at = item.seen_at or now
    return Document(
        source=source.info.key,
        trial=trial,
        url=f"file:{item.name}",
        body=item.body,
        content_type="application/json",
        fetched_at=seen_at,
        as_of=seen_at,
    )


def record_day(source: PastSource, document: Document) -> dt.date | None:
    """The day of a document's last update by its own word."""
    stated = source.stated_dates(document).last_update_submitted if isinstance(source, Dated) else None
    return dt.date.fromisoformat(stated) if stated else None


class _Trial:
    """The versions of one trial: those that are kept, and those of files on their way in."""

    def __init__(self, keeper: Keeper, trial: str, imported: Imported) -> None:
        self._keeper, self._trial, self._imported = keeper, trial, imported
        stored = keeper.store.histories([trial])
        self._times = valid_times(stored[trial].history) if trial in stored else {}
        metas = keeper.stored(trial)
        self._kept = keeper.read(metas)
        self._latest = max((meta.valid_from for meta in metas), default=None)

    def keep(self, found: list[_Version]) -> int:
        """Keep what is not kept yet; gives how many versions were."""
        stored = 0
        names: dict[int, str] = {}
        for version in sorted(found, key=lambda one: one.order):
            same = self._same(version)
            if same is not None:
                self._imported.known += 1
                if same.id in names:
                    what = f"it is the same version as {names[same.id]}"
                    self._imported.troubles.append(Trouble(name=version.name, what=what))
                self._keeper.number(same, version.number)
                if same.origin == "live":
                    self._keeper.dated(same, dt.datetime.combine(version.day, dt.time(), dt.UTC))
                continue
            names[self._stage(version)] = version.name
            stored += 1
        self._imported.stored += stored
        return stored

    def _same(self, version: _Version) -> SnapshotMeta | None:
        for one in self._kept:
            if version.number is not None and one.meta.registry_version is not None:
                if version.number == one.meta.registry_version:
                    return one.meta
            elif one.updated == version.day and not differences(version.record, one.record):
                return one.meta
        return None

    def _stage(self, version: _Version) -> int:
        when = self._times.get(version.number) if version.number is not None else None
        when = when or dt.datetime.combine(version.day, dt.time(), dt.UTC)
        taken = {one.meta.valid_from for one in self._kept if one.updated == version.day}
        if when in taken and version.number is None and version.seen_at is not None:
            when = max(when, version.seen_at)  # the registry changed it without a new version
        while when in taken:
            when += dt.timedelta(seconds=1)
        self._keeper.stage(version.document, when, version.number, version.document.fetched_at)
        [meta] = [one for one in self._keeper.stored(self._trial) if one.valid_from == when and one.origin == "backfill"][-1:]
        self._kept.append(SeenVersion(meta=meta, record=version.record, updated=version.day))
        return meta.id
