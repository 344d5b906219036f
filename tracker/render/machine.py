"""JSON for machines: values as the model holds them, personal data left out unless asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from tracker.model.event import Event, Story
from tracker.model.present import Nearest
from tracker.model.record import TrialRecord
from tracker.render import kinds
from tracker.render.privacy import public_event, public_record

_OBEYED = re.compile("[\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control characters that JSON leaves as they are: they stand in texts only, where an escape means the same."""


def event_json(event: Event, *, contacts: bool = False) -> dict[str, object]:
    """An event as everybody outside gets it: its fields, and its headline in front of the details."""
    shown = msgspec.structs.asdict(event if contacts else public_event(event))
    return _with_headline(shown, kinds.headline(event), before="details")


def story_json(story: Story, events: Sequence[Event]) -> dict[str, object]:
    """A story as everybody outside gets it; ``events`` are its own, weightiest first."""
    return _with_headline(msgspec.structs.asdict(story), kinds.story_headline(events), before="severity")


def changes_json(events: Iterable[Event], *, contacts: bool = False) -> str:
    """``{"events": [...]}``, indented, ending in a line break."""
    return document({"events": [event_json(event, contacts=contacts) for event in events]})


def diff_json(story: Story | None, events: Sequence[Event], trial: str, *, contacts: bool = False) -> str:
    """``{"trial", "story", "events"}``; the story is null when nothing changed."""
    shown = [event_json(event, contacts=contacts) for event in events]
    return document({"trial": trial, "story": story_json(story, events) if story else None, "events": shown})


def record_json(record: TrialRecord, *, contacts: bool = False) -> str:
    """The record under the public field names."""
    return document(record if contacts else public_record(record))


def present_json(
    records: Iterable[TrialRecord],
    *,
    labels: Mapping[str, str] | None = None,
    nearest: Mapping[str, Nearest] | None = None,
    removed: Mapping[str, datetime] | None = None,
) -> str:
    """``{"trials": [...]}`` with what ``list`` shows, as values: enumerations and dates as the registry gives them.

    ``removed`` says since when a trial is gone from its registry; the rest is what was last seen of it.
    """
    named, near, gone = labels or {}, nearest or {}, removed or {}
    trials = [
        {
            "trial": record.trial,
            "label": named.get(record.trial, ""),
            "brief_title": record.brief_title,
            "recruitment_status": record.recruitment_status,
            "start_date": record.start_date,
            "primary_completion_date": record.primary_completion_date,
            "enrollment": record.enrollment,
            "results_state": record.results_state,
            "last_update_posted": record.last_update_posted,
            "nearest": near.get(record.trial),
            "removed_at": gone.get(record.trial),
            "url": record.url,
        }
        for record in records
    ]
    return document({"trials": trials})


def document(value: object) -> str:
    """One JSON document, indented, ending in a line break; what a terminal would obey or turn round is escaped."""
    text = msgspec.json.format(msgspec.json.encode(value, enc_hook=str), indent=2).decode()
    return _OBEYED.sub(lambda match: f"\\u{ord(match[0]):04x}", text) + "\n"


def _with_headline(fields: dict[str, object], headline: str, *, before: str) -> dict[str, object]:
    shown: dict[str, object] = {}
    for name, value in fields.items():
        if name == before:
            shown["headline"] = headline
        shown[name] = value
    return shown
