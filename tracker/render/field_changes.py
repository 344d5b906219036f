"""Fields before and after: the changes that are one short value, for a reader to compare at a glance.

Lists (outcomes, criteria, sites) and longer texts are left to the lines of a kind, with the edits marked in place.
"""

from __future__ import annotations

import re

import msgspec

from tracker.model.details import RecruitmentStatusDetails
from tracker.model.event import Change, Event
from tracker.render import kinds, values
from tracker.render.vocabulary import field_title

LONGEST = 160
"""Characters up to which a value is compared."""

SIDE_BY_SIDE = 60
"""Characters up to which old and new stand on one line."""

_TEXTS = frozenset({"why_stopped", "brief_title", "official_title"})
"""Sentences: once both do not fit on one line, a reader wants the words that changed and not two sentences."""

_TYPE = re.compile(r" \((?:estimated|actual)\)$")
_PARTS = frozenset({"name", "class"})
"""Parts that stand for the field they belong to."""


class FieldChange(msgspec.Struct, frozen=True, kw_only=True):
    """One field before and after, in words; an empty side means that it was not there."""

    field: str
    old: str
    new: str

    @property
    def long(self) -> bool:
        """Whether the two sides need a line each."""
        return len(self.old) + len(self.new) > SIDE_BY_SIDE


def field_changes(event: Event, headline: str, *, spare: bool = False) -> tuple[tuple[FieldChange, ...], tuple[Change, ...]]:
    """The changes of an event that are compared by value, and the others, which are left to lines.

    A value that is new altogether and stands in the headline is said there, and in neither; to ``spare`` the reader, so is
    a change of which the headline gives both sides.
    """
    compared: list[FieldChange] = []
    others: list[Change] = []
    for change in event.changes:
        found = _compared(change, kinds.words_of(event.kind).compared)
        if found is None:
            others.append(change)
        elif not (found.new in headline if not found.old else spare and _said(found, event, headline)):
            compared.append(found)
    return tuple(dict.fromkeys(compared)), tuple(others)


def _said(found: FieldChange, event: Event, headline: str) -> bool:
    """Whether the headline gives both values already. That of a status always does, in its own words."""
    details = event.details
    if isinstance(details, RecruitmentStatusDetails) and found.field == field_title("recruitment_status"):
        return details.old != details.new
    return all(_holds(headline, _TYPE.sub("", value)) for value in (found.old, found.new))


def _holds(headline: str, value: str) -> bool:
    if value == "0" and headline.startswith("No one"):
        return True
    return bool(value) and re.search(rf"(?<!\w){re.escape(value)}(?!\w)", headline, re.IGNORECASE) is not None


def _compared(change: Change, fields: frozenset[str]) -> FieldChange | None:
    field, step = change.path[0], change.path[-1]
    if len(change.path) > 2 or not {field, step} & fields or step not in fields | _PARTS:
        return None
    old, new = values.short(step, change.old), values.short(step, change.new)
    if old is None or new is None or old == new or max(len(old), len(new)) > LONGEST:
        return None
    title = field_title(step if step in fields else field)
    found = FieldChange(field=f"{title} (class)" if step == "class" else title, old=old, new=new)
    return None if field in _TEXTS and found.long and old and new else found
