"""The store after the recorded forty days, against a compressed copy of every followed study on every one of them."""

from __future__ import annotations

import statistics
import time
import zlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import text

from benchmarks import studies
from benchmarks.figures import Bar, Figure, Size
from benchmarks.registry import InMemory, noon
from benchmarks.stage import configure
from tests.lab.recorded_days import replay
from tracker import sources
from tracker.config import Settings
from tracker.model.event import EventFilter
from tracker.store import Store, migrate, tables
from tracker.sync import SyncReport, sync

NAME = "keeping"
_MADE = datetime(2026, 3, 2, tzinfo=UTC)


def measure(size: Size, folder: Path) -> list[Figure]:
    """Each day is a pass with the daily tidying; the database is closed before its size is read."""
    copies, versions, trials = 0, 0, set[str]()
    at = folder / "tracker.db"
    settings = configure(folder, "trials = []")
    migrate(settings.store_url, now=_MADE)
    with Store.open(settings.store_url) as store:
        for day, shown in _days(size):
            trials |= set(shown)
            listed = ", ".join(f'"{number}"' for number in sorted(trials))
            settings = configure(folder, f"trials = [{listed}]")
            report = _passed(settings, store, day, shown)
            assert report.state in ("done", "partly"), report.errors
            store.housekeep(noon(day))
            copies += sum(len(zlib.compress(body, 6)) for body in shown.values())
        ids = [meta.id for number in sorted(trials) for meta in store.timeline(f"ctgov:{number}")]
        versions = len(ids)
        slowest = max(_seconds(store, one) for one in ids)
        events = len(list(store.events(EventFilter())))
        later, told = _lengths(store)
    kept = at.stat().st_size
    return [
        Figure(
            name="recorded days, compressed copies in the size of the database",
            figure=copies / kept,
            unit="times",
            bar=Bar(25, of="figure", most=False),
            note=f"{kept:,} bytes hold {versions:,} versions and {events:,} events of {len(trials):,} trials",
        ),
        Figure(name="reading any of these versions, the slowest", figure=slowest * 1e3, unit="ms", bar=Bar(5, of="figure")),
        Figure(name="a later version, its bytes", figure=later, unit="B", bar=Bar(600, of="figure"), note="on average"),
        Figure(
            name="an event, its bytes",
            figure=statistics.median(told),
            unit="B",
            bar=Bar(700, of="figure"),
            note=f"the middle one; {statistics.mean(told):,.0f} on average, {max(told):,} the longest",
        ),
    ]


def _seconds(store: Store, version: int) -> float:
    """The processor time, the best of three."""
    took = []
    for _ in range(3):
        began = time.process_time()
        store.document(version)
        took.append(time.process_time() - began)
    return min(took)


def _lengths(store: Store) -> tuple[float, list[int]]:
    """The mean length of the bodies of versions that are deltas, and what the row of each event holds."""
    row = "+".join(f"COALESCE(LENGTH({column.name}), 0)" for column in tables.events.c)
    with store.reading() as connection:
        mean = connection.scalar(text("SELECT AVG(LENGTH(body)) FROM snapshots WHERE base_snapshot IS NOT NULL"))
        return float(mean or 0), [int(one) for one in connection.scalars(text(f"SELECT {row} FROM events"))]


def _days(size: Size) -> Iterator[tuple[str, Mapping[str, bytes]]]:
    folder = studies.real_folder()
    if folder is not None and size != "tiny":
        for replayed in replay(folder.parent):
            yield replayed.day.data_timestamp[:10], {number: replayed.day.body(number) for number in replayed.day.studies}
        return
    for number in range(3 if size == "tiny" else 40):
        day = f"{_MADE + timedelta(days=number):%Y-%m-%d}"
        shown = {studies.nct(place): studies.varied(place, day) for place in range(4)}
        changing = studies.nct(number % 4)
        yield day, shown | {changing: studies.amended(shown[changing], number + 1, day)}


def _passed(settings: Settings, store: Store, day: str, shown: Mapping[str, bytes]) -> SyncReport:
    def answer(path: str, params: Mapping[str, str]) -> bytes:
        if path == "version":
            return b'{"apiVersion":"2.0.5","dataTimestamp":"%sT09:00:05"}' % day.encode()
        return studies.page([shown[number] for number in params["filter.ids"].split(",")])

    def clock() -> datetime:
        return noon(day)

    return sync(settings, store, sources.load(), InMemory(answer, clock), clock)
