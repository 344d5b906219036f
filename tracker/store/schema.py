"""The schema that a database has, and its migration to this program's.

Revisions are numbered 0001, 0002 ... in the order of their files, so that their state is known without loading alembic.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from glob import escape
from pathlib import Path

from sqlalchemy import Connection, text
from sqlalchemy.engine import URL

from tracker.errors import SchemaError, StoreError
from tracker.model.upkeep import MigrationReport, SchemaState
from tracker.store.backup import PARTIAL, copy_database, remove_database
from tracker.store.database import WRITING, Database, count_version, make_engine, parse_url, sqlite_file, translated_errors

COPYING = "copying"
"""Stands in the place of the revision while a copy into the database is under way: nobody works in half a database."""

_MIGRATION_LOCK = 7_177_911
"""Any number will do, as long as two migrations of one PostgreSQL database use the same."""


def migrations_folder() -> Path:
    """Where the migrations are: inside an installed package, or at the top of a working copy."""
    here = Path(__file__).resolve().parent
    for folder in (here / "migrations", here.parents[1] / "alembic"):
        if (folder / "env.py").is_file():
            return folder
    raise StoreError("the migrations are missing from this installation.", remedy="Install the tracker again.")


def head_revision() -> str:
    """The revision that this program works with."""
    return max(path.name.split("_")[0] for path in (migrations_folder() / "versions").glob("[0-9]*_*.py"))


def schema_state(url: str) -> SchemaState:
    """Whether the database is there and fits this program. Raises StoreError when it cannot be asked."""
    parsed = parse_url(url)
    file = sqlite_file(parsed)
    if file is not None and not file.exists():
        return "absent"
    return _state(_revision(parsed))


def require_usable(url: URL) -> None:
    """Raise StoreError when the folder or file of a SQLite database is missing or cannot be read."""
    file = sqlite_file(url)
    if file is None:
        return
    if not file.parent.is_dir():
        raise StoreError(
            f"the folder {file.parent} of the database does not exist.",
            remedy="Run `tracker migrate` to make both, or correct [store] url.",
        )
    if not file.exists():
        raise SchemaError(f"there is no database {file} yet.", remedy="Run `tracker migrate` to make it.")
    if not os.access(file, os.R_OK):
        raise StoreError(f"the database {file} is not readable for this user.", remedy="Correct its owner or mode.")


def require_writable(url: URL) -> None:
    """Raise StoreError when the folder or file of a SQLite database that exists is not writable."""
    file = sqlite_file(url)
    if file is None:
        return
    if not os.access(file.parent, os.W_OK | os.X_OK):
        raise StoreError(
            f"the folder {file.parent} of the database is not writable for this user.",
            remedy="SQLite keeps files beside the database: make the folder writable.",
        )
    if not os.access(file, os.R_OK | os.W_OK):
        raise StoreError(f"the database {file} is not writable for this user.", remedy="Correct its owner or mode.")


def require_current(database: Database) -> None:
    """Raise SchemaError when the database's tables are not this program's."""
    with database.reading() as connection:
        _require(_read_revision(connection, database.url), database.url)


def migrate(url: str, *, now: datetime, backup: bool = True) -> MigrationReport:
    """Bring a database up to date; a new SQLite database and its folder are made.

    Before the tables of an existing SQLite database are changed, a consistent copy is written beside it. All revisions
    are one transaction, on both databases: it is done, or nothing was. Of several processes that migrate at once, one
    does and the others find it done. Raises SchemaError when the database is ahead.
    """
    parsed = parse_url(url)
    file = sqlite_file(parsed)
    if file is not None:
        _make_folder(file.parent)
        _require_usable_or_new(parsed, file)
    before = _revision(parsed) if file is None or file.exists() else None
    if _state(before) in ("ahead", "copying"):
        _require(before, parsed)
    if before == head_revision():
        return _up_to_date()
    # Batch mode drops and renames tables: with foreign keys on, dropping one would empty those that point to it.
    engine = make_engine(parsed, foreign_keys=False)
    try:
        with translated_errors(parsed), engine.connect().execution_options(**WRITING) as connection, connection.begin():
            return _migrate(connection, parsed, now, backup)
    finally:
        engine.dispose()


def _migrate(connection: Connection, url: URL, now: datetime, backup: bool) -> MigrationReport:
    """The same in a transaction, while no other process writes."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
    before, head = _read_revision(connection, url), head_revision()
    if before == head:  # by the process that we waited for
        return _up_to_date()
    copy, note = None, ""
    if before is not None and backup:
        file = sqlite_file(url)
        if file is not None:
            copy = _copy(file, head, now)
        else:
            note = "No backup was made: on PostgreSQL that is pg_dump's work."
    _upgrade(connection)
    if connection.dialect.name == "sqlite":
        count_version(connection)
    return MigrationReport(before=before, after=head, backup=copy, note=note)


