"""Today's rules over the stored versions of one trial, and what the change log says otherwise. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise

import msgspec

from tracker.compare import compare
from tracker.detect.past import Told, differences, superseded, tells_again, told_between
from tracker.events import Detected, TrialContext, detect
from tracker.events.making import identity
from tracker.model.event import Event, Story, Version
from tracker.model.record import TrialRecord
from tracker.model.snapshot import SnapshotMeta
from tracker.model.staging import StagedEvent
from tracker.model.vocabulary import rank

Read = Callable[[SnapshotMeta], TrialRecord | None]
"""The record of a stored version; None for one that today's parser refuses."""

Level = Callable[[SnapshotMeta, TrialRecord, SnapshotMeta, TrialRecord], tuple[TrialRecord, TrialRecord]]
"""The records of two versions with what both interfaces say that they came from; the same objects where that is one."""

ContextOf = Callable[[TrialRecord, tuple[Event, ...]], TrialContext]
"""What is known around a trial, by its newer record and what happened before."""


class Replayed(msgspec.Struct, frozen=True, kw_only=True):
    """What today's rules say of one trial's versions.

    ``said`` counts all its events by kind. ``missing`` are those that the change log lacks, with their stories; ``unsaid`` are
    events of the log that today's rules would not make of the same versions. ``superseded`` are events of the past that finer
    steps have taken the place of. ``unreadable`` counts versions left out.
    """

    trial: str
    pairs: int = 0
    unreadable: int = 0
    said: Mapping[str, int] = {}
    missing: tuple[StagedEvent, ...] = ()
    stories: tuple[Story, ...] = ()
    unsaid: tuple[Event, ...] = ()
    superseded: tuple[Event, ...] = ()


def replay(
    trial: str,
    timeline: Sequence[SnapshotMeta],
    read: Read,
    logged: Sequence[Event],
    context_of: ContextOf,
    since: datetime | None = None,
    level: Level = lambda _old, before, _new, after: (before, after),
) -> Replayed:
    """Compare each version of a trial with the one before, as a sync would have that knew today's rules.

    ``logged`` are the trial's events in the change log. What happened before a step is what the steps before it say, and what
    the log has from elsewhere: the calendar and searches. With ``since``, only versions that are valid from then on count;
    those before are read all the same, since slips are counted from the first. ``level`` makes records comparable that came
    from different interfaces. What was told of two versions that were seen is not told again of versions found between them.
    """
    versions = list(_readable(timeline, read))
    former = superseded([meta for meta, _ in versions], logged)
    logged = [event for event in logged if event not in former] if former else logged
    elsewhere = [event for event in logged if not _of_a_pair(event)]
    known = {event.id for event in logged}
    told: list[Event] = []
    said: Counter[str] = Counter()
    missing: list[StagedEvent] = []
    stories: list[Story] = []
    judged: set[tuple[str, str]] = set()
    ids: set[str] = set()
    summed = told_between([meta for meta, _ in versions], logged)
    for (old, older), (new, newer) in pairwise(versions):
        before, after = level(old, older, new, newer)
        past = tuple(sorted((*told, *(one for one in elsewhere if one.effective_at < new.valid_from)), key=_moment))
        detected = detect(
            Version(record=before, seen=old.seen),
            Version(record=after, seen=new.seen),
            compare(before, after) if after is newer else differences(before, after),
            at=new.first_seen_at,
            known=context_of(after, past),
            origin="backfill",
        )
        told += detected.events
        detected = _without(detected, summed.get(new.id, ()), known)
        if since is not None and new.valid_from < since:
            continue
        judged.add((f"sha256:{old.sha256}", f"sha256:{new.sha256}"))
        ids |= {event.id for event in detected.events}
        said.update(event.kind for event in detected.events)
        lacking = _lacking(detected, known, {event.story for event in logged})
        missing += [StagedEvent(event=event, old=old.id, new=new.id) for event in lacking.events]
        stories += [lacking.story] if lacking.story else []
    return Replayed(
        trial=trial,
        pairs=len(judged),
        unreadable=len(timeline) - len(versions),
        said=dict(said),
        missing=tuple(missing),
        stories=tuple(stories),
        superseded=former,
        unsaid=tuple(
            event
            for event in logged
            if event.id not in ids and (event.evidence.old, event.evidence.new) in judged and _of_a_pair(event)
        ),
    )


def _without(detected: Detected, told: Collection[Told], known: Collection[str]) -> Detected:
    """What a step says beyond what was told of the versions around it; an event of the log stays."""
    if not told or detected.story is None:
        return detected
    events = tuple(event for event in detected.events if event.id in known or not tells_again(event, told))
    if len(events) == len(detected.events):
        return detected
    return msgspec.structs.replace(detected, events=events)


def _readable(timeline: Iterable[SnapshotMeta], read: Read) -> Iterator[tuple[SnapshotMeta, TrialRecord]]:
    for meta in timeline:
        record = read(meta)
        if record is not None:
            yield meta, record


def _of_a_pair(event: Event) -> bool:
    """Whether the event says what changed from one stored version to the next."""
    return event.cause == "record" and None not in (event.evidence.old, event.evidence.new)


def _moment(event: Event) -> tuple[datetime, str]:
    return event.effective_at, event.id


def _lacking(detected: Detected, known: set[str], stories: set[str]) -> Detected:
    """The events that the log lacks, in their story; where the log has that story already, in one of their own."""
    events = tuple(event for event in detected.events if event.id not in known)
    if not events or detected.story is None:
        return Detected()
    whole = len(events) == len(detected.events) == len(detected.story.parts)
    if whole and detected.story.id not in stories:
        return detected
    story = identity(detected.story.id, *sorted(event.id for event in events))
    return Detected(
        events=tuple(msgspec.structs.replace(event, story=story) for event in events),
        story=Story(
            id=story,
            trial=detected.story.trial,
            severity=max((event.severity for event in events), key=rank),
            parts=tuple(event.id for event in events),
        ),
    )
