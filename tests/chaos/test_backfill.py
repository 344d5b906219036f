"""Kill -9 in the middle of a backfill: the same command goes on with the version it had reached, and comes to the same."""

from __future__ import annotations

import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.backfill.builders import past
from tests.chaos import part
from tests.chaos.killing import Kill, Program, telling
from tests.chaos.stage import Stage, damage

Record = Callable[[str, object], None]
Rows = list[tuple[object, ...]]

COMMAND = ("backfill", "NCT00000105", "NCT00000106", "--versions", "all")


@pytest.fixture(scope="module")
def history(stage: Stage) -> Stage:
    """Two trials of the stage have a past."""
    stage.world.histories = {nct: past(nct) for nct in ("NCT00000105", "NCT00000106")}
    stage.world.show()
    return stage


def kept(file: Path) -> tuple[Rows, Rows, Rows]:
    """What a backfill leaves: versions, events and indexes, without the times at which it ran."""
    with closing(sqlite3.connect(file)) as database:
        versions = "SELECT trial, registry_version, valid_from, sha256, origin, accepted FROM snapshots"
        events = (
            "SELECT e.trial, e.kind, e.effective_at, old.sha256, new.sha256, e.accepted FROM events e "
            "JOIN snapshots old ON old.id = e.old_snapshot JOIN snapshots new ON new.id = e.new_snapshot"
        )
        indexes = "SELECT trial, number, valid_from, said, error FROM registry_versions"
        versions, events, indexes = (sorted(database.execute(text).fetchall(), key=str) for text in (versions, events, indexes))
    return versions, events, indexes


def test_a_backfill_that_is_killed_goes_on_and_keeps_each_version_once(
    history: Stage, program: Program, record_property: Record
) -> None:
    folder = history.fresh()
    ended = program.run(*COMMAND, folder=folder)
    assert ended.code == 0, ended.said
    undisturbed = kept(folder / "tracker.db")
    assert len([row for row in undisturbed[0] if row[4] == "backfill"]) >= 8
    asked = len(history.world.registry.requests)
    points = part(telling(ended.steps, "backfill", "acceptance"), 2)
    record_property("points", len(points))
    for point in points:
        folder = history.fresh()
        assert program.run(*COMMAND, folder=folder, kill=Kill(step=point)).code == -signal.SIGKILL
        again = program.run(*COMMAND, folder=folder)
        assert again.code == 0, again.said
        assert damage(folder / "tracker.db") == []
        assert kept(folder / "tracker.db") == undisturbed
        assert len(history.world.registry.requests) <= asked + 20, "what was reached is not asked for again"
