"""A folder with a configuration and a database, and passes over it: in this process, or by the command."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from benchmarks import studies
from benchmarks.registry import Held, InMemory, noon
from tracker import clock, sources
from tracker.config import Settings
from tracker.loading import settings
from tracker.model.source import Source
from tracker.store import Store, migrate
from tracker.sync import SyncReport, sync

_NOWHERE = "http://127.0.0.1:9"
SEARCH = 'query = { condition = "anything" }'


def days(count: int) -> list[str]:
    """The last days up to yesterday: a registry's data are of no day to come."""
    today = clock.now()
    return [f"{today - timedelta(days=count - number):%Y-%m-%d}" for number in range(count)]


def by_number(count: int) -> str:
    """A watch's line that follows the first studies by their numbers."""
    listed = ", ".join(f'"{studies.nct(place)}"' for place in range(count))
    return f"trials = [{listed}]"


def configure(folder: Path, watch: str, base_url: str = _NOWHERE) -> Settings:
    """Write a configuration with one watch: ClinicalTrials.gov is at ``base_url``, every other source is off."""
    lines = [f'[store]\nurl = "sqlite:///{folder / "tracker.db"}"', '[http]\ncontact = "me@example.org"']
    for key in sources.load():
        lines.append(f'[sources.{key}]\nbase_url = "{base_url if key == "ctgov" else _NOWHERE}"\npace = 1000')
        if key != "ctgov":
            lines.append("enabled = false")
    lines.append(f'[[watch]]\nname = "bench"\n{watch}')
    path = folder / "config.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return settings(path)


class Stage:
    """Passes in this process over a registry in memory; ``now`` is the clock."""

    def __init__(self, folder: Path, held: Held, watch: str | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.held = held
        self.now = noon(held.first_day)
        self.settings = configure(folder, by_number(held.count) if watch is None else watch)
        self.sources: Mapping[str, Source] = sources.load()
        migrate(self.settings.store_url, now=self.now)
        self.store = Store.open(self.settings.store_url)
        self.fetcher = InMemory(self._answer, self.clock)
        self.bodies: dict[str, bytes] = {}
        self.turn(held.first_day)

    def clock(self) -> datetime:
        """The scene's own time."""
        return self.now

    def turn(self, day: str) -> None:
        """Go on to a day. What is served on it is made now, so that no pass is charged with it."""
        self.held.day = day
        self.now = noon(day)
        self.bodies = {studies.nct(place): self.held.study(place) for place in range(self.held.count)}

    def sync(self, *, full: bool = False) -> SyncReport:
        """One pass."""
        report = sync(self.settings, self.store, self.sources, self.fetcher, self.clock, full=full)
        assert report.state in ("done", "partly"), report.errors
        return report

    def _answer(self, path: str, params: Mapping[str, str]) -> bytes | None:
        if "filter.ids" not in params:
            return self.held.answer(path, params)
        return studies.page([self.bodies[number] for number in params["filter.ids"].split(",")])

    def close(self) -> None:
        """Close the database."""
        self.store.close()
