"""What pages keep in memory: how every followed trial stands, what was read of its record, and counts of the change log.

All of it belongs to one state of the log and of what is followed, and is renewed where that has moved.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime

import msgspec

from tracker.archive import Archive
from tracker.model.event import LogPlace
from tracker.model.ids import split_key
from tracker.model.ledgers import WatchRates
from tracker.model.snapshot import TrialMark
from tracker.model.views import CurrentRecord, DeadlineRow, Nearest, PresentRow, TrialStanding
from tracker.model.watch import Watch
from tracker.web.asked import groups_of
from tracker.web.cards import Card
from tracker.web.counts import Counted, LogColumns, Moment, Traits, Wanted
from tracker.web.kept import Kept

COUNTS = 200
"""Combinations of filters of which the counts are kept."""


CARDS = 1_000
"""Stories that are kept as they are laid out."""


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """What only a whole record says of a trial: the place nearest to each watch that has one, and its deadlines."""

    of: TrialMark
    watches: tuple[str, ...]
    nearest: dict[str, Nearest | None]
    due: tuple[DeadlineRow, ...]


class Standings:
    """Every followed trial by key, and counts. Several threads may ask."""

    def __init__(self) -> None:
        self._lock, self._reading, self._counting = threading.Lock(), threading.Lock(), threading.Lock()
        self._mark, self._log = "", ""
        self._found_of = ""
        self._counted_for: tuple[str, Sequence[Watch]] = ("", ())
        self._watches: Sequence[Watch] = ()
        self._read_for: tuple[date, Sequence[Watch]] | None = None
        self._marks: dict[str, TrialMark] = {}
        self._found: dict[str, TrialStanding] = {}
        self._read: dict[str, Read] = {}
        self._columns = LogColumns()
        self._counts = Kept[Counted](most=COUNTS)
        self._newest = Kept[frozenset[Moment]](most=COUNTS)
        self._rates = Kept[WatchRates](most=20)
        self._cards = Kept[Card](most=CARDS)
        self._since = Kept[dict[str, datetime]](most=20)

    # --- the present --------------------------------------------------------------------------------------------------

    def all(self, archive: Archive) -> dict[str, TrialStanding]:
        """Every followed trial as it stands now; the dictionary is not to be changed."""
        with self._lock:
            log = self._log_mark(archive)
            if archive.watches != self._watches:
                self._watches, self._marks, self._found, self._found_of = archive.watches, {}, {}, ""
                self._cards = Kept[Card](most=CARDS)
            if log != self._found_of:
                self._found = self._renewed(archive)
                self._found_of = log
            return self._found

    def of(self, archive: Archive, watch: str) -> list[TrialStanding]:
        """The trials of a watch; without one, all."""
        return [one for one in self.all(archive).values() if not watch or watch in one.watches]

    def rows(self, archive: Archive, today: date, trials: Sequence[TrialStanding], watch: str) -> list[PresentRow]:
        """These trials as a watch shows them, with the place nearest to it; without one, to their last that has a place."""
        placed = {one.name for one in archive.watches if one.near}
        of = {one.row.trial: watch or next((name for name in reversed(one.watches) if name in placed), "") for one in trials}
        read = self._whole(archive, today, [trial for trial, name in of.items() if name in placed])
        return [
            msgspec.structs.replace(one.row, nearest=read[one.row.trial].nearest.get(of[one.row.trial]))
            if one.row.trial in read
            else one.row
            for one in trials
        ]

    def due(self, archive: Archive, today: date, watch: str = "") -> list[DeadlineRow]:
        """The deadlines of a watch's trials, or of all, in the order of days, as the read layer gives them."""
        there = [one.row.trial for one in self.of(archive, watch) if not one.row.removed_at]
        rows = [row for read in self._whole(archive, today, there).values() for row in read.due]
        return sorted(rows, key=lambda row: row.cursor)

    def seen_since(self, archive: Archive) -> dict[str, datetime]:
        """When each followed trial was first seen, asked once for each state of the log."""
        return self._since.get((self._log_now(archive), None), lambda: archive.tracking_since(self.all(archive)))

    def rates(self, archive: Archive, watch: str, now: datetime) -> WatchRates:
        """How often the trials of a watch change, asked once for each state of the log."""
        standing = self.of(archive, watch)
        return self._rates.get((self._log_now(archive), watch, now), lambda: archive.rates(watch, standing, now))

    def _renewed(self, archive: Archive) -> dict[str, TrialStanding]:
        marks = {mark.trial: mark for mark in archive.trial_marks()}
        watches = archive.watches_of(marks)
        moved = {key for key, mark in marks.items() if self._marks.get(key) != mark}
        moved |= {key for key, one in self._found.items() if key in marks and one.watches != watches[key]}
        found = {key: one for key, one in self._found.items() if key in marks}
        found.update((one.row.trial, one) for one in archive.standing(moved))
        self._marks = marks
        return {key: found[key] for key in marks if key in found}

    def _whole(self, archive: Archive, today: date, trials: Collection[str]) -> dict[str, Read]:
        """What the records of these trials say, each read once for each version and day."""
        if not trials:
            return {}  # who needs no record does not wait for others who do
        with self._reading:
            found, marks = self.all(archive), self._marks
            if self._read_for != (today, archive.watches):
                self._read, self._read_for = {}, (today, archive.watches)
            for key, one in list(self._read.items()):
                if key not in found or one.of != marks[key] or one.watches != found[key].watches:
                    del self._read[key]
            missing = [key for key in trials if key in found and key not in self._read]
            for record in archive.records(missing):
                key = record.trial.key
                self._read[key] = _read(archive, record, marks[key], found[key].watches, today)
            return {key: self._read[key] for key in trials if key in self._read}

    def shelf(self, archive: Archive) -> tuple[str, Kept[Card]]:
        """The state of the log, and the stories that are laid out in it."""
        self.all(archive)
        return self._log_now(archive), self._cards

    # --- the log ------------------------------------------------------------------------------------------------------

    def counted(self, archive: Archive, wanted: Wanted) -> Counted:
        """The counts beside the filters of the log."""
        with self._counting:
            self._renew_columns(archive)
            return self._counts.get((wanted,), lambda: self._columns.counted(wanted))

    def newest(self, archive: Archive, wanted: Wanted, after: LogPlace | None, stories: int) -> frozenset[Moment]:
        """Where the newest wanted events stand, behind a place: those of so many stories, or a few more."""
        with self._counting:
            self._renew_columns(archive)
            key = (wanted, after, stories)
            return self._newest.get(key, lambda: self._columns.newest(wanted, after, stories))

    def kinds(self, archive: Archive, watch: str, since: datetime) -> dict[str, int]:
        """How many events of each kind a watch has had since a time."""
        with self._counting:
            self._renew_columns(archive)
            return self._columns.kinds(watch, since)

    def _renew_columns(self, archive: Archive) -> None:
        log = self._log_now(archive)
        if (log, archive.watches) != self._counted_for:
            self._columns.renew(archive, self._traits(archive))
            self._counts = Kept[Counted](most=COUNTS)
            self._newest = Kept[frozenset[Moment]](most=COUNTS)
            self._counted_for = (log, archive.watches)

    def _traits(self, archive: Archive) -> Callable[[str], Traits]:
        """What filters know of each trial: of one that nobody follows, where it comes from and its groups."""
        standing = self.all(archive)
        groups: dict[str, list[str]] = {}
        for group in groups_of(archive.watches):
            for key in archive.in_group(group):
                groups.setdefault(key, []).append(group)

        def traits(trial: str) -> Traits:
            source, groups_ = split_key(trial).source, tuple(groups.get(trial, ()))
            found = standing.get(trial)
            if found is None:
                return Traits(source, groups_)
            status = None if found.row.removed_at else found.row.recruitment_status or ""
            return Traits(source, groups_, found.countries, status)

        return traits

    def _log_now(self, archive: Archive) -> str:
        with self._lock:
            return self._log_mark(archive)

    def _log_mark(self, archive: Archive) -> str:
        """The state of the log, asked only after something was written."""
        mark = archive.mark()
        if mark != self._mark:
            self._log, self._mark = archive.log_mark(), mark
        return self._log


def _read(archive: Archive, found: CurrentRecord, mark: TrialMark, watches: tuple[str, ...], today: date) -> Read:
    placed = [watch for watch in archive.watches if watch.near and watch.name in watches]
    return Read(
        of=mark,
        watches=watches,
        nearest={watch.name: archive.present_row(found, watch.near).nearest for watch in placed},
        due=() if found.trial.removed_at else tuple(archive.deadline_rows(found.record, today)),
    )
