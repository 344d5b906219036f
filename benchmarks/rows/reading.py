"""Reading a long change log and many trials: commands and pages."""

from __future__ import annotations

import http.client
import os
import socket
import statistics
import subprocess
import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path

import msgspec

from benchmarks import studies
from benchmarks.figures import Bar, Figure, Size
from benchmarks.measuring import environ, run, tracker
from benchmarks.registry import Held, noon
from benchmarks.stage import Stage, days
from tracker.model.event import Event, EventFilter, Story
from tracker.model.run import RunCounts
from tracker.model.staging import Batch, StagedEvent
from tracker.store import Store

NAME = "reading"
_TOGETHER = 500
_LEASE = timedelta(hours=6)


def measure(size: Size, folder: Path) -> list[Figure]:
    """A log made of some real events, each many times over under ids and trials of its own."""
    trials, listed, events = (10, 10, 60) if size == "tiny" else (5_000, 10_000, 100_000)
    first, second = days(2)
    stage = Stage(folder, Held(count=trials, first_day=first, day=first, edit="amended", edited=0))
    stage.sync()
    stage.held.edited = min(trials, 40)
    stage.turn(second)
    stage.sync()
    made = lengthened(stage.store, second, trials, events)
    stage.close()
    config = ("--config", folder / "config.toml")
    changes = run(tracker("changes", *config), folder=folder, environ=environ())
    more = Stage(folder / "list", Held(count=listed, first_day=first, day=first))
    more.sync()
    more.close()
    listing = run(tracker("list", "--config", more.folder / "config.toml"), folder=folder, environ=environ())
    figures = [
        Figure(
            name=f"changes, all {events:,} events",
            figure=changes.cpu,
            unit="s",
            bar=Bar(3, of="figure"),
            note=f"{made:,} of them, {_peak(changes.peak_mb)}",
        ),
        Figure(name=f"list of {listed:,}", figure=listing.cpu, unit="s", bar=Bar(2, of="figure"), note=_peak(listing.peak_mb)),
    ]
    if size == "tiny":
        return figures
    recent = run(tracker("changes", "--since", "7d", *config), folder=folder, environ=environ())
    figures.append(Figure(name="changes of the last 7 days", figure=recent.cpu, unit="s", note=_peak(recent.peak_mb)))
    figures += [
        Figure(
            name=f"page {path}, {trials:,} trials, p95",
            figure=took * 1e3,
            unit="ms",
            bar=Bar(100, of="figure"),
            note=f"the first answer took {first * 1e3:.0f} ms",
        )
        for path, first, took in _pages(folder, 20)
    ]
    return figures


def _peak(megabytes: float) -> str:
    return f"peak {megabytes:.0f} MB"


def lengthened(store: Store, day: str, trials: int, wanted: int) -> int:
    """Stage and accept copies of the events there are until there are as many as wanted; how many there are then."""
    patterns = [event for event in store.events(EventFilter()) if event.cause == "record"]
    assert patterns, "no event to make others of"
    there = len(list(store.events(EventFilter())))
    at = noon(day)
    lease = store.acquire_lease("source:ctgov", "bench", at, _LEASE)
    opened = store.open_run(lease, "ctgov", at, None)
    versions = {known.key: known.current.id for known in store.followed("ctgov") if known.current}
    copies = _copies(patterns, trials, wanted - there)
    while some := list(islice(copies, _TOGETHER)):
        staged = [StagedEvent(event=event, old=versions[event.trial], new=versions[event.trial]) for event in some]
        stories = [Story(id=event.story, trial=event.trial, severity=event.severity, parts=(event.id,)) for event in some]
        store.stage(lease, opened.run.id, Batch(events=tuple(staged), stories=tuple(stories)), at)
    store.accept(lease, opened.run.id, at, RunCounts())
    store.release_lease(lease, at)
    return len(list(store.events(EventFilter())))


def _copies(patterns: list[Event], trials: int, count: int) -> Iterator[Event]:
    """Events spread over the trials and over a year."""
    for number in range(count):
        pattern = patterns[number % len(patterns)]
        ago = timedelta(minutes=525_600 * number / count)
        yield msgspec.structs.replace(
            pattern,
            id=f"{number:020x}{pattern.id[20:]}",
            story=f"{number:020x}{pattern.story[20:]}",
            trial=f"ctgov:{studies.nct(number % trials)}",
            detected_at=pattern.detected_at - ago,
            effective_at=pattern.effective_at - ago,
        )


def _pages(folder: Path, times: int) -> list[tuple[str, float, float]]:
    """Each page some times over: the seconds of the first answer, and those that 95 of 100 of the others keep to."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [*map(str, tracker("serve", "--bind", f"127.0.0.1:{port}", "--config", folder / "config.toml"))]
    server = subprocess.Popen(
        command, cwd=folder, env={**os.environ, **environ()}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _until(port)
        trial = studies.nct(0)
        return [
            (path, _seconds(port, path), _p95(port, path, times))
            for path in ("/", "/latest.atom", f"/trials/{trial}", "/watches/bench", "/deadlines")
        ]
    finally:
        server.terminate()
        server.wait()


def _until(port: int) -> None:
    for _ in range(600):
        try:
            _get(port, "/")
        except OSError:
            time.sleep(0.1)  # noqa: TID251 - another process starts
        else:
            return
    raise RuntimeError("the pages were not served")


def _p95(port: int, path: str, times: int) -> float:
    return statistics.quantiles([_seconds(port, path) for _ in range(times)], n=20, method="inclusive")[18]


def _seconds(port: int, path: str) -> float:
    began = time.perf_counter()
    _get(port, path)
    return time.perf_counter() - began


def _get(port: int, path: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert answer.status in (200, 303, 304), (path, answer.status)
