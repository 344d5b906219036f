"""The changes of an event as lines, for every kind that has no better way to show them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from tracker.model.details import Details
from tracker.model.event import Change, Event
from tracker.render import values
from tracker.render.phrases import quote
from tracker.render.vocabulary import FIELD, field_title, field_word, first_capital

_LISTS = frozenset({"secondary_ids", "aliases", "see_also_links", "documents", "compliance_notices", "regulatory_events"})
"""Fields that are lists of entries: one that came or went is shown whole, without its key."""

_STEP = r"[A-Za-z0-9_]+(?:\[\])?"
_FIELD_NAME = re.compile(rf"[a-z][a-z0-9]*(?:_[a-z0-9]+)+\Z|(?:{_STEP}\.)+{_STEP}\Z|[a-z]+(?:[A-Z][a-z0-9]*)+\Z")


def change_lines(event: Event, _details: Details) -> Iterator[str]:
    """Each change by the name of its field, with its value before and after."""
    yield from lines_of(event.changes)


def lines_of(changes: Iterable[Change], titles: Mapping[str, str] | None = None) -> Iterator[str]:
    """Each change as a line; ``titles`` name a source's own fields."""
    for change in changes:
        if len(change.path) == 2 and change.path[0] in _LISTS:
            effect = "Added" if change.old is None else "Removed" if change.new is None else "Changed"
            yield f"{effect}: {values.quoted(change.new if change.new is not None else change.old)}"
        else:
            yield f"{_path(change, titles or {})}: {values.before_and_after(change)}"


def _path(change: Change, titles: Mapping[str, str]) -> str:
    """The path of a change in words, without a last step that is the value itself (the key in a list of plain values)."""
    if len(change.path) == 1:
        return field_title(change.path[0])
    steps = change.path[1:] if change.path[0] == "rest" else change.path
    if len(steps) > 1 and steps[-1] in (change.old, change.new):
        steps = steps[:-1]
    return first_capital(", ".join(field_word(step, titles) if _is_field(step, titles) else quote(step, 60) for step in steps))


def _is_field(step: str, titles: Mapping[str, str]) -> bool:
    """Whether a step is the name of a field (ours, or a registry's own path) and not a text of the record."""
    return step in FIELD or step in titles or bool(_FIELD_NAME.match(step))
