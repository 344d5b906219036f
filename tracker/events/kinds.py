"""What a change kind is: a name, the fields it owns, and one function that judges their changes.

To add a kind, write in a module of this folder::

    @change_kind(
        "oversight_changed",
        owns=("oversight",),
        description="Regulators or monitoring of the trial changed.",
    )
    def _oversight(context: Context) -> Finding | None: ...

and give it a row in ``docs/changes.md``. The words people read live in ``tracker/render/words``; a kind without its own
gets a sensible general sentence.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from tracker.model.event import Change, Event, Seen, Story
from tracker.model.record import TrialRecord
from tracker.model.vocabulary import Cause, Severity
from tracker.model.watch import Near


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Two versions of one trial's record and what is known around them. Times are aware UTC.

    ``changes`` is what `tracker.compare.compare` says of the two. ``past`` are earlier accepted events of this trial;
    ``near`` maps a watch's name to its place; ``overrides`` maps "kind" or "kind.effect" to a severity; ``links`` are
    places where the evidence can be seen, before those that follow from the record itself.
    """

    old: TrialRecord
    new: TrialRecord
    changes: tuple[Change, ...]
    seen_old: Seen
    seen_new: Seen
    label: str
    detected_at: datetime
    tracking_since: datetime
    past: tuple[Event, ...] = ()
    near: Mapping[str, Near] = {}
    overrides: Mapping[str, Severity] = {}
    links: tuple[str, ...] = ()

    @property
    def on(self) -> dt.date:
        """The day the new version stands for: the registry's own update date, else the day we saw it."""
        posted = self.new.last_update_posted
        moved = posted is not None and posted != self.old.last_update_posted
        return (posted.first if posted and moved else None) or self.detected_at.date()

    def of(self, *fields: str) -> tuple[Change, ...]:
        """The changes of these record fields."""
        return tuple(change for change in self.changes if change.path[0] in fields)


class Detected(msgspec.Struct, frozen=True, kw_only=True):
    """The events of one update, weightiest first, and their story; None when nothing happened worth a word."""

    events: tuple[Event, ...] = ()
    story: Story | None = None


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """A kind's judgement: what happened (``effects``), how loud, by which rule, and the details that words are made of."""

    severity: Severity
    rule: str
    effects: tuple[str, ...] = ()
    details: dict[str, Any] = {}


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """What a kind's function sees: the whole comparison, and the changes that are this kind's to tell."""

    comparison: Comparison
    changes: tuple[Change, ...]
    kind: str

    @property
    def old(self) -> TrialRecord:
        """The record before."""
        return self.comparison.old

    @property
    def new(self) -> TrialRecord:
        """The record now."""
        return self.comparison.new

    def under(self, *path: str) -> tuple[Change, ...]:
        """The changes below a path that this kind tells."""
        return tuple(change for change in self.changes if change.path[: len(path)] == path)


Judge = Callable[[Context], Finding | None]
Claim = Callable[[Comparison], Iterable[Change]]


class KindInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A kind as others see it. ``weight`` ranks kinds of one severity within a story, heavier first."""

    name: str
    description: str
    cause: Cause = "record"
    owns: frozenset[str] = frozenset()
    effects: tuple[str, ...] = ()
    weight: int = 10


class ChangeKind(msgspec.Struct, frozen=True, kw_only=True):
    """A kind with its function. ``claims`` names changes of other kinds' fields that this kind tells instead of them."""

    info: KindInfo
    judge: Judge | None = None
    claims: Claim | None = None


REGISTERED: dict[str, ChangeKind] = {}


def change_kind(
    name: str,
    *,
    description: str,
    owns: tuple[str, ...] = (),
    effects: tuple[str, ...] = (),
    weight: int = 10,
    claims: Claim | None = None,
) -> Callable[[Judge], Judge]:
    """Make a function the judge of a kind. It is called when a field it owns changed (or always, if it owns none)."""

    def register(judge: Judge) -> Judge:
        info = KindInfo(name=name, description=description, owns=frozenset(owns), effects=effects, weight=weight)
        _add(ChangeKind(info=info, judge=judge, claims=claims))
        return judge

    return register


def listing_kind(name: str, *, description: str, effects: tuple[str, ...] = (), weight: int = 10) -> None:
    """Name a kind that tells of the registry's list of trials, not of a record's fields."""
    info = KindInfo(name=name, description=description, cause="registry", effects=effects, weight=weight)
    _add(ChangeKind(info=info))


def calendar_kind(name: str, *, description: str, effects: tuple[str, ...] = (), weight: int = 10) -> None:
    """Name a kind that tells of a day that came, not of a field that changed."""
    info = KindInfo(name=name, description=description, cause="calendar", effects=effects, weight=weight)
    _add(ChangeKind(info=info))


def _add(kind: ChangeKind) -> None:
    if kind.info.name in REGISTERED:
        raise ValueError(f"Two change kinds are called {kind.info.name!r}.")
    for other in REGISTERED.values():
        if twice := other.info.owns & kind.info.owns:
            raise ValueError(f"{', '.join(sorted(twice))} would belong to both {other.info.name} and {kind.info.name}.")
    REGISTERED[kind.info.name] = kind