def _copy(file: Path, head: str, now: datetime) -> Path:
    """The copy beside a database that is about to be migrated to ``head``."""
    for partial in file.parent.glob(f"{escape(file.stem)}.before-*{PARTIAL}"):
        remove_database(partial)  # of a migration that was killed: another one cannot be at work now
    stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    copy = file.with_name(f"{file.stem}.before-{head}-{stamp}.db")
    # One killed after its copy and started again within the second has its copy already.
    return copy if copy.exists() else copy_database(file, copy)


def _up_to_date() -> MigrationReport:
    return MigrationReport(before=head_revision(), after=head_revision(), note="The database was up to date.")


def _require_usable_or_new(url: URL, file: Path) -> None:
    """Like `require_usable`, for a database that may yet have to be made."""
    if file.exists():
        require_writable(url)
    elif not os.access(file.parent, os.W_OK | os.X_OK):
        raise StoreError(f"the folder {file.parent} is not writable for this user.", remedy="Correct its owner or mode.")


def _require(revision: str | None, url: URL) -> None:
    name = url.render_as_string(hide_password=True)
    match _state(revision):
        case "absent":
            raise SchemaError(f"the database {name} has no tables yet.", remedy="Run `tracker migrate` to make them.")
        case "behind":
            raise SchemaError(
                f"the database {name} has revision {revision}, this program needs {head_revision()}.",
                remedy="Run `tracker migrate`.",
            )
        case "copying":
            raise SchemaError(
                f"the database {name} is being copied into, and the copy is not complete.",
                remedy="Run the same `tracker copy` again: it goes on where it stopped.",
            )
        case "ahead":
            raise SchemaError(
                f"the database {name} has revision {revision}, this program knows only {head_revision()}.",
                remedy="Install the version of the tracker that last migrated it, or a newer one.",
            )


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"the folder {folder} cannot be made: {error.strerror}.", remedy="Correct [store] url.") from error


def _state(revision: str | None) -> SchemaState:
    if revision is None:
        return "absent"
    if revision == COPYING:
        return "copying"
    head = head_revision()
    if revision == head:
        return "current"
    return "behind" if revision < head else "ahead"


def _revision(url: URL) -> str | None:
    engine = make_engine(url)
    try:
        with translated_errors(url), engine.connect() as connection:
            return _read_revision(connection, url)
    finally:
        engine.dispose()


def _read_revision(connection: Connection, url: URL) -> str | None:
    tables = (
        "SELECT name FROM sqlite_master WHERE type = 'table'"
        if connection.dialect.name == "sqlite"
        else "SELECT tablename FROM pg_tables WHERE schemaname = ANY (current_schemas(false))"
    )
    names = set(connection.scalars(text(tables)))
    if "alembic_version" in names:
        revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
        return revision
    if names and connection.dialect.name == "sqlite":
        raise SchemaError(
            f"the file {url.database} is a database of something else.", remedy="Name another file in [store] url."
        )
    return None


def _upgrade(connection: Connection) -> None:
    """Run the revisions that are missing."""
    from alembic.config import Config

    from alembic import command  # a fifth of a second, and only this needs it

    config = Config()
    config.set_main_option("script_location", str(migrations_folder()).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    if connection.dialect.name == "sqlite" and connection.execute(text("PRAGMA foreign_key_check")).first() is not None:
        raise SchemaError("the migration would lose rows and was undone.", remedy="Report this with the revision numbers.")
