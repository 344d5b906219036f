"""Trials as they are asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Exists, Select, and_, exists, func, select, union_all

from tracker.model.ids import split_key
from tracker.model.snapshot import TrackedTrial
from tracker.model.views import Members
from tracker.store import rows
from tracker.store import tables as t
from tracker.store.database import Database, chunks, insert


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
    """The followed trials whose last question has no good answer, by key: it failed, or the registry has no such number."""
    trials = t.trials.c
    never_there = (trials.current_snapshot.is_(None), trials.absent_since.is_not(None), trials.merged_into.is_(None))
    # Each half has an index of its own.
    wanted = union_all(select(trials.key).where(trials.failing_since.is_not(None)), select(trials.key).where(*never_there))
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
                .where(t.snapshots.c.trial.in_(keys), t.snapshots.c.accepted, t.snapshots.c.origin == "live")
                .group_by(t.snapshots.c.trial)
            )
            since.update((row.trial, row.since) for row in connection.execute(statement))
    return since


def select_followed() -> Select[*tuple[Any, ...]]:
    """Trials with their current snapshots, by key."""
    joined = t.trials.outerjoin(t.snapshots, t.snapshots.c.id == t.trials.c.current_snapshot)
    return select(*rows.trial_columns(), *rows.meta_columns()).select_from(joined).order_by(t.trials.c.key)


def is_member() -> Exists:
    """Whether an active watch follows the trial of the surrounding statement."""
    return exists().where(and_(t.memberships.c.trial == t.trials.c.key, t.memberships.c.ended_at.is_(None)))


def is_member_of(watches: Collection[str]) -> Exists:
    """Whether one of these watches follows the trial of the surrounding statement."""
    return is_member().where(t.memberships.c.watch.in_(watches))


def ensure_trials(connection: Connection, keys: Iterable[str], now: datetime) -> None:
    """Add rows for trials that are not known yet."""
    new = []
    for key in sorted(set(keys)):
        parts = split_key(key)
        new.append({"key": key, "source": parts.source, "number": parts.number, "first_seen_at": now, "error": ""})
    if new:
        connection.execute(insert(connection, t.trials).on_conflict_do_nothing(), new)
