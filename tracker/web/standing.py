"""How every followed trial stands, kept in memory: a record is read again only when its trial has a new version."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from datetime import date, datetime

import msgspec

from tracker.archive import Archive, TallyBy
from tracker.model.event import EventFilter
from tracker.model.ids import split_key
from tracker.model.snapshot import TrialMark
from tracker.model.views import CurrentRecord, DeadlineRow, Nearest, PresentRow
from tracker.model.watch import Watch
from tracker.web.kept import Kept


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A trial as it stands, and what pages choose trials by. ``nearest`` is by watch that has a place."""

    row: PresentRow
    watches: tuple[str, ...]
    source: str
    countries: frozenset[str]
    phases: tuple[str, ...]
    nearest: dict[str, Nearest | None]
    due: tuple[DeadlineRow, ...]

    def row_in(self, watch: str) -> PresentRow:
        """The row as a watch shows it, with the place nearest to it; without one, to the last watch that has a place."""
        of = watch or next((name for name in reversed(self.watches) if name in self.nearest), "")
        return msgspec.structs.replace(self.row, nearest=self.nearest.get(of))


class Standings:
    """All of them, by key, and counts of the change log. Several threads may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._mark = ""
        self._today: date | None = None
        self._watches: Sequence[Watch] = ()
        self._versions: dict[str, TrialMark] = {}
        self._found: dict[str, Standing] = {}
        self._counts = Kept[dict[str, int]](most=200)
        self._moves = Kept[dict[str, dict[str, datetime]]](most=20)

    def all(self, archive: Archive, today: date) -> dict[str, Standing]:
        """Every followed trial as it stands now; the dictionary is not to be changed."""
        with self._lock:
            mark = archive.mark()
            if archive.watches != self._watches or today != self._today:
                self._watches, self._today, self._versions, self._found, self._mark = archive.watches, today, {}, {}, ""
            if mark != self._mark or not self._mark:
                self._found = self._renewed(archive, today)
                self._mark = mark
            return self._found

    def of(self, archive: Archive, today: date, watch: str) -> list[Standing]:
        """The trials of a watch; without one, all."""
        return [one for one in self.all(archive, today).values() if not watch or watch in one.watches]

    def due(self, archive: Archive, today: date, watch: str = "") -> list[DeadlineRow]:
        """Their deadlines in the order of days, as the read layer gives them."""
        rows = [row for one in self.of(archive, today, watch) for row in one.due]
        return sorted(rows, key=lambda row: row.cursor)

    def tally(self, archive: Archive, wanted: EventFilter, by: TallyBy) -> dict[str, int]:
        """How many wanted events there are, counted once for each state of the database."""
        return self._counts.get((archive.mark(), wanted, by), lambda: archive.tally(wanted, by))

    def last_moves(self, archive: Archive, wanted: EventFilter) -> dict[str, dict[str, datetime]]:
        """When each trial last had a wanted event of each kind, asked once for each state of the database."""
        return self._moves.get((archive.mark(), wanted), lambda: archive.last_moves(wanted))

    def _renewed(self, archive: Archive, today: date) -> dict[str, Standing]:
        marks = {mark.trial: mark for mark in archive.trial_marks()}
        watches = archive.watches_of(marks)
        moved = [key for key, mark in marks.items() if self._versions.get(key) != mark or self._moved(key, watches[key])]
        found = {key: one for key, one in self._found.items() if key in marks}
        for read in archive.records(moved):
            found[read.trial.key] = _standing(archive, read, watches[read.trial.key], today)
        self._versions = marks
        return {key: found[key] for key in marks if key in found}

    def _moved(self, key: str, watches: tuple[str, ...]) -> bool:
        return key in self._found and self._found[key].watches != watches


def _standing(archive: Archive, found: CurrentRecord, watches: tuple[str, ...], today: date) -> Standing:
    record = found.record
    placed = [watch for watch in archive.watches if watch.near and watch.name in watches]
    nearest = {watch.name: archive.present_row(found, watch.near).nearest for watch in placed}
    return Standing(
        row=archive.present_row(found),
        watches=watches,
        source=split_key(record.trial).source,
        countries=frozenset(_countries(record.countries or (), (site.country for site in record.sites or ()))),
        phases=record.phases or (),
        nearest=nearest,
        due=() if found.trial.removed_at else tuple(archive.deadline_rows(record, today)),
    )


def _countries(named: Iterable[str], of_sites: Iterable[str | None]) -> Iterable[str]:
    yield from named
    yield from (country for country in of_sites if country)
