"""A value that is again what it was shortly before: told as loud as what it takes back, and no news where that was not told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import msgspec

from tracker.events.kinds import Comparison, Finding
from tracker.model.details import ChangedBack
from tracker.model.event import Change, Event
from tracker.model.vocabulary import KindName, rank

WITHIN = timedelta(days=14)


def changed_back(finding: Finding, kind: KindName, changes: Sequence[Change], comparison: Comparison) -> Finding:
    """The finding as one that takes back earlier events, where each of its values is what it was before these."""
    if comparison.origin != "live" or finding.details.spelling_only or finding.details.echo_of:
        return finding
    taken = _taken_back(kind, changes, comparison)
    if not taken:
        return finding
    known = comparison.known.told
    told = known is None or not known.isdisjoint(event.id for event in taken)
    mark = ChangedBack(events=tuple(event.id for event in taken), told=told)
    days = WITHIN.days
    return msgspec.structs.replace(
        finding,
        severity=max((event.severity for event in taken), key=rank) if told else "minor",
        rule=f"changed back within {days} days" if told else f"changed back within {days} days, before anybody was told",
        details=msgspec.structs.replace(finding.details, changed_back=mark),
    )


def _taken_back(kind: KindName, changes: Sequence[Change], comparison: Comparison) -> tuple[Event, ...]:
    """The recent events of a kind that these changes undo, oldest first; none unless they undo each of these changes."""
    recent = sorted(
        (
            event
            for event in comparison.known.past
            if event.kind == kind and timedelta() <= comparison.effective_at - event.effective_at <= WITHIN
        ),
        key=lambda event: event.effective_at,
    )
    if not recent:
        return ()
    left = _left_at(recent)
    starts = [next((at for at, value in left.get(change.path, ()) if value == change.new), None) for change in changes]
    if not starts or None in starts:
        return ()
    first = min(start for start in starts if start is not None)
    paths = {change.path for change in changes}
    return tuple(event for event in recent[first:] if any(change.path in paths for change in event.changes))


def _left_at(recent: Sequence[Event]) -> dict[tuple[str, ...], list[tuple[int, Any]]]:
    """By path, the values that the events took away, each with the event's place, the latest first."""
    left: dict[tuple[str, ...], list[tuple[int, Any]]] = defaultdict(list)
    for index in reversed(range(len(recent))):
        for past in recent[index].changes:
            left[past.path].append((index, past.old))
    return left
