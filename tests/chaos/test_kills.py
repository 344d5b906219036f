"""Kill -9 anywhere: nothing is lost, nothing is told twice but under decision 15's one condition, nothing is done twice."""

from __future__ import annotations

import os
import re
import signal
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest

from tests.chaos import SEED, part
from tests.chaos.killing import Kill, Program, Step, telling
from tests.chaos.stage import (
    Stage,
    Undisturbed,
    content,
    damage,
    finished,
    next_pass,
    recorded,
    staged,
    wreck,
)
from tests.daemon.test_process import until
from tests.lab import Request
from tests.store.revisions import EARLIER, as_of, columns, rows
from tracker.store import Store, schema_state
from tracker.store.processes import process_name

pytestmark = pytest.mark.skipif(not process_name(os.getpid()), reason="needs /proc: elsewhere a dead process is waited for")

RECOVERIES = 4
"""Processes that are killed one after the other before one may finish."""

Record = Callable[[str, object], None]
"""pytest's ``record_property``: how many points a test has taken is told at the end."""

PATIENCE = 45.0
"""Seconds until a test gives up waiting; nothing is asserted about how long anything takes."""

DEADLY = (-signal.SIGKILL, -signal.SIGXFSZ)
"""How a process ends at a step, or in the middle of a write."""

SHARED_MEMORY = 32 * 1024
"""What SQLite's shared memory takes: a process that may not write so much dies before it has begun."""


class Dead(NamedTuple):
    """What a killed process left: messages that were accepted from it and not recorded, and trials that it was done with."""

    unrecorded: Counter[str]
    finished: set[str]


def examine(stage: Stage, folder: Path, sent_before: Counter[str] | None = None) -> Dead:
    """Look at what a killed process left; it is whole. ``sent_before`` is what others had sent before it."""
    left = wreck(folder)
    assert damage(left) == []
    sent, known = stage.letters() - (sent_before or Counter()), recorded(left)
    unrecorded = Counter({message: count for message, count in sent.items() if message not in known})
    return Dead(unrecorded, finished(left, stage.world.registry.day.data_timestamp))


def recover(stage: Stage, program: Program, folder: Path, undisturbed: Undisturbed, dead: Dead) -> None:
    """The next pass ends as if nothing had happened, and repeats nothing but a message accepted and not recorded."""
    stage.world.registry.requests.clear()
    again = next_pass(program, folder)
    assert again.code == 0, again.said
    assert damage(folder / "tracker.db") == []
    assert content(folder / "tracker.db") == undisturbed.content
    assert stage.letters() == undisturbed.letters + dead.unrecorded
    assert not stage.fetched() & dead.finished


@pytest.mark.parametrize(("part_of_work", "count"), [("sync", 2), ("acceptance", 1), ("delivery", 2)])
def test_after_a_kill_at_any_step_the_next_pass_ends_as_if_nothing_had_happened(
    stage: Stage,
    program: Program,
    undisturbed: Undisturbed,
    part_of_work: str,
    count: int,
    record_property: Record,
) -> None:
    points = part(telling(undisturbed.steps, part_of_work), count)
    record_property("points", len(points))
    for point in points:
        folder = stage.fresh()
        assert program.run("sync", folder=folder, kill=Kill(step=point)).code == -signal.SIGKILL
        recover(stage, program, folder, undisturbed, examine(stage, folder))


def test_after_a_kill_in_the_middle_of_a_write_the_next_pass_ends_as_if_nothing_had_happened(
    stage: Stage, program: Program, undisturbed: Undisturbed, record_property: Record
) -> None:
    """A write that does not fit is cut off in the middle, and the process with it."""
    step = (undisturbed.longest - SHARED_MEMORY) // 64
    points = part(range(SHARED_MEMORY + 1, undisturbed.longest, step), 2)
    record_property("points", len(points))
    for longest in points:
        folder = stage.fresh()
        assert program.run("sync", folder=folder, kill=Kill(longest_file=longest)).code == -signal.SIGXFSZ, longest
        recover(stage, program, folder, undisturbed, examine(stage, folder))


