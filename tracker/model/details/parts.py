"""What the details of events are made of: edits, entries that came or went, places, counts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Generic, TypeVar

import msgspec
from msgspec import UNSET, UnsetType, field

from tracker.model.record import OutcomeMeasure, Reference, RegulatoryEvent, ResultsSubmission, StudyDocument
from tracker.model.vocabulary import DutyStanding

_Value = TypeVar("_Value")


class ChangedBack(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an event takes back: earlier ``events`` by id, oldest first, and whether anybody was ``told`` of them."""

    events: tuple[str, ...]
    told: bool


class Details(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What any kind's details may say; kinds that say no more use it as it is.

    ``spelling_only`` marks an edit of case, punctuation or other spelling. ``echo_of`` is the registry's trial whose record
    said the same before: the event of a page that only repeats it. ``registry_edit`` says that the record has no new version:
    the registry changed it, the sponsor sent no update. ``many_at_once`` is how many trials the registry changed so at once,
    where that is more than it ever does. ``changed_back`` says that a value is again what it was shortly before.
    """

    spelling_only: bool = False
    echo_of: str | None = None
    registry_edit: bool = False
    many_at_once: int = 0
    changed_back: ChangedBack | None = None


class Edit(msgspec.Struct, Generic[_Value], frozen=True, kw_only=True):
    """A value before and after."""

    old: _Value = field(name="from")
    new: _Value = field(name="to")


class NamesEdit(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Organisations that came and went, and those that stand there in another spelling."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    respelt: tuple[Edit[str], ...] = ()


class TermsEdit(msgspec.Struct, frozen=True, kw_only=True):
    """Terms that came and went, and those that stand there in another spelling."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    respelt: tuple[Edit[str], ...]


class OutcomeEntry(OutcomeMeasure, frozen=True, kw_only=True, omit_defaults=True):
    """An outcome that came or went."""


class DocumentEntry(StudyDocument, frozen=True, kw_only=True, omit_defaults=True):
    """A document that came or went."""


class ReferenceEntry(Reference, frozen=True, kw_only=True, omit_defaults=True):
    """A publication that was linked or unlinked."""


class RegulatoryEntry(RegulatoryEvent, frozen=True, kw_only=True, omit_defaults=True):
    """A regulatory event that was stated or taken back."""


class SubmissionStep(ResultsSubmission, frozen=True, kw_only=True, omit_defaults=True):
    """A new step of the registry's quality control of results."""


class MeasureRewording(Edit[str], frozen=True, kw_only=True):
    """A measure in other words. ``likeness`` is from 0 to 1; ``spelling`` says that the words are the same.

    ``verdict`` (SAME, REFINED, DIFFERENT, UNCLEAR) and ``reason`` say what it makes of the outcome, and by what.
    """

    likeness: float
    redefined: bool
    spelling: bool
    verdict: str = ""
    reason: str = ""


class OutcomesRegrouped(Edit[tuple[str, ...]], frozen=True, kw_only=True):
    """Outcomes that are the same in another number: split, merged, or repeated."""


class TimeFrameEdit(Edit[str], frozen=True, kw_only=True):
    """One edit of time frames, and the measures that it was made to. ``days`` is how far the last time point moved."""

    count: int
    measures: tuple[str, ...]
    fields: Mapping[str, int]
    days: int | None
    redefined: bool


class Redefinition(Edit[str], frozen=True, kw_only=True, omit_defaults=True):
    """A rewording or an edit of time frames that made something else of the outcome, with the fields of either."""

    redefined: bool
    likeness: float | UnsetType = UNSET
    spelling: bool | UnsetType = UNSET
    verdict: str | UnsetType = UNSET
    reason: str | UnsetType = UNSET
    count: int | UnsetType = UNSET
    measures: tuple[str, ...] | UnsetType = UNSET
    fields: Mapping[str, int] | UnsetType = UNSET
    days: int | UnsetType | None = UNSET


class ArmLinks(msgspec.Struct, frozen=True, kw_only=True):
    """An arm, and interventions that the record no longer links to it."""

    arm: str
    interventions: tuple[str, ...]


class PlacedLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the criteria that stands under another heading now; ``old_heading`` is where it stood."""

    text: str
    old_heading: str = field(name="from")


class CriteriaEdit(msgspec.Struct, frozen=True, kw_only=True):
    """What happened to the lines under one heading.

    ``moved`` went from inclusion to exclusion or back; ``regrouped`` only got or lost a heading. ``headings`` are lines that
    only head others, and came or went.
    """

    moved: tuple[PlacedLine, ...] = ()
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    reworded: tuple[Edit[str], ...] = ()
    regrouped: tuple[PlacedLine, ...] = ()
    respelt: tuple[Edit[str], ...] = ()
    headings: tuple[str, ...] = ()


class SiteCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How many sites came, went, were renamed, lost or got a name, moved, got a status of their own, or are only respelt."""

    added: int = 0
    removed: int = 0
    renamed: int = 0
    anonymised: int = 0
    named: int = 0
    address: int = 0
    status: int = 0
    respelt: int = 0


class NearbySite(msgspec.Struct, frozen=True, kw_only=True):
    """A site inside a watch's radius. ``km`` is None when it could not be placed; ``how`` says by what it was.

    ``in_city``: the watch's place lies in the site's own city.
    """

    watch: str
    facility: str | None
    city: str | None
    country: str | None
    km: float | None
    how: str
    in_city: bool = False


class CountedFrom(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The date of the record that a due day follows from, ``years`` and ``months`` later."""

    field: str
    date: str
    type: str | None
    years: int
    months: int = 0


class DutyLaw(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What asks for results by a day: ``rule`` in the table of rules, its ``title`` for people, the ``law`` with its article.

    ``likely``: the record does not show all that decides whether it applies.
    """

    rule: str
    title: str
    law: str
    likely: bool = False


class DutyMove(msgspec.Struct, frozen=True, kw_only=True):
    """How a further duty stood before an update and stands after it."""

    law: DutyLaw
    old: DutyStanding = msgspec.field(name="from")
    new: DutyStanding = msgspec.field(name="to")
    due: dt.date | None


class TwoSides(msgspec.Struct, frozen=True, kw_only=True):
    """A field's JSON value on a page and at the registry."""

    page: object
    registry: object
