"""The database is the one it was: deleted, moved, replaced, overwritten, mixed with another state's log, or damaged."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from tests.store.builders import DAY_0
from tracker.errors import DatabaseDamagedError, DatabaseReplacedError, StaleLogError, StoreError
from tracker.store import Store, migrate, schema_state
from tracker.store.write_log import has_log, log_of


@pytest.fixture
def file(sqlite_url: str) -> Path:
    migrate(sqlite_url, now=DAY_0)
    return Path(sqlite_url.removeprefix("sqlite:///"))


def note(store: Store, number: int) -> None:
    """A transaction that writes."""
    store.set_due(f"job {number}", DAY_0 + timedelta(minutes=number), None)


def deleted(file: Path) -> None:
    file.unlink()


def moved(file: Path) -> None:
    file.rename(file.with_name("elsewhere.db"))


def replaced(file: Path) -> None:
    shutil.copy(file, file.with_name("copy.db"))
    file.with_name("copy.db").replace(file)


def folder_moved(file: Path) -> None:
    shutil.copytree(file.parent, file.parent.with_name("copy"))
    file.parent.rename(file.parent.with_name("away"))
    file.parent.with_name("copy").rename(file.parent)


def log_deleted(file: Path) -> None:
    log_of(file).unlink()


def log_replaced(file: Path) -> None:
    shutil.copy(log_of(file), file.with_name("copy"))
    file.with_name("copy").replace(log_of(file))


@pytest.mark.parametrize("change", [deleted, moved, replaced, folder_moved, log_deleted, log_replaced])
def test_nothing_is_read_or_written_in_a_file_that_its_path_no_longer_means(file: Path, change: Callable[[Path], None]) -> None:
    with Store.open(f"sqlite:///{file}") as store:
        note(store, 1)
        store.require_intact()
        change(file)
        for deed in (store.require_intact, store.size, lambda: note(store, 2)):
            with pytest.raises(DatabaseReplacedError, match=r"is gone|was replaced"):
                deed()


def test_a_database_at_work_stays_the_same_one(file: Path) -> None:
    """Checkpoints, other processes that come and go, closing and opening again: none of it is a replacement."""
    with Store.open(f"sqlite:///{file}") as store:
        for number in range(40):
            note(store, number)
            store.require_intact()
            if number % 10 == 9:
                store.housekeep(DAY_0)
        beside = "import sys; from tracker.store import Store; s = Store.open(sys.argv[1]); s.size(); s.close()"
        subprocess.run([sys.executable, "-c", beside, f"sqlite:///{file}"], check=True)
        store.require_intact()
        store.close()
        note(store, 99)
        store.require_intact()


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="the head of an open file is read through /proc")
def test_a_backup_copied_into_the_open_file_is_noticed(file: Path, tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{file}") as store:
        for number in range(20):
            note(store, number)
        store.housekeep(DAY_0)
        old = tmp_path / "old.db"
        shutil.copy(file, old)
        for number in range(20, 40):
            note(store, number)
        store.housekeep(DAY_0)
        store.require_intact()
        with old.open("rb") as source, file.open("r+b") as target:
            shutil.copyfileobj(source, target)
        with pytest.raises(StoreError, match="overwritten"):
            store.require_intact()


WRITER = """
import os, signal, sys
from datetime import UTC, datetime, timedelta
from tracker.store import Store
store = Store.open(sys.argv[1])
for number in range(int(sys.argv[2])):
    store.set_due(f"job {number}", datetime(2026, 3, 1, tzinfo=UTC) + timedelta(minutes=number), None)
