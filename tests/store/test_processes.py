"""Real processes on one database: they take turns, one of them is killed, and a copy is made while another writes."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.store.builders import DAY_0, TTL, data
from tests.store.worker import BATCH, ROUNDS, batch
from tracker.errors import StoreError
from tracker.model.run import RunCounts
from tracker.store import Store, migrate
from tracker.store.tables import issues, trials


class Worker:
    """A process that works on the database, and says how far it is."""

    def __init__(self, url: str, task: str) -> None:
        command = [sys.executable, "-m", "tests.store.worker", url, task]
        self.process = subprocess.Popen(
            command, cwd=Path(__file__).parents[2], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def answer(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def go(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def kill(self) -> None:
        """Kill -9."""
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def start(store_url: str) -> Iterator[Callable[[str], Worker]]:
    workers: list[Worker] = []

    def begin(task: str) -> Worker:
        workers.append(Worker(store_url, task))
        return workers[-1]

    yield begin
    for worker in workers:
        worker.kill()


def test_of_processes_that_fight_for_a_lease_one_wins(store: Store, start: Callable[[str], Worker]) -> None:
    workers = [start("fight") for _ in range(3)]
    assert [worker.answer() for worker in workers] == ["ready"] * 3
    for worker in workers:
        worker.go()
    assert sorted(worker.answer() for worker in workers) == ["refused", "refused", "won"]


def test_no_write_is_lost_when_processes_read_and_write_the_same_row(store: Store, start: Callable[[str], Worker]) -> None:
    workers = [start("count") for _ in range(2)]
    for worker in workers:
        worker.answer()
    for worker in workers:
        worker.go()
    assert [worker.answer() for worker in workers] == ["done", "done"]
    with store.reading() as connection:
        assert connection.scalar(select(issues.c.count)) == 2 * ROUNDS


def test_a_killed_process_leaves_whole_batches_which_the_next_adopts(store: Store, start: Callable[[str], Worker]) -> None:
    worker = start("hang")
    assert worker.answer() == "in the middle"
    worker.kill()
    lease = store.acquire_lease("source:ctgov", "next", DAY_0, TTL)
    opened = store.open_run(lease, "ctgov", DAY_0, data(0))
    assert store.answered(opened.run.id, [one.check.trial for one in (*batch(0).checks, *batch(1).checks)]) == {
        staged.check.trial for staged in batch(0).checks
    }
    with store.reading() as connection:
        assert "ctgov:NCT99999999" not in set(connection.scalars(select(trials.c.key)))
    store.stage(lease, opened.run.id, batch(1), DAY_0)
    store.accept(lease, opened.run.id, DAY_0, RunCounts())
    assert (
        len(store.followed("ctgov", [staged.check.trial for number in (0, 1) for staged in batch(number).checks])) == 2 * BATCH
    )
    assert store.integrity() == []


def test_a_copy_made_while_another_process_writes_is_whole(
    store: Store, store_url: str, start: Callable[[str], Worker], tmp_path: Path
) -> None:
    if store_url.startswith("postgresql"):
        with pytest.raises(StoreError, match="pg_dump"):
            store.backup(tmp_path / "copy.db")
        return
    worker = start("write")
    assert worker.answer() == "writing"
    sizes = []
    for number in range(3):
        copy = store.backup(tmp_path / f"copy-{number}.db")
        with Store.open(f"sqlite:///{copy}") as copied:
            assert copied.integrity() == []
            totals = copied.staged_totals(1).counts
            assert totals.checked == copied.size().snapshots  # never half a batch
            assert totals.checked % BATCH == 0
            sizes.append(totals.checked)
        assert worker.process.poll() is None
    assert sizes == sorted(sizes)
    assert sizes[0] >= 4 * BATCH


def test_a_copy_overwrites_nothing_and_leaves_no_half_file(sqlite_url: str, tmp_path: Path) -> None:
    migrate(sqlite_url, now=DAY_0)
    target = tmp_path / "copy.db"
    target.write_text("precious")
    with Store.open(sqlite_url) as store:
        with pytest.raises(StoreError, match="not overwritten"):
            store.backup(target)
        with pytest.raises(StoreError, match="could not be copied"):
            store.backup(tmp_path / "nowhere" / "copy.db")
        copy = store.backup(tmp_path / "second.db")
    assert target.read_text() == "precious"
    assert {path.name for path in tmp_path.iterdir()} == {"tracker.db", "copy.db", "second.db"}
    with sqlite3.connect(copy) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    connection.close()


def test_a_database_locked_by_another_program_is_an_error_with_a_remedy(sqlite_url: str, tmp_path: Path) -> None:
    migrate(sqlite_url, now=DAY_0)
    with Store.open(sqlite_url) as store:
        other = sqlite3.connect(tmp_path / "tracker.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with store.reading() as connection:
            connection.exec_driver_sql("PRAGMA busy_timeout=1")  # on the one pooled connection: the test need not wait
        with pytest.raises(StoreError, match=r"is locked.*try again"):
            store.add_note("lupus", "text", DAY_0)
        other.execute("ROLLBACK")
        other.close()
        store.add_note("lupus", "text", DAY_0)


def test_a_read_only_database_is_told_at_once(sqlite_url: str, tmp_path: Path) -> None:
    """Root may write anywhere, so the refusal comes from SQLite itself there."""
    migrate(sqlite_url, now=DAY_0)
    with Store.open(sqlite_url) as store:
        with store.reading() as connection:
            connection.exec_driver_sql("PRAGMA query_only=ON")
        with pytest.raises(StoreError, match=r"readonly.*writable"):
            store.add_note("lupus", "text", DAY_0)
