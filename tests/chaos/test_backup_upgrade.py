"""A copy made while a sync is at work, or by an earlier release, comes to the same change log as the original."""

from __future__ import annotations

import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.chaos import part
from tests.chaos.killing import Kill, Program, telling
from tests.chaos.stage import Stage, Undisturbed, content, damage, next_pass, wreck
from tests.store.revisions import SOME_EARLIER, as_of


def test_a_backup_during_a_sync_restores_to_the_same_change_log(
    stage: Stage, program: Program, undisturbed: Undisturbed, record_property: Callable[[str, object], None]
) -> None:
    """At every point, in the middle of a writing transaction too. The sync stands still, so that the moment is known."""
    points = part(telling(undisturbed.steps, "sync", "acceptance", "delivery")[::2], 4)
    record_property("points", len(points))
    for point in points:
        folder = stage.fresh()
        stopped = program.run("sync", folder=folder, kill=Kill(step=point, by=signal.SIGSTOP))
        assert stopped.code is None, stopped.said
        made = program.run("backup", "copy.db", folder=folder)
        assert made.code == 0, made.said
        assert damage(folder / "copy.db") == []
        assert content(folder / "copy.db") == content(wreck(folder))

        restored = stage.fresh(folder / "copy.db")
        synced = next_pass(program, restored)
        assert synced.code == 0, f"the copy waits for the process that still works on the original: {synced.said}"
        assert damage(restored / "tracker.db") == []
        assert content(restored / "tracker.db") == undisturbed.content

        assert program.go_on(stopped.pid).code == 0
        assert content(folder / "tracker.db") == undisturbed.content


def test_a_dry_run_beside_a_sync_says_what_that_will_find(stage: Stage, program: Program, undisturbed: Undisturbed) -> None:
    """It works in a copy, in which nobody else is at work."""
    folder = stage.fresh()
    before = telling(undisturbed.steps, "acceptance")[0]
    stopped = program.run("sync", folder=folder, kill=Kill(step=before, by=signal.SIGSTOP))
    dry = program.run("sync", "--dry-run", folder=folder)
    assert program.go_on(stopped.pid).code == 0
    assert dry.code == 0
    assert "4 changes in 4 trials" in dry.said


def test_a_copy_made_again_is_not_spoilt_by_what_a_killed_backup_left(stage: Stage, program: Program) -> None:
    """The log of the half copy is not taken for the new one's own, and nothing of it stays."""
    folder = stage.fresh()
    with closing(sqlite3.connect(folder / "other.db")) as other:
        other.execute("PRAGMA journal_mode=WAL")
        other.execute("CREATE TABLE events (nonsense TEXT)")
        other.commit()
        for file in folder.glob("other.db*"):
            (folder / file.name.replace("other.db", "copy.db.partial")).write_bytes(file.read_bytes())
    assert (folder / "copy.db.partial-wal").stat().st_size > 0
    assert program.run("backup", "copy.db", folder=folder).code == 0
    assert [file.name for file in folder.glob("copy.db*")] == ["copy.db"]
    assert damage(folder / "copy.db") == []
    assert content(folder / "copy.db") == content(folder / "tracker.db")


@pytest.mark.parametrize("revision", SOME_EARLIER)
def test_a_copy_of_an_earlier_release_comes_to_the_same_change_log(
    stage: Stage, program: Program, undisturbed: Undisturbed, tmp_path: Path, revision: str
) -> None:
    """The next sync brings its tables up to date by itself."""
    old = tmp_path / "old.db"
    as_of(revision, f"sqlite:///{stage.world.folder / 'tracker.db'}", f"sqlite:///{old}")
    folder = stage.fresh(old)
    synced = program.run("sync", folder=folder)
    assert synced.code == 0, synced.said
    assert damage(folder / "tracker.db") == []
    assert content(folder / "tracker.db") == undisturbed.content
    assert stage.letters() == undisturbed.letters