os.kill(os.getpid(), signal.SIGKILL)
"""


def killed_after(file: Path, transactions: int) -> None:
    """A process that writes and is killed, its log behind it."""
    ended = subprocess.run([sys.executable, "-c", WRITER, f"sqlite:///{file}", str(transactions)], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert log_of(file).stat().st_size > 0


@pytest.mark.parametrize("transactions", [1, 7, 1500])
def test_a_log_of_a_process_that_was_killed_belongs_to_its_database(file: Path, transactions: int) -> None:
    """With and without a checkpoint of its own before the kill; again and again."""
    for _ in range(2):
        killed_after(file, transactions)
        with Store.open(f"sqlite:///{file}") as store:
            assert store.due(f"job {transactions - 1}").last_at is not None
            assert store.integrity() == []


@pytest.mark.parametrize("form", ["backup", "cp", "moved"])
@pytest.mark.parametrize("transactions", [5, 1500])
def test_a_log_left_beside_a_restored_backup_is_refused_and_nothing_is_written(
    file: Path, tmp_path: Path, form: str, transactions: int
) -> None:
    kept = tmp_path / "kept.db"
    with Store.open(f"sqlite:///{file}") as store:
        note(store, 0)
        if form == "backup":
            store.backup(kept)
    if form != "backup":
        shutil.copy(file, kept)
    with Store.open(f"sqlite:///{file}") as store:
        for number in range(10):
            note(store, number)
    killed_after(file, transactions)
    if form == "moved":
        kept.rename(file)
    else:
        file.write_bytes(kept.read_bytes())
    before = {path.name: path.read_bytes() for path in (file, log_of(file))}
    for opening in (Store.open, schema_state, lambda url: migrate(url, now=DAY_0)):
        with pytest.raises(StaleLogError, match=r"does not belong .* rm '.*-wal'"):
            opening(f"sqlite:///{file}")
    assert {path.name: path.read_bytes() for path in (file, log_of(file))} == before
    log_of(file).unlink()
    file.with_name(f"{file.name}-shm").unlink(missing_ok=True)
    with Store.open(f"sqlite:///{file}") as store:
        assert store.integrity() == []
        assert store.due("job 9").last_at is None


def test_each_transaction_that_changes_something_counts_the_version_and_no_other_does(file: Path) -> None:
    def version() -> int:
        with closing(sqlite3.connect(file)) as connection:
            return int(connection.execute("PRAGMA user_version").fetchone()[0])

    with Store.open(f"sqlite:///{file}") as store:
        before = version()
        note(store, 1)
        note(store, 2)
        store.size()
        store.close_incident("nothing of the kind", DAY_0)
    assert version() == before + 2


def test_many_that_open_and_write_at_once_are_never_told_that_the_log_is_anothers(file: Path) -> None:
    """The log begins anew while others look at it."""
    writer = WRITER.replace("os.kill(os.getpid(), signal.SIGKILL)", "store.close()").replace(
        "store = Store", "for number in range(12):\n    Store.open(sys.argv[1]).close()\nstore = Store"
    )
    started = [subprocess.Popen([sys.executable, "-c", writer, f"sqlite:///{file}", "300"]) for _ in range(3)]
    assert [process.wait() for process in started] == [0, 0, 0]


def damage(file: Path) -> None:
    """Overwrite pages in the middle of the file."""
    with file.open("r+b") as opened:
        opened.seek(4096 * 3)
        opened.write(os.urandom(4096 * 12))


def test_a_damaged_database_is_refused_and_nothing_is_written_to_it(file: Path) -> None:
    with Store.open(f"sqlite:///{file}") as store:
        note(store, 1)
    damage(file)
    before = file.read_bytes()
    for opening in (Store.open, schema_state, lambda url: migrate(url, now=DAY_0)):
        with pytest.raises(DatabaseDamagedError, match=r"is damaged: .* latest backup"):
            opening(f"sqlite:///{file}")
    assert file.read_bytes() == before
    assert not has_log(file)


def test_damage_after_an_unclean_end_is_found_before_the_log_is_put_into_the_file(file: Path) -> None:
    killed_after(file, 3)
    damage(file)
    before = file.read_bytes(), log_of(file).read_bytes()
    with pytest.raises(DatabaseDamagedError):
        Store.open(f"sqlite:///{file}")
    assert (file.read_bytes(), log_of(file).read_bytes()) == before


def test_damage_found_while_the_database_is_open_ends_all_writing(file: Path) -> None:
    with Store.open(f"sqlite:///{file}") as store:
        note(store, 1)
        store.require_intact()
        store.housekeep(DAY_0)
        damage(file)
        with pytest.raises(DatabaseDamagedError):
            store.require_intact()
        before = file.read_bytes()
        with pytest.raises(DatabaseDamagedError):
            note(store, 2)
        with pytest.raises(DatabaseDamagedError):
            store.require_intact()
        assert file.read_bytes() == before


def test_a_file_that_is_no_database_is_said_to_be_none(sqlite_url: str) -> None:
    Path(sqlite_url.removeprefix("sqlite:///")).write_bytes(b"a letter to a friend\n" * 400)
    with pytest.raises(StoreError, match="not a database"):
        Store.open(sqlite_url)
