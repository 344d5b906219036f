"""What pages ask beside the change log itself: counts, and cheap signs of whether anything moved."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import case, exists, func, or_, select

from tracker.model.event import Event, EventClass, EventFilter, read_effects
from tracker.model.snapshot import TrialMark
from tracker.model.vocabulary import rank
from tracker.model.watch import FollowingTime
from tracker.store import tables as t
from tracker.store.database import Database
from tracker.store.event_rows import event_of, select_events, stored_body
from tracker.store.events import narrowed, stories
from tracker.store.kept_fields import kept_fields
from tracker.store.rows import current_version
from tracker.store.trials import is_member

DATE_KINDS = ("start_date_changed", "primary_completion_date_changed", "completion_date_changed")
AT_ONCE = 1_000
"""Events whose classes are read at once."""


def count_events(database: Database) -> dict[int, int]:
    """How many accepted events each run has, of the runs that have any."""
    statement = narrowed(select(t.events.c.run, func.count()), EventFilter()).group_by(t.events.c.run)
    with database.reading() as connection:
        return {row[0]: row[1] for row in connection.execute(statement)}


def event_classes(database: Database, run: int) -> Iterator[EventClass]:
    """What the accepted events of a run are counted and put in order by, read a few at a time."""
    own = t.events.c
    columns = (own.id, own.trial, own.kind, own.body, own.packed, own.story, own.severity, own.detected_at, own.effective_at)
    statement = narrowed(select(*columns), EventFilter(run=run)).order_by(own.id).limit(AT_ONCE)
    after = ""
    while True:
        with database.reading() as connection:
            page = connection.execute(statement.where(own.id > after)).all()
        told = stories(database, {row.story for row in page if row.story})
        for key, trial, kind, body, packed, story, severity, detected_at, effective_at in page:
            effects = read_effects(stored_body(body, packed, key))
            weight = rank(told[story].severity) if story in told else severity
            yield EventClass(trial, kind, effects, severity, detected_at, effective_at, story or key, weight)
        if len(page) < AT_ONCE:
            return
        after = page[-1].id


def following_times(database: Database) -> Iterator[FollowingTime]:
    """Since when and until when each watch followed each of its trials, by trial."""
    own = t.memberships.c
    statement = select(own.trial, own.watch, own.joined_at, own.ended_at).order_by(own.trial)
    with database.reading() as connection:
        yield from (FollowingTime(*row) for row in connection.execute(statement).all())


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


_LOG = (
    # How many count, too: a run is finished when it is decided, and its events show when it counts.
    select(
        func.max(t.runs.c.id), func.max(t.runs.c.finished_at), func.count(), func.sum(case((t.runs.c.state == "accepted", 1)))
    ),
    select(func.max(t.memberships.c.joined_at), func.max(t.memberships.c.ended_at), func.count()),
)
_WORK = (
    select(func.max(t.messages.c.created_at), func.max(t.messages.c.sent_at), func.sum(t.messages.c.attempts)),
    select(func.max(t.conditions.c.since), func.max(t.conditions.c.ended_at), func.count()),
)


def mark(database: Database) -> str:
    """A sign that is another one whenever something that pages show has changed; it may be another one without that."""
    with database.reading() as connection:
        if connection.dialect.name == "sqlite":  # every transaction that writes counts it up
            return str(connection.exec_driver_sql("PRAGMA user_version").scalar_one())
        return repr([tuple(connection.execute(part).one()) for part in (*_LOG, *_WORK)])


def log_mark(database: Database) -> str:
    """A sign that is another one whenever a run was begun or ended, or a watch follows other trials.

    What a pass writes meanwhile, and the messages that it sends, leave it as it is.
    """
    with database.reading() as connection:
        return repr([tuple(connection.execute(part).one()) for part in _LOG])


def trial_marks(database: Database) -> list[TrialMark]:
    """Which version each followed trial stands in, by key."""
    statement = (
        select(t.trials.c.key, current_version(), t.trials.c.removed_at)
        .where(current_version().is_not(None), is_member())
        .order_by(t.trials.c.key)
    )
    kept = kept_fields(database)
    with database.reading() as connection:
        return [
            TrialMark(trial=row.key, version=row[1], removed_at=row.removed_at, kept=kept.get(row[1], ()))
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
