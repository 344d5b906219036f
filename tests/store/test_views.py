"""The views that people ask in SQL: plain values, one row per changed value, the same as the commands say."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import duckdb
import msgspec
import pytest
from sqlalchemy import text

from tests.store.builders import A, B, Pass, baseline, day, event
from tests.store.revisions import as_of, furnish
from tests.world import FIRST_DAY, World, study
from tracker import clock
from tracker.archive import Archive
from tracker.archive.reader import READER
from tracker.model.dates import RegistryDate
from tracker.model.details import DateDetails
from tracker.model.event import Change, Event
from tracker.model.staging import StagedEvent
from tracker.model.upkeep import Lease
from tracker.store import Store, migrate, views
from tracker.store.changed_values import MOST, changed_values
from tracker.sync.present import note_present

NCT = "NCT00000101"
KEY = f"ctgov:{NCT}"
WATCH = f'[[watch]]\nname = "one"\ntrials = ["{NCT}"]\n'


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path) as made:
        made.studies = {NCT: study(NCT)}
        made.configure(WATCH)
        made.sync()
        yield made


def ask(store: Store, statement: str) -> list[tuple[object, ...]]:
    with store.reading() as connection:
        return [tuple(row) for row in connection.execute(text(statement))]


def change(*path: str, old: object = None, new: object = None, kind: str = "sites_changed") -> Event:
    return msgspec.structs.replace(event(kind=kind), changes=(Change(path=path, old=old, new=new),))


def paths(found: Event) -> list[tuple[object, ...]]:
    return [(row["path"], row["old"], row["new"]) for row in changed_values(found)]


# --- one row per changed value --------------------------------------------------------------------------------------


def test_a_value_that_changed_is_one_row() -> None:
    assert paths(change("why_stopped", old="a", new="b")) == [("why_stopped", "a", "b")]


def test_a_value_of_parts_has_a_row_for_each_part_that_changed() -> None:
    old, new = {"date": "2026-09", "type": "ESTIMATED"}, {"date": "2027-03", "type": "ESTIMATED"}
    assert paths(change("start_date", old=old, new=new)) == [("start_date.date", "2026-09", "2027-03")]


def test_an_entry_that_came_has_a_row_for_each_of_its_values() -> None:
    came = {"measure": "Pain", "time_frame": None, "levels": ["a", "b"], "us": True, "parts": [{"of": 1}, {"of": 2}]}
    assert paths(change("primary_outcomes", "Pain", new=came)) == [
        ("primary_outcomes.Pain.measure", None, "Pain"),
        ("primary_outcomes.Pain.levels", None, "a; b"),
        ("primary_outcomes.Pain.us", None, "true"),
        ("primary_outcomes.Pain.parts.1.of", None, "1"),
        ("primary_outcomes.Pain.parts.2.of", None, "2"),
    ]


def test_an_event_without_a_changed_value_is_one_row_without_a_path() -> None:
    assert paths(event(kind="removed")) == [("", None, None)]


def test_a_long_text_is_cut() -> None:
    (row,) = changed_values(change("detailed_description", new="x" * 1_000_000))
    assert len(row["new"]) == MOST


@pytest.mark.parametrize(
    "found",
    [
        change("central_contacts", "Jane Roe", new={"name": "Jane Roe", "phone": "4711"}, kind="contacts_changed"),
        change("officials", new=[{"name": "Jane Roe"}], kind="other_fields_changed"),
        change("sites", "Clinic", new={"city": "Bonn", "contacts": [{"name": "Jane Roe", "phone": "4711"}]}),
        change("sites", "Clinic", "contacts", "Jane Roe", "phone", old="1", new="4711"),
        change("rest", "contactsLocationsModule.contact.Jane Roe", new="4711", kind="other_fields_changed"),
    ],
    ids=["contacts", "officials", "inside a site", "below a site", "not modelled"],
)
def test_contact_persons_never_get_into_plain_columns(found: Event) -> None:
    assert "Jane" not in str(changed_values(found))
    assert "4711" not in str(changed_values(found))


def test_days_stand_with_the_date_that_moved() -> None:
    old, new = RegistryDate("2026-09", "ACTUAL"), RegistryDate("2027-03", "ESTIMATED")
    moved = change("start_date", old=msgspec.to_builtins(old), new=msgspec.to_builtins(new), kind="start_date_changed")
    moved = msgspec.structs.replace(moved, details=DateDetails(field="start_date", old=old, new=new, days=181))
    found = [(row["path"], row["days"]) for row in changed_values(moved)]
    assert found == [
        ("start_date.date", 181),
        ("start_date.type", None),
    ]


# --- with their events, in the same transaction ---------------------------------------------------------------------


def staged(run: Pass, *events: Event) -> None:
    run.stage(events=tuple(StagedEvent(event=one) for one in events))


def test_the_values_of_a_held_run_are_in_no_view_until_it_is_released(store: Store) -> None:
    baseline(store, A)
    run = Pass(store, 1)
    staged(run, event())
    assert ask(store, "SELECT event FROM changes") == []
    run.hold()
    assert ask(store, "SELECT event FROM changes") == []
    store.release(run.id, day(2))
    assert ask(store, "SELECT event, severity FROM changes") == [("e1", "major")]


def test_the_values_of_an_event_go_with_it(store: Store) -> None:
    baseline(store, A)
    run = Pass(store, 1)
    staged(run, event())
    run.hold()
    store.discard(run.id, day(2))
    assert ask(store, "SELECT * FROM changed_values") == []


def test_the_events_stored_before_have_their_values_after_the_upgrade(store: Store, store_url: str, url_beside: str) -> None:
    furnish(store)
    as_of("0007", store_url, url_beside)
    migrate(url_beside, now=day(9))
    with Store.open(url_beside) as upgraded:
        columns = "SELECT event, position, path, old, new, days FROM changed_values ORDER BY run, event, position"
        assert ask(upgraded, columns) == ask(store, columns) != []
        assert ask(upgraded, "SELECT event FROM changes") == ask(store, "SELECT event FROM changes") != []


def test_the_views_are_there_in_each_database(store: Store) -> None:
    assert views.NAMES == ("changes", "status_timeline", "days_in_status", "slips", "overdue")
    for name in views.NAMES:
        assert ask(store, f"SELECT * FROM {name}") == []


# --- what they say --------------------------------------------------------------------------------------------------


def status(world: World, word: str, days: int) -> None:
    world.now = FIRST_DAY + timedelta(days=days)
    world.amend(NCT, statusModule__overallStatus=word, statusModule__lastUpdateSubmitDate=f"{world.now:%Y-%m-%d}")
    world.sync()


def test_the_status_timeline_begins_with_the_first_version_and_follows_each_change(world: World) -> None:
    timeline = "SELECT status, date(since), date(until), at_least FROM status_timeline ORDER BY since"
    assert ask(world.store, timeline) == [("RECRUITING", "2026-03-02", None, 1)]
    status(world, "SUSPENDED", 10)
    status(world, "RECRUITING", 15)
    assert ask(world.store, timeline) == [
        ("RECRUITING", "2026-03-02", "2026-03-12", 1),
        ("SUSPENDED", "2026-03-12", "2026-03-17", 0),
        ("RECRUITING", "2026-03-17", None, 0),
    ]
    totals = "SELECT status, times, at_least, current FROM days_in_status ORDER BY status"
    assert ask(world.store, totals) == [("RECRUITING", 2, 1, 1), ("SUSPENDED", 1, 0, 0)]
    assert ask(world.store, "SELECT days FROM days_in_status WHERE status = 'SUSPENDED'") == [(5.0,)]


def planned(world: World, date: str, days: int) -> None:
    world.now = FIRST_DAY + timedelta(days=days)
    moved = {"date": date, "type": "ESTIMATED"}
    submitted = f"{world.now:%Y-%m-%d}"
    world.amend(NCT, statusModule__primaryCompletionDateStruct=moved, statusModule__lastUpdateSubmitDate=submitted)
    world.sync()


def test_slips_are_dates_that_moved_later_with_what_they_moved_in_all(world: World) -> None:
    for days, date in ((1, "2027-08"), (2, "2027-07"), (3, "2027-10"), (4, "2027-10-31")):  # the last says nothing new
        planned(world, date, days)
    found = ask(world.store, "SELECT path, old, new, days, nth, total_days FROM slips ORDER BY valid_from")
    path = "primary_completion_date.date"
    assert found == [(path, "2027-06", "2027-08", 61, 1, 61), (path, "2027-07", "2027-10", 92, 2, 122)]


def test_overdue_lists_what_the_deadlines_list_as_passed(world: World) -> None:
    planned(world, "2026-03-20", 1)
    archive = Archive(store=world.store, sources=world.sources)
    today = clock.now().date()
    passed = [row for row in archive.deadlines(today) if row.deadline.due < today]
    expected = {
        (row.deadline.kind, row.deadline.due.isoformat(), -row.deadline.details.days, row.deadline.state) for row in passed
    }
    assert set(ask(world.store, "SELECT kind, due, days_overdue, state FROM overdue")) == expected
    assert ("milestone_passed", "2026-03-20") in {(kind, due) for kind, due, *_ in expected}


def test_a_trial_that_nobody_follows_or_that_is_gone_is_not_overdue(world: World) -> None:
    planned(world, "2026-03-20", 1)
    assert ask(world.store, "SELECT trial FROM overdue") != []
    world.configure('[[watch]]\nname = "other"\ntrials = ["NCT00000102"]\n')
    world.day()
    assert ask(world.store, "SELECT trial FROM overdue") == []


def test_plain_columns_are_written_again_only_where_they_do_not_fit(world: World) -> None:
    def stale() -> list[str]:
        return world.store.stale_present("ctgov", READER)

    assert stale() == []
    assert world.store.stale_present("ctgov", "another program") == [KEY]
    world.store.note_present([])
    with world.store.writing() as connection:
        connection.execute(text("DELETE FROM due_dates"))
        connection.execute(text("DELETE FROM present"))
    assert stale() == [KEY]
    note_present(world.store, world.sources, "ctgov", lambda: True)
    assert stale() == []


def test_a_run_that_is_not_accepted_moves_no_due_date(store: Store) -> None:
    baseline(store, A, B)
    run = Pass(store, 1)
    run.hold()
    assert isinstance(run.lease, Lease)
    assert ask(store, "SELECT * FROM due_dates") == []


def test_the_documented_queries_run_and_the_views_hold_no_json(world: World, tmp_path: Path) -> None:
    """In SQLite as Datasette asks it; and in DuckDB, on the views written as Parquet."""
    status(world, "COMPLETED", 10)
    planned(world, "2026-03-20", 12)
    page = (Path(__file__).parents[2] / "docs" / "queries.md").read_text("utf-8")
    blocks = [block.partition("```")[0] for block in page.split("```sql\n")[1:]]
    assert len(blocks) >= 5
    with sqlite3.connect(f"file:{tmp_path / 'tracker.db'}?mode=ro", uri=True) as connection, duckdb.connect() as duck:
        for name in views.NAMES:
            assert f"`{name}`" in page
            cursor = connection.execute(f"SELECT * FROM {name}")
            columns, rows = [column[0] for column in cursor.description], cursor.fetchall()
            assert all(f"`{column}`" in page for column in columns)
            assert rows or name == "slips"
            assert not any(str(value).startswith(("{", "[")) for row in rows for value in row)
            types = ", ".join(f'"{column}" {_type(column)}' for column in columns)
            duck.execute(f"CREATE TABLE {name} ({types})")
            if rows:
                duck.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * len(columns))})", rows)
            duck.execute(f"COPY {name} TO '{tmp_path / name}.parquet' (FORMAT parquet)")
            duck.execute(f"DROP TABLE {name}; CREATE VIEW {name} AS SELECT * FROM '{tmp_path / name}.parquet'")
        for block in blocks:
            assert connection.execute(block).fetchall() == duck.execute(block).fetchall()
    connection.close()


def _type(column: str) -> str:
    whole = ("nth", "total_days", "times", "at_least", "current", "days_overdue")
    return "DOUBLE" if column == "days" else "BIGINT" if column in whole else "VARCHAR"
