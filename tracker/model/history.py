"""A registry's own history of a record: which versions there were, and what it says of the first. All times are aware UTC."""

from __future__ import annotations

import datetime as dt
from typing import Literal

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


FactKind = Literal["application", "decision", "status", "trial", "recruitment", "notice"]
"""What a record dates of itself: an application sent in, what was decided, a status, a time of the trial or of recruitment that
a member state was told of, and a notice of a sponsor."""


class DatedFact(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a record itself dates.

    ``date`` is the day it gives, ``until`` the day on which that ended; ``registered`` is the day on which it was written into
    the registry, None where the record does not say. ``country`` is None for what is said of the trial as a whole.
    ``recruitment_status`` is of our vocabulary, None for what is no status; ``said`` are the registry's words.
    """

    kind: FactKind
    date: dt.date
    said: str
    until: dt.date | None = None
    registered: dt.date | None = None
    country: str | None = None
    recruitment_status: str | None = None

    @property
    def known_since(self) -> dt.date:
        """The first day on which a reader of the registry could know it, as far as the record says."""
        return self.registered or self.date

    def stands_on(self, day: dt.date) -> bool:
        """Whether it was known and so on a day; what happened once stands from then on."""
        return max(self.known_since, self.date) <= day and (self.until is None or day < self.until)


class OwnHistory(msgspec.Struct, frozen=True, kw_only=True):
    """What a record dates of its own past, oldest first. These are facts, no versions: the text of those days is not known."""

    trial: str
    facts: tuple[DatedFact, ...] = ()

    @property
    def since(self) -> dt.date | None:
        """Since when the record tells of itself: the first day that was written into the registry."""
        return min((fact.registered for fact in self.facts if fact.registered), default=None)

    def on(self, day: dt.date) -> tuple[DatedFact, ...]:
        """What the record says of a day."""
        return tuple(fact for fact in self.facts if fact.stands_on(day))

    def known_before(self, day: dt.date) -> OwnHistory:
        """What was known before a day: later facts are left out, and what ended later had not ended."""
        facts = (fact for fact in self.facts if fact.known_since < day)
        ended = (
            fact if fact.until is None or fact.until < day else msgspec.structs.replace(fact, until=None) for fact in facts
        )
        return msgspec.structs.replace(self, facts=tuple(ended))

    @property
    def statuses(self) -> tuple[DatedFact, ...]:
        """The facts that are statuses of a member state, with the times in which it recruited."""
        return tuple(fact for fact in self.facts if fact.recruitment_status is not None)
