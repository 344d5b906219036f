"""Personal data out: what is sent, exported or shown passes through here first (contact persons stay in the store)."""

from __future__ import annotations

import re

import msgspec

from tracker.model.event import Change, Event
from tracker.model.record import PERSONAL_FIELDS, TrialRecord

PERSONAL_KINDS = frozenset({"contacts_changed"})
"""Change kinds whose values are people's names, numbers and addresses. The details of no kind name anybody."""

_PERSONAL_WORD = re.compile(r"contact|phone|e-?mail|official|investigator", re.IGNORECASE)


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


def public_record(record: TrialRecord) -> TrialRecord:
    """The record without contact persons and officials, also those at its sites."""
    sites = record.sites
    if sites is not None:
        sites = tuple(msgspec.structs.replace(site, contacts=None) for site in sites)
    rest = {path: value for path, value in record.rest.items() if not _PERSONAL_WORD.search(path)}
    return msgspec.structs.replace(record, central_contacts=None, officials=None, sites=sites, rest=rest)


def _is_personal(change: Change) -> bool:
    if change.path[:1] == ("rest",):
        return any(_PERSONAL_WORD.search(step) for step in change.path[1:])
    # A step inside a list is a natural key and may hold any word, so only whole field names count.
    return any(step in PERSONAL_FIELDS for step in change.path)


def _without_people(value: object) -> object:
    """The JSON value without its personal parts: a site that came or went as a whole carries its contacts inside."""
    if isinstance(value, dict):
        return {key: _without_people(inner) for key, inner in value.items() if key not in PERSONAL_FIELDS}
    if isinstance(value, list | tuple):
        return [_without_people(inner) for inner in value]
    return value
