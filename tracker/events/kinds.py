"""What a change kind is: a name, the fields it owns, and one function that judges their changes.

To add a kind, write in a module of this folder::

    @change_kind(
        "oversight_changed",
        owns=("oversight",),
        description="Regulators or monitoring of the trial changed.",
    )
    def _oversight(context: Context) -> Finding | None: ...

Its name stands in `tracker.model.vocabulary`, the type of its details in `tracker.model.details`, its words in
``tracker/render``; all three are checked at import. A row in ``docs/changes.md`` describes it.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Literal

import msgspec

from tracker.model.details import Details
from tracker.model.event import Change, Event, Story, Version
from tracker.model.record import TrialRecord
from tracker.model.source import SourceInfo
from tracker.model.vocabulary import CalendarKind, Cause, KindName, ListingKind, Origin, RecordKind, Severity
from tracker.model.watch import Near


class TrialContext(msgspec.Struct, frozen=True, kw_only=True):
    """What is known around a trial: what people call it, where it is followed, and what happened to it before.

    ``past`` are earlier accepted events of the trial; ``near`` maps a watch's name to its place, ``countries`` to the codes of
    the countries that it names; ``silent`` are the watches that were not told when the trial joined; ``overrides`` maps "kind"
    or "kind.effect" to a severity. ``echo_of`` names the registry's trial whose record said the same as these changes before,
    where the record is a page's. ``told`` are the past events that anybody was sent a message of, None where that is not known.
    ``named`` are the kinds that watches ask for by name.
    Without ``tracking_since`` the older version's first sight counts. ``registered_at`` is since when the registry had the
    trial's first version, where that one is kept.
    """

    source: SourceInfo
    label: str
    tracking_since: datetime | None = None
    registered_at: datetime | None = None
    past: tuple[Event, ...] = ()
    near: Mapping[str, Near] = {}
    countries: Mapping[str, frozenset[str]] = {}
    silent: frozenset[str] = frozenset()
    overrides: Mapping[str, Severity] = {}
    echo_of: Callable[[Sequence[Change]], str | None] | None = None
    told: frozenset[str] | None = None
    named: frozenset[str] = frozenset()


class Comparison(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """Two versions of one trial, what differs between them, and what is known around them. ``at`` is aware UTC."""

    before: Version
    after: Version
    changes: tuple[Change, ...]
    at: datetime
    origin: Origin
    known: TrialContext

    @property
    def old(self) -> TrialRecord:
        """The record before."""
        return self.before.record

    @property
    def new(self) -> TrialRecord:
        """The record now."""
        return self.after.record

    @property
    def tracking_since(self) -> datetime:
        """Since when the trial's history is known."""
        return self.known.tracking_since or self.before.seen.first_seen_at

    @property
    def reaches_to(self) -> str:
        """What the trial's history begins with."""
        return "tracking began" if self.known.registered_at is None else "registration"

    @property
    def coverage(self) -> str:
        """How far the trial's history reaches, with its day."""
        since = self.known.registered_at or self.tracking_since
        return f"since {self.reaches_to} {since.date().isoformat()}"

    @property
    def effective_at(self) -> datetime:
        """When the change counts as made: when it was detected, in the past when the new version became valid."""
        return self.at if self.origin == "live" else self.after.seen.valid_from or self.at

    @property
    def without_new_version(self) -> bool:
        """Whether the registry itself changed the record: where every update of a sponsor moves a date, none moved."""
        if not self.known.source.dates_every_update or self.old.last_update_posted is None:
            return False
        return self.old.last_update_posted == self.new.last_update_posted and self.old.verified_on == self.new.verified_on

    @property
    def on(self) -> dt.date:
        """The day the new version stands for: the registry's own update date, else the day the change counts as made."""
        posted = self.new.last_update_posted
        moved = posted is not None and posted != self.old.last_update_posted
        return (posted.first if posted and moved else None) or self.effective_at.date()

    def changes_of(self, *fields: str) -> tuple[Change, ...]:
        """The changes of these record fields."""
        there = [field for field in fields if field in self._by_field]
        if len(there) < 2:
            return self._by_field[there[0]] if there else ()
        return tuple(change for change in self.changes if change.path[0] in there)

    @cached_property
    def _by_field(self) -> Mapping[str, tuple[Change, ...]]:
        """Every kind asks for its fields, and most find nothing."""
        found: dict[str, list[Change]] = defaultdict(list)
        for change in self.changes:
            found[change.path[0]].append(change)
        return {field: tuple(changes) for field, changes in found.items()}

    def echoes_of(self, part: Literal["sites", "results"]) -> Iterator[Change]:
        """Changes of the source's own fields that only repeat what the record says of its sites or results."""
        steps = {step for step, repeated in self.known.source.rest_echoes.items() if repeated == part}
        for change in self.changes_of("rest"):
            if len(change.path) > 1 and steps.intersection(change.path[1].split(".")):
                yield change


