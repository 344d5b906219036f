"""Whatever a registry answers, nobody is told what did not happen, and nothing that did happen is lost.

Each point is a fault, a place, and its times: a healthy day, one or more days on which the registry changes and the fault
is on, and days of recovery. It is held against the same days without the fault.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import timedelta
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from tests.chaos import part
from tests.chaos.faults import FAULTS, FIRST, PLACES, TIMES, Outcome, Point, lived, rename
from tests.lab import Day
from tests.world import World
from tracker.sync import SyncReport

LISTS = ("search, page 1", "search, page 2", "numbers, page 1", "numbers, page 2", "the registry")
PAGES = ("meddatax", "trialx")
ONLY_AT = {
    "moved while paging": ("search, page 2", "numbers, page 2", "the registry"),
    "a tenth of the list": LISTS,
    "every status blank": ("numbers, page 1", "numbers, page 2", "the registry"),
    "renamed field": ("numbers, page 1", "numbers, page 2", "the registry"),
    "new layout": PAGES,
    "new labels": ("meddatax",),
}
"""Where a fault that is no bare refusal can show; the others show everywhere."""

_other_times = cycle([when for when in TIMES if when != "always"])
PLACED = [Point(fault, place) for fault in FAULTS for place in ONLY_AT.get(fault, PLACES)]
POINTS = [point for placed in PLACED for point in (placed, Point(placed.fault, placed.place, next(_other_times)))]
LONG = [
    Point(fault, place, days=3)
    for fault in FAULTS
    for place in ("the registry", "numbers, page 1", *PAGES)
    if place in ONLY_AT.get(fault, PLACES) and not (fault == "429, wait for hours" and place in PAGES)
]
"""Not: a page site that wants hours of rest, for here both sites are on one host, and the other would rest with it or not."""


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], list[Outcome]]:
    """The same days without a fault."""
    lives: dict[int, list[Outcome]] = {}

    def live(days: int) -> list[Outcome]:
        if days not in lives:
            lives[days] = lived(tmp_path_factory.mktemp("calm"), None, days)
        return lives[days]

    return live


@pytest.mark.parametrize("point", part(POINTS, 2), ids=str)
def test_a_fault_tells_nothing_false_and_the_next_healthy_run_catches_up(
    point: Point,
    calm: Callable[[int], list[Outcome]],
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    outcomes = lived(tmp_path, point, point.days)
    record_property("points", int(any(outcome.struck for outcome in outcomes)))
    check(outcomes, calm(point.days), point.days)


@pytest.mark.parametrize("point", part(LONG, 1), ids=str)
def test_a_fault_of_three_days_is_told_once_and_grows_nothing(
    point: Point, calm: Callable[[int], list[Outcome]], tmp_path: Path
) -> None:
    outcomes = lived(tmp_path, point, point.days)
    check(outcomes, calm(point.days), point.days)
    first = outcomes[1]
    for outcome, undisturbed in zip(outcomes[1 : 1 + point.days], calm(point.days)[1:], strict=False):
        for table, rows in outcome.rows.items():
            assert rows <= max(first.rows[table], undisturbed.rows[table]), f"one held run is kept, and no history: {table}"
        assert outcome.snapshot_bytes <= 1.05 * max(first.snapshot_bytes, undisturbed.snapshot_bytes)
        assert (outcome.issues, outcome.notes) == (first.issues, first.notes), "told once"
        assert outcome.troubles == first.troubles, "told once"


def check(outcomes: list[Outcome], calm: list[Outcome], fault_days: int) -> None:
    """The fault told nothing false, was reported, and left the world as it would be without it."""
    first, last, expected = outcomes[1], outcomes[-1], calm[-1]
    for outcome in outcomes:
        assert not outcome.log - expected.log, "something that did not happen, or twice"
    for outcome, undisturbed in zip(outcomes[1 : 1 + fault_days], calm[1:], strict=False):
        assert outcome.log == undisturbed.log or outcome.state != "done", "something was missed and not reported"
    assert last.state == "done"
    assert last.log == expected.log
    assert last.mailed == expected.mailed
    assert last.rows == expected.rows
    assert last.snapshot_bytes <= 1.05 * expected.snapshot_bytes, "as many versions, each a little longer where it was respelt"
    troubles = [outcome.troubles for outcome in outcomes]
    assert (first.state == "done") == (troubles[1] + first.notes == 0), "what is reported is told to the operator too"
    assert troubles[-1] == troubles[fault_days + 1], "its end is told once, on the day on which it ends"
    assert (troubles[-1] > troubles[1]) == (troubles[1] > 0)


# --- renamed fields -------------------------------------------------------------------------------------------------

FIXTURES = Path(__file__).parents[1] / "fixtures" / "ctgov"
KEPT_WHOLE = ("expandedAccessInfo", "expandedAccessTypes", "availIpds")
"""Kept as they are, and not looked into: another field in them is another value."""


def fields(study: object, at: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Every field of a study that is read, by its path; lists are looked through."""
    if isinstance(study, list):
        return [path for entry in study for path in fields(entry, at)]
    if not isinstance(study, dict):
        return []
    return [path for name, inner in study.items() for path in ((*at, name), *fields(inner, (*at, name)))]


def is_read(path: tuple[str, ...]) -> bool:
    """Neither volatile, nor an alias (which the numbers asked for may lack), nor inside what is kept whole."""
    return not {"derivedSection", "geoPoint", "nctIdAliases"} & set(path) and not set(path[:-1]) & set(KEPT_WHOLE)


ORDINARY = json.loads((FIXTURES / "ordinary.json").read_text(encoding="utf-8"))
FIELDS = [path for path in dict.fromkeys(fields(ORDINARY)) if is_read(path)]


@pytest.mark.parametrize("trials", [1, 4, 7])
def test_no_renamed_field_gives_an_event_however_few_trials_are_followed(
    trials: int, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Each field of a record in turn has another name for a day, in all trials that are followed."""
    numbers = [f"NCT0777{number:04}" for number in range(trials)]
    chosen = part(FIELDS, 4)
    record_property("points", len(chosen))
    with World(tmp_path) as world:
        world.now = FIRST
        world.configure(f'[[watch]]\nname = "mine"\ntrials = {numbers}\n')

        def pass_day(renamed: tuple[str, ...] = ()) -> SyncReport:
            world.now += timedelta(hours=1)
            world.studies = {number: named(number, renamed) for number in numbers}
            world.registry.show(Day(data_timestamp=f"{world.now:%Y-%m-%dT%H:%M:%S}", studies=world.studies))
            return world.sync_shown()

        assert pass_day().state == "done"
        for path in chosen:
            assert pass_day(path).state != "done", f"{'.'.join(path)} was renamed and nobody was told"
            assert pass_day().state == "done"
            assert world.kinds() == [], ".".join(path)
        assert world.store.size().snapshots == trials


def named(number: str, renamed: tuple[str, ...]) -> dict[str, Any]:
    """The ordinary study under a number, with one field renamed."""
    study: dict[str, Any] = copy.deepcopy(ORDINARY)
    identification = study["protocolSection"]["identificationModule"]
    identification |= {"nctId": number, "nctIdAliases": []}
    if renamed:
        rename(study, *renamed, to=f"{renamed[-1]}Renamed")
    return study
