"""Days of a trial in the EU Clinical Trials Register: a country ends, results come and are revised."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.eu_register import NUMBER, LoopbackEuRegister
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


def test_a_country_ends_results_come_and_get_a_new_version(world: World, register: LoopbackEuRegister) -> None:
    assert told(world, world.day()) == set()
    register.texts[NUMBER] = register.texts[NUMBER].replace("Status: Ongoing", "Status: Completed")
    register.versions[NUMBER] = ("v1(current)", "14 Sep 2089")
    assert told(world, world.day()) >= {"country_status_changed", "recruitment_status_changed", "results_posted"}
    register.versions[NUMBER] = ("v2(current)", "14 Mar 2090")
    assert told(world, world.day()) == {"other_fields_changed"}
