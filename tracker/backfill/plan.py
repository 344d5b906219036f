"""Which versions of a record's history are wanted, and what it takes to ask for them. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Literal

from tracker.detect.past import SeenVersion
from tracker.events import KINDS
from tracker.model.dates import RegistryDate
from tracker.model.history import RecordHistory
from tracker.model.record import TrialRecord

Versions = Literal["index", "needed", "all"]
VERSIONS: tuple[Versions, ...] = ("index", "needed", "all")

MOST = 200
"""Versions of one trial that one backfill asks for unless it is told otherwise; the next one goes on behind them."""

_RESULTS = frozenset({"results_digests"})


def wanted(
    history: RecordHistory,
    versions: Versions,
    *,
    present: TrialRecord | None = None,
    kinds: Collection[str] = (),
    sections: Mapping[str, Sequence[str]] | None = None,
    seen: Iterable[SeenVersion] = (),
) -> tuple[int, ...]:
    """The numbers of the versions to have, newest first.

    ``needed`` are the first one, those in force at start and at primary completion as ``present`` has them, the last one
    before results, and those that touched what ``kinds`` are about, each with the one before. Where any of them is newer than
    a version that was ``seen``, the versions shown then are wanted too: without them nobody could tell the order.
    """
    if versions == "index":
        return ()
    numbers = [version.number for version in history.versions]
    if versions == "all":
        return tuple(reversed(numbers))
    found = {0, *_at_dates(history, present), *_before_results(history, present, sections or {})}
    found |= _touching(history, kinds, sections or {})
    shown = {number for one in seen if (number := in_force(history, one.updated)) is not None}
    if shown and max(found) > min(shown):
        found |= shown
    return tuple(sorted(found & set(numbers), reverse=True))


def in_force(history: RecordHistory, day: dt.date | None) -> int | None:
    """The version that stood at the end of a day; None before the first."""
    return max((version.number for version in history.versions if day is not None and version.date <= day), default=None)


def _at_dates(history: RecordHistory, present: TrialRecord | None) -> set[int]:
    found = set[int]()
    for date in (present.start_date, present.primary_completion_date) if present else ():
        found |= {number for day in _ends(date) if (number := in_force(history, day)) is not None}
    return found


def _ends(date: RegistryDate | None) -> tuple[dt.date | None, ...]:
    """The first and the last day that a date may mean."""
    return () if date is None else (date.first, date.last)


def _before_results(history: RecordHistory, present: TrialRecord | None, sections: Mapping[str, Sequence[str]]) -> set[int]:
    found = set[int]()
    tables = {section for section, fields in sections.items() if _RESULTS.intersection(fields)}
    first = next((version.number for version in history.versions if tables.intersection(version.touched)), 0)
    if first:
        found.add(first - 1)
    posted = present.results_first_posted if present else None
    if posted is not None and posted.first is not None:
        before = in_force(history, posted.first - dt.timedelta(days=1))
        found |= {before} if before is not None else set()
    return found


def _touching(history: RecordHistory, kinds: Collection[str], sections: Mapping[str, Sequence[str]]) -> set[int]:
    """Versions that touched what these kinds are about, or a section that nobody knows; each with the one before."""
    about = {name.partition(".")[0] for name in kinds}  # a watch may name one effect of a kind
    fields = {field for name, kind in KINDS.items() if name in about for field in kind.owns}
    if not fields:
        return set()
    found = set[int]()
    for version in history.versions:
        if any(section not in sections or fields.intersection(sections[section]) for section in version.touched):
            found |= {version.number, version.number - 1}
    return found - {-1}


def goes_on(before: RecordHistory, after: RecordHistory) -> bool:
    """Whether an index that was read again is the same one, or the same with further versions."""
    return after.begins[: len(before.begins)] == before.begins


def how_long(requests: int, pace: float) -> str:
    """So many requests at a source's pace, in words."""
    seconds = requests / pace
    if seconds < 90:
        return f"about {max(round(seconds), 1)} s"
    return f"about {round(seconds / 60)} min" if seconds < 5400 else f"about {seconds / 3600:.1f} h"
