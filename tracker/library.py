"""A tracker's database, to be read from Python: ``tracker.open("sqlite:///snapshots/tracker.db")``.

Nothing here writes. Values are those of `tracker.model`; collections are read as they are iterated, as often as one likes, and
become an Arrow table with ``to_arrow()`` (extra ``export``), from which pandas and polars are one call away.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Generic, Self, TypeVar

from tracker import clock
from tracker.archive import Archive
from tracker.archive.asked import When, about_asked, moment, require_order, trial_key
from tracker.errors import UsageError
from tracker.export import tables
from tracker.model.event import Event, EventFilter
from tracker.model.search import SearchAnswer
from tracker.model.views import CurrentRecord, DeadlineRow, Health, TrialView
from tracker.model.vocabulary import KIND_NAMES, SEVERITIES, Severity
from tracker.store import Store

if TYPE_CHECKING:
    import pyarrow as pa

    from tracker.events import Detected
    from tracker.export.table import Table

_Item = TypeVar("_Item")


class Rows(Generic[_Item]):
    """Values that are read anew each time they are iterated."""

    def __init__(self, read: Callable[[], Iterator[_Item]], table: Callable[[], Table]) -> None:
        self._read, self._table = read, table

    def __iter__(self) -> Iterator[_Item]:
        return self._read()

    def to_list(self) -> list[_Item]:
        """All of them at once."""
        return list(self._read())

    def to_arrow(self) -> pa.Table:
        """The same as an Arrow table with the columns of ``tracker export``. Needs the extra ``export``."""
        from tracker.export.formats import to_arrow

        return to_arrow(self._table())


class Tracker:
    """What a database keeps. Use it as a context, or close it."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Give the database back."""
        self._archive.store.close()

    def trials(self, *, watch: str | None = None) -> Rows[CurrentRecord]:
        """Each followed trial with its whole record as it was last read, by key."""
        self._require_watch(watch)
        return Rows(
            lambda: self._archive.current(watch=watch), lambda: tables.trials(self._archive, tables.Wanted(watch=watch))
        )

    def trial(self, trial: str, *, at: When | None = None) -> TrialView:
        """A trial, by a registry's number or its key: as it is now, or as it stood ``at`` a time (of a day, its end).

        Raises UsageError when nothing is stored of it, or nothing of that time.
        """
        return self._archive.trial(trial_key(trial), -1 if at is None else moment(at, end_of_day=True))

    def search(self, words: str, *, watch: str | None = None, limit: int = 50, after: str = "") -> SearchAnswer:
        """Followed trials that hold all these words, the best first; ``after`` is the ``next`` of the page before."""
        return self._archive.search(words, watch=watch, limit=limit, after=after)

    def changes(
        self,
        *,
        since: When | None = None,
        until: When | None = None,
        watch: str | None = None,
        trial: str | Iterable[str] = (),
        kind: str | Iterable[str] = (),
        min_severity: Severity = "minor",
        about: str | Iterable[str] = (),
    ) -> Rows[Event]:
        """The change log, oldest first: from ``since`` on and up to ``until`` (of a day, its end; ``7d``: so far back).

        ``about`` are words that the trial or what changed holds; those with a minus in front it lacks.
        """
        now = clock.now()
        begin = None if since is None else moment(since, now=now)
        end = None if until is None else moment(until, now=now, end_of_day=True)
        require_order(begin, end)
        self._require_watch(watch)
        kinds = frozenset(_several(kind))
        _require(kinds, KIND_NAMES, "kind")
        _require([min_severity], SEVERITIES, "severity")
        wanted = EventFilter(
            since=begin,
            until=end,
            watch=watch,
            trials=frozenset(trial_key(one) for one in _several(trial)),
            kinds=kinds,
            min_severity=min_severity,
            about=about_asked(_several(about)),
        )
        return Rows(lambda: self._archive.changes(wanted), lambda: tables.changes(self._archive, tables.Wanted(log=wanted)))

    def compare(self, trial: str, old: int | When = -2, new: int | When = -1) -> Detected:
        """What changed between two stored versions, given by number (1 is the first, -1 the latest) or by time."""
        key = trial_key(trial)
        before, after = (
            self._archive.version(key, one if isinstance(one, int) else moment(one, end_of_day=True)) for one in (old, new)
        )
        return self._archive.compare(before, after)

    def deadlines(self, *, watch: str | None = None, today: When | None = None) -> Rows[DeadlineRow]:
        """Days that matter, ahead and passed, in their order; estimates, never legal findings."""
        self._require_watch(watch)
        day = clock.now().date() if today is None else moment(today).date()

        def read() -> Iterator[DeadlineRow]:
            return self._archive.deadlines(day, watch=watch)

        return Rows(read, lambda: tables.deadlines(self._archive, read()))

    def health(self) -> Health:
        """The last accepted run of each source, what is held, unsent or wrong."""
        return self._archive.health()

    def _require_watch(self, watch: str | None) -> None:
        if watch is not None:
            known = {one.name for one in self._archive.watches} | set(self._archive.watch_names())
            _require([watch], sorted(known), "watch")


def open(url: str, *, config: str | Path | None = None) -> Tracker:
    """The database at an address such as ``sqlite:///snapshots/tracker.db`` or ``postgresql+psycopg://…``.

    With ``config``, trials have the names, and places the distances, that it gives. Raises SchemaError for a database of
    another version of this program (remedy: ``tracker migrate``), StoreError for one that cannot be used.
    """
    from tracker import loading, sources

    archive = Archive(store=Store.open(url), sources=sources.load())
    if config is None:
        return Tracker(archive)
    settings = loading.settings(Path(config))
    known = sources.load(settings.page_sites, good_practice=settings.good_practice)
    told = dataclasses.replace(
        archive, sources=known, watches=settings.watches, severities=settings.severities, links=settings.links
    )
    return Tracker(told)


def _require(given: Iterable[str], known: Collection[str], what: str) -> None:
    """Raise UsageError, with the choices, for a name that there is not."""
    if unknown := sorted(set(given).difference(known)):
        there = ", ".join(sorted(known)) or "none"
        raise UsageError(f"There is no {what} {', '.join(unknown)}.", remedy=f"There are {there}.")


def _several(given: str | Iterable[str]) -> Iterable[str]:
    return (given,) if isinstance(given, str) else given
