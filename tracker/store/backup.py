"""A consistent copy of a SQLite database while others write to it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from tracker.errors import StoreError
from tracker.store.database import Database, sqlite_file


def backup(database: Database, path: Path) -> Path:
    """Write a consistent copy to a file that does not exist yet; returns it. Raises StoreError, also on PostgreSQL."""
    file = sqlite_file(database.url)
    if file is None:
        raise StoreError("a PostgreSQL database is not copied by the tracker.", remedy="Use pg_dump.")
    return copy_database(file, path)


def copy_database(file: Path, path: Path) -> Path:
    """Copy, check the copy, and only then give it its name: a file of that name is whole or is not there."""
    if path.exists():
        raise StoreError(f"{path} exists and is not overwritten.", remedy="Name another file, or move it away.")
    partial = path.with_name(path.name + ".partial")
    try:
        partial.unlink(missing_ok=True)
        with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(partial)) as target:
            # All pages in one step: it reads one state while others write. Page by page, every write would start it anew.
            source.backup(target, pages=-1)
            target.execute("PRAGMA journal_mode=DELETE")  # the copy is one file
            (found,) = target.execute("PRAGMA integrity_check").fetchone()
        if found != "ok":
            raise StoreError(
                f"the copy of {file} is damaged: {found}.", remedy="The database itself may be: run `tracker doctor`."
            )
        partial.rename(path)
    except (sqlite3.Error, OSError) as error:
        raise StoreError(
            f"{file} could not be copied to {path}: {error}.", remedy="Check the folder and the space on it."
        ) from error
    finally:
        partial.unlink(missing_ok=True)
    return path
