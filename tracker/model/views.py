"""What the archive gives: values without words. Texts, dates for people and headlines are made where they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

import msgspec

from tracker.model.alert import MessageState
from tracker.model.dates import RegistryDate
from tracker.model.deadline import Deadline
from tracker.model.event import Event, Story
from tracker.model.links import NamedNumber, Registration
from tracker.model.record import Enrollment, Organisation, TrialRecord
from tracker.model.run import Run
from tracker.model.snapshot import SnapshotMeta, TrackedTrial
from tracker.model.upkeep import Incident


class CurrentRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A trial as it was last read, and the watches that follow it."""

    trial: TrackedTrial
    record: TrialRecord
    watches: tuple[str, ...] = ()


class Nearest(msgspec.Struct, frozen=True, kw_only=True):
    """The open site of a trial nearest to the place of its watch, another one only where none is open; with its own status.

    ``km`` is None for a site that may be near and cannot be placed; ``in_city``: the place lies in the site's own city.
    ``closer`` is a site that is nearer and not open. ``within``: some site of the trial is inside the watch's radius.
    """

    place: str
    km: float | None
    recruitment_status: str | None = None
    in_city: bool = False
    within: bool = True
    closer: Nearest | None = None


class PresentRow(msgspec.Struct, frozen=True, kw_only=True):
    """One trial as it stands: the facts of ``tracker list``, without the whole record.

    ``name`` is what people call the trial by; ``label`` is the user's own name for it, empty where there is none.
    ``registrations`` are its other ones; the watches ``linked`` follow it only because it is one of another trial of theirs.
    """

    trial: str
    name: str
    label: str = ""
    brief_title: str | None = None
    recruitment_status: str | None = None
    start_date: RegistryDate | None = None
    primary_completion_date: RegistryDate | None = None
    enrollment: Enrollment | None = None
    results_state: str | None = None
    last_update_posted: RegistryDate | None = None
    nearest: Nearest | None = None
    removed_at: datetime | None = None
    url: str | None = None
    registrations: tuple[Registration, ...] = ()
    linked: tuple[str, ...] = ()


class TrialStanding(msgspec.Struct, frozen=True, kw_only=True):
    """A trial as it stands, and what pages choose trials by. Its row says nothing of the nearest site."""

    row: PresentRow
    watches: tuple[str, ...]
    countries: frozenset[str]
    phases: tuple[str, ...]


class DeadlineRow(msgspec.Struct, frozen=True, kw_only=True):
    """A deadline, the name of its trial, its sponsor and the address of the trial's record."""

    deadline: Deadline
    name: str
    lead_sponsor: str | None = None
    url: str | None = None

    @property
    def cursor(self) -> str:
        """Where the row stands in the order of days: the ``after`` of the next page."""
        return f"{self.deadline.due.isoformat()} {self.deadline.trial} {self.deadline.kind}"


class StoryChanges(msgspec.Struct, frozen=True, kw_only=True):
    """The events of one registry update that a filter lets through, as they are ranked in their story.

    ``story`` is None for an event that was stored without one.
    """

    story: Story | None
    events: tuple[Event, ...]


class TrialView(msgspec.Struct, frozen=True, kw_only=True):
    """A trial as it stood in one stored version: the ``number``-th of ``versions``."""

    record: TrialRecord
    version: SnapshotMeta
    number: int
    versions: int


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """How the work goes: the last accepted run of each source, what is held, unsent or wrong.

    ``canaries`` says when those of each source were asked last.
    """

    last_accepted: Mapping[str, datetime]
    held_runs: tuple[Run, ...]
    unsent: Mapping[MessageState, int]
    incidents: tuple[Incident, ...]
    canaries: Mapping[str, datetime] = {}


class SourceCoverage(msgspec.Struct, frozen=True, kw_only=True):
    """When a source was last read and accepted, at which of its data; ``held_run`` is a later run that waits for a decision."""

    source: str
    title: str
    last_read_at: datetime | None
    data_version: str | None = None
    held_run: int | None = None


class Members(msgspec.Struct, frozen=True, kw_only=True):
    """What is followed: since when, how many trials, of which sources."""

    since: datetime | None
    trials: int
    sources: frozenset[str]


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """How far an answer reaches: ``since`` when its ``trials`` are followed, and how many could not be read when last asked.

    ``registered`` is the day of the first registration of trials that were asked for by name and whose registry's index of
    versions was read: of these something is known of every day since. ``dated_since`` is the first day that the records of
    trials asked for by name date themselves, where all of them do.
    """

    since: datetime | None
    trials: int
    unread: int
    sources: tuple[SourceCoverage, ...]
    registered: date | None = None
    dated_since: date | None = None


class PlainDue(msgspec.Struct, frozen=True, kw_only=True):
    """A day that follows from a record's dates, for a row of its own; ``severity`` is its rank."""

    kind: str
    effects: tuple[str, ...]
    due: date
    true_from: date | None
    severity: int
    rule: str


TURNS = "status_turns"
"""The kind of a stored day from which on a version reads otherwise: it is no deadline, and no list shows it."""

SHOWN = 2
"""Raised whenever `ShownRecord` holds more of a record: those that are stored are then made anew."""


class ShownRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a list of the present shows of a record, without its places; ``countries`` are also those of its sites.

    By sponsor and conditions a link to another record is doubted.
    """

    trial: str
    nct_number: str | None = None
    url: str | None = None
    brief_title: str | None = None
    acronym: str | None = None
    recruitment_status: str | None = None
    start_date: RegistryDate | None = None
    primary_completion_date: RegistryDate | None = None
    enrollment: Enrollment | None = None
    results_state: str | None = None
    last_update_posted: RegistryDate | None = None
    phases: tuple[str, ...] | None = None
    lead_sponsor: Organisation | None = None
    conditions: tuple[str, ...] | None = None
    countries: tuple[str, ...] | None = None

    @classmethod
    def of(cls, record: TrialRecord) -> ShownRecord:
        """The part of a record that is shown."""
        named = {*(record.countries or ()), *(site.country for site in record.sites or () if site.country)}
        same = {name: getattr(record, name) for name in cls.__struct_fields__ if name != "countries"}
        return cls(**same, countries=tuple(sorted(named)) or None)

    @property
    def record(self) -> TrialRecord:
        """It as a record of which nothing else is known."""
        return TrialRecord(**{name: getattr(self, name) for name in self.__struct_fields__})


class ShownTrial(msgspec.Struct, frozen=True, kw_only=True):
    """A followed trial in a list; ``shown`` is None where its record must be read."""

    key: str
    removed_at: datetime | None = None
    watches: tuple[str, ...] = ()
    shown: ShownRecord | None = None


class PlainRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What SQL views show of a version's record, and its days: read by which ``reader``, with ``kept`` fields or not.

    ``named`` are the numbers of other registries that it gives its trial.
    """

    trial: str
    reader: str
    kept: bool = False
    brief_title: str | None = None
    lead_sponsor: str | None = None
    recruitment_status: str | None = None
    results_state: str | None = None
    shown: ShownRecord | None = None
    due_dates: tuple[PlainDue, ...] = ()
    named: tuple[NamedNumber, ...] = ()
