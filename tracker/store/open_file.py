"""The file of a SQLite database as it was when it was opened, and whether its path still means that file.

SQLite goes on in a file that was deleted, moved or replaced, and nobody else ever sees what it writes there.
"""

from __future__ import annotations

import os
from collections import Counter
from contextlib import suppress
from pathlib import Path

from tracker.errors import DatabaseReplacedError
from tracker.store.write_log import HEADER, log_of, version_of

Identity = tuple[int, int]
"""Device and inode."""

_open_here: Counter[Path] = Counter()
"""The connections of this process by file. While there is one, its file must not be opened beside SQLite: closing it
again would drop SQLite's locks, which are the process's and not the connection's."""


def open_here(file: Path) -> bool:
    """Whether this process has a connection to the file."""
    return _open_here[file.absolute()] > 0


class OpenFile:
    """What the connections of one engine have open."""

    def __init__(self, file: Path) -> None:
        self._file = file.absolute()
        self._connections = 0
        self._identity: Identity | None = None
        self._log: Identity | None = None
        self._version: int | None = None

    def opened(self) -> None:
        """A connection was opened."""
        _open_here[self._file] += 1
        self._connections += 1
        if self._connections == 1:
            self._identity, self._log, self._version = _identity(self._file), None, None

    def closed(self) -> None:
        """A connection was closed. SQLite removes its log with the last one."""
        _open_here[self._file] -= 1
        self._connections -= 1

    def require_same(self) -> None:
        """Raise DatabaseReplacedError unless path and log are those that are open. Costs two looks at the file system."""
        if self._connections == 0 or self._identity is None:
            return
        self._require(_identity(self._file), self._identity, self._file)
        log = _identity(log_of(self._file))
        if self._log is not None:
            self._require(log, self._log, log_of(self._file))
        else:
            self._log = log  # made by the first transaction, and kept as long as a connection is open

    def require_not_overwritten(self) -> None:
        """Raise DatabaseReplacedError when another state was copied into the open file itself, as `cp` does.

        Each of our transactions counts the file's version up, and only a checkpoint brings it into the file: one that goes
        back was not made by us. Read through SQLite's own handle where the system shows it (Linux), else not at all.
        """
        if self._connections == 0 or self._identity is None:
            return
        version = _version_now(self._identity)
        if version is None:
            return
        if self._version is not None and version < self._version:
            raise _replaced(self._file, "was overwritten with another state of it")
        self._version = version

    def _require(self, found: Identity | None, wanted: Identity, file: Path) -> None:
        if found != wanted:
            raise _replaced(file, "is gone" if found is None else "was replaced by another file")


def _replaced(file: Path, what: str) -> DatabaseReplacedError:
    return DatabaseReplacedError(
        f"{file} {what} while it was open; nothing more is written or sent.",
        remedy="Stop every tracker, put the right database in its place (with a backup, remove the files ending in "
        "-wal and -shm beside it), and start again.",
    )


def _identity(file: Path) -> Identity | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _version_now(identity: Identity) -> int | None:
    """The version in the head of the file, read through a handle that SQLite has open; None where there is none to be found."""
    with suppress(OSError):
        for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 - names are all that is wanted, and the folder changes while read
            with suppress(OSError):
                found = os.fstat(int(name))
                if (found.st_dev, found.st_ino) == identity:
                    return version_of(os.pread(int(name), HEADER, 0))
    return None
