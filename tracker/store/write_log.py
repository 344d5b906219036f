"""SQLite's write-ahead log as it lies beside a database: whether it belongs to it, and whether somebody is at work.

Every transaction of ours counts ``user_version`` up, which stands in the first page. So each log of ours begins with the
version that follows the file's, and a log that was left beside another state of the database, such as a restored backup,
is told from its own: SQLite itself would mix the two.
"""

from __future__ import annotations

import os
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

from tracker.errors import StaleLogError

HEADER = 100
"""Bytes of a database's head."""

_LOG_HEADER, _FRAME_HEADER = 32, 24
_LOG_MAGIC = (0x377F0682, 0x377F0683)
_VERSION_AT = 60
_MOST_VERSIONS = 2**31
_TRIES = 5
_USED_BYTE = 128
"""Of the file ending in -shm: every connection of whichever process holds a lock on it."""


def log_of(file: Path) -> Path:
    """Where SQLite keeps the log of a database."""
    return file.with_name(f"{file.name}-wal")


def version_of(head: bytes) -> int | None:
    """The version in the head of a database; None for what is none."""
    if len(head) < HEADER or not head.startswith(b"SQLite format 3\0"):
        return None
    return int.from_bytes(head[_VERSION_AT : _VERSION_AT + 4], "big")


def next_version(version: int) -> int:
    """The version of the next transaction."""
    return (version + 1) % _MOST_VERSIONS


def has_log(file: Path) -> bool:
    """Whether a log with anything in it lies beside the database."""
    try:
        return log_of(file).stat().st_size > _LOG_HEADER
    except OSError:
        return False


def require_own_log(file: Path) -> None:
    """Raise StaleLogError when the log beside a database was written on top of another state of it.

    Not to be called while this process has the database open. Others may be writing: only what is seen twice is believed.
    """
    before = None
    for _ in range(_TRIES):
        if not has_log(file):
            return
        head, versions = _head(file), _versions(log_of(file))
        if head is None or versions is None or versions[0] - 1 <= head <= versions[1]:
            return
        if before == (head, versions):
            raise StaleLogError(
                f"{log_of(file)} does not belong to the database beside it: it was left by another state of it, as when a "
                "backup is put in its place. Nothing was read or written.",
                remedy="Stop every tracker. If the database is the one you want, remove the log: "
                f"rm '{log_of(file)}' '{file}-shm'",
            )
        before = head, versions


def in_use(file: Path) -> bool | None:
    """Whether another process has the database open; None where the system does not say."""
    if not sys.platform.startswith("linux"):
        return None
    import fcntl

    asked = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, _USED_BYTE, 1, 0)
    try:
        with file.with_name(f"{file.name}-shm").open("rb+") as shared:
            kind, *_ = struct.unpack("hhqqi4x", fcntl.fcntl(shared, fcntl.F_GETLK, asked))
    except FileNotFoundError:
        return False
    except OSError:
        return None
    return bool(kind != fcntl.F_UNLCK)


def _head(file: Path) -> int | None:
    try:
        with file.open("rb") as opened:
            return version_of(opened.read(HEADER))
    except OSError:
        return None


def _versions(log: Path) -> tuple[int, int] | None:
    """The first and the last version among the committed transactions of a log; None when none wrote the first page."""
    found: list[int] = []
    waiting: int | None = None
    try:
        for version, commits in _frames(log):
            waiting = version if version is not None else waiting
            if commits and waiting is not None:
                found.append(waiting)
                waiting = None
    except OSError:
        return None
    return (found[0], found[-1]) if found else None


def _frames(log: Path) -> Iterator[tuple[int | None, bool]]:
    """The frames of the log's present round: the version where it is the first page, and whether it ends a transaction."""
    with log.open("rb") as opened:
        header = opened.read(_LOG_HEADER)
        if len(header) < _LOG_HEADER:
            return
        magic, _, page_size, _, *salts, _, _ = struct.unpack(">8I", header)
        if magic not in _LOG_MAGIC:
            return
        while len(frame := opened.read(_FRAME_HEADER)) == _FRAME_HEADER:
            page, size, *found, _, _ = struct.unpack(">6I", frame)
            if found != salts:
                return
            version = version_of(opened.read(HEADER)) if page == 1 else None
            opened.seek(page_size - (HEADER if page == 1 else 0), os.SEEK_CUR)
            yield version, size > 0