def test_processes_killed_one_after_the_other_lose_nothing(stage: Stage, program: Program, undisturbed: Undisturbed) -> None:
    chance, folder, unrecorded = Random(SEED), stage.fresh(), Counter[str]()
    for _ in range(RECOVERIES):
        sent = stage.letters()
        program.run("sync", folder=folder, kill=Kill(step=chance.randrange(1, len(undisturbed.steps))))
        dead = examine(stage, folder, sent)
        unrecorded += dead.unrecorded
    recover(stage, program, folder, undisturbed, Dead(unrecorded, dead.finished))


# --- killed from outside, at the moment another machine has spoken ----------------------------------------------------


class Killer:
    """Kills a process when called for the ``nth`` time, from whatever thread; ``pid`` may be told later."""

    def __init__(self, nth: int) -> None:
        self.pid: Future[int] = Future()
        self._left = nth

    def __call__(self) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(self.pid.result(PATIENCE), signal.SIGKILL)


def killed(program: Program, folder: Path, killer: Killer) -> None:
    """Run a sync until the killer, which something else calls, has ended it."""
    killer.pid.set_result(program.start("sync", folder=folder))
    assert program.wait().code == -signal.SIGKILL


@pytest.mark.parametrize("letter", part([1, 2, 3], 1))
def test_a_message_accepted_but_not_recorded_is_sent_once_more_under_the_same_message_id(
    stage: Stage, program: Program, undisturbed: Undisturbed, letter: int
) -> None:
    """Decision 15's one condition: killed between the server's acceptance and our record."""
    folder, killer = stage.fresh(), Killer(letter)
    stage.mailbox.accepted = killer
    killed(program, folder, killer)
    dead = examine(stage, folder)
    assert dead.unrecorded.total() == 1
    recover(stage, program, folder, undisturbed, dead)
    assert sorted(stage.letters().values()) == [1, 1, 2]


def test_after_a_kill_while_the_registry_answers_the_next_pass_ends_as_if_nothing_had_happened(
    stage: Stage, program: Program, undisturbed: Undisturbed, record_property: Record
) -> None:
    points = part(range(1, undisturbed.requests + 1), 1)
    record_property("points", len(points))
    for request in points:
        folder, killer = stage.fresh(), Killer(request)
        stage.world.registry.fault = lambda _, strike=killer: strike()
        killed(program, folder, killer)
        stage.world.registry.fault = None
        recover(stage, program, folder, undisturbed, examine(stage, folder))


def test_what_was_fetched_before_a_kill_is_not_fetched_again(tmp_path: Path, program: Program) -> None:
    """More trials than one request asks for: the process dies when it asks for the second part."""
    with staged(tmp_path, trials=600) as large:
        kill_at = Killer(2)

        def asked(request: Request) -> None:
            if "filter.ids" in dict(request.params):
                kill_at()

        folder = large.fresh()
        large.world.registry.fault = asked
        killed(program, folder, kill_at)
        large.world.registry.fault = None
        done = examine(large, folder).finished
        assert len(done) >= 400
        large.world.registry.requests.clear()
        assert program.run("sync", folder=folder).code == 0
        assert len(large.fetched()) == 601 - len(done)
        assert not large.fetched() & done
        assert len(content(folder / "tracker.db")["events"]) == 4
        assert set(large.letters().values()) == {1}


def test_a_daemon_that_was_killed_is_replaced_at_once(stage: Stage, program: Program, undisturbed: Undisturbed) -> None:
    """Its lease would last for minutes, and so would those of a pass that it was in."""
    folder = stage.fresh()
    first = program.start("run", folder=folder)
    until(lambda: recorded(folder / "tracker.db") >= set(undisturbed.letters), "all is told")
    os.kill(first, signal.SIGKILL)
    assert program.wait().code == -signal.SIGKILL
    with Store.open(f"sqlite:///{folder / 'tracker.db'}") as store:
        assert store.leases() == []
        second = program.start("run", folder=folder)
        until(lambda: "daemon" in {lease.name for lease in store.leases()}, "the second has taken its place")
    os.kill(second, signal.SIGTERM)
    assert program.wait().code == 0
    assert stage.letters() == undisturbed.letters


