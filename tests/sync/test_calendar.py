"""The calendar and a run that is cut off: a record is held against it as the run found it, never as it stood before."""

from __future__ import annotations

from datetime import timedelta
from itertools import chain, repeat
from pathlib import Path

from tests.world import World, study
from tracker.fetch import Fetcher
from tracker.sync import sync

A = "NCT00000101"
DUE = {"date": "2026-03-02", "type": "ESTIMATED"}
LATER = {"date": "2027-03-02", "type": "ESTIMATED"}


def cut_off(world: World) -> None:
    """A pass that is asked to stop after its first batch."""
    world.show()
    asked_to_stop = chain([False], repeat(True))
    with Fetcher(user_agent="tracker-tests/1") as fetcher:
        report = sync(world.settings, world.store, world.sources, fetcher, world.clock, stop=lambda: next(asked_to_stop))
    assert [source.state for source in report.sources] == ["stopped"]


def test_the_pass_that_takes_a_run_up_does_not_call_a_date_passed_that_the_run_found_moved(
    tmp_path: Path, database: str
) -> None:
    with World(tmp_path, database) as world:
        world.studies = {A: study(A, statusModule__primaryCompletionDateStruct=DUE, statusModule__completionDateStruct=LATER)}
        world.configure(f'[[watch]]\nname = "mine"\ntrials = ["{A}"]\n')
        world.sync()
        world.now += timedelta(days=40)
        world.amend(A, statusModule__primaryCompletionDateStruct=LATER)
        cut_off(world)
        assert world.kinds() == []
        world.sync_shown()
        assert world.kinds() == [(f"ctgov:{A}", "primary_completion_date_changed")]


def test_without_the_change_the_date_has_passed(tmp_path: Path, database: str) -> None:
    with World(tmp_path, database) as world:
        world.studies = {A: study(A, statusModule__primaryCompletionDateStruct=DUE, statusModule__completionDateStruct=LATER)}
        world.configure(f'[[watch]]\nname = "mine"\ntrials = ["{A}"]\n')
        world.sync()
        world.now += timedelta(days=40)
        cut_off(world)
        world.sync_shown()
        [(_, kind)] = world.kinds()
        assert kind.endswith("passed")
