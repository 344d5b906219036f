"""A registry followed as a whole: read once, then what was updated; weekly what changed silently or vanished."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.world import SENDS, World, study
from tracker.fetch import Fetcher
from tracker.sync import sync

COUNT, PAGE = 230, 50
EVERYTHING = '[[watch]]\nname = "all"\neverything = true\n' + SENDS


def nct(number: int) -> str:
    return f"NCT{1000 + number:08d}"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path) as made:
        made.studies = {nct(number): study(nct(number)) for number in range(COUNT)}
        made.registry.largest_page = PAGE
        made.show()
        made.configure(EVERYTHING)
        yield made


def asked(world: World) -> list[dict[str, str]]:
    """What was asked of the registry since the last call, without the question for its data version."""
    found = [dict(request.params) for request in world.registry.requests if request.path.endswith("/studies")]
    world.registry.requests.clear()
    return found


def test_a_first_load_reads_every_page_once_and_announces_nothing(world: World) -> None:
    report = world.sync()
    assert (report.state, report.counts.baseline) == ("done", COUNT)
    assert len(world.store.memberships()) == COUNT
    pages = asked(world)
    assert len(pages) == -(-COUNT // PAGE)
    assert not any("filter.ids" in params or "fields" in params for params in pages)
    assert world.kinds() == []
    assert world.sync().counts.checked == 0, "the same data are not asked for again"


def test_a_day_reads_what_was_updated_and_asks_for_nothing_by_number(world: World) -> None:
    world.sync()
    asked(world)

    def change() -> None:
        world.amend(nct(7), statusModule__overallStatus="COMPLETED")
        world.studies[nct(900)] = study(nct(900), statusModule__studyFirstPostDateStruct={"date": f"{world.now:%Y-%m-%d}"})
        for number in (7, 900):
            world.amend(nct(number), statusModule__lastUpdatePostDateStruct={"date": f"{world.now:%Y-%m-%d}"})

    report = world.day(change=change)
    assert (report.state, report.counts.changed, report.counts.baseline) == ("done", 1, 1)
    [delta] = asked(world)
    assert "LastUpdatePostDate" in delta["filter.advanced"]
    assert world.kinds() == [(f"ctgov:{nct(7)}", "recruitment_status_changed"), (f"ctgov:{nct(900)}", "new_registration")]


def test_a_week_finds_what_changed_without_a_date_and_what_vanished(world: World) -> None:
    world.sync()
    world.day()
    asked(world)

    def change() -> None:
        world.amend(nct(3), statusModule__overallStatus="UNKNOWN")
        del world.studies[nct(4)]

    world.day(change=change)
    assert world.kinds() == [], "no date moved"
    world.day(after=timedelta(days=7))
    by_number = [params["filter.ids"] for params in asked(world) if "filter.ids" in params]
    assert sorted(",".join(by_number).split(",")) == [nct(3), nct(4)]
    assert world.kinds() == [(f"ctgov:{nct(3)}", "recruitment_status_changed")]
    world.day()
    assert world.kinds()[-1] == (f"ctgov:{nct(4)}", "removed"), "absent in two data versions"


def test_a_first_load_that_was_cut_off_goes_on_behind_the_last_page_that_was_staged(world: World) -> None:
    with Fetcher(user_agent="tracker-tests/1", sleep=lambda _: None) as fetcher:
        stopping = iter([False] * 3 + [True] * 99)
        report = sync(world.settings, world.store, world.sources, fetcher, world.clock, stop=lambda: next(stopping))
    assert report.state == "stopped"
    [run] = world.store.runs(9)
    assert run.state == "open"
    before = world.store.staged_totals(run.id).counts.baseline
    assert 0 < before < COUNT
    asked(world)
    assert world.sync().state == "done"
    assert len(asked(world)) < -(-COUNT // PAGE)
    assert len(world.store.memberships()) == COUNT
    assert world.kinds() == []
