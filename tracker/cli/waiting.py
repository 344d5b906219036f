"""What a command that asks hosts is waiting for, told while it waits: to a person, nothing for half a minute is a hang."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

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
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    titles = _titles(app)
    with Bars(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as bars:
        tasks = {title: bars.add_task(title, total=None, visible=False) for title in titles.values()}

        def progress(title: str, done: int, total: int) -> None:
            bars.update(tasks[title], completed=done, total=total, visible=True)

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


class Waits:
    """What each source waits for, since when, and how far it is; safe across threads."""

    def __init__(self, titles: dict[str, str]) -> None:
        self._titles = titles
        self._waits: dict[str, tuple[str, float]] = {}
        self._progress: dict[str, tuple[int, int]] = {}
        self._lock = threading.Lock()

    def progress(self, title: str, done: int, total: int) -> None:
        """So many trials of a source are done."""
        with self._lock:
            self._progress[title] = (done, total)

    def waiting(self, source: str, what: str) -> None:
        """A source waits for something, or for nothing any more."""
        with self._lock:
            if what:
                self._waits[source] = (what, clock.monotonic())
            else:
                self._waits.pop(source, None)

    def lines(self) -> list[str]:
        """A line for each source that waits."""
        with self._lock:
            waits, progress, now = dict(self._waits), dict(self._progress), clock.monotonic()
        found = []
        for source, (what, since) in waits.items():
            title = self._titles[source]
            done, total = progress.get(title, (0, 0))
            far = f"; {done:,} of {total:,} trials read" if total else ""
            found.append(f"{title}: {what}, {now - since:.0f} s{far}")
        return found


def _titles(app: App) -> dict[str, str]:
    from tracker.passes import DELIVERY

    return {**{key: source.info.title for key, source in app.sources.items()}, DELIVERY: "Delivery"}
