"""The values that an event changed, as plain rows: what the views of `views` read instead of an event's JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tracker.model.details import DateDetails
from tracker.model.event import Event
from tracker.model.personal import public_event

MOST = 2000
"""Characters of a value; a longer text is cut, and stands whole in the event."""

Row = dict[str, Any]


def changed_values(event: Event) -> list[Row]:
    """A row for each value that changed: ``effect``, ``path``, ``old``, ``new``, ``days``. Contact persons have no values.

    An event without a changed value (a trial removed, results overdue) has one row, its path empty. ``days`` says how far a
    date moved, later positive.
    """
    moved = event.details if isinstance(event.details, DateDetails) else None
    effect = "; ".join(event.effects)
    found = dict.fromkeys(_values(event)) or {("", None, None): None}
    return [
        {
            "position": position,
            "effect": effect,
            "path": path,
            "old": old,
            "new": new,
            "days": moved.days if moved and path == f"{moved.field}.date" else None,
        }
        for position, (path, old, new) in enumerate(found)
    ]


def _values(event: Event) -> Iterator[tuple[str, str | None, str | None]]:
    for change in public_event(event).changes:
        old, new = dict(_leaves(change.path, change.old)), dict(_leaves(change.path, change.new))
        paths = [path for path in dict.fromkeys((*old, *new)) if old.get(path) != new.get(path)]
        yield from ((".".join(path), old.get(path), new.get(path)) for path in paths)
        if not paths:
            yield ".".join(change.path), None, None


def _leaves(path: tuple[str, ...], value: object) -> Iterator[tuple[tuple[str, ...], str]]:
    """The single values of a JSON value, each with its path; a list of texts or numbers is one."""
    match value:
        case None:
            return
        case dict():
            for key, inner in value.items():
                yield from _leaves((*path, str(key)), inner)
        case list() | tuple() if any(isinstance(inner, dict | list | tuple) for inner in value):
            for number, inner in enumerate(value, start=1):
                yield from _leaves((*path, str(number)), inner)
        case list() | tuple():
            yield path, _cut("; ".join(_text(inner) for inner in value if inner is not None))
        case _:
            yield path, _cut(_text(value))


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _cut(text: str) -> str:
    return text if len(text) <= MOST else text[: MOST - 1] + "…"
