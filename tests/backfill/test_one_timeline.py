"""However a trial's past comes together, what was seen first and what was fetched later, the same changes stand in the log."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.backfill.builders import KEY, A, Edits, backfilled, begin, log, past, told, update
from tests.world import World


def edit(random: Random) -> Edits:
    """Something that an update of a record may change, or nothing but its date."""
    match random.randrange(5):
        case 0:
            return {"statusModule__overallStatus": random.choice(["RECRUITING", "COMPLETED", "SUSPENDED"])}
        case 1:
            return {"designModule__enrollmentInfo": {"count": random.randrange(1, 5), "type": "ESTIMATED"}}
        case 2:
            date = f"{random.randrange(2027, 2035)}-06"
            return {"statusModule__primaryCompletionDateStruct": {"date": date, "type": "ESTIMATED"}}
        case 3:
            measure = random.choice(["Pain at rest", "Overall survival < 2 years", "Death & relapse"])
            return {"outcomesModule__primaryOutcomes": [{"measure": measure, "timeFrame": "1 year"}]}
        case _:
            return {}


def lived(folder: Path, before: list[Edits], after: list[Edits], first: bool) -> list[tuple[str, str, Any, Any]]:
    """A trial with a past, that then is followed from day to day; its backfill comes ``first`` or last."""
    edits = tuple((f"20{10 + place}-05-01", change) for place, change in enumerate(before))
    with World(folder) as world:
        begin(world, **{A: past(A, edits)})
        if first:
            backfilled(world, "all", KEY)
        for change in after:
            world.day(change=lambda edits=change: update(world, **edits))  # type: ignore[misc]
        present = world.store.followed("ctgov")[0].current
        backfilled(world, "all", KEY)
        now = world.store.followed("ctgov")[0].current
        assert present is not None
        assert now is not None
        assert present.id == now.id
        numbers = [meta.registry_version for meta in world.store.timeline(KEY)]
        assert numbers == sorted(numbers, key=lambda number: -1 if number is None else number)
        said = told(world)
        assert backfilled(world, "all", KEY)[KEY].events == 0
        assert told(world) == said
        return said


SEEDS = (3, 9) if os.environ.get("TRACKER_CHAOS") != "all" else range(100)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_trial_that_is_backfilled_late_has_the_changes_of_one_that_is_backfilled_first(seed: int, tmp_path: Path) -> None:
    random = Random(seed)
    before = [edit(random) for _ in range(random.randrange(1, 5))]
    after = [edit(random) for _ in range(random.randrange(4))]
    for name in ("early", "late"):
        (tmp_path / name).mkdir()
    early = lived(tmp_path / "early", before, after, first=True)
    late = lived(tmp_path / "late", before, after, first=False)
    assert early == late


def test_slips_are_counted_from_the_first_version_of_the_registry(tmp_path: Path) -> None:
    def until(date: str) -> Edits:
        return {"statusModule__primaryCompletionDateStruct": {"date": date, "type": "ESTIMATED"}}

    edits = (("2019-04-02", until("2025-01")), ("2020-01-01", until("2026-01")), ("2021-01-01", until("2027-01")))
    with World(tmp_path) as world:
        begin(world, **{A: past(A, edits)})
        backfilled(world, "all", KEY)
        world.day(after=timedelta(days=3), change=lambda: update(world, **until("2028-01")))
        details = [event.details for event in log(world)]
    assert [one.nth for one in details] == [1, 2, 3]  # type: ignore[attr-defined]
    assert details[-1].coverage == "since registration 2019-04-02"  # type: ignore[attr-defined]