class Detected(msgspec.Struct, frozen=True, kw_only=True):
    """The events of one update, weightiest first, and their story; None when nothing happened worth a word."""

    events: tuple[Event, ...] = ()
    story: Story | None = None


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """A kind's judgement: what happened (``effects``), how loud, by which rule, and the details that words are made of.

    ``weight`` replaces the kind's own. With ``leads`` it stands before eligibility and dates, however loud these are.
    """

    severity: Severity
    rule: str
    effects: tuple[str, ...] = ()
    details: Details = Details()
    weight: int | None = None
    leads: bool = False


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """What a kind's function sees: the whole comparison, and the changes that are this kind's to report."""

    comparison: Comparison
    changes: tuple[Change, ...]
    kind: KindName

    @property
    def old(self) -> TrialRecord:
        """The record before."""
        return self.comparison.old

    @property
    def new(self) -> TrialRecord:
        """The record now."""
        return self.comparison.new

    def changes_under(self, *path: str) -> tuple[Change, ...]:
        """The changes below a path that this kind reports."""
        return tuple(change for change in self.changes if change.path[: len(path)] == path)


Judge = Callable[[Context], Finding | None]
Claim = Callable[[Comparison], Iterable[Change]]


class KindInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A kind as others see it. ``weight`` ranks kinds of one severity within a story, heavier first.

    ``former_effects`` are those of earlier versions, which a configuration may still name.
    """

    name: KindName
    description: str
    cause: Cause = "record"
    owns: frozenset[str] = frozenset()
    effects: tuple[str, ...] = ()
    former_effects: tuple[str, ...] = ()
    weight: int = 10


class ChangeKind(msgspec.Struct, frozen=True, kw_only=True):
    """A kind with its function. ``claims`` names changes of other kinds' fields that this kind reports instead.

    ``also_reads`` are fields of other kinds whose changes it judges, too, and leaves to them.
    """

    info: KindInfo
    judge: Judge | None = None
    claims: Claim | None = None
    also_reads: tuple[str, ...] = ()


REGISTERED: dict[KindName, ChangeKind] = {}


def change_kind(
    name: RecordKind,
    *,
    description: str,
    owns: tuple[str, ...] = (),
    effects: tuple[str, ...] = (),
    former_effects: tuple[str, ...] = (),
    weight: int = 10,
    claims: Claim | None = None,
    also_reads: tuple[str, ...] = (),
) -> Callable[[Judge], Judge]:
    """Make a function the judge of a kind. It is called when a field it owns or reads changed (or always, if it owns none)."""

    def register(judge: Judge) -> Judge:
        info = KindInfo(
            name=name,
            description=description,
            owns=frozenset(owns),
            effects=effects,
            former_effects=former_effects,
            weight=weight,
        )
        _add(ChangeKind(info=info, judge=judge, claims=claims, also_reads=also_reads))
        return judge

    return register


def listing_kind(name: ListingKind, *, description: str, effects: tuple[str, ...] = (), weight: int = 10) -> None:
    """Register a kind of the registry's list of trials, not of a record's fields."""
    info = KindInfo(name=name, description=description, cause="registry", effects=effects, weight=weight)
    _add(ChangeKind(info=info))


def calendar_kind(name: CalendarKind, *, description: str, effects: tuple[str, ...] = (), weight: int = 10) -> None:
    """Register a kind of a day that came, not of a field that changed."""
    info = KindInfo(name=name, description=description, cause="calendar", effects=effects, weight=weight)
    _add(ChangeKind(info=info))


def _add(kind: ChangeKind) -> None:
    if kind.info.name in REGISTERED:
        raise ValueError(f"Two change kinds are called {kind.info.name!r}.")
    for other in REGISTERED.values():
        if twice := other.info.owns & kind.info.owns:
            raise ValueError(f"{', '.join(sorted(twice))} would belong to both {other.info.name} and {kind.info.name}.")
    REGISTERED[kind.info.name] = kind
