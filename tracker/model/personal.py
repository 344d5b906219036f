"""Which parts of records and changes are people's names, numbers and addresses, and changes without them."""

from __future__ import annotations

import re
from operator import is_

import msgspec

from tracker.model.event import Change, Event

PERSONAL_FIELDS = frozenset({"central_contacts", "contacts", "officials"})
"""Record fields that hold people rather than the trial."""

PERSONAL_KINDS = frozenset({"contacts_changed"})
"""Change kinds whose values are people's names, numbers and addresses. The details of no kind name anybody."""

PERSONAL_WORD = re.compile(r"contact|phone|e-?mail|official|investigator", re.IGNORECASE)
"""A field that the record does not model is personal when its path holds one of these."""

_NESTED = (dict, list, tuple)


def public_event(event: Event) -> Event:
    """The event without the values of personal fields; that they changed is still said."""
    if event.kind in PERSONAL_KINDS:
        # A path's later steps are natural keys, and the key of a person is a name.
        blank = tuple(Change(path=change.path[:1]) for change in event.changes)
        return msgspec.structs.replace(event, changes=blank)
    kept = tuple([_public(change) for change in event.changes if not _is_personal(change)])
    same = len(kept) == len(event.changes) and all(map(is_, kept, event.changes))
    return event if same else msgspec.structs.replace(event, changes=kept)


def _public(change: Change) -> Change:
    """The change without people inside its values; itself where these are texts and numbers."""
    if not isinstance(change.old, _NESTED) and not isinstance(change.new, _NESTED):
        return change
    return Change(path=change.path, old=_without_people(change.old), new=_without_people(change.new))


def _is_personal(change: Change) -> bool:
    if change.path[:1] == ("rest",):
        return any(PERSONAL_WORD.search(step) for step in change.path[1:])
    # A step inside a list is a natural key and may hold any word, so only whole field names count.
    return not PERSONAL_FIELDS.isdisjoint(change.path)


def _without_people(value: object) -> object:
    """The JSON value without its personal parts: a site that came or went as a whole carries its contacts inside."""
    if isinstance(value, dict):
        return {key: _without_people(inner) for key, inner in value.items() if key not in PERSONAL_FIELDS}
    if isinstance(value, list | tuple):
        return [_without_people(inner) for inner in value]
    return value
