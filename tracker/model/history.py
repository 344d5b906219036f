"""A registry's own history of a record: which versions there were, and what it says of the first. All times are aware UTC."""

from __future__ import annotations

import datetime as dt

import msgspec

from tracker.model.record import Enrollment, OutcomeMeasure


class RegistryVersion(msgspec.Struct, frozen=True, kw_only=True):
    """One version as the registry's index lists it. ``number`` is the registry's own, ``date`` the day it was submitted.

    ``recruitment_status`` is of our vocabulary, None where the index has none that is known; ``said`` is the registry's word.
    ``touched`` are the sections that it changed, in the registry's words: an open set, which may name unchanged ones.
    ``error`` says why its record could not be read when it was last asked for.
    """

    number: int
    date: dt.date
    recruitment_status: str | None = None
    said: str = ""
    touched: tuple[str, ...] = ()
    error: str = ""

    @property
    def valid_from(self) -> dt.datetime:
        """Since when the registry had it: the beginning of its day."""
        return dt.datetime.combine(self.date, dt.time(), dt.UTC)


class OriginalData(msgspec.Struct, frozen=True, kw_only=True):
    """What the index tells of the first version; None for what it leaves out."""

    primary_outcomes: tuple[OutcomeMeasure, ...] | None = None
    secondary_outcomes: tuple[OutcomeMeasure, ...] | None = None
    other_outcomes: tuple[OutcomeMeasure, ...] | None = None
    enrollment: Enrollment | None = None
    lead_sponsor: str | None = None


class RecordHistory(msgspec.Struct, frozen=True, kw_only=True):
    """The index of a trial's versions, oldest first and without a gap."""

    trial: str
    versions: tuple[RegistryVersion, ...]
    original: OriginalData = OriginalData()

    @property
    def begins(self) -> tuple[tuple[int, dt.date, str], ...]:
        """What must stay the same when the index is read again: it may only have grown."""
        return tuple((version.number, version.date, version.said) for version in self.versions)


class StoredHistory(msgspec.Struct, frozen=True, kw_only=True):
    """The index of a trial as it was last read, and when that was."""

    history: RecordHistory
    read_at: dt.datetime
