"""JSON for machines: values as the model holds them, personal data left out unless asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from tracker.model.event import Event, Story
from tracker.model.record import TrialRecord
from tracker.model.search import SearchAnswer
from tracker.model.views import PresentRow
from tracker.render import kinds
from tracker.render.privacy import public_event, public_record

_OBEYED = re.compile("[\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control characters that JSON leaves as they are: they stand in texts only, where an escape means the same."""


def event_json(event: Event, *, contacts: bool = False) -> dict[str, object]:
    """An event as everybody outside gets it: its fields, and its headline in front of the details."""
    values = msgspec.structs.astuple(event if contacts else public_event(event))
    return dict(zip(_SHOWN, (*values[:_DETAILS], kinds.headline(event), *values[_DETAILS:]), strict=True))


_DETAILS = Event.__struct_fields__.index("details")
_SHOWN = (*Event.__struct_fields__[:_DETAILS], "headline", *Event.__struct_fields__[_DETAILS:])
"""Names of what everybody outside gets of an event."""


def story_json(story: Story, events: Sequence[Event]) -> dict[str, object]:
    """A story as everybody outside gets it; ``events`` are its own, weightiest first."""
    return _with_headline(msgspec.structs.asdict(story), kinds.story_headline(events), before="severity")


def changes_json(events: Iterable[Event], *, contacts: bool = False) -> Iterator[str]:
    """``{"events": [...]}``, indented, ending in a line break; written as the events come."""
    return listed("events", events_values(events, contacts=contacts))


def events_values(events: Iterable[Event], *, contacts: bool = False) -> Iterator[dict[str, object]]:
    """Events as everybody outside gets them, as they come."""
    return (event_json(event, contacts=contacts) for event in events)


def json_lines(values: Iterable[object]) -> Iterator[str]:
    """JSON Lines: one value a line, as they come."""
    return (f"{_escaped(msgspec.json.encode(value, enc_hook=str).decode())}\n" for value in values)


def diff_json(story: Story | None, events: Sequence[Event], trial: str, *, contacts: bool = False) -> str:
    """``{"trial", "story", "events"}``; the story is null when nothing changed."""
    shown = [event_json(event, contacts=contacts) for event in events]
    return document({"trial": trial, "story": story_json(story, events) if story else None, "events": shown})


def record_json(record: TrialRecord, *, contacts: bool = False) -> str:
    """The record under the public field names."""
    return document(record if contacts else public_record(record))


def present_json(rows: Iterable[PresentRow]) -> Iterator[str]:
    """``{"trials": [...]}`` with what ``list`` shows."""
    return listed("trials", present_values(rows))


def present_values(rows: Iterable[PresentRow]) -> Iterator[dict[str, object]]:
    """What ``list`` shows, as values: enumerations and dates as the registry gives them.

    ``removed_at`` says since when a trial is gone from its registry; the rest is what was last seen of it.
    """
    return (
        {
            "trial": row.trial,
            "label": row.label,
            "brief_title": row.brief_title,
            "recruitment_status": row.recruitment_status,
            "start_date": row.start_date,
            "primary_completion_date": row.primary_completion_date,
            "enrollment": row.enrollment,
            "results_state": row.results_state,
            "last_update_posted": row.last_update_posted,
            "nearest": row.nearest,
            "removed_at": row.removed_at,
            "url": row.url,
            "registrations": row.registrations,
            "followed_by_link": row.linked,
        }
        for row in rows
    )


def search_json(found: SearchAnswer) -> dict[str, object]:
    """``{"total", "trials", "next", "unindexed"}`` with what ``search`` found, the best first."""
    return msgspec.structs.asdict(found)


def listed(name: str, values: Iterable[object]) -> Iterator[str]:
    """``{name: [...]}`` in the form of `document`, piece by piece: no more than one value is held at a time."""
    yield f'{{\n  "{name}": ['
    before = "\n    "
    for value in values:
        yield before + _text(value).replace("\n", "\n    ")
        before = ",\n    "
    yield "]\n}\n" if before == "\n    " else "\n  ]\n}\n"


def with_list(before: Mapping[str, object], name: str, values: Iterable[object], behind: Mapping[str, object]) -> Iterator[str]:
    """One JSON document in the form of `document` with a list of any length between other parts, piece by piece."""
    yield _text(before).removesuffix("\n}") + ","
    pieces = listed(name, values)
    yield next(pieces).removeprefix("{")
    last = ""
    for piece in pieces:
        yield last
        last = piece
    yield last.removesuffix("\n}\n") + "," + _text(behind).removeprefix("{") + "\n"


def document(value: object) -> str:
    """One JSON document, indented, ending in a line break; what a terminal would obey or turn round is escaped."""
    return _text(value) + "\n"


def _text(value: object) -> str:
    return _escaped(msgspec.json.format(msgspec.json.encode(value, enc_hook=str), indent=2).decode())


def _escaped(text: str) -> str:
    if text.isascii() and "\x7f" not in text:
        return text
    return _OBEYED.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _with_headline(fields: dict[str, object], headline: str, *, before: str) -> dict[str, object]:
    shown: dict[str, object] = {}
    for name, value in fields.items():
        if name == before:
            shown["headline"] = headline
        shown[name] = value
    return shown
