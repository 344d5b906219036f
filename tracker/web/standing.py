"""How every followed trial stands, kept in memory: a record is read again only when its trial has a new version."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence

import msgspec

from tracker.archive import Archive
from tracker.model.ids import split_key
from tracker.model.snapshot import TrialMark
from tracker.model.views import CurrentRecord, Nearest, PresentRow
from tracker.model.watch import Watch


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A trial as it stands, and what pages choose trials by. ``nearest`` is by watch that has a place."""

    row: PresentRow
    watches: tuple[str, ...]
    source: str
    countries: frozenset[str]
    phases: tuple[str, ...]
    nearest: dict[str, Nearest | None]

    def row_in(self, watch: str) -> PresentRow:
        """The row as a watch shows it, with the place nearest to it; without one, to the last watch that has a place."""
        of = watch or next((name for name in reversed(self.watches) if name in self.nearest), "")
        return msgspec.structs.replace(self.row, nearest=self.nearest.get(of))


class Standings:
    """All of them, by key. Several threads may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._mark = ""
        self._watches: Sequence[Watch] = ()
        self._versions: dict[str, TrialMark] = {}
        self._found: dict[str, Standing] = {}

    def all(self, archive: Archive) -> dict[str, Standing]:
        """Every followed trial as it stands now; the dictionary is not to be changed."""
        with self._lock:
            mark = archive.mark()
            if archive.watches != self._watches:
                self._watches, self._versions, self._found, self._mark = archive.watches, {}, {}, ""
            if mark != self._mark or not self._mark:
                self._found = self._renewed(archive)
                self._mark = mark
            return self._found

    def of(self, archive: Archive, watch: str) -> list[Standing]:
        """The trials of a watch; without one, all."""
        return [one for one in self.all(archive).values() if not watch or watch in one.watches]

    def _renewed(self, archive: Archive) -> dict[str, Standing]:
        marks = {mark.trial: mark for mark in archive.trial_marks()}
        watches = archive.watches_of(marks)
        moved = [
            key for key, mark in marks.items() if self._versions.get(key) != mark or self._found[key].watches != watches[key]
        ]
        found = {key: one for key, one in self._found.items() if key in marks}
        for read in archive.records(moved):
            found[read.trial.key] = _standing(archive, read, watches[read.trial.key])
        self._versions = {key: marks[key] for key in found}
        return {key: found[key] for key in marks if key in found}


def _standing(archive: Archive, found: CurrentRecord, watches: tuple[str, ...]) -> Standing:
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
    )


def _countries(named: Iterable[str], of_sites: Iterable[str | None]) -> Iterable[str]:
    yield from named
    yield from (country for country in of_sites if country)
