"""How often trials of a watch change: shares over trials that were followed for a whole span, and nothing over few of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

YEAR = timedelta(days=365)
SHORTEST = timedelta(days=30)
"""A rate rests on at least so long a time ..."""
FEWEST = 20
"""... and on at least so many trials."""

MOVES = (
    ("recruitment_status_changed", "changed recruitment status"),
    ("primary_completion_date_changed", "moved primary completion"),
    ("enrollment_changed", "changed enrollment"),
    ("primary_outcomes_changed", "changed primary outcomes"),
    ("results_posted", "posted results"),
)
"""Kinds of which rates are told."""
OF_PHASES = "primary_completion_date_changed"
"""The kind that has a rate for each phase as well."""

Moved = Mapping[str, Mapping[str, datetime]]
"""Kind -> trial -> when it last changed so."""


class Followed(msgspec.Struct, frozen=True, kw_only=True):
    """A trial that a watch follows, and since when."""

    trial: str
    since: datetime
    removed_at: datetime | None = None
    phases: tuple[str, ...] = ()


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """Of so many trials that were followed for the whole span, how many did something in it, each counted once.

    ``since`` is the beginning of a span that is shorter than a year, None for a year.
    """

    trials: int
    moved: int
    what: str
    phase: str = ""
    since: datetime | None = None

    @property
    def percent(self) -> int:
        """The share."""
        return round(100 * self.moved / self.trials)


def base_rates(followed: Sequence[Followed], moved: Moved, now: datetime) -> list[Rate]:
    """The rates of a watch, then those of each phase; none where too few trials were followed for too short a time."""
    found = [rate for kind, what in MOVES if (rate := _rate(followed, moved.get(kind, {}), now, what))]
    for phase in sorted({phase for each in followed for phase in each.phases} - {"NA"}):
        of_phase = [each for each in followed if phase in each.phases]
        rate = _rate(of_phase, moved.get(OF_PHASES, {}), now, dict(MOVES)[OF_PHASES])
        if rate is not None:
            found.append(msgspec.structs.replace(rate, phase=phase))
    return found


def _rate(followed: Sequence[Followed], moved: Mapping[str, datetime], now: datetime, what: str) -> Rate | None:
    begins = _beginning(followed, now)
    if begins is None:
        return None
    there = _there(followed, begins)
    did = sum(each.trial in moved and moved[each.trial] >= begins for each in there)
    return Rate(trials=len(there), moved=did, what=what, since=None if begins == now - YEAR else begins)


def _beginning(followed: Sequence[Followed], now: datetime) -> datetime | None:
    """A year ago where enough trials were followed by then; else the first day by which half of them were, and enough."""
    if len(_there(followed, now - YEAR)) >= FEWEST:
        return now - YEAR
    joined = sorted(_end_of_day(each.since) for each in followed)
    for begins in joined[max(FEWEST, -(-len(joined) // 2)) - 1 :]:
        if begins > now - SHORTEST:
            break
        if len(_there(followed, begins)) >= FEWEST:
            return begins
    return None


def _there(followed: Sequence[Followed], begins: datetime) -> list[Followed]:
    """The trials that were followed when a span began, and were then in their registry."""
    return [each for each in followed if each.since <= begins and not (each.removed_at and each.removed_at <= begins)]


def _end_of_day(at: datetime) -> datetime:
    """Trials of one day began together: a first pass reads them one after the other."""
    return at.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
