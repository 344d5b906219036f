"""Who reads the log page by page, while passes accept new events, sees each event that was there once, and none twice."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path

import pytest

from tests.archive.builders import keep_events, story_of
from tests.store.builders import DAY_0, A, B, C, baseline, day
from tests.web.conftest import Reader, served
from tracker import loading, sources
from tracker.model.event import EventFilter
from tracker.model.vocabulary import SEVERITIES
from tracker.store import Store, migrate
from tracker.web.app import Site
from tracker.web.asked import LogFilter, cursor
from tracker.web.log_pages import Found, events_of, stories_of

NOW = day(100)
CONFIG = '[store]\nurl = "sqlite:///{}/tracker.db"\n[[watch]]\nname = "lupus"\ntrials = ["NCT00000001"]\n'


class Growing:
    """A log that grows while it is read: at moments it had, between them, before them and behind them."""

    def __init__(self, folder: Path, store: Store, seed: int) -> None:
        self.folder, self.store, self.dice = folder, store, random.Random(seed)
        self._runs = 0

    def grow(self, stories: int) -> None:
        """Accept one more run."""
        self._runs += 1
        made = [
            story_of(
                f"{self.dice.getrandbits(64):016x}",
                self.dice.choice((A, B, C)),
                self.dice.choices(SEVERITIES, k=self.dice.randint(1, 3)),
                self.dice.choice((3, 3, 4, 5, self.dice.uniform(1, 9))),
            )
            for _ in range(stories)
        ]
        run = 10 + self._runs / 100
        keep_events(self.store, run, [event for events, _ in made for event in events], [story for _, story in made])

    def ids(self) -> set[str]:
        """The events that are there."""
        return {event.id for event in self.store.events(EventFilter())}

    def read(self, page: Callable[[str], tuple[list[str], str]]) -> list[str]:
        """All pages, with new runs between them."""
        found, after = page("")
        while after:
            if self.dice.random() < 0.4:
                self.grow(self.dice.randint(1, 4))
            more, after = page(after)
            found += more
        return found


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Growing]:
    url = f"sqlite:///{tmp_path}/tracker.db"
    (tmp_path / "config.toml").write_text(CONFIG.format(tmp_path), "utf-8")
    migrate(url, now=DAY_0)
    with Store.open(url) as store:
        baseline(store, A, B, C)
        made = Growing(tmp_path, store, seed=7)
        for _ in range(4):
            made.grow(9)
        yield made


def each_once(found: list[str], there: set[str]) -> None:
    assert len(found) == len(set(found))
    assert there <= set(found)


@pytest.mark.parametrize("path", ["/api/v1/changes?limit=7", "/api/v1/stories?limit=5", "/api/v1/stories?limit=4&words=größe"])
def test_pages_of_the_api_hold_each_event_once_while_others_arrive(log: Growing, path: str) -> None:
    with served(log.folder, now=NOW) as reader:

        def page(after: str) -> tuple[list[str], str]:
            answer = reader.ask(f"{path.replace('ö', '%C3%B6').replace('ß', '%C3%9F')}&after={after}").json
            events = answer["events"] if "events" in answer else [one for told in answer["stories"] for one in told["events"]]
            return [event["id"] for event in events], answer["next"]

        there = log.ids()
        each_once(log.read(page), there)


def stories_on(reader: Reader, path: str) -> tuple[list[str], str]:
    text = reader.ask(path).text
    following = re.search(r'<a rel="next" href="([^"]+)"', text)
    return re.findall(r'<h3><a href="/stories/(\w+)"', text), unescape(following[1]) if following else ""


def test_pages_of_the_latest_hold_each_story_once_while_others_arrive(log: Growing) -> None:
    there = {event.story for event in log.store.events(EventFilter())}
    with served(log.folder, now=NOW) as reader:
        each_once(log.read(lambda path: stories_on(reader, path or "/")), there)


@pytest.mark.parametrize("most", [3, 10, 1000])
def test_words_looked_for_in_steps_find_each_event_once_while_others_arrive(log: Growing, most: int) -> None:
    """The steps are of few events here: of thousands in what is served."""
    settings = loading.settings(log.folder / "config.toml")
    with Store.open(settings.store_url, reading=True) as store:
        site = Site(lambda: settings, sources.load(), store, lambda: NOW)
        asked, looked = LogFilter(words="terminated"), list[object]()

        def latest(after: str) -> tuple[list[str], str]:
            found = stories_of(site.reading(), asked, cursor({"after": [after]}), 4, most=most)
            return [event.id for told in found.items for event in told.events], followed(found)

        def oldest(after: str) -> tuple[list[str], str]:
            found = events_of(site.reading(), asked, cursor({"after": [after]}), 4, most=most)
            return [event.id for event in found.items], followed(found)

        def followed(found: Found[object]) -> str:
            looked.append(found.looked)
            return found.next

        for page in (latest, oldest):
            there = log.ids()
            each_once(log.read(page), there)
        assert any(looked) is (most < 1000)
