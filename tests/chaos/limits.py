"""Databases that refuse: full after so many pages, full because their disk is, or unwilling to take one kind of row."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event, text

from tracker.store import Store

NO_LIMIT = 2**30


@contextmanager
def full_after(store: Store, pages: int) -> Iterator[None]:
    """The file may grow by so many pages and no more, as on a disk that is nearly full."""

    def limit(connection: object, _record: object, _proxy: object) -> None:
        connection.execute(f"PRAGMA max_page_count={allowed}")  # type: ignore[attr-defined]

    with store.reading() as connection:
        allowed = int(connection.scalar(text("PRAGMA page_count")) or 0) + pages
    event.listen(store.engine, "checkout", limit)
    try:
        yield
    finally:
        allowed = NO_LIMIT
        with store.reading():
            pass
        event.remove(store.engine, "checkout", limit)


@contextmanager
def refusing(store: Store, *writes: str) -> Iterator[None]:
    """The disk is full for some writes only: "UPDATE ON schedule", or with a condition "... WHEN NEW.name = 'x'"."""
    with store.writing() as connection:
        for number, write in enumerate(writes):
            refusal = "SELECT RAISE(ABORT, 'database or disk is full');"
            connection.execute(text(f"CREATE TRIGGER full_{number} BEFORE {write} BEGIN {refusal} END"))
    try:
        yield
    finally:
        with store.writing() as connection:
            for number in range(len(writes)):
                connection.execute(text(f"DROP TRIGGER full_{number}"))


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A disk of its own, small enough to be filled; the test is skipped where this user may mount none."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small disk is mounted by root on Linux")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def fill(disk: Path, left: int) -> Path:
    """Fill the disk up to ``left`` bytes; returns the file that fills it."""
    free = os.statvfs(disk)
    filler = disk / "filler"
    filler.write_bytes(b"\0" * max(0, free.f_bavail * free.f_frsize - left))
    return filler
