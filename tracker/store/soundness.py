"""Whether a SQLite database is damaged, found without writing anything to it or to its log."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from tracker.errors import DatabaseDamagedError
from tracker.store.open_file import open_here
from tracker.store.write_log import has_log, in_use, log_of, require_own_log

SMALL = 64 * 1024 * 1024
"""Bytes up to which a database is checked at each opening: a tenth of a second. A larger one after an unclean end."""

_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_MOST_NAMED = 3

_sound: dict[Path, tuple[object, ...]] = {}
"""What was found sound in this process: one command opens its database twice or thrice."""


def require_sound(file: Path) -> None:
    """Raise StaleLogError or DatabaseDamagedError before a database is opened that ended badly or was damaged since."""
    if (seen := _state(file)) == _sound.get(file):
        return
    if not open_here(file):
        require_own_log(file)
    if file.stat().st_size <= SMALL or (has_log(file) and not in_use(file)):
        quick_check(file)
    _sound[file] = seen


def _state(file: Path) -> tuple[object, ...]:
    """What changes when a database or its log is written to."""
    found = file.stat()
    log = log_of(file)
    return found.st_ino, found.st_mtime_ns, found.st_size, log.stat().st_mtime_ns if log.exists() else None


def quick_check(file: Path) -> None:
    """Raise DatabaseDamagedError when SQLite's quick check finds something. What hinders the check is said by the opening."""
    try:
        with closing(sqlite3.connect(f"file:{quote(str(file.absolute()))}?mode=ro", uri=True, timeout=5)) as connection:
            found = [str(line) for (line,) in connection.execute(f"PRAGMA quick_check({_MOST_NAMED})")]
    except sqlite3.Error as error:
        if not is_damage(error):
            return
        if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_NOTADB:
            return  # it may be something else altogether, and the opening says so
        found = [str(error)]
    if found != ["ok"]:
        raise damaged(str(file), "; ".join(" ".join(line.split()) for line in found))


def is_damage(error: BaseException | None) -> bool:
    """Whether an error of the driver says that the file is damaged."""
    return isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGE


def damaged(name: str, why: str) -> DatabaseDamagedError:
    """The error of a damaged database."""
    return DatabaseDamagedError(
        f"the database {name} is damaged: {why}. Nothing is written to it.",
        remedy="Stop every tracker, move the file away together with those ending in -wal and -shm, and put the latest backup "
        "in its place (tracker backup makes them).",
    )
