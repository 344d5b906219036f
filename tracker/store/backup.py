"""A consistent copy of a SQLite database while others write to it."""

from __future__ import annotations

import secrets
import sqlite3
from contextlib import closing
from pathlib import Path

from tracker.errors import StoreError
from tracker.store.database import Database, sqlite_file

PARTIAL = ".partial"
"""The end of the name of a copy that is being written."""


def backup(database: Database, path: Path) -> Path:
    """Write a consistent copy to a file that does not exist yet; returns it. Raises StoreError, also on PostgreSQL."""
    file = sqlite_file(database.url)
    if file is None:
        raise StoreError("a PostgreSQL database is not copied by the tracker.", remedy="Use pg_dump.")
    return copy_database(file, path)


def copy_database(file: Path, path: Path) -> Path:
    """Copy, check the copy, and only then give it its name: a file of that name is whole or is not there.

    Leases are left out: who is at work on the original is not at work on the copy, which may be put in its place.
    """
    if path.exists():
        raise StoreError(f"{path} exists and is not overwritten.", remedy="Name another file, or move it away.")
    partial = path.with_name(path.name + PARTIAL)
    try:
        remove_database(partial)  # of a process that was killed
        with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(partial, isolation_level=None)) as target:
            # All pages in one step: it reads one state while others write. Page by page, every write would start it anew.
            source.backup(target, pages=-1)
            target.execute("PRAGMA journal_mode=DELETE")  # the copy is one file
            target.execute("DELETE FROM leases")
            # Its versions are its own from here on: a log of the original that lies beside it one day is told from its own.
            target.execute(f"PRAGMA user_version = {secrets.randbelow(2**30)}")
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
        remove_database(partial)
    return path


def remove_database(file: Path) -> None:
    """Remove a SQLite database, if it is there, and before it the files that SQLite keeps beside it."""
    for rest in ("-journal", "-wal", "-shm", ""):
        file.with_name(file.name + rest).unlink(missing_ok=True)
