"""The tables that are exported, from an archive."""

from __future__ import annotations

import msgspec

from tests.archive.builders import keep_events
from tests.archive.conftest import archive, store
from tests.store.builders import day, event
from tracker.archive import Archive
from tracker.export import tables
from tracker.model.event import Change

__all__ = ["archive", "store"]


def test_a_person_who_came_is_not_the_new_value_of_a_change(archive: Archive) -> None:
    changes = (Change(path=("central_contacts", "A. Person"), new="A. Person"),)
    came = msgspec.structs.replace(event(kind="contacts_changed", now=day(1), story=""), changes=changes)
    keep_events(archive.store, 1, [came], [])
    (row,) = tables.changes(archive, tables.Wanted()).rows
    assert not [value for value in row if "Person" in str(value)]
