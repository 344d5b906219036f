"""A mistake of ours in reading an answer is the fault of the trials in it alone; the operator hears with its place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.world import SENDS, World, study
from tracker.model.event import EventFilter
from tracker.model.source import Answer, Asked, DataVersion, Fetch, Listed, Search
from tracker.sources.ctgov import ClinicalTrialsGov
from tracker.sync.asking import MOST_MISTAKES, answers

NUMBERS = [f"NCT{number:08d}" for number in range(101, 141)]
LISTED = f'[[watch]]\nname = "mine"\ntrials = {NUMBERS}\n' + SENDS


class Flawed(ClinicalTrialsGov):
    """Makes a mistake in splitting an answer that holds one of these trials, after those before it were given."""

    def __init__(self, *flawed: str) -> None:
        self.flawed = {f"ctgov:{nct}" for nct in flawed}
        self.requests = 0

    def retrieve(self, asked: Sequence[Asked], fetch: Fetch, data: DataVersion | None) -> Iterator[Answer]:
        self.requests += 1
        for answer in super().retrieve(asked, fetch, data):
            if answer.trial in self.flawed:
                raise KeyError("flaw")
            yield answer

    def listing(self, search: Search, fetch: Fetch) -> Iterator[Listed]:
        for listed in super().listing(search, fetch):
            if listed.trial in self.flawed:
                raise KeyError("flaw")
            yield listed


@pytest.fixture
def world(tmp_path: Path, database: str) -> Iterator[World]:
    with World(tmp_path, database) as made:
        made.studies = {nct: study(nct, conditionsModule__conditions=["lupus"]) for nct in NUMBERS}
        made.configure(LISTED)
        made.day()
        yield made


def test_a_mistake_in_splitting_an_answer_fails_the_trials_at_fault_alone(world: World) -> None:
    flawed = Flawed(NUMBERS[5], NUMBERS[30])
    world.sources = {**world.sources, "ctgov": flawed}
    for nct in (NUMBERS[0], NUMBERS[39], NUMBERS[5]):
        world.amend(nct, statusModule__overallStatus="COMPLETED")
    report = world.day()
    failures = {failure.subject: failure.error for failure in report.sources[0].failures}
    assert set(failures) == flawed.flawed
    assert all("KeyError at test_mistakes.py" in error for error in failures.values())
    assert {event.trial for event in world.store.events(EventFilter())} == {f"ctgov:{NUMBERS[0]}", f"ctgov:{NUMBERS[39]}"}
    flawed.flawed.clear()
    world.day()
    assert len({event.trial for event in world.store.events(EventFilter())}) == 3, "nothing of it was lost"


class Always(ClinicalTrialsGov):
    """Never gives an answer."""

    requests = 0

    def retrieve(self, asked: Sequence[Asked], fetch: Fetch, data: DataVersion | None) -> Iterator[Answer]:
        self.requests += 1
        raise KeyError("flaw")
        yield


def test_the_halving_after_mistakes_has_an_end() -> None:
    source = Always()
    asked = [Asked(trial=f"ctgov:NCT{number:08d}") for number in range(3_000)]
    found = list(answers(source, asked, None, None))  # type: ignore[arg-type]
    assert sorted(answer.trial for answer in found) == sorted(one.trial for one in asked)
    assert source.requests <= 2 * MOST_MISTAKES


def test_a_mistake_in_reading_a_list_fails_that_search_alone(world: World) -> None:
    searched = '[[watch]]\nname = "searched"\nsearch = "https://clinicaltrials.gov/search?cond=lupus"\n' + SENDS
    world.configure(LISTED + searched)
    world.sources = {**world.sources, "ctgov": Flawed(NUMBERS[5])}
    world.amend(NUMBERS[0], statusModule__overallStatus="COMPLETED")
    report = world.day()
    subjects = [failure.subject for failure in report.sources[0].failures]
    assert "search of watch searched" in subjects
    assert [event.trial for event in world.store.events(EventFilter())] == [f"ctgov:{NUMBERS[0]}"]
