"""Which parts of records and changes are people's names, numbers and addresses, and changes without them."""

from __future__ import annotations

import re

import msgspec

from tracker.model.event import Change, Event

PERSONAL_FIELDS = frozenset({"central_contacts", "contacts", "officials"})
"""Record fields that hold people rather than the trial."""

PERSONAL_KINDS = frozenset({"contacts_changed"})
"""Change kinds whose values are people's names, numbers and addresses. The details of no kind name anybody."""

PERSONAL_WORD = re.compile(r"contact|phone|e-?mail|official|investigator", re.IGNORECASE)
"""A field that the record does not model is personal when its path holds one of these."""


def public_event(event: Event) -> Event:
    """The event without the values of personal fields; that they changed is still said."""
    if event.kind in PERSONAL_KINDS:
        # A path's later steps are natural keys, and the key of a person is a name.
        blank = tuple(Change(path=change.path[:1]) for change in event.changes)
        return msgspec.structs.replace(event, changes=blank)
    kept = tuple(
        msgspec.structs.replace(change, old=_without_people(change.old), new=_without_people(change.new))
        for change in event.changes
        if not _is_personal(change)
    )
    return msgspec.structs.replace(event, changes=kept)


def _is_personal(change: Change) -> bool:
    if change.path[:1] == ("rest",):
        return any(PERSONAL_WORD.search(step) for step in change.path[1:])
    # A step inside a list is a natural key and may hold any word, so only whole field names count.
    return any(step in PERSONAL_FIELDS for step in change.path)


def _without_people(value: object) -> object:
    """The JSON value without its personal parts: a site that came or went as a whole carries its contacts inside."""
    if isinstance(value, dict):
        return {key: _without_people(inner) for key, inner in value.items() if key not in PERSONAL_FIELDS}
    if isinstance(value, list | tuple):
        return [_without_people(inner) for inner in value]
    return value
