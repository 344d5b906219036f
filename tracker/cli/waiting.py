"""What a command that asks hosts is waiting for, told while it waits: to a person, nothing for half a minute is a hang."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from tracker import clock
from tracker.cli.app import App

if TYPE_CHECKING:
    from tracker.fetch import Waiting
    from tracker.sync import Progress

FIRST, EVERY = 8.0, 20.0
"""On a pipe: seconds after which is said what is waited for, and from then on."""


@contextmanager
def waiting_told(app: App) -> Iterator[tuple[Progress, Waiting]]:
    """What a pass calls with its progress and its waits: a bar per source on a terminal, else a line now and then."""
    with _bars(app) if sys.stderr.isatty() and not app.shared.json else _lines(app) as told:
        yield told


@contextmanager
def _bars(app: App) -> Iterator[tuple[Progress, Waiting]]:
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    titles = _titles(app)
    with Bars(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[rate]}"),
        console=Console(stderr=True),
        transient=True,
    ) as bars:
        tasks = {title: bars.add_task(title, total=None, visible=False, rate="") for title in titles.values()}
        waits = Waits(titles)

        def progress(title: str, done: int, total: int) -> None:
            waits.progress(title, done, total)
            bars.update(tasks[title], completed=done, total=total, visible=True, rate=waits.rate(title))

        def waiting(source: str, what: str) -> None:
            title = titles[source]
            bars.update(tasks[title], description=escape(f"{title}: {what}" if what else title), visible=True)

        yield progress, waiting


@contextmanager
def _lines(app: App) -> Iterator[tuple[Progress, Waiting]]:
    waits = Waits(_titles(app))
    over = threading.Event()

    def tell() -> None:
        pause = FIRST
        while not over.wait(pause):
            pause = EVERY
            for line in waits.lines():
                app.say(line)

    teller = threading.Thread(target=tell, name="waiting", daemon=True)
    teller.start()
    try:
        yield waits.progress, waits.waiting
    finally:
        over.set()


class _Far(NamedTuple):
    """How far a source is: trials done by now of how many, and how many it was at a time on the clock when first heard of."""

    began: float
    first: int
    done: int
    total: int


class Waits:
    """What each source waits for, since when, and how far it is; safe across threads."""

    def __init__(self, titles: Mapping[str, str], now: Callable[[], float] = clock.monotonic) -> None:
        self._titles, self._now = titles, now
        self._waits: dict[str, tuple[str, float]] = {}
        self._far: dict[str, _Far] = {}
        self._lock = threading.Lock()

    def progress(self, title: str, done: int, total: int) -> None:
        """So many trials of a source are done."""
        with self._lock:
            known = self._far.get(title)
            if known is None or done < known.done:  # another thing to do has begun
                known = _Far(self._now(), done, done, total)
            self._far[title] = known._replace(done=done, total=total)

    def waiting(self, source: str, what: str) -> None:
        """A source waits for something, or for nothing any more."""
        with self._lock:
            if what:
                self._waits[source] = (what, self._now())
            else:
                self._waits.pop(source, None)

    def rate(self, title: str) -> str:
        """How many trials a source does a second, or nothing where that is not known yet."""
        with self._lock:
            speed = self._speed(title)
        return f"{speed:,.0f} a second" if speed >= 1 else ""

    def lines(self) -> list[str]:
        """A line for each source that is at work: what it waits for, how far it is, and how long the rest may take."""
        with self._lock:
            now = self._now()
            return [line for source, title in self._titles.items() if (line := self._line(source, title, now))]

    def _line(self, source: str, title: str, now: float) -> str:
        parts = []
        if source in self._waits:
            what, since = self._waits[source]
            parts.append(f"{what}, {now - since:.0f} s")
        far = self._far.get(title)
        if far is not None and far.total > 0 and (parts or far.done < far.total):
            parts.append(f"{far.done:,} of {far.total:,} trials read")
            if (speed := self._speed(title)) > 0 and far.done < far.total:
                parts[-1] += f", about {_duration((far.total - far.done) / speed)} left"
        return f"{title}: {'; '.join(parts)}" if parts else ""

    def _speed(self, title: str) -> float:
        far = self._far.get(title)
        seconds = self._now() - far.began if far else 0.0
        return (far.done - far.first) / seconds if far and seconds > 0 else 0.0


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def _titles(app: App) -> dict[str, str]:
    from tracker.passes import DELIVERY

    return {**{key: source.info.title for key, source in app.sources.items()}, DELIVERY: "Delivery"}
