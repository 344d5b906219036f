"""The change log: accepted events and the stories they belong to."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select

from tracker.model.event import Event, EventFilter, Story, read_event
from tracker.model.snapshot import EventSnapshots, SnapshotMeta
from tracker.model.vocabulary import rank
from tracker.store import rows
from tracker.store import tables as t
from tracker.store.database import Database, chunks


def events(database: Database, wanted: EventFilter) -> list[Event]:
    """Accepted events by ``effective_at``, then id."""
    statement = select(t.events.c.body).where(t.events.c.accepted, *_conditions(wanted))
    if wanted.watch is not None:
        member = and_(
            t.memberships.c.trial == t.events.c.trial,
            t.memberships.c.watch == wanted.watch,
            t.events.c.detected_at >= t.memberships.c.joined_at,
            or_(t.memberships.c.ended_at.is_(None), t.events.c.detected_at <= t.memberships.c.ended_at),
        )
        statement = statement.join(t.memberships, member)
    order = (t.events.c.effective_at, t.events.c.id)
    with database.reading() as connection:
        if wanted.limit is None:
            bodies = list(connection.scalars(statement.order_by(*order)))
        else:
            latest = statement.order_by(*(column.desc() for column in order)).limit(wanted.limit)
            bodies = list(connection.scalars(latest))[::-1]
    return [read_event(body) for body in bodies]


def event(database: Database, event_id: str) -> Event | None:
    """An accepted event."""
    with database.reading() as connection:
        body = connection.scalar(select(t.events.c.body).where(t.events.c.id == event_id, t.events.c.accepted))
    return read_event(body) if body is not None else None


def event_snapshots(database: Database, event_id: str) -> EventSnapshots:
    """The two stored versions that an accepted event compares; both are None for an event that is not known."""
    found: dict[str, SnapshotMeta | None] = {}
    with database.reading() as connection:
        for side, column in (("old", t.events.c.old_snapshot), ("new", t.events.c.new_snapshot)):
            statement = select(*rows.meta_columns()).join(t.events, column == t.snapshots.c.id)
            row = connection.execute(statement.where(t.events.c.id == event_id, t.events.c.accepted)).mappings().one_or_none()
            found[side] = rows.meta(row) if row is not None else None
    return EventSnapshots(old=found["old"], new=found["new"])


def past_events(
    database: Database, trials: Collection[str], kinds: Collection[str] | None = None
) -> dict[str, tuple[Event, ...]]:
    """Each trial's accepted events by ``effective_at``, for rules that look back; trials without any are left out."""
    past: dict[str, list[Event]] = {}
    with database.reading() as connection:
        for keys in chunks(sorted(trials)):
            statement = select(t.events.c.trial, t.events.c.body).where(t.events.c.accepted, t.events.c.trial.in_(keys))
            if kinds is not None:
                statement = statement.where(t.events.c.kind.in_(kinds))
            for trial, body in connection.execute(statement.order_by(t.events.c.effective_at, t.events.c.id)):
                past.setdefault(trial, []).append(read_event(body))
    return {trial: tuple(found) for trial, found in past.items()}


def stories(database: Database, ids: Collection[str]) -> dict[str, Story]:
    """Accepted stories by id."""
    found: dict[str, Story] = {}
    with database.reading() as connection:
        for some in chunks(sorted(ids)):
            statement = select(t.stories.c.id, t.stories.c.body).where(t.stories.c.accepted, t.stories.c.id.in_(some))
            found.update((row.id, rows.stories_decoder.decode(row.body)) for row in connection.execute(statement))
    return found


def _conditions(wanted: EventFilter) -> list[ColumnElement[Any]]:
    conditions: list[ColumnElement[Any]] = [t.events.c.severity >= rank(wanted.min_severity)]
    if wanted.since is not None:
        conditions.append(t.events.c.effective_at >= wanted.since)
    if wanted.until is not None:
        conditions.append(t.events.c.effective_at < wanted.until)
    if wanted.trial is not None:
        conditions.append(t.events.c.trial == wanted.trial)
    if wanted.kinds:
        conditions.append(t.events.c.kind.in_(sorted(wanted.kinds)))
    if wanted.run is not None:
        conditions.append(t.events.c.run == wanted.run)
    return conditions
