"""What became of a trial over time: its versions, its statuses, its planned dates, its enrollment. All times are aware UTC."""

from __future__ import annotations

import datetime as dt

import msgspec

from tracker.model.event import Event
from tracker.model.history import DatedFact, OwnHistory
from tracker.model.snapshot import SnapshotMeta

STATUS = "recruitment_status"
DATES = ("start_date", "primary_completion_date", "completion_date")
DATE_PATHS = tuple(f"{field}.date" for field in DATES)
COUNT, COUNT_TYPE = "enrollment.count", "enrollment.type"
LEDGER_PATHS = (STATUS, *DATE_PATHS, COUNT, COUNT_TYPE)
"""The places of a record whose values have a ledger, as changed values name them."""


class MovedValue(msgspec.Struct, frozen=True, kw_only=True):
    """One changed value of the change log: where, from what to what, since when, and by which event.

    ``days`` says how far a date moved, None where one of its sides cannot be read as a date.
    """

    trial: str
    path: str
    old: str | None
    new: str | None
    days: int | None
    severity: int
    valid_from: dt.datetime
    seen_at: dt.datetime
    event: str


class StatusSpan(msgspec.Struct, frozen=True, kw_only=True):
    """A time in a recruitment status; ``until`` None: it still stands. ``at_least``: it may have begun before we know."""

    trial: str
    status: str
    since: dt.datetime
    until: dt.datetime | None = None
    at_least: bool = False

    def days(self, now: dt.datetime) -> float:
        """How long it lasted, or has lasted by now."""
        return ((self.until or now) - self.since) / dt.timedelta(days=1)


class DateMove(msgspec.Struct, frozen=True, kw_only=True):
    """A planned date that moved, later or earlier.

    ``days`` are those that are certain, later positive; ``cumulative_days`` the same from the first known date to the new one.
    ``nth`` counts the moves in this direction.
    """

    trial: str
    field: str
    old: str
    new: str
    days: int
    cumulative_days: int
    nth: int
    severity: int
    valid_from: dt.datetime
    seen_at: dt.datetime
    event: str


class EnrollmentStep(msgspec.Struct, frozen=True, kw_only=True):
    """A number of participants and since when it stood; ``at_least``: it may have stood so before."""

    trial: str
    count: int | None
    type: str | None
    since: dt.datetime
    at_least: bool = False


class TimelineVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a record: a stored one (``number`` and ``snapshot``), or one that only the registry's index tells of.

    ``events`` are those that compare it with the stored version before. ``touched`` are the sections that it changed in the
    registry's words. ``link`` is the registry's own comparison with the version before.
    """

    trial: str
    valid_from: dt.datetime
    number: int | None = None
    registry_version: int | None = None
    recruitment_status: str | None = None
    said: str = ""
    touched: tuple[str, ...] = ()
    snapshot: SnapshotMeta | None = None
    events: tuple[Event, ...] = ()
    link: str = ""


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """How far back a trial is known.

    ``registered`` is the day of the registry's first version, where that is known. ``text_since`` is the day of the earliest
    stored version, ``tracked_since`` of the first that this tracker saw itself. ``listed`` counts the versions in the
    registry's index (None: it was not read), ``stored`` those that are kept, ``numbered`` those of them that the registry has a
    number for. ``dated_since`` is the first day that the record itself dates, for registries whose records do.
    """

    registered: dt.date | None = None
    text_since: dt.date | None = None
    tracked_since: dt.date | None = None
    listed: int | None = None
    stored: int = 0
    numbered: int = 0
    dated_since: dt.date | None = None

    @property
    def since(self) -> dt.date | None:
        """Since when something is known of every day."""
        return self.registered or self.text_since


class TrialPast(msgspec.Struct, frozen=True, kw_only=True):
    """The past of one trial; versions and moves are oldest first. ``own_history`` is what the record itself dates."""

    trial: str
    name: str
    known: Known
    versions: tuple[TimelineVersion, ...] = ()
    statuses: tuple[StatusSpan, ...] = ()
    slips: tuple[DateMove, ...] = ()
    enrollment: tuple[EnrollmentStep, ...] = ()
    own_history: OwnHistory | None = None


class DatedDay(msgspec.Struct, frozen=True, kw_only=True):
    """What a record, as last read, dates of a day on which no stored version stood. ``since`` is the first day it dates."""

    trial: str
    date: dt.date
    facts: tuple[DatedFact, ...]
    since: dt.date
    read_at: dt.datetime


class IndexedVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A version of which only the registry's index tells: what is known of a day on which no stored version stood."""

    trial: str
    registry_version: int
    date: dt.date
    until: dt.date | None
    recruitment_status: str | None
    said: str
    touched: tuple[str, ...]
    read_at: dt.datetime


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """Of so many trials that are known for the whole span, how many did something in it, each counted once.

    ``since`` is the beginning of a span that is shorter than a year, None for a year.
    """

    trials: int
    moved: int
    what: str
    phase: str = ""
    since: dt.datetime | None = None

    @property
    def percent(self) -> int:
        """The share."""
        return round(100 * self.moved / self.trials)


class WatchRates(msgspec.Struct, frozen=True, kw_only=True):
    """The rates of a watch; how many of its trials were read, and since when the first of them is known."""

    found: tuple[Rate, ...] = ()
    trials: int = 0
    since: dt.datetime | None = None
