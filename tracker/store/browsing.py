"""What pages ask beside the change log itself: counts, and cheap signs of whether anything moved."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, exists, func, or_, select

from tracker.model.event import Event, EventFilter
from tracker.model.snapshot import TrialMark
from tracker.store import tables as t
from tracker.store.database import Database
from tracker.store.event_rows import event_of, select_events
from tracker.store.events import may_fit, narrowed
from tracker.store.trials import is_member

DATE_KINDS = ("start_date_changed", "primary_completion_date_changed", "completion_date_changed")
TallyBy = Literal["severity", "kind", "source", "watch"]


def tally(database: Database, wanted: EventFilter, by: TallyBy) -> dict[str, int]:
    """How many wanted events there are of each severity (its rank), kind, source, or watch that follows the trial."""
    column: ColumnElement[Any] = t.events.c.kind
    if by == "severity":
        column = t.events.c.severity
    elif by == "source":
        column = t.trials.c.source
    elif by == "watch":
        column = t.memberships.c.watch
    grouped = select(column.label("of"), func.count().label("count")).select_from(t.events)
    if not wanted.words:
        with database.reading() as connection:
            found = connection.execute(_counted(grouped, wanted, by).group_by(column))
            return {str(row.of): int(row[1]) for row in found}
    # Words of compressed events are looked for here.
    each = _counted(select_events().add_columns(column.label("of")), wanted, by)
    with database.reading() as connection:
        counts = Counter(str(row["of"]) for row in connection.execute(each).mappings() if may_fit(row, wanted))
    return dict(counts)


def _counted(statement: Select[*tuple[Any, ...]], wanted: EventFilter, by: TallyBy) -> Select[*tuple[Any, ...]]:
    """A statement about the wanted events, with what they are counted by."""
    statement = narrowed(statement, wanted)
    if by == "source":
        return statement.join(t.trials, t.trials.c.key == t.events.c.trial)
    if by == "watch" and wanted.watch is None:
        followed = (t.memberships.c.trial == t.events.c.trial) & (t.events.c.detected_at >= t.memberships.c.joined_at)
        followed &= t.memberships.c.ended_at.is_(None) | (t.events.c.detected_at <= t.memberships.c.ended_at)
        return statement.join(t.memberships, followed)
    return statement


def last_moves(database: Database, wanted: EventFilter) -> dict[str, dict[str, datetime]]:
    """When each trial last had a wanted event of each kind; of kinds that are about a date, one that moved the date."""
    values = t.changed_values.c
    moved = exists().where(values.run == t.events.c.run, values.event == t.events.c.id, values.days != 0)
    latest = func.max(t.events.c.effective_at).label("at")
    statement = narrowed(select(t.events.c.kind, t.events.c.trial, latest), wanted)
    statement = statement.where(or_(t.events.c.kind.not_in(DATE_KINDS), moved)).group_by(t.events.c.kind, t.events.c.trial)
    found: dict[str, dict[str, datetime]] = {}
    with database.reading() as connection:
        for row in connection.execute(statement):
            found.setdefault(row.kind, {})[row.trial] = row.at
    return found


def mark(database: Database) -> str:
    """A sign that is another one whenever something that pages show has changed; it may be another one without that."""
    with database.reading() as connection:
        if connection.dialect.name == "sqlite":  # every transaction that writes counts it up
            return str(connection.exec_driver_sql("PRAGMA user_version").scalar_one())
        parts = [
            select(func.max(t.runs.c.id), func.max(t.runs.c.finished_at), func.count()),
            select(func.max(t.memberships.c.joined_at), func.max(t.memberships.c.ended_at), func.count()),
            select(func.max(t.messages.c.created_at), func.max(t.messages.c.sent_at), func.sum(t.messages.c.attempts)),
            select(func.max(t.conditions.c.since), func.max(t.conditions.c.ended_at), func.count()),
        ]
        return repr([tuple(connection.execute(part).one()) for part in parts])


def trial_marks(database: Database) -> list[TrialMark]:
    """Which version each followed trial stands in, by key."""
    statement = (
        select(t.trials.c.key, t.trials.c.current_snapshot, t.trials.c.removed_at)
        .where(t.trials.c.current_snapshot.is_not(None), is_member())
        .order_by(t.trials.c.key)
    )
    with database.reading() as connection:
        return [
            TrialMark(trial=row.key, version=row.current_snapshot, removed_at=row.removed_at)
            for row in connection.execute(statement)
        ]


def held_events(database: Database, run: int, limit: int) -> list[Event]:
    """The weightiest events that are staged under a run."""
    statement = select_events().where(t.events.c.run == run, ~t.events.c.accepted)
    statement = statement.order_by(t.events.c.severity.desc(), t.events.c.id).limit(limit)
    with database.reading() as connection:
        return [event_of(row) for row in connection.execute(statement).mappings()]


def with_number(database: Database, number: str) -> list[str]:
    """The trials whose registry number, or number at ClinicalTrials.gov, is this one, by key."""
    same = (t.trials.c.nct_number == number) | (t.trials.c.number == number)
    with database.reading() as connection:
        return list(connection.scalars(select(t.trials.c.key).where(same).order_by(t.trials.c.key)))
