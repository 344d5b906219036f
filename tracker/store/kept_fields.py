"""Fields that are read from an earlier version, and the effects of a run that are set aside until a second opinion."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

import msgspec
from sqlalchemy import Connection, and_, delete, func, or_, select, update

from tracker.model.event import Event, Story
from tracker.model.run import RunCounts
from tracker.model.snapshot import KeptField
from tracker.model.staging import Doubts, StagedFinding
from tracker.model.vocabulary import SEVERITIES
from tracker.store import rows
from tracker.store import tables as t
from tracker.store.database import Database, chunks, insert
from tracker.store.event_rows import body_columns, event_of, select_events
from tracker.store.packing import to_json

_KEPT = tuple(name for name in KeptField.__struct_fields__ if name != "snapshot")

# Through the version: a trial is not found by its current one.
_CURRENT = t.kept_fields.join(t.snapshots, t.snapshots.c.id == t.kept_fields.c.snapshot).join(
    t.trials, and_(t.trials.c.key == t.snapshots.c.trial, rows.current_version() == t.snapshots.c.id)
)


def kept_fields(database: Database, versions: Collection[int] | None = None) -> dict[int, tuple[KeptField, ...]]:
    """The fields of some versions (by default the current ones) that are read from earlier ones, by version; mostly none."""
    found: dict[int, tuple[KeptField, ...]] = {}
    every = select(t.kept_fields)
    statement = every.select_from(_CURRENT) if versions is None else every.where(t.kept_fields.c.snapshot.in_(versions))
    with database.reading() as connection:
        for row in connection.execute(statement.order_by(t.kept_fields.c.field)).mappings():
            kept = KeptField(snapshot=row["earlier"], **{name: row[name] for name in _KEPT})
            found[row["snapshot"]] = (*found.get(row["snapshot"], ()), kept)
    return found


def doubted_trials(database: Database) -> list[str]:
    """The trials of which a field waits for a second opinion."""
    statement = (
        select(t.trials.c.key).select_from(_CURRENT).where(t.kept_fields.c.why == "doubted").distinct().order_by(t.trials.c.key)
    )
    with database.reading() as connection:
        return list(connection.scalars(statement))


def keep_fields(connection: Connection, snapshot: int, kept: Iterable[KeptField]) -> None:
    """Note which fields of a version are read from an earlier one; what is noted already stays."""
    new = [
        {"snapshot": snapshot, "earlier": field.snapshot, **{name: getattr(field, name) for name in _KEPT}} for field in kept
    ]
    if new:
        connection.execute(insert(connection, t.kept_fields).on_conflict_do_nothing(), new)


def staged_findings(database: Database, run_id: int) -> list[StagedFinding]:
    """The events of a run that say what changed without a new version of the record."""
    newest = (
        select(func.max(t.snapshots.c.id))
        .where(t.snapshots.c.run == run_id, t.snapshots.c.trial == t.events.c.trial)
        .scalar_subquery()
    )
    statement = (
        select_events()
        .add_columns(newest.label("version"))
        .where(t.events.c.run == run_id, or_(t.events.c.packed.is_not(None), t.events.c.body.contains('"registry_edit":true')))
        .order_by(t.events.c.id)
    )
    with database.reading() as connection:
        found = [(event_of(row), row["version"]) for row in connection.execute(statement).mappings()]
    return [StagedFinding(event=event, snapshot=version) for event, version in found if event.details.registry_edit]


def staged_calendar(database: Database, run_id: int, trials: Collection[str]) -> list[Event]:
    """What the calendar made true of these trials, as staged under a run."""
    found: list[Event] = []
    with database.reading() as connection:
        for some in chunks(sorted(trials)):
            where = (t.events.c.run == run_id, t.events.c.trial.in_(some), t.events.c.cause == "calendar")
            statement = select_events().where(*where).order_by(t.events.c.id)
            found += map(event_of, connection.execute(statement).mappings())
    return found


def set_apart(connection: Connection, run_id: int, doubts: Doubts, counts: RunCounts) -> RunCounts:
    """Take the held events out of a run, mark those that many trials have, and give what the run then comes to."""
    for snapshot, fields in doubts.keep.values():
        keep_fields(connection, snapshot, fields)
    dropped, quiet = _drop(connection, run_id, doubts), 0
    for trials in chunks(doubts.keep):
        _shorten_stories(connection, run_id, trials)
        quiet += _quieten_checks(connection, run_id, trials)
    _mark_many(connection, run_id, doubts.many)
    return msgspec.structs.replace(
        counts, changed=counts.changed - quiet, quiet=counts.quiet + quiet, events=counts.events - dropped
    )


def _drop(connection: Connection, run_id: int, doubts: Doubts) -> int:
    """Events go with their alerts; so do those that a search made of the same trials: they follow from the same fields."""
    dropped = set(doubts.held)
    for trials in chunks(doubts.keep):
        of_searches = ("left_watch", "entered_watch", "new_registration")
        where = (t.events.c.run == run_id, t.events.c.trial.in_(trials), t.events.c.kind.in_(of_searches))
        dropped.update(connection.scalars(select(t.events.c.id).where(*where)))
    count = 0
    for ids in chunks(dropped):
        connection.execute(delete(t.alerts).where(t.alerts.c.run == run_id, t.alerts.c.event.in_(ids)))
        count += connection.execute(delete(t.events).where(t.events.c.run == run_id, t.events.c.id.in_(ids))).rowcount
    return count


def _mark_many(connection: Connection, run_id: int, counts: Mapping[str, int]) -> None:
    for ids in chunks(counts):
        where = (t.events.c.run == run_id, t.events.c.id.in_(ids))
        for row in connection.execute(select_events().where(*where)).mappings().all():
            event = event_of(row)
            details = msgspec.structs.replace(event.details, many_at_once=counts[event.id])
            marked = msgspec.structs.replace(event, details=details)
            values = body_columns(marked, row["old_sha256"], row["new_sha256"])
            connection.execute(update(t.events).where(t.events.c.run == run_id, t.events.c.id == event.id).values(values))


def believe(connection: Connection, run_id: int) -> None:
    """What a run tells of versions that were stored before it is believed now: their fields are their own again."""
    stored = t.snapshots.c.run != run_id
    statement = select_events().add_columns(t.events.c.new_snapshot)
    statement = statement.join(t.snapshots, t.snapshots.c.id == t.events.c.new_snapshot)
    statement = statement.where(t.events.c.run == run_id, t.events.c.old_snapshot != t.events.c.new_snapshot, stored)
    # From the few versions that are doubted, not from the events, of which there may be very many.
    doubted = select(t.kept_fields.c.snapshot).where(t.kept_fields.c.why == "doubted").distinct()
    for versions in chunks(connection.scalars(doubted).all()):
        for row in connection.execute(statement.where(t.events.c.new_snapshot.in_(versions))).mappings().all():
            connection.execute(
                delete(t.kept_fields).where(
                    t.kept_fields.c.snapshot == row["new_snapshot"],
                    t.kept_fields.c.field.in_(event_of(row).fields),
                    t.kept_fields.c.why == "doubted",
                )
            )


def unsettled_since(database: Database, run_id: int, held_id: int) -> list[tuple[str, datetime, str | None]]:
    """Trials of which a run staged what a held run had staged: when that was first seen, and in which data."""
    now, then = t.snapshots.alias("now"), t.snapshots.alias("then")
    same = (now.c.trial == then.c.trial) & (now.c.digest == then.c.digest)
    statement = (
        select(then.c.trial, then.c.first_seen_at, then.c.data_version)
        .join(now, same)
        .where(now.c.run == run_id, then.c.run == held_id)
    )
    with database.reading() as connection:
        return [(row.trial, row.first_seen_at, row.data_version) for row in connection.execute(statement)]


def _shorten_stories(connection: Connection, run_id: int, trials: Collection[str]) -> None:
    """Stories without the events that are not there any more; those of which none is left go."""
    where = (t.stories.c.run == run_id, t.stories.c.trial.in_(trials))
    for row in connection.execute(select(t.stories.c.id, t.stories.c.body).where(*where)).all():
        story = rows.stories_decoder.decode(row.body)
        left = select(t.events.c.id, t.events.c.severity).where(t.events.c.run == run_id, t.events.c.id.in_(story.parts))
        severities = {event.id: event.severity for event in connection.execute(left)}
        this = (t.stories.c.run == run_id, t.stories.c.id == row.id)
        if not severities:
            connection.execute(delete(t.stories).where(*this))
        elif len(severities) < len(story.parts):
            shorter = Story(
                id=story.id,
                trial=story.trial,
                severity=SEVERITIES[max(severities.values())],
                parts=tuple(part for part in story.parts if part in severities),
            )
            connection.execute(update(t.stories).where(*this).values(body=to_json(shorter)))


def _quieten_checks(connection: Connection, run_id: int, trials: Collection[str]) -> int:
    """A check all of whose events were set aside found no change that anybody is told of."""
    told = select(t.events.c.trial).where(t.events.c.run == run_id, t.events.c.cause == "record")
    where = (t.checks.c.run == run_id, t.checks.c.trial.in_(trials), t.checks.c.status == "changed")
    return connection.execute(update(t.checks).where(*where, t.checks.c.trial.not_in(told)).values(status="quiet")).rowcount
