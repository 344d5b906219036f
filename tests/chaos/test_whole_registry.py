"""Kill -9 while a registry is read as a whole: the next pass goes on behind the last page, and comes to the same."""

from __future__ import annotations

import shutil
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from tests.chaos import part
from tests.chaos.killing import Kill, Program, telling
from tests.chaos.stage import Content, content, damage, next_pass
from tests.world import SENDS, World, study
from tracker import clock

Record = Callable[[str, object], None]

COUNT, PAGE = 60, 10
ALL_PAGES = COUNT // PAGE
EVERYTHING = '[[watch]]\nname = "all"\neverything = true\n' + SENDS


def nct(number: int) -> str:
    return f"NCT{1000 + number:08d}"


class Registry:
    """A registry followed as a whole, before its first load and a week later: updated, silently changed, and one gone."""

    def __init__(self, world: World) -> None:
        self.world, self._count = world, 0
        world.now = clock.now() - timedelta(days=9)
        world.studies = {nct(number): study(nct(number)) for number in range(COUNT)}
        world.registry.largest_page = PAGE
        world.show()
        world.configure(EVERYTHING, extra=f'[digest]\nat = "{clock.now() + timedelta(hours=12):%H:%M}"\n')
        assert world.store.memberships() == []
        world.store.close()
        self.empty = world.folder / "empty.db"
        shutil.copy(world.folder / "tracker.db", self.empty)

    def fresh(self, database: Path) -> Path:
        """A folder with a configuration and a copy of a database; what was asked before is forgotten."""
        self._count += 1
        folder = self.world.folder / str(self._count)
        folder.mkdir()
        shutil.copy(database, folder / "tracker.db")
        text = self.world.config.read_text("utf-8").replace(str(self.world.folder / "tracker.db"), "tracker.db")
        (folder / "config.toml").write_text(text, "utf-8")
        self.world.registry.requests.clear()
        return folder

    def pages(self) -> int:
        """How many pages of records were asked for, each counted once."""
        found = [dict(request.params) for request in self.world.registry.requests if request.path.endswith("/studies")]
        return len([params for params in found if "fields" not in params and "filter.ids" not in params])

    def a_week_later(self, database: Path) -> None:
        """One trial is updated, one changes without a new date, one is gone; the next sweep is due."""
        self.world.now = clock.now() - timedelta(days=1)
        posted = {"date": f"{self.world.now:%Y-%m-%d}", "type": "ACTUAL"}
        self.world.amend(nct(7), statusModule__overallStatus="COMPLETED", statusModule__lastUpdatePostDateStruct=posted)
        self.world.amend(nct(3), statusModule__overallStatus="UNKNOWN")
        del self.world.studies[nct(4)]
        self.world.show()
        with closing(sqlite3.connect(database)) as connection, connection:
            connection.execute("UPDATE schedule SET last_at = datetime(last_at, '-8 days') WHERE name = 'sweep:all'")
            assert connection.total_changes == 1


def lasting(file: Path) -> Content:
    """What a database keeps, but for words of replaced versions, which a day's tidying takes away, and runs without news.

    After a pass that was killed when its run counted already, the next one reads once more what was updated or is missing.
    """
    found = content(file)
    del found["searchable"]
    found["checks"] = sorted({row for row in found["checks"] if "unchanged" not in row}, key=repr)
    found["runs"] = [row for row in found["runs"] if any(news in str(row) for news in ('"baseline":60', '"changed":2'))]
    return found


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    with World(tmp_path_factory.mktemp("registry")) as world:
        yield Registry(world)


def survive(registry: Registry, program: Program, database: Path, count: int) -> tuple[Content, int, int]:
    """Kill passes over a database at steps of reading and of acceptance: each next one comes to what an undisturbed one does.

    Gives that, the pages that it takes, and how many points were tried.
    """
    folder = registry.fresh(database)
    ended = program.run("sync", folder=folder)
    assert ended.code == 0, ended.said
    undisturbed, pages = lasting(folder / "tracker.db"), registry.pages()
    points = part(telling(ended.steps, "sync", "acceptance"), count)
    for point in points:
        folder = registry.fresh(database)
        assert program.run("sync", folder=folder, kill=Kill(step=point)).code == -signal.SIGKILL
        before = registry.pages()
        again = next_pass(program, folder)
        assert again.code == 0, again.said
        assert damage(folder / "tracker.db") == []
        assert lasting(folder / "tracker.db") == undisturbed
        assert registry.pages() <= pages + 2, f"read {before}, then {registry.pages() - before} more"
    return undisturbed, pages, len(points)


def test_a_first_load_and_a_weekly_sweep_that_are_killed_go_on_and_come_to_the_same(
    registry: Registry, program: Program, record_property: Record
) -> None:
    loaded, pages, first = survive(registry, program, registry.empty, 2)
    assert (len(loaded["memberships"]), loaded["events"], pages) == (COUNT, [], ALL_PAGES)
    folder = registry.fresh(registry.empty)
    assert program.run("sync", folder=folder).code == 0
    registry.a_week_later(folder / "tracker.db")
    swept, pages, later = survive(registry, program, folder / "tracker.db", 2)
    assert len(swept["events"]) == 2
    record_property("points", first + later)
