"""A whole database copied into another: everything is there, nothing else is, and a copy that was cut short goes on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL

from tests import postgres
from tests.store.builders import TTL, A, B, Pass, baseline, changed, check, day, snapshot
from tests.store.revisions import columns, furnish
from tracker.errors import SchemaError, StoreError
from tracker.store import Store, copy, copying, migrate, schema_state
from tracker.store.copying import copied_tables

NOW = day(9)


def silent(_table: str, _done: int, _total: int) -> None:
    """Nobody watches."""


class Cut(Exception):
    """The process is gone."""


@pytest.fixture
def target(request: pytest.FixtureRequest, database: str, tmp_path: Path) -> Iterator[str]:
    """An address of the other kind, where nothing is yet."""
    if database.startswith("postgresql"):
        yield f"sqlite:///{tmp_path}/copy.db"
        return
    with postgres.fresh_database(request.getfixturevalue("postgres_server")) as address:
        yield address.render_as_string(hide_password=False)


@pytest.fixture
def furnished(store: Store) -> Store:
    furnish(store)
    return store


def cut_after(pages: int) -> copying.Progress:
    """A progress that ends the process when so many pages are over."""
    seen = Counter[str]()

    def progress(_table: str, _done: int, _total: int) -> None:
        seen["pages"] += 1
        if seen["pages"] == pages:
            raise Cut

    return progress


def the_same(source: Store, url: str) -> None:
    """Both databases answer alike, and a copy back gives the very rows."""
    with Store.open(url) as other:
        assert other.integrity() == []
        assert other.followed("ctgov") == source.followed("ctgov")
        assert other.runs(99) == source.runs(99)
        assert other.outbox() == source.outbox()
        for trial in (A, B):
            assert other.timeline(trial) == source.timeline(trial)
            for version in source.timeline(trial):
                assert other.document(version.id) == source.document(version.id)


def test_everything_goes_over_from_any_database_to_any(furnished: Store, target: str) -> None:
    report = copy(furnished, target, now=NOW, progress=silent)
    assert [one.name for one in report.tables] == [table.name for table in copied_tables()]
    assert all(one.rows for one in report.tables if one.name != "source_state"), "each table had rows to copy"
    assert schema_state(target) == "current"
    assert "copy_progress" not in columns(target)
    the_same(furnished, target)
    with Store.open(target) as copied:
        assert copied.leases() == []


def test_a_database_without_rows_goes_over_and_can_be_worked_in(store: Store, target: str) -> None:
    report = copy(store, target, now=NOW, progress=silent)
    assert sum(table.rows for table in report.tables) == 0
    with Store.open(target) as copied:
        baseline(copied, A)
        assert [run.id for run in copied.runs(9)] == [1]


def test_a_copy_of_a_copy_has_the_hashes_of_the_first(furnished: Store, target: str, tmp_path: Path) -> None:
    there = copy(furnished, target, now=NOW, progress=silent)
    with Store.open(target) as copied:
        back = copy(copied, f"sqlite:///{tmp_path}/back.db", now=NOW, progress=silent)
    assert back.tables == there.tables
    the_same(furnished, back.target)


def test_numbers_go_on_behind_the_last_that_was_given(furnished: Store, target: str) -> None:
    """Also behind those of rows that are gone: the number of a run that was dropped is never given again."""
    dropped = Pass(furnished, 5)
    dropped.stage(checks=(check(A, "changed", day(5)),), snapshots=(snapshot(A, b"dropped", day(5)),))
    with furnished.writing() as connection:
        last = connection.execute(text("SELECT MAX(id) FROM snapshots")).scalar_one()
    furnished.fail_run(dropped.lease, dropped.id, day(5), "it failed")
    dropped.leave()
    copy(furnished, target, now=NOW, progress=silent)
    with Store.open(target) as copied:
        run = Pass(copied, 8)
        assert run.id > dropped.id
        current = copied.followed("ctgov", [A])[0].current
        assert current is not None
        run.stage(**changed(A, b"new", day(8), "e8", current.id))
        run.accept()
        assert copied.timeline(A)[-1].id > last


@pytest.mark.parametrize("after", [1, 17])
def test_a_copy_that_was_cut_short_goes_on_where_it_stopped(furnished: Store, target: str, after: int) -> None:
    with pytest.raises(Cut):
        copy(furnished, target, now=NOW, progress=cut_after(after), page=2)
    steps: list[int] = []
    report = copy(furnished, target, now=NOW, progress=lambda _table, done, _total: steps.append(done), page=2)
    assert report.resumed > 0
    assert steps[0] > report.resumed, "what is over is not copied again"
    assert steps[-1] == sum(one.rows for one in report.tables)
    the_same(furnished, target)


def test_nobody_works_in_a_database_that_is_being_copied_into(furnished: Store, target: str) -> None:
    with pytest.raises(Cut):
        copy(furnished, target, now=NOW, progress=cut_after(3), page=2)
    assert schema_state(target) == "copying"
    with pytest.raises(SchemaError, match=r"the copy is not complete\. Run the same `tracker copy` again"):
        Store.open(target)
    with pytest.raises(SchemaError, match="the copy is not complete"):
        migrate(target, now=NOW)


def test_a_copy_of_a_state_that_is_gone_begins_anew(furnished: Store, target: str) -> None:
    with pytest.raises(Cut):
        copy(furnished, target, now=NOW, progress=cut_after(30), page=2)
    run = Pass(furnished, 6)
    current = furnished.followed("ctgov", [A])[0].current
    assert current is not None
    run.stage(**changed(A, b"meanwhile", day(6), "e6", current.id))
    run.accept()
    report = copy(furnished, target, now=NOW, progress=silent)
    assert report.resumed == 0
    the_same(furnished, target)


def test_what_is_written_meanwhile_is_noticed_and_the_next_try_begins_anew(furnished: Store, target: str) -> None:
    def writes(table: str, _done: int, _total: int) -> None:
        if table == "silences":
            run = Pass(furnished, 6)
            furnished.fail_run(run.lease, run.id, day(6), "no registry")
            run.leave()

    with pytest.raises(StoreError, match="the database was written to meanwhile"):
        copy(furnished, target, now=NOW, progress=writes)
    assert schema_state(target) == "copying"
    assert copy(furnished, target, now=NOW, progress=silent).resumed == 0
    the_same(furnished, target)


def test_a_row_that_came_over_otherwise_is_noticed(furnished: Store, target: str) -> None:
    def spoils(table: str, _done: int, _total: int) -> None:
        if table == copied_tables()[-1].name:
            with copying.Database(copying.parse_url(target)) as other, other.writing() as connection:
                connection.execute(text("UPDATE silences SET reason = 'another'"))

    with pytest.raises(StoreError, match="the two differ in silences"):
        copy(furnished, target, now=NOW, progress=spoils)


def test_a_database_at_work_is_not_copied(furnished: Store, target: str) -> None:
    furnished.acquire_lease("daemon", "server:42", NOW, TTL)
    with pytest.raises(StoreError, match=r"server:42 is at work on the database .* Stop the daemon"):
        copy(furnished, target, now=NOW, progress=silent)
    assert schema_state(target) == "absent"
    assert copy(furnished, target, now=NOW + 2 * TTL, progress=silent).resumed == 0, "a lease that ran out holds nobody up"


def test_a_database_with_rows_is_not_copied_into(furnished: Store, target: str) -> None:
    migrate(target, now=NOW)
    with Store.open(target) as other:
        baseline(other, A)
        with pytest.raises(StoreError, match=r"is not empty: it has .*trials"):
            copy(furnished, target, now=NOW, progress=silent)
        assert len(other.timeline(A)) == 1


def test_a_database_with_tables_and_no_rows_is_filled(furnished: Store, target: str) -> None:
    migrate(target, now=NOW)
    copy(furnished, target, now=NOW, progress=silent)
    the_same(furnished, target)


def test_a_database_is_not_copied_into_itself(furnished: Store) -> None:
    with pytest.raises(StoreError, match="that is the database itself"):
        copy(furnished, furnished.url.render_as_string(hide_password=False), now=NOW, progress=silent)


def test_a_version_may_be_a_delta_of_one_that_comes_later(furnished: Store, target: str) -> None:
    with furnished.writing() as connection:
        connection.execute(text("UPDATE snapshots SET base_snapshot = (SELECT MAX(id) FROM snapshots) WHERE id = 1"))
    copy(furnished, target, now=NOW, progress=silent)
    with Store.open(target) as copied, copied.reading() as connection:
        assert connection.execute(text("SELECT base_snapshot FROM snapshots WHERE id = 1")).scalar_one() > 1


def test_the_schema_of_a_copy_is_that_of_the_code(furnished: Store, postgres_server: URL) -> None:
    """The foreign key of versions to versions, which stands back during the copy, is there again."""
    with postgres.fresh_database(postgres_server) as address:
        url = address.render_as_string(hide_password=False)
        copy(furnished, url, now=NOW, progress=silent)
        with Store.open(url) as copied, copied.reading() as connection:
            found = connection.execute(
                text("SELECT conname FROM pg_constraint WHERE conrelid = 'snapshots'::regclass AND contype = 'f'")
            )
            assert "fk_snapshots_base_snapshot_snapshots" in set(found.scalars())
