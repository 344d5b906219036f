"""How often trials of a watch change: shares over trials that are known for a whole span, and nothing over few of them.

A trial is known since a watch follows it; where its past was brought, since the earliest version from which on none is missing.
How its status moved is known since registration once the registry's index of its versions was read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from tracker.archive import ledgers
from tracker.model.event import EventFilter
from tracker.model.history import StoredHistory
from tracker.model.ledgers import Rate, WatchRates
from tracker.model.snapshot import SnapshotMeta
from tracker.model.views import TrialStanding
from tracker.store import Store

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
AT_ONCE = 500
"""Trials whose past is read at once."""

Moved = Mapping[str, Mapping[str, datetime]]
"""Kind -> trial -> when it last changed so."""


class Followed(msgspec.Struct, frozen=True, kw_only=True):
    """A trial that a watch follows, and since when its changes are known; those of its status may be known for longer."""

    trial: str
    since: datetime
    status_since: datetime | None = None
    removed_at: datetime | None = None
    phases: tuple[str, ...] = ()


def watch_rates(store: Store, watch: str, standing: Iterable[TrialStanding], now: datetime) -> WatchRates:
    """The rates of a watch whose trials stand as given."""
    joined = {member.trial: member.joined_at for member in store.memberships() if member.watch == watch}
    seen = store.tracking_since(joined)
    since = {trial: max(at, seen[trial]) for trial, at in joined.items() if trial in seen}
    moved = store.last_moves(EventFilter(watch=watch, since=now - YEAR))
    histories = store.histories(since)
    for trials in _some(sorted(histories)):
        _with_past(store, {trial: histories[trial] for trial in trials}, since, moved, now)
    followed = [
        Followed(
            trial=each.row.trial,
            since=since[each.row.trial],
            status_since=registered_at(histories.get(each.row.trial)),
            removed_at=each.row.removed_at,
            phases=each.phases,
        )
        for each in standing
        if each.row.trial in since
    ]
    return WatchRates(
        found=tuple(base_rates(followed, moved, now)), trials=len(followed), since=min(since.values(), default=None)
    )


def _with_past(
    store: Store,
    histories: Mapping[str, StoredHistory],
    since: dict[str, datetime],
    moved: dict[str, dict[str, datetime]],
    now: datetime,
) -> None:
    """Add what is known of the past of some trials: since when, and their last moves, whoever followed them then."""
    timelines, values = store.timelines(histories), store.moved_values(histories)
    for kind, last in store.last_moves(EventFilter(trials=frozenset(histories), since=now - YEAR)).items():
        moved.setdefault(kind, {}).update(last)
    for trial, history in histories.items():
        since[trial] = min(since[trial], gapless_since(timelines[trial], history, since[trial]))
        spans = ledgers.statuses(ledgers.Facts(trial=trial, moved=tuple(values[trial]), history=history))
        if len(spans) > 1:
            moved.setdefault(MOVES[0][0], {})[trial] = spans[-1].since


def gapless_since(timeline: Sequence[SnapshotMeta], history: StoredHistory, tracked: datetime) -> datetime:
    """Since when every version of a trial is stored that its registry lists; ``tracked`` is since when it is followed."""
    stored = {meta.registry_version for meta in timeline}
    since = tracked
    for version in reversed(history.history.versions):
        if version.valid_from > tracked:
            continue  # seen as it was posted
        if version.number not in stored:
            break
        since = min(since, version.valid_from)
    return since


def registered_at(history: StoredHistory | None) -> datetime | None:
    """When a trial was registered, by the registry's index of its versions."""
    return history.history.versions[0].valid_from if history and history.history.versions else None


def base_rates(followed: Sequence[Followed], moved: Moved, now: datetime) -> list[Rate]:
    """The rates of a watch, then those of each phase; none where too few trials were followed for too short a time."""
    by_status = [msgspec.structs.replace(each, since=min(each.since, each.status_since or each.since)) for each in followed]
    found = []
    for kind, what in MOVES:
        rate = _rate(by_status if kind == MOVES[0][0] else followed, moved.get(kind, {}), now, what)
        found += [rate] if rate else []
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


def _some(trials: Sequence[str]) -> Iterator[Sequence[str]]:
    return (trials[start : start + AT_ONCE] for start in range(0, len(trials), AT_ONCE))
