"""The tables that are exported, from an archive."""

from __future__ import annotations

import dataclasses
import io

import msgspec

from tests.archive.builders import keep_events, keep_trials
from tests.archive.conftest import archive, store
from tests.store.builders import day, event
from tests.world import study
from tracker.archive import Archive
from tracker.export import formats, tables
from tracker.model.event import Change, EventFilter
from tracker.model.watch import Watch
from tracker.text.about import Word, about_of

__all__ = ["archive", "store"]


def test_a_person_who_came_is_not_the_new_value_of_a_change(archive: Archive) -> None:
    changes = (Change(path=("central_contacts", "A. Person"), new="A. Person"),)
    came = msgspec.structs.replace(event(kind="contacts_changed", now=day(1), story=""), changes=changes)
    keep_events(archive.store, 1, [came], [])
    (row,) = tables.changes(archive, tables.Wanted()).rows
    assert not [value for value in row if "Person" in str(value)]


A, B = "NCT00000101", "NCT00000102"
MINE = Watch(
    name="mine",
    trials=(f"ctgov:{A}", f"ctgov:{B}"),
    columns=("Group", "note", "Kind"),
    own={f"ctgov:{A}": {"Group": "ACME", "note": "=memo", "Kind": "a"}},
)
THEIRS = Watch(name="theirs", trials=(f"ctgov:{B}",), columns=("group",), own={f"ctgov:{B}": {"group": "BETA"}})


def followed(archive: Archive) -> Archive:
    """Two trials that two watches follow, and a change of the first."""
    keep_trials(archive.store, {nct: study(nct) for nct in (A, B)}, [MINE, THEIRS])
    keep_events(archive.store, 1, [event("e1", f"ctgov:{A}", day(1), story="")], [])
    return dataclasses.replace(archive, watches=(MINE, THEIRS))


def as_csv(table: tables.Table) -> list[str]:
    out = io.BytesIO()
    formats.write_csv(table, out)
    return out.getvalue().decode().splitlines()


def test_own_columns_stand_behind_the_others_under_names_of_their_own(archive: Archive) -> None:
    archive = followed(archive)
    table = tables.trials(archive, tables.Wanted(own=True))
    assert [column.name for column in table.columns][-3:] == ["Group", "note", "Kind"]
    assert [row[-3:] for row in table.rows] == [("ACME", "=memo", "a"), ("BETA", None, None)]
    table = tables.changes(archive, tables.Wanted(own=True))
    assert [column.name for column in table.columns][-3:] == ["Group", "note", "own_Kind"], "a change has a kind already"
    assert [row[-3:] for row in table.rows] == [("ACME", "=memo", "a")]


def test_own_columns_are_safe_to_open_as_the_others_are(archive: Archive) -> None:
    assert as_csv(tables.changes(followed(archive), tables.Wanted(own=True)))[1].endswith(",ACME,'=memo,a")


def test_own_columns_are_those_of_the_watch_that_is_asked_for(archive: Archive) -> None:
    table = tables.trials(followed(archive), tables.Wanted(watch="theirs", own=True))
    assert table.columns[-1].name == "group"
    assert [row[-1] for row in table.rows] == ["BETA"]


def test_what_is_for_everybody_has_no_own_columns(archive: Archive) -> None:
    archive = followed(archive)
    for table in (tables.changes(archive, tables.Wanted()), tables.trials(archive, tables.Wanted())):
        assert "ACME" not in "".join(as_csv(table))


def test_changes_are_asked_for_by_words_of_their_trial(archive: Archive) -> None:
    archive = followed(archive)
    for words, heard in (([Word("testitis", False)], 1), ([Word("gout", False)], 0), ([Word("testitis", True)], 0)):
        assert len(list(archive.changes(EventFilter(about=about_of(words))))) == heard
