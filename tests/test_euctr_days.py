"""Days of a trial in the EU Clinical Trials Register: a country ends, results come and are revised, the register is out of order."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.eu_register import MAINTENANCE, NUMBER, LoopbackEuRegister
from tests.world import SENDS, World, accepted
from tracker.sync import SyncReport

WATCH = f'[[watch]]\nname = "mine"\ntrials = ["{NUMBER}"]\n' + SENDS


@pytest.fixture
def register() -> Iterator[LoopbackEuRegister]:
    with LoopbackEuRegister() as made:
        yield made


@pytest.fixture
def world(tmp_path: Path, register: LoopbackEuRegister) -> Iterator[World]:
    with World(tmp_path) as made:
        made.eu_register = register
        made.configure(WATCH)
        yield made


def told(world: World, report: SyncReport) -> set[str]:
    return {event.kind for event in accepted(world.store, report)}


def test_a_country_that_ends_is_told_with_the_status_that_follows(world: World, register: LoopbackEuRegister) -> None:
    assert told(world, world.day()) == set()
    register.texts[NUMBER] = register.texts[NUMBER].replace("Status: Ongoing", "Status: Completed")
    assert told(world, world.day()) >= {"country_status_changed", "recruitment_status_changed"}


def test_results_are_told_when_they_come_and_when_they_get_a_new_version(world: World, register: LoopbackEuRegister) -> None:
    assert told(world, world.day()) == set()
    register.fault = lambda request: MAINTENANCE if "download" in request.path else None
    assert told(world, world.day()) == set()
    register.fault = None
    register.versions[NUMBER] = ("v1(current)", "14 Sep 2089")
    assert "results_posted" in told(world, world.day())
    register.versions[NUMBER] = ("v2(current)", "14 Mar 2090")
    assert told(world, world.day()) == {"other_fields_changed"}
    assert told(world, world.day()) == set()
