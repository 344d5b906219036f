"""The days of a record are stored with its version, and the calendar reads only the records of which one has come."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from sqlalchemy import text

from tests.world import World, study
from tracker.archive.reader import READER
from tracker.model.event import EventFilter
from tracker.model.source import Document, Parsed
from tracker.sources.ctgov import ClinicalTrialsGov
from tracker.store import Store
from tracker.sync.present import note_present

FAR = {"date": "2030-03-02", "type": "ESTIMATED"}
STATUSES = ("RECRUITING", "ACTIVE_NOT_RECRUITING", "COMPLETED", "TERMINATED", "NOT_YET_RECRUITING", "WITHDRAWN")


class Counting(ClinicalTrialsGov):
    """ClinicalTrials.gov, and the trials whose documents were parsed."""

    def __init__(self) -> None:
        self.parsed: list[str] = []

    def parse(self, document: Document) -> Parsed:
        self.parsed.append(document.trial)
        return super().parse(document)


class ReadsAll(Store):
    """A store that knows no days: the calendar reads every record, each day."""

    def calendar_trials(  # type: ignore[override]
        self, source: str, reader: str, after: date | None, until: date, unmoved_in: int
    ) -> Iterator[list[str]]:
        moved = {document.trial for document in self.staged_documents(unmoved_in)}
        yield [known.key for known in self.followed(source) if known.key not in moved]


def nct(number: int) -> str:
    return f"NCT{200 + number:08d}"


def planned(number: int, day: str) -> Any:
    """A study whose primary completion is planned for a day, and all else for years to come."""
    return study(
        nct(number),
        statusModule__primaryCompletionDateStruct={"date": day, "type": "ESTIMATED"},
        statusModule__completionDateStruct=FAR,
    )


def follow(world: World) -> None:
    listed = ", ".join(f'"{number}"' for number in world.studies)
    world.configure(f'[[watch]]\nname = "mine"\ntrials = [{listed}]\n')


@pytest.fixture
def counting(tmp_path: Path, database: str) -> Iterator[tuple[World, Counting]]:
    """Ten trials, one with a date that passes in a month, read for the first time."""
    with World(tmp_path, database) as world:
        source = Counting()
        world.sources = MappingProxyType({**world.sources, "ctgov": source})
        world.studies = {nct(number): planned(number, f"{2027 + number}-04-01") for number in range(10)}
        world.studies[nct(3)] = planned(3, "2026-04-01")
        follow(world)
        world.sync()
        yield world, source


def told(world: World, source: Counting, days: int) -> list[tuple[str, str]]:
    """What the next passes tell, one a day; ``source`` then knows what they read."""
    source.parsed.clear()
    for _ in range(days):
        world.day()
    return world.kinds()


PASSED = [(f"ctgov:{nct(3)}", "milestone_passed")]


def test_a_first_reading_parses_each_record_once(counting: tuple[World, Counting]) -> None:
    _, source = counting
    assert sorted(source.parsed) == sorted(f"ctgov:{nct(number)}" for number in range(10))


def test_a_day_on_which_nothing_comes_due_reads_no_record(counting: tuple[World, Counting]) -> None:
    world, source = counting
    assert told(world, source, 20) == []
    assert source.parsed == []


def test_a_day_reads_only_the_records_of_which_a_day_has_come(counting: tuple[World, Counting]) -> None:
    world, source = counting
    assert told(world, source, 40) == PASSED
    assert set(source.parsed) == {f"ctgov:{nct(3)}"}


def test_a_day_that_came_while_nothing_ran_is_told_by_the_next_pass(counting: tuple[World, Counting]) -> None:
    world, source = counting
    world.day(after=timedelta(days=100))
    assert world.kinds() == PASSED
    assert set(source.parsed[10:]) == {f"ctgov:{nct(3)}"}


def test_a_date_that_moved_counts_from_its_new_version_on(counting: tuple[World, Counting]) -> None:
    world, source = counting
    world.amend(nct(3), statusModule__primaryCompletionDateStruct={"date": "2026-06-01", "type": "ESTIMATED"})
    assert told(world, source, 60) == [(f"ctgov:{nct(3)}", "primary_completion_date_changed")]
    assert told(world, source, 60)[1:] == PASSED


def test_a_database_without_days_is_filled_by_its_first_pass_that_tells_what_came(counting: tuple[World, Counting]) -> None:
    world, source = counting
    with world.store.writing() as connection:
        connection.execute(text("DELETE FROM due_dates"))
        connection.execute(text("DELETE FROM present"))
    world.day(after=timedelta(days=40))
    assert world.kinds() == PASSED
    assert world.store.stale_present("ctgov", READER) == []
    source.parsed.clear()
    world.day()
    assert source.parsed == []


def test_days_by_other_rules_are_made_anew(counting: tuple[World, Counting]) -> None:
    world, _ = counting
    note_present(world.store, world.sources, "ctgov", lambda: False, reader="other rules")
    with world.store.writing() as connection:
        connection.execute(text("UPDATE due_dates SET true_from = '2050-01-01'"))  # as these rules had it
    world.day(after=timedelta(days=40))
    assert world.kinds() == PASSED


def test_a_simulated_year_tells_what_reading_every_record_each_day_tells(tmp_path: Path) -> None:
    by_days, by_reading = (list(_year(tmp_path / name, store)) for name, store in (("days", Store), ("all", ReadsAll)))
    assert by_days == by_reading
    assert {kind for _, kind, _, _ in by_days} >= {
        "milestone_passed",
        "results_overdue",
        "results_due_soon",
        "verification_lapsed",
    }


def _year(folder: Path, opened: type[Store]) -> Iterator[tuple[str, str, str, str]]:
    """Every event of a year of passes at irregular days, in which records change, come and go."""
    folder.mkdir()
    chance = random.Random(14)
    with World(folder) as world:
        world.studies = {nct(number): _dated(nct(number), chance) for number in range(24)}
        follow(world)
        assert world.store
        world.store.close()
        world._store = opened.open(world.settings.store_url)
        world.sync()
        end = world.now + timedelta(days=365)
        while world.now < end:
            world.now += timedelta(days=chance.choice((1, 1, 2, 9, 23, 40)), hours=chance.choice((0, 3)))
            changing = nct(chance.randrange(24))
            world.studies[changing] = _dated(changing, chance)
            world.sync()
        for event in world.store.events(EventFilter()):
            yield event.id, event.kind, event.trial, event.detected_at.isoformat()


def _dated(number: str, chance: random.Random) -> Any:
    def day(first: int, last: int) -> str:
        found = date(2026, 3, 2) + timedelta(days=chance.randrange(first, last))
        return f"{found:%Y-%m}" if chance.random() < 0.3 else found.isoformat()

    def struct(first: int, last: int) -> dict[str, str]:
        return {"date": day(first, last), "type": chance.choice(("ESTIMATED", "ACTUAL"))}

    return study(
        number,
        statusModule__overallStatus=chance.choice(STATUSES),
        statusModule__statusVerifiedDate=day(-760, -20)[:7],
        statusModule__startDateStruct=struct(-500, 300),
        statusModule__primaryCompletionDateStruct=struct(-420, 300),
        statusModule__completionDateStruct=struct(-420, 400),
    )
