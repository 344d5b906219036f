"""A world with a past: three days in which two trials changed, and a log from which events can be taken."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.replay.builders import A, B, C, watches
from tests.world import World, study


@pytest.fixture
def past(tmp_path: Path, database: str) -> Iterator[World]:
    """A changed twice, B once, C never."""
    with World(tmp_path, database) as world:
        world.studies = {nct: study(nct) for nct in (A, B, C)}
        world.configure(watches())
        world.day()
        world.day(change=lambda: world.amend(A, statusModule__overallStatus="COMPLETED"))
        later = {"date": "2028-06", "type": "ESTIMATED"}
        world.day(change=lambda: world.amend(B, statusModule__primaryCompletionDateStruct=later))
        world.day(change=lambda: world.amend(A, designModule__enrollmentInfo={"count": 300, "type": "ESTIMATED"}))
        yield world
