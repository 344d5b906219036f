"""Trials as they are asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Exists, Select, and_, exists, func, or_, select, union_all

from tracker.model.ids import split_key
from tracker.model.snapshot import TrackedTrial
from tracker.model.views import Members
from tracker.store import rows
from tracker.store import tables as t
from tracker.store.database import Database, chunks, execute_many, insert
from tracker.store.runs import NO_ANSWER


def followed(database: Database, source: str, trials: Collection[str] | None = None) -> list[TrackedTrial]:
    """The trials of a source that any watch follows, by key; with ``trials``, these of them, followed or not."""
    statement = select_followed().where(t.trials.c.source == source)
    with database.reading() as connection:
        if trials is None:
            return [rows.followed(row) for row in connection.execute(statement.where(is_member())).mappings()]
        return [
            rows.followed(row)
            for keys in chunks(sorted(trials))
            for row in connection.execute(statement.where(t.trials.c.key.in_(keys))).mappings()
        ]


DUE = 500
"""Trials that are due, read at once."""


def due_trials(
    database: Database,
    run_id: int,
    source: str,
    timestamp: str | None,
    *,
    only: Collection[str] = (),
    apart: Collection[str] = (),
    everyone: bool = False,
) -> Iterator[list[TrackedTrial]]:
    """The trials that a run may have to ask for, by key and some at a time: followed ones, and those that are about to join.

    With ``only``, those of these watches. Left out are trials that the run has an answer for, and those read at the present
    data ``timestamp`` of which nothing waits for another answer; ``everyone`` takes these too. What only watches ``apart``
    follow is read otherwise: of that, what a sweep asks for, what failed and what waits for another answer.
    """
    statement = select_followed().where(*_due(run_id, source, timestamp, only, apart, everyone=everyone)).limit(DUE)
    after = ""
    while True:
        with database.reading() as connection:
            found = [rows.followed(row) for row in connection.execute(statement.where(t.trials.c.key > after)).mappings()]
        if found:
            yield found
        if len(found) < DUE:
            return
        after = found[-1].key


def count_due(
    database: Database,
    run_id: int,
    source: str,
    timestamp: str | None,
    *,
    only: Collection[str] = (),
    apart: Collection[str] = (),
    everyone: bool = False,
) -> int:
    """How many these are."""
    where = _due(run_id, source, timestamp, only, apart, everyone=everyone)
    with database.reading() as connection:
        return connection.scalar(select(func.count()).select_from(t.trials).where(*where)) or 0


def moving(database: Database, run_id: int, trials: Collection[str]) -> frozenset[str]:
    """Which of these trials a search of a run makes enter, leave or come back with a word."""
    found: set[str] = set()
    with database.reading() as connection:
        for keys in chunks(sorted(trials)):
            found.update(connection.scalars(select(t.trials.c.key).where(t.trials.c.key.in_(keys), is_moving(run_id))))
    return frozenset(found)


def _due(
    run_id: int, source: str, timestamp: str | None, only: Collection[str], apart: Collection[str], *, everyone: bool
) -> tuple[ColumnElement[bool], ...]:
    trials = t.trials.c
    following: ColumnElement[bool] = is_member_of(only) if only else is_member()
    doubted = exists().where(t.kept_fields.c.snapshot == rows.current_version(), t.kept_fields.c.why == "doubted")
    if apart:
        unsettled = or_(trials.absent_since.is_not(None), trials.failing_since.is_not(None), doubted)
        otherwise = is_member().where(t.memberships.c.watch.not_in(apart))
        following = and_(following, or_(otherwise, unsettled, _has_move(run_id)))
    asked = exists().where(t.checks.c.run == run_id, t.checks.c.trial == trials.key, t.checks.c.status.not_in(NO_ANSWER))
    own = [trials.source == source, or_(following, _is_moved(only), is_entering(run_id)), ~asked]
    if timestamp is not None and not everyone:
        stale = or_(trials.checked_data_timestamp.is_(None), trials.checked_data_timestamp != timestamp)
        own.append(or_(stale, trials.absent_since.is_not(None), doubted, is_moving(run_id)))
    return tuple(own)


def _is_moved(only: Collection[str] = ()) -> Exists:
    """Whether an active watch would follow the trial if it were not merged into another."""
    own = (t.memberships.c.trial == t.trials.c.key, t.memberships.c.merged_into.is_not(None))
    active = exists().where(t.watches.c.name == t.memberships.c.watch, t.watches.c.active)
    of = (t.memberships.c.watch.in_(only),) if only else ()
    return exists().where(*own, active, *of)


def is_asked() -> ColumnElement[bool]:
    """Whether the trial of the surrounding statement is asked for: it is followed, or would be if it were not merged."""
    return or_(is_member(), _is_moved())


def members(database: Database, watch: str | None = None) -> Members:
    """What a watch follows, or all together."""
    its = [t.memberships.c.ended_at.is_(None), *([] if watch is None else [t.memberships.c.watch == watch])]
    joined = t.memberships.join(t.trials, t.trials.c.key == t.memberships.c.trial)
    with database.reading() as connection:
        figures = select(func.min(t.memberships.c.joined_at), func.count(t.memberships.c.trial.distinct())).where(*its)
        since, trials = connection.execute(figures).one()
        sources = connection.scalars(select(t.trials.c.source).select_from(joined).where(*its).distinct())
        return Members(since=since, trials=trials, sources=frozenset(sources))


def unanswered(database: Database, watch: str | None = None) -> list[TrackedTrial]:
    """The followed trials whose last question has no good answer, by key: it failed, or the registry has no such number.

    A number that is followed by a link alone may not be public yet, and nobody who could check it wrote it down.
    """
    trials = t.trials.c
    never_there = (trials.current_snapshot.is_(None), trials.absent_since.is_not(None), trials.merged_into.is_(None))
    named = is_member().where(t.memberships.c.how != "linked")
    # Each half has an index of its own.
    wanted = union_all(
        select(trials.key).where(trials.failing_since.is_not(None)), select(trials.key).where(*never_there, named)
    )
    following = is_member() if watch is None else is_member_of([watch])
    statement = select_followed().where(following, trials.key.in_(wanted))
    with database.reading() as connection:
        return [rows.followed(row) for row in connection.execute(statement).mappings()]


def tracking_since(database: Database, trials: Collection[str]) -> dict[str, datetime]:
    """When the first version of each trial was seen by this tracker; versions imported by a backfill do not count."""
    since: dict[str, datetime] = {}
    with database.reading() as connection:
        for keys in chunks(sorted(trials)):
            statement = (
                select(t.snapshots.c.trial, func.min(t.snapshots.c.first_seen_at).label("since"))
                .where(t.snapshots.c.trial.in_(keys), rows.is_accepted(), t.snapshots.c.origin == "live")
                .group_by(t.snapshots.c.trial)
            )
            since.update((row.trial, row.since) for row in connection.execute(statement))
    return since


def registered_at(database: Database, trials: Collection[str]) -> dict[str, datetime]:
    """Since when the registry had the first version of a trial, where that version is kept."""
    found: dict[str, datetime] = {}
    first = (t.snapshots.c.registry_version == 0, rows.is_accepted())
    with database.reading() as connection:
        for keys in chunks(sorted(trials)):
            statement = select(t.snapshots.c.trial, t.snapshots.c.valid_from).where(t.snapshots.c.trial.in_(keys), *first)
            found.update((row.trial, row.valid_from) for row in connection.execute(statement))
    return found


def select_followed() -> Select[*tuple[Any, ...]]:
    """Trials with their current snapshots, by key."""
    joined = t.trials.outerjoin(t.snapshots, t.snapshots.c.id == rows.current_version())
    return select(*rows.trial_columns(), *rows.meta_columns()).select_from(joined).order_by(t.trials.c.key)


def is_member() -> Exists:
    """Whether an active watch follows the trial of the surrounding statement."""
    return exists().where(and_(t.memberships.c.trial == t.trials.c.key, t.memberships.c.ended_at.is_(None)))


def is_member_of(watches: Collection[str]) -> Exists:
    """Whether one of these watches follows the trial of the surrounding statement."""
    return is_member().where(t.memberships.c.watch.in_(watches))


def ensure_trials(connection: Connection, keys: Iterable[str], now: datetime) -> None:
    """Add rows for trials that are not known yet."""
    asked = set(keys)
    there = {
        key for some in chunks(asked) for key in connection.scalars(select(t.trials.c.key).where(t.trials.c.key.in_(some)))
    }
    new = []
    for key in sorted(asked - there):
        parts = split_key(key)
        new.append({"key": key, "source": parts.source, "number": parts.number, "first_seen_at": now, "error": ""})
    # Another process may have added some meanwhile.
    execute_many(connection, insert(connection, t.trials).on_conflict_do_nothing(), new)


def is_moving(run_id: int) -> Exists:
    """Whether a run's search says news of the trial of the surrounding statement: what its record says is asked now."""
    news = or_(t.listed.c.move.in_(("left", "back", "asked")), t.listed.c.kind.is_not(None))
    return _has_move(run_id).where(news)


def is_entering(run_id: int) -> Exists:
    """Whether a search of the run brings the trial of the surrounding statement in."""
    return _has_move(run_id).where(t.listed.c.move == "enters")


def _has_move(run_id: int) -> Exists:
    return exists().where(t.listed.c.run == run_id, t.listed.c.trial == t.trials.c.key, t.listed.c.move.is_not(None))
