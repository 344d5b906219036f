"""What an event is proved by: the bytes of both versions as they were served, and every event of that step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import get_args

import msgspec

from tracker.errors import UsageError
from tracker.model.event import Event, EventFilter
from tracker.model.ids import split_key
from tracker.model.snapshot import SnapshotMeta
from tracker.model.source import Document, Source, SourceInfo, Validators
from tracker.model.vocabulary import CALENDAR_KINDS, ListingKind
from tracker.store import Store

_WITHOUT_EARLIER = frozenset((*get_args(ListingKind), *CALENDAR_KINDS))
"""Kinds of events that come from one version alone."""


class ServedVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A version and its bytes; ``validators`` only where the registry's are kept, which is of the current version."""

    meta: SnapshotMeta
    document: Document
    validators: Validators | None = None


class EventEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a trial from a version to the next. ``before`` is None for what has no earlier version."""

    trial: str
    info: SourceInfo
    events: tuple[Event, ...]
    before: ServedVersion | None
    after: ServedVersion


def evidence(store: Store, sources: Mapping[str, Source], trial: str, event: str | None) -> EventEvidence:
    """The step that an event comes from, or the latest one. Raises UsageError."""
    log = list(store.log(EventFilter(trials=frozenset({trial}))))
    versions = store.timeline(trial)
    if not versions and not log:
        raise UsageError(f"Nothing is stored of {trial}.", remedy="`tracker list` shows what is followed.")
    chosen = _named(store, trial, event) if event else _latest(trial, log)
    told = tuple(one for one in log if _pair(one) == _pair(chosen)) or (chosen,)
    old, new = _pair(chosen)
    after, before = _found(versions, new, chosen), _found(versions, old, chosen)
    if after is not None and old is not None and old != new:
        before = _before(versions, after, old) or before
    if after is None or (before is None and (old is not None or chosen.kind not in _WITHOUT_EARLIER)):
        which = "later" if after is None else "earlier"
        raise UsageError(
            f"The bytes of the {which} version that event {chosen.id} comes from are not kept any more.",
            remedy="A backup from before they were removed has them.",
        )
    return EventEvidence(
        trial=trial,
        info=sources[split_key(trial).source].info,
        events=told,
        before=_served(store, trial, before) if before is not None and before.id != after.id else None,
        after=_served(store, trial, after),
    )


def _named(store: Store, trial: str, event: str) -> Event:
    found = store.event(event)
    if found is None:
        raise UsageError(f"There is no event {event}.", remedy=f"`tracker changes --trial {trial} --json` has the ids.")
    if found.trial != trial:
        raise UsageError(f"Event {event} is of {found.trial}, not of {trial}.", remedy=f"tracker evidence {found.trial}")
    if not found.evidence.new:
        raise UsageError(
            f"Event {event} ({found.kind}) comes from no stored version.", remedy="Events of a record's changes have evidence."
        )
    return found


def _latest(trial: str, log: Sequence[Event]) -> Event:
    """The last event that compares two versions."""
    compared = [one for one in log if one.evidence.old and one.evidence.new and one.evidence.old != one.evidence.new]
    if not compared:
        raise UsageError(
            f"Nothing has changed in {trial} since it is followed: there is no event to prove.",
            remedy=f"`tracker show {trial}` shows what is kept.",
        )
    return compared[-1]


def _pair(event: Event) -> tuple[str | None, str | None]:
    return event.evidence.old, event.evidence.new


def _found(versions: Sequence[SnapshotMeta], named: str | None, event: Event) -> SnapshotMeta | None:
    """The version with these bytes; of several the one that the event was first seen in."""
    same = [version for version in versions if f"sha256:{version.sha256}" == named]
    return next((version for version in same if version.first_seen_at == event.seen_between[1]), same[-1] if same else None)


def _before(versions: Sequence[SnapshotMeta], after: SnapshotMeta, named: str) -> SnapshotMeta | None:
    """The last version with these bytes in front of another."""
    place = next(place for place, version in enumerate(versions) if version.id == after.id)
    return next((version for version in reversed(versions[:place]) if f"sha256:{version.sha256}" == named), None)


def _served(store: Store, trial: str, meta: SnapshotMeta) -> ServedVersion:
    known, _ = next(store.current_documents([trial]), (None, None))
    is_current = known is not None and known.current is not None and known.current.id == meta.id
    return ServedVersion(
        meta=meta, document=store.document(meta.id), validators=known.validators if known and is_current else None
    )
