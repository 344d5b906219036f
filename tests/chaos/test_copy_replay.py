"""Kill -9 in the middle of a copy or a replay: the same command goes on, and comes to the same."""

from __future__ import annotations

import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.chaos import part
from tests.chaos.killing import Kill, Program, telling
from tests.chaos.stage import Content, Stage, content, damage, next_pass

Record = Callable[[str, object], None]

COPY = ("copy", "--to", "sqlite:///copy.db")
REPLAY = ("replay", "--store")


@pytest.fixture(scope="module")
def with_a_past(stage: Stage, program: Program) -> Path:
    """A database whose trials changed, of which the change log has lost some events."""
    folder = stage.fresh()
    assert next_pass(program, folder).code == 0
    with closing(sqlite3.connect(folder / "tracker.db")) as database:
        database.execute("PRAGMA foreign_keys=ON")
        kinds = "SELECT id FROM events WHERE kind IN ('enrollment_changed', 'primary_completion_date_changed')"
        for statement in (
            f"DELETE FROM alerts WHERE event IN ({kinds})",
            f"DELETE FROM events WHERE id IN ({kinds})",
        ):
            database.execute(statement)
        database.commit()
    return folder / "tracker.db"


def added(file: Path) -> Content:
    """What a replay leaves. The next after a kill at the very end has nothing to add: its run, which says so, is left aside."""
    found = content(file)
    found["runs"] = [row for row in found["runs"] if row[1] != "backfill" or '"events":0' not in str(row)]
    return found


def test_a_copy_that_is_killed_goes_on_and_is_whole(
    stage: Stage, program: Program, with_a_past: Path, record_property: Record
) -> None:
    folder = stage.fresh(with_a_past)
    ended = program.run(*COPY, folder=folder)
    assert ended.code == 0, ended.said
    points = part(telling(ended.steps, "copy", "migrate"), 3)
    record_property("points", len(points))
    for point in points:
        folder = stage.fresh(with_a_past)
        assert program.run(*COPY, folder=folder, kill=Kill(step=point)).code == -signal.SIGKILL
        again = program.run(*COPY, folder=folder)
        assert again.code == 0, again.said
        assert damage(folder / "copy.db") == []
        assert content(folder / "copy.db") == content(folder / "tracker.db")


def test_a_replay_that_is_killed_goes_on_and_adds_each_event_once(
    stage: Stage, program: Program, with_a_past: Path, record_property: Record
) -> None:
    folder = stage.fresh(with_a_past)
    ended = program.run(*REPLAY, folder=folder)
    assert ended.code == 0, ended.said
    assert "2 events were added" in ended.said
    undisturbed = added(folder / "tracker.db")
    points = part(telling(ended.steps, "replay"), 1)
    record_property("points", len(points))
    for point in points:
        folder = stage.fresh(with_a_past)
        assert program.run(*REPLAY, folder=folder, kill=Kill(step=point)).code == -signal.SIGKILL
        again = program.run(*REPLAY, folder=folder)
        assert again.code == 0, again.said
        assert damage(folder / "tracker.db") == []
        assert added(folder / "tracker.db") == undisturbed
