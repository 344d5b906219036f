"""Trials with a past: versions seen live and brought later, in any order, with the events between them as they are detected."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from itertools import pairwise

from tests.store.builders import TTL, Pass, check, day, snapshot, watch
from tests.world import study
from tracker import sources
from tracker.archive import Archive
from tracker.events import Detected
from tracker.model.history import OriginalData, RecordHistory, RegistryVersion
from tracker.model.ids import split_key
from tracker.model.run import RunCounts
from tracker.model.staging import Batch, StagedEvent, StagedSnapshot
from tracker.model.views import PlainRecord
from tracker.store import Store

NCT = "NCT00000101"
KEY = f"ctgov:{NCT}"
SOURCES = sources.load()


def moment(text: str) -> datetime:
    """The beginning of a day."""
    return datetime.combine(date.fromisoformat(text), time(), UTC)


@dataclass(frozen=True)
class Brought:
    """A version as the registry dates it: its number, its day, and what its record says other than the plain study."""

    number: int
    date: str
    changes: Mapping[str, object] = field(default_factory=dict)

    @property
    def status(self) -> str:
        return str(self.changes.get("statusModule__overallStatus", "RECRUITING"))

    def listed(self, *touched: str) -> RegistryVersion:
        return RegistryVersion(
            number=self.number,
            date=date.fromisoformat(self.date),
            recruitment_status=self.status,
            said=self.status,
            touched=touched,
        )


def said(**changes: object) -> dict[str, object]:
    """Short names for what a version says: status, completion (of the primary outcome), count."""
    paths = {"status": "statusModule__overallStatus", "count": "designModule__enrollmentInfo"}
    made: dict[str, object] = {}
    for name, value in changes.items():
        if name == "completion":
            made["statusModule__primaryCompletionDateStruct"] = {"date": value, "type": "ESTIMATED"}
        elif name == "count":
            made[paths[name]] = {"count": value, "type": "ESTIMATED"}
        else:
            made[paths.get(name, name)] = value
    return made


def archive_of(store: Store) -> Archive:
    return Archive(store=store, sources=SOURCES)


def _staged(key: str, changes: Mapping[str, object], now: datetime, brought: Brought | None = None) -> StagedSnapshot:
    number = split_key(key).number
    made = study(number, **changes)
    # Each version has bytes of its own: the registry stamps what it serves.
    made["derivedSection"] = {"miscInfoModule": {"versionHolder": now.isoformat() if brought is None else brought.date}}
    staged = snapshot(key, json.dumps(made).encode(), now)
    if brought is None:
        return staged
    values = {name: getattr(staged, name) for name in staged.__struct_fields__}
    return StagedSnapshot(**values | {"valid_from": moment(brought.date), "registry_version": brought.number})


def seen_live(store: Store, number: float, changes: Mapping[str, object], key: str = KEY) -> None:
    """A pass on a day that finds the record to say so, with its events."""
    known = bool(store.timeline(key))
    store.sync_watches([watch("lupus", *{member.trial for member in store.memberships()} | {key})], {"me"}, day(number))
    run = Pass(store, number)
    staged = _staged(key, changes, run.now)
    record = SOURCES["ctgov"].parse(staged.document).record
    run.stage(
        checks=(check(key, "changed" if known else "baseline", run.now),),
        snapshots=(staged,),
        plain={staged.version: PlainRecord(trial=key, reader="test", recruitment_status=record.recruitment_status)},
    )
    run.accept()


def backfilled(store: Store, number: float, versions: Sequence[Brought], key: str = KEY) -> None:
    """A run on a day that brings versions from the registry's history, in this order."""
    lease = store.acquire_lease("backfill", "host:1", day(number), TTL)
    opened = store.open_run(lease, "ctgov", day(number), None, "backfill")
    snapshots = tuple(_staged(key, one.changes, day(number), one) for one in versions)
    store.stage(lease, opened.run.id, Batch(checks=(check(key, "baseline", day(number)),), snapshots=snapshots), day(number))
    store.accept(lease, opened.run.id, day(number), RunCounts())
    store.release_lease(lease, day(number))


def with_events(store: Store, number: float, key: str = KEY) -> list[Detected]:
    """Stores what changed from each stored version to the next."""
    archive = archive_of(store)
    timeline = store.timeline(key)
    steps = [(old, new, archive.compare(old, new)) for old, new in pairwise(timeline)]
    lease = store.acquire_lease("backfill", "host:1", day(number), TTL)
    opened = store.open_run(lease, "ctgov", day(number), None, "backfill")
    batch = Batch(
        checks=(check(key, "baseline", day(number)),),
        events=tuple(StagedEvent(event=event, old=old.id, new=new.id) for old, new, found in steps for event in found.events),
        stories=tuple(found.story for _, _, found in steps if found.story),
    )
    store.stage(lease, opened.run.id, batch, day(number))
    store.accept(lease, opened.run.id, day(number), RunCounts())
    store.release_lease(lease, day(number))
    return [found for _, _, found in steps]


def index_read(
    store: Store, number: float, versions: Sequence[RegistryVersion], key: str = KEY, original: OriginalData | None = None
) -> None:
    """The registry's index of versions is read on a day."""
    store.keep_history(RecordHistory(trial=key, versions=tuple(versions), original=original or OriginalData()), day(number))
