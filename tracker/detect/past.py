"""How versions that a registry kept and versions that we saw make one timeline. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import pairwise

import msgspec

from tracker.compare import compare
from tracker.events.spelling import only_spelling
from tracker.model.event import Change, Event
from tracker.model.history import RecordHistory, RegistryVersion
from tracker.model.record import TrialRecord
from tracker.model.snapshot import SnapshotMeta

Told = tuple[str, tuple[str, ...], bytes, bytes]
"""What an event told of one value: its kind, the value's path, and the value before and after."""

QC_TAKES = dt.timedelta(days=45)
"""A version may be dated by when it passed the registry's review, so long after the record says it was submitted."""


class SeenVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A version that we saw ourselves. ``record`` is without what a history never says, ``updated`` its own date of update."""

    meta: SnapshotMeta
    record: TrialRecord
    updated: dt.date | None = None


def valid_times(history: RecordHistory) -> dict[int, dt.datetime]:
    """Since when each version of an index was valid: its day, and within one day each a second after the one before."""
    found: dict[int, dt.datetime] = {}
    last: dt.datetime | None = None
    for version in history.versions:
        when = version.valid_from
        if last is not None and when <= last:
            when = last + dt.timedelta(seconds=1)
        found[version.number] = last = when
    return found


def seen_as(
    version: RegistryVersion, record: TrialRecord, seen: Sequence[SeenVersion], days: Collection[dt.date]
) -> SeenVersion | None:
    """The version that we saw and that says what a version of the registry says: the first of those that fit by their dates.

    A version that has a number already is that one and no other. ``days`` are those of all versions of the index.
    """
    for one in seen:
        if one.meta.registry_version is not None:
            if one.meta.registry_version == version.number:
                return one
        elif _may_be(version, one, days) and not differences(record, one.record):
            return one
    return None


def numbered_by_day(history: RecordHistory, seen: Iterable[SeenVersion]) -> dict[int, int]:
    """The registry's numbers of versions that we saw, by id, as far as their days alone tell: where one version has that day.

    Of several looks at one version, which the registry edited in silence, the first is that version.
    """
    numbers: dict[dt.date, list[int]] = {}
    for version in history.versions:
        numbers.setdefault(version.date, []).append(version.number)
    found: dict[int, int] = {}
    last = -1
    for one in sorted(seen, key=lambda each: (each.meta.valid_from, each.meta.id)):
        number = one.meta.registry_version
        if number is None and one.updated is not None:
            listed = numbers.get(_day_in_index(one.updated, numbers) or one.updated, [])
            if len(listed) == 1 and listed[0] > last:
                number = found[one.meta.id] = listed[0]
        last = last if number is None else max(last, number)
    return found


def _may_be(version: RegistryVersion, one: SeenVersion, days: Collection[dt.date]) -> bool:
    if one.updated is None:
        return version.date <= one.meta.last_seen_at.date()
    return version.date == _day_in_index(one.updated, days)


def _day_in_index(updated: dt.date, days: Iterable[dt.date]) -> dt.date | None:
    """The day that a record states as an index has it: that one, or the first behind it where no version has that day."""
    return min((day for day in days if updated <= day <= updated + QC_TAKES), default=None)


def differences(old: TrialRecord, new: TrialRecord) -> tuple[Change, ...]:
    """What differs between answers of two interfaces, beyond how each of them writes the same words."""
    changes = compare(old, new)
    by_field: dict[str, list[Change]] = {}
    for change in changes:
        by_field.setdefault(change.path[0], []).append(change)
    return tuple(change for same in by_field.values() if not only_spelling(same) for change in same)


def place(version: RegistryVersion, when: dt.datetime, seen: Iterable[SeenVersion]) -> dt.datetime:
    """Where a version stands on the timeline: at its day, but behind every version that we saw and that has an older date."""
    older = [one.meta.valid_from for one in seen if one.updated is not None and one.updated < version.date]
    return max([when, *(since + dt.timedelta(seconds=1) for since in older if since >= when)])


def moved(timeline: Sequence[SnapshotMeta], since_when: Mapping[int, dt.datetime]) -> dict[int, dt.datetime]:
    """Versions that the registry had before they stand on the timeline, with since when, as long as the order stays; by id."""
    found: dict[int, dt.datetime] = {}
    last: dt.datetime | None = None
    for meta in timeline:
        since, earlier = meta.valid_from, since_when.get(meta.id)
        if earlier is not None and earlier < since and (last is None or earlier > last):
            found[meta.id] = since = earlier
        last = since
    return found


def told_between(timeline: Sequence[SnapshotMeta], logged: Iterable[Event]) -> dict[int, frozenset[Told]]:
    """What was told of each step that leads between two versions which we saw and compared before others were found.

    By the id of the step's newer version; steps of which nothing was told are left out.
    """
    by_pair: dict[tuple[str | None, str | None], list[Event]] = {}
    for event in logged:
        if event.origin != "live":
            continue
        by_pair.setdefault((event.evidence.old, event.evidence.new), []).append(event)
    found: dict[int, frozenset[Told]] = {}
    between: list[SnapshotMeta] = []
    last: SnapshotMeta | None = None
    for meta in timeline:
        between.append(meta)
        if meta.origin != "live":
            continue
        if last is not None and len(between) > 1:
            told = by_pair.get((f"sha256:{last.sha256}", f"sha256:{meta.sha256}"), [])
            if said := frozenset(one for event in told for one in values(event)):
                found.update((step.id, said) for step in between)
        last, between = meta, []
    return found


def superseded(timeline: Sequence[SnapshotMeta], logged: Iterable[Event]) -> tuple[Event, ...]:
    """Events of the past, which nobody was alerted of, that compare versions between which others were found since.

    The finer steps say the same with the right days.
    """
    next_to = {(f"sha256:{old.sha256}", f"sha256:{new.sha256}") for old, new in pairwise(timeline)}
    known = {f"sha256:{meta.sha256}" for meta in timeline}
    return tuple(
        event
        for event in logged
        if event.origin == "backfill"
        and event.cause == "record"
        and {event.evidence.old, event.evidence.new} <= known
        and (event.evidence.old, event.evidence.new) not in next_to
    )


def values(event: Event) -> Iterable[Told]:
    """What an event tells, value by value; one that changes no value tells its effects."""
    if not event.changes:
        return [(event.kind, event.effects, b"", b"")]
    return [(event.kind, change.path, _text(change.old), _text(change.new)) for change in event.changes]


def tells_again(event: Event, told: Collection[Told]) -> bool:
    """Whether all that an event tells was told before."""
    return all(one in told for one in values(event))


def _text(value: object) -> bytes:
    return msgspec.json.encode(value, order="deterministic")
