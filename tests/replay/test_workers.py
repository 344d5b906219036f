"""Who does the work: processes of this machine or a Dask cluster; one that dies is replaced, an open one is refused."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import pytest

from tests.daemon.test_process import until
from tests.replay.builders import job, replayed
from tests.replay.tasks import die, die_once, square
from tests.world import World, study
from tracker.errors import StoreError, UsageError
from tracker.replay import Workers, cluster, processes, replay
from tracker.replay.workers import in_order, require_safe

SQLITE, POSTGRES = "sqlite:////var/lib/tracker.db", "postgresql+psycopg://tracker@db/tracker"


@pytest.mark.parametrize(
    "address", ["tls://scheduler.example:8786", "tls://10.0.0.5:8786", "tcp://127.0.0.1:8786", "tcp://[::1]:1"]
)
def test_a_cluster_by_tls_or_on_this_machine_is_taken(address: str) -> None:
    require_safe(address, POSTGRES)


@pytest.mark.parametrize("address", ["tcp://10.0.0.5:8786", "tcp://scheduler.example:8786", "tcp://localhost.example:8786"])
def test_an_open_cluster_of_other_machines_is_refused_with_the_reason(address: str) -> None:
    with pytest.raises(UsageError, match="a scheduler without TLS runs the code of anybody who reaches it"):
        require_safe(address, POSTGRES)


@pytest.mark.parametrize(
    "address", ["", "scheduler:8786", "http://127.0.0.1:8786", "tls://", "tls://host", "ws://127.0.0.1:1", "tls://h:x"]
)
def test_what_is_no_address_of_a_cluster_is_refused(address: str) -> None:
    with pytest.raises(UsageError, match="is not the address of a cluster"):
        require_safe(address, POSTGRES)


def test_workers_elsewhere_cannot_read_a_file_of_this_machine() -> None:
    with pytest.raises(UsageError, match="cannot read a SQLite file of this one"):
        require_safe("tls://scheduler.example:8786", SQLITE)
    require_safe("tcp://127.0.0.1:8786", SQLITE)


@pytest.mark.filterwarnings("ignore")
def test_a_cluster_that_cannot_be_reached_is_said_at_once() -> None:
    pytest.importorskip("distributed", reason="needs the extra cluster: pip install -e '.[cluster]'")
    for address, why in (("tcp://127.0.0.1:1", "refused"), ("tls://127.0.0.1:1", "no certificates are named")):
        with pytest.raises(UsageError, match=why), cluster(address, POSTGRES):
            pass


def test_a_worker_that_is_killed_is_replaced_and_its_work_done_again(tmp_path: Path) -> None:
    with processes(2) as workers:
        found = list(in_order(workers, partial(die_once, tmp_path / "mark"), range(1, 200)))
    assert found == [(number, number) for number in range(1, 200)]
    assert (tmp_path / "mark").exists()


class Brittle(ThreadPoolExecutor):
    """Workers that are found dead when the given piece of work is handed out, once in all."""

    broken: ClassVar[set[int]] = set()

    def submit(self, work: Callable[..., Any], /, *given: Any, **named: Any) -> Future[Any]:
        if given[0] == 70 and not self.broken:
            self.broken.add(70)
            raise BrokenExecutor("a worker died")
        return super().submit(work, *given, **named)


def test_what_was_about_to_be_handed_out_when_a_worker_was_found_dead_is_done_too() -> None:
    Brittle.broken.clear()
    found = list(in_order(Workers(lambda: Brittle(2)), square, range(1, 200)))
    assert Brittle.broken
    assert [number for number, _ in found] == list(range(1, 200))


def test_workers_that_die_again_and_again_are_given_up(tmp_path: Path) -> None:
    with processes(1) as workers, pytest.raises(StoreError, match="the workers of the replay die"):
        list(in_order(workers, die, range(1, 9)))


PARENT = """
import sys
from functools import partial
from pathlib import Path
from tests.replay.tasks import say_and_wait
from tracker.replay.workers import in_order, processes
if __name__ == "__main__":
    with processes(2) as workers:
        list(in_order(workers, partial(say_and_wait, Path(sys.argv[1])), range(1, 9)))
"""


def test_workers_end_with_the_command_that_was_killed(tmp_path: Path) -> None:
    script, folder = tmp_path / "parent.py", tmp_path / "pids"
    script.write_text(PARENT)
    folder.mkdir()
    root = Path(__file__).parents[2]
    parent = subprocess.Popen([sys.executable, script, folder], cwd=root, env={**os.environ, "PYTHONPATH": str(root)})
    until(lambda: len(list(folder.iterdir())) == 2, "both workers are at work")
    parent.kill()
    parent.wait()
    until(lambda: not any(Path(f"/proc/{one.name}").exists() for one in folder.iterdir()), "both have ended")


def test_processes_of_this_machine_find_what_one_finds(many: World) -> None:
    with processes(2) as workers:
        found = {one.trial: one for one in replay(many.store, workers, job(many), "ctgov", together=10)}
    assert found == replayed(many)


@pytest.fixture
def many(tmp_path: Path, database: str) -> Iterator[World]:
    """Sixty trials that all changed."""
    with World(tmp_path, database) as world:
        world.studies = {nct: study(nct) for nct in (f"NCT{number:08d}" for number in range(101, 161))}
        world.configure(f'[[watch]]\nname = "mine"\ntrials = {list(world.studies)}\n')
        world.day()
        for nct in world.studies:
            world.amend(nct, designModule__enrollmentInfo={"count": 300, "type": "ESTIMATED"})
        world.day()
        yield world


@pytest.mark.filterwarnings("ignore")
def test_a_dask_cluster_of_which_one_worker_is_killed_finds_what_one_process_finds(many: World) -> None:
    distributed = pytest.importorskip("distributed", reason="needs the extra cluster: pip install -e '.[cluster]'")
    asked = job(many)
    options: dict[str, Any] = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None, "host": "127.0.0.1"}
    with distributed.LocalCluster(**options) as local, cluster(local.scheduler_address, asked.store_url) as workers:
        found = iter(replay(many.store, workers, asked, "ctgov", together=1))
        first = next(found)
        victim = next(iter(local.workers.values())).pid
        os.kill(victim, signal.SIGKILL)
        got = [first, *found]
    assert {one.trial: one for one in got} == replayed(many)
    assert len(got) == 60


def test_an_executor_of_any_kind_will_do(past: World) -> None:
    from concurrent.futures import ThreadPoolExecutor

    assert list(in_order(Workers(lambda: ThreadPoolExecutor(3)), square, [3, 1, 2, 5])) == [(3, 9), (1, 1), (2, 4), (5, 25)]
