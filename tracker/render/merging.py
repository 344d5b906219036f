"""What follows from a completion date stands with it: one date that moves is one card and one row, not five."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tracker.model.event import Event
from tracker.model.vocabulary import SEVERITIES, rank
from tracker.render.kinds.dates import COMPLETIONS
from tracker.render.numbered import Entry

FOLLOWS = frozenset(
    {
        "results_duty_changed",
        "results_due_soon",
        "results_overdue",
        "milestone_passed",
        "verification_lapsed",
        "will_go_unknown",
    }
)
"""Kinds of days that are counted from the completion dates."""


def one_row_a_date(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """The entries; those of days that follow from a completion date become part of the story that moved it."""
    moved = {entry.story.trial: entry for entry in entries if any(event.kind in COMPLETIONS for event in entry.events)}
    following: dict[str, list[Entry]] = {}
    kept = []
    for entry in entries:
        home = moved.get(entry.story.trial)
        if home is not None and entry is not home and all(event.kind in FOLLOWS for event in entry.events):
            following.setdefault(entry.story.trial, []).append(entry)
        else:
            kept.append(entry)
    return tuple(
        _together(entry, following[entry.story.trial])
        if entry.story.trial in following and entry is moved.get(entry.story.trial)
        else entry
        for entry in kept
    )


def _together(entry: Entry, others: Sequence[Entry]) -> Entry:
    events = (*entry.events, *(event for other in others for event in other.events))
    severity = max((entry.story.severity, *(other.story.severity for other in others)), key=rank)
    watches = tuple(sorted({*entry.watches, *(name for other in others for name in other.watches)}))
    story = msgspec.structs.replace(entry.story, severity=severity, parts=tuple(event.id for event in events))
    return msgspec.structs.replace(entry, story=story, events=tuple(sorted(events, key=_weight)), watches=watches)


def _weight(event: Event) -> int:
    return len(SEVERITIES) - rank(event.severity)
