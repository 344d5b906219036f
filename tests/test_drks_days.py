"""Days in which DRKS's studies are edited, withdrawn from the register, and out of reach; the whole of it is one file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.lab.drks_register import FILE, SCHEMA, Fault, LoopbackDrks
from tests.lab.server import Reply, Request
from tests.world import SENDS, World, accepted
from tracker.fetch import Fetcher
from tracker.sources.drks.asking import FEWEST
from tracker.sync import SyncReport
from tracker.sync.canaries import Canary, look

A, B = "DRKS90000101", "DRKS90000102"
WATCH = f'[[watch]]\nname = "mine"\ntrials = ["{A}", "{B}"]\n' + SENDS


@pytest.fixture
def register() -> Iterator[LoopbackDrks]:
    with LoopbackDrks(others=FEWEST) as made:
        made.add(A)
        made.add(B)
        yield made


@pytest.fixture
def world(tmp_path: Path, register: LoopbackDrks) -> Iterator[World]:
    with World(tmp_path) as made:
        made.drks = register
        made.configure(WATCH)
        assert told(made, made.day()) == set()
        yield made


def each_day(file: Reply | None = None) -> Fault:
    """The fetcher's clock stands on one day: without the small answer that names it, the file is asked for in each pass."""

    def answer(request: Request) -> Reply | None:
        return Reply(404) if request.path == SCHEMA else file if request.path == FILE else None

    return answer


def told(world: World, report: SyncReport) -> set[tuple[str, str]]:
    return {(event.trial.partition(":")[2], event.kind) for event in accepted(world.store, report)}


def test_what_changed_is_told_and_a_quiet_day_is_quiet(world: World, register: LoopbackDrks) -> None:
    register.fault = each_day()
    register.studies[A].set("recruitment", status="DISCONTINIUED")
    assert told(world, world.day()) == {(A, "recruitment_status_changed")}
    assert told(world, world.day()) == set()
    assert register.downloads == 3


def test_a_file_that_does_not_come_tells_nothing_of_any_study(world: World, register: LoopbackDrks) -> None:
    for reply in (Reply(404), Reply(200, {}, b"<html></html>"), Reply(200, {}, register.file[:1000])):
        register.fault = each_day(reply)
        assert told(world, world.day()) == set()
    register.fault = each_day()
    assert told(world, world.day()) == set()
    assert register.downloads == 5


def test_texts_that_cannot_be_read_have_not_gone(world: World, register: LoopbackDrks) -> None:
    register.fault = each_day()
    for place in (
        "trialDescriptions.title",
        "trialDescriptions.summary",
        "trialDescriptions.scientificSummary",
        "studyCharacteristic.characteristicDescriptions.primaryOutcome",
        "recruitment.recruitmentDescriptions.inclusionCriteria",
        "observationalGroups.comment",
    ):
        *steps, name = place.split(".")
        entries: Any = register.studies[A].record
        for step in steps:
            entries = entries[step]
        for entry in entries:
            entry[name] = 5
    assert told(world, world.day()) == set()


def test_a_study_that_left_the_register_is_told_as_removed(world: World, register: LoopbackDrks) -> None:
    register.fault = each_day()
    del register.studies[B]
    found = [told(world, world.day()) for _ in range(3)]
    assert set().union(*found) == {(B, "removed")}


def looked(world: World) -> list[Canary]:
    world.now += timedelta(days=1)
    with Fetcher(user_agent="tests/1", sleep=lambda _: None) as fetcher:
        return [one for one in look(world.settings, world.store, world.sources, fetcher, world.clock) if one.source == "drks"]


def test_the_canary_lives_while_its_record_is_read_and_dies_with_the_file_or_the_record(
    world: World, register: LoopbackDrks
) -> None:
    world.canaries = {"drks": B}
    world.configure(WATCH)
    assert [one.dead for one in looked(world)] == [""]
    register.studies[B].set("", lastUpdate=None)
    assert [one.dead for one in looked(world)] == ["it lacks last_update_posted"]
    del register.studies[B]
    assert [one.dead for one in looked(world)] == ["it is gone"]
    register.fault = lambda _: Reply(200, {"Content-Type": "text/html"}, b"<html></html>")
    [dead] = [one.dead for one in looked(world)]
    assert "a web page" in dead
