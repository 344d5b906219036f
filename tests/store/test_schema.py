"""The schema: made, recognised, brought up to date and never half."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from tests.store.builders import DAY_0, A, baseline
from tracker.errors import SchemaError, StoreError
from tracker.store import Store, migrate, schema_state, search, views
from tracker.store.database import make_engine, parse_url
from tracker.store.schema import head_revision
from tracker.store.tables import metadata


def test_the_migrations_make_exactly_the_tables_of_the_code(store: Store) -> None:
    with store.reading() as connection:
        opts = {"compare_type": True, "include_name": lambda name, kind, _: kind != "table" or not search.is_own(name)}
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, metadata) == []


def test_the_migrations_make_the_same_constraints_as_the_code(sqlite_url: str, tmp_path: Path) -> None:
    """Comparing metadata does not look at CHECK constraints or partial indexes: compare the words of the tables."""
    migrate(sqlite_url, now=DAY_0)
    engine = make_engine(parse_url(f"sqlite:///{tmp_path}/plain.db"))
    with engine.begin() as connection:
        metadata.create_all(connection)
        views.create(connection)
    engine.dispose()

    def words(name: str) -> set[str]:
        with sqlite3.connect(tmp_path / name) as connection:
            found = connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'alembic%'")
            # A table that a revision made anew has its name in quotation marks.
            lines = {line.strip().rstrip(",").replace('"', "") for (sql,) in found for line in sql.splitlines()}
        connection.close()
        return lines

    assert words("tracker.db") == words("plain.db")


def test_a_database_is_absent_then_current(url: str) -> None:
    assert schema_state(url) == "absent"
    report = migrate(url, now=DAY_0)
    assert (report.before, report.after, report.backup) == (None, head_revision(), None)
    assert schema_state(url) == "current"
    assert migrate(url, now=DAY_0).note == "The database was up to date."


def _pretend(url: str, revision: str) -> None:
    engine = make_engine(parse_url(url))
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
    engine.dispose()


def test_a_database_of_a_newer_program_is_refused(store: Store, store_url: str) -> None:
    _pretend(store_url, "9999")
    assert schema_state(store_url) == "ahead"
    with pytest.raises(SchemaError, match=r"9999.*knows only"):
        Store.open(store_url)
    with pytest.raises(SchemaError, match="9999"):
        migrate(store_url, now=DAY_0)


def test_a_database_that_is_behind_names_the_remedy(store: Store, store_url: str) -> None:
    _pretend(store_url, "0000")
    assert schema_state(store_url) == "behind"
    with pytest.raises(SchemaError, match="tracker migrate"):
        Store.open(store_url)
    Store.open(store_url, must_be_current=False).close()


def test_opening_never_makes_a_database(sqlite_url: str, tmp_path: Path) -> None:
    """A wrong path must not begin a second baseline."""
    with pytest.raises(SchemaError, match="tracker migrate"):
        Store.open(sqlite_url)
    with pytest.raises(StoreError, match=r"folder .*nowhere of the database does not exist"):
        Store.open(f"sqlite:///{tmp_path}/nowhere/tracker.db")
    assert list(tmp_path.iterdir()) == []


def test_migrate_makes_the_folder(tmp_path: Path) -> None:
    migrate(f"sqlite:///{tmp_path}/new/folder/tracker.db", now=DAY_0)
    assert (tmp_path / "new/folder/tracker.db").exists()


def test_another_programs_database_is_left_alone(sqlite_url: str, tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "tracker.db")
    connection.execute("CREATE TABLE songs (title TEXT)")
    connection.close()
    with pytest.raises(SchemaError, match="something else"):
        migrate(sqlite_url, now=DAY_0)


def test_a_file_that_is_no_database_is_named(sqlite_url: str, tmp_path: Path) -> None:
    (tmp_path / "tracker.db").write_text("a shopping list, long enough to be read as a page of something " * 20)
    with pytest.raises(StoreError, match=r"not a database.*something else"):
        schema_state(sqlite_url)


@pytest.mark.parametrize(
    "address", ["sqlite://", "sqlite:///:memory:", "mysql://host/base", "tracker.db", "oracle+nothing://x"]
)
def test_addresses_that_cannot_work_are_refused_with_the_way_to_write_them(address: str) -> None:
    with pytest.raises(StoreError, match="sqlite:///FILE"):
        schema_state(address)


def test_a_password_never_appears_in_errors() -> None:
    with pytest.raises(StoreError) as caught:
        schema_state("postgresql+psycopg://tracker:hush@127.0.0.1:1/tracker")
    assert "hush" not in str(caught.value)
    assert "server runs" in str(caught.value)


NEXT_HEAD = f"{int(head_revision()) + 1:04d}"
NEXT_REVISION = f"""
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "{NEXT_HEAD}", "{head_revision()}", None, None


def upgrade():
    with op.batch_alter_table("watches") as batch:  # SQLite: a new table, the old one dropped
        batch.add_column(sa.Column("colour", sa.Text()))
        batch.alter_column("created_at", nullable=True)
"""


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The package as a wheel lays it out, one revision later."""
    site = tmp_path / "site"
    repository = Path(__file__).parents[2]
    shutil.copytree(repository / "tracker", site / "tracker", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(repository / "alembic", site / "tracker/store/migrations", ignore=shutil.ignore_patterns("__pycache__"))
    (site / "tracker/store/migrations/versions" / f"{NEXT_HEAD}_colour.py").write_text(NEXT_REVISION)
    return site


def test_an_installed_program_backs_up_and_upgrades_and_loses_nothing(store: Store, store_url: str, installed: Path) -> None:
    """Rebuilding a table that others point to must not empty these."""
    baseline(store, A)
    store.close()
    program = f"""
from datetime import UTC, datetime
from tracker.store import migrate

report = migrate({store_url!r}, now=datetime.now(UTC))
print(report.backup, report.after)
"""
    environment = os.environ | {"PYTHONPATH": str(installed)}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=installed, env=environment, capture_output=True, text=True, check=True
    )
    copy, after = done.stdout.split()
    assert after == NEXT_HEAD
    assert schema_state(store_url) == "ahead"
    assert [member.trial for member in store.memberships()] == [A]
    if store_url.startswith("sqlite"):
        assert re.fullmatch(rf"tracker\.before-{NEXT_HEAD}-\d{{8}}T\d{{6}}Z\.db", Path(copy).name)
        with Store.open(f"sqlite:///{copy}") as old:  # at the revision before, as it was
            assert [known.key for known in old.followed("ctgov")] == [A]
    else:
        assert copy == "None"


def test_a_migration_that_fails_changes_nothing(sqlite_url: str, tmp_path: Path) -> None:
    migrate(sqlite_url, now=DAY_0)
    engine = make_engine(parse_url(sqlite_url))
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM alembic_version"))
        connection.execute(text("DROP TABLE alerts"))
    engine.dispose()
    with pytest.raises(StoreError, match="already exists"):
        migrate(sqlite_url, now=DAY_0)
    with sqlite3.connect(tmp_path / "tracker.db") as connection:
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    connection.close()
    assert "runs" in names
    assert "alerts" not in names


def test_alembic_by_hand_finds_nothing_left_to_migrate(sqlite_url: str) -> None:
    """What `make migrate` starts from."""
    migrate(sqlite_url, now=DAY_0)
    command = [sys.executable, "-m", "alembic", "-x", f"url={sqlite_url}", "check"]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