# --- backup and migrate ---------------------------------------------------------------------------------------------


def points_of(steps: Sequence[Step], part_of_work: str, longest: int) -> list[Kill]:
    """Every step of a part of the work, and places in the middle of writing a file of so many bytes."""
    apart = (longest - SHARED_MEMORY) // 50
    return [
        *(Kill(step=number) for number in telling(steps, part_of_work)),
        *(Kill(longest_file=size) for size in range(SHARED_MEMORY + 1, longest, apart)),
    ]


def test_a_killed_backup_leaves_a_whole_copy_or_none_and_can_be_made_again(
    stage: Stage, program: Program, record_property: Record
) -> None:
    folder = stage.fresh()
    whole = program.run("backup", "copy.db", folder=folder)
    original = content(folder / "tracker.db")
    points = part(points_of(whole.steps, "backup", (folder / "copy.db").stat().st_size), 4)
    record_property("points", len(points))
    for kill in points:
        folder = stage.fresh()
        assert program.run("backup", "copy.db", folder=folder, kill=kill).code in DEADLY
        if not (folder / "copy.db").exists():
            assert program.run("backup", "copy.db", folder=folder).code == 0
        assert [file.name for file in folder.glob("copy.db*")] == ["copy.db"]
        for file in (folder / "copy.db", folder / "tracker.db"):
            assert damage(file) == []
            assert content(file) == original


@pytest.mark.parametrize("revision", part(EARLIER, 4))
def test_a_killed_migration_is_done_or_not_begun_and_the_next_one_completes_it(
    stage: Stage,
    program: Program,
    undisturbed: Undisturbed,
    tmp_path: Path,
    revision: str,
    record_property: Record,
) -> None:
    old = tmp_path / "old.db"
    as_of(revision, f"sqlite:///{stage.world.folder / 'tracker.db'}", f"sqlite:///{old}")
    held = columns(f"sqlite:///{old}")
    kept = rows(f"sqlite:///{old}", held)
    folder = stage.fresh(old)
    whole = program.run("migrate", folder=folder)
    assert whole.code == 0, whole.said
    migrated = f"sqlite:///{folder / 'tracker.db'}"
    # The oldest takes the steps of all revisions; those of a younger one are among them.
    most = None if revision == EARLIER[0] else 20
    points = part(points_of(whole.steps, "migrate", old.stat().st_size), 2, most)
    record_property("points", len(points))
    for kill in points:
        folder = stage.fresh(old)
        url = f"sqlite:///{folder / 'tracker.db'}"
        assert program.run("migrate", folder=folder, kill=kill).code in DEADLY
        left = f"sqlite:///{wreck(folder)}"
        assert rows(left, held) == kept
        assert columns(left) == (held if schema_state(left) == "behind" else columns(migrated))
        assert program.run("migrate", folder=folder).code == 0
        assert schema_state(url) == "current"
        assert rows(url, held) == kept
        copies = list(folder.glob("tracker.before-*"))
        assert copies
        for copy in copies:
            assert re.fullmatch(r"tracker\.before-\d{4}-\w{16}\.db", copy.name), "nothing half made is left"
            assert rows(f"sqlite:///{copy}", held) == {**kept, "leases": []}
        synced = program.run("sync", folder=folder)
        assert synced.code == 0, synced.said
        assert content(folder / "tracker.db") == undisturbed.content


def test_a_killed_first_migration_is_completed_by_the_next(stage: Stage, program: Program, record_property: Record) -> None:
    folder = stage.fresh()
    (folder / "tracker.db").unlink()
    whole = program.run("migrate", folder=folder)
    assert whole.code == 0, whole.said
    points = part(points_of(whole.steps, "migrate", (folder / "tracker.db").stat().st_size), 2)
    record_property("points", len(points))
    for kill in points:
        folder = stage.fresh()
        (folder / "tracker.db").unlink()
        assert program.run("migrate", folder=folder, kill=kill).code in DEADLY
        assert program.run("migrate", folder=folder).code == 0
        assert schema_state(f"sqlite:///{folder / 'tracker.db'}") == "current"
        assert damage(folder / "tracker.db") == []
