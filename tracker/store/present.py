"""Plain columns of current records, for the views of `views` and for the calendar.

They are derived: written with each version that is staged, and made anew where they do not fit.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, and_, delete, exists, or_, select

from tracker.model.views import TURNS, PlainRecord, ShownRecord, ShownTrial
from tracker.store import links
from tracker.store import tables as t
from tracker.store.database import Database, chunks, execute_many, insert
from tracker.store.packing import to_json
from tracker.store.rows import current_version
from tracker.store.snapshots import following_watches
from tracker.store.trials import is_asked, is_member, is_member_of

SHOWN = 500
"""Trials of a list read at once."""

_shown = msgspec.json.Decoder(ShownRecord)


def stale_present(database: Database, source: str, reader: str, after: str = "", turned_by: date | None = None) -> list[str]:
    """Trials of a source whose current version has no plain columns, or has them of another reader, by key and some at a time.

    A trial with fields that are read from an earlier version is always among them: they come and go without a new version.
    So are, with ``turned_by``, those that read otherwise since a day up to that one.
    """
    unfit = or_(_stale(reader), t.present.c.shown.is_(None))
    if turned_by is not None:
        days = t.due_dates.c
        turned = exists().where(days.snapshot == current_version(), days.kind == TURNS, days.true_from <= turned_by)
        unfit = or_(unfit, turned)
    wanted = _current(source).where(unfit, t.trials.c.key > after).order_by(t.trials.c.key).limit(SHOWN)
    with database.reading() as connection:
        return list(connection.scalars(wanted))


def calendar_trials(
    database: Database, source: str, reader: str, after: date | None, until: date, unmoved_in: int
) -> Iterator[list[str]]:
    """Trials of a source of which something may have become true after one day and by another, by key and some at a time.

    That is said by the days that are stored with their current versions; a trial whose days are not known is among them.
    They are those that are asked for and of which the run ``unmoved_in`` has staged no new version.
    """
    days = t.due_dates.c
    own = exists().where(days.snapshot == current_version(), days.true_from <= until)
    if after is not None:
        own = own.where(days.true_from > after)
    moved = exists().where(t.snapshots.c.run == unmoved_in, t.snapshots.c.trial == t.trials.c.key)
    due = or_(_stale(reader), own)
    wanted = _current(source).where(due, is_asked(), ~moved).order_by(t.trials.c.key).limit(SHOWN)
    last = ""
    while True:
        with database.reading() as connection:
            page = list(connection.scalars(wanted.where(t.trials.c.key > last)))
        if page:
            yield page
        if len(page) < SHOWN:
            return
        last = page[-1]


def _current(source: str) -> Select[str]:
    """The trials of a source that were read, beside the plain columns of their current version."""
    trials = t.trials.c
    beside = t.trials.outerjoin(t.present, t.present.c.snapshot == current_version())
    return select(trials.key).select_from(beside).where(trials.source == source, current_version().is_not(None))


def _stale(reader: str) -> ColumnElement[bool]:
    own = t.present.c
    kept = exists().where(t.kept_fields.c.snapshot == current_version())
    return or_(own.snapshot.is_(None), own.reader != reader, own.kept, kept)


def shown_trials(database: Database, reader: str, watch: str | None = None, after: str = "") -> Iterator[list[ShownTrial]]:
    """Followed trials that were read once, by key from behind ``after`` on, with what a list shows of each; page by page.

    Without it are those whose plain columns do not fit, by the rule of `stale_present`.
    """
    following = is_member() if watch is None else is_member_of([watch])
    statement = _shown_trials(reader).where(following).limit(SHOWN)
    while True:
        with database.reading() as connection:
            page = _read(connection, statement.where(t.trials.c.key > after))
        yield page
        if len(page) < SHOWN:
            return
        after = page[-1].key


def shown_of(database: Database, reader: str, trials: Iterable[str]) -> Iterator[list[ShownTrial]]:
    """The same of these trials, followed or not; a few at a time."""
    for some in chunks(trials):
        with database.reading() as connection:
            yield _read(connection, _shown_trials(reader).where(t.trials.c.key.in_(some)))


def _shown_trials(reader: str) -> Select[str, datetime | None, str | None]:
    own, trials = t.present.c, t.trials.c
    fits = and_(own.snapshot == current_version(), ~_stale(reader))
    beside = t.trials.outerjoin(t.present, fits)
    shown = select(trials.key, trials.removed_at, own.shown).select_from(beside)
    return shown.where(current_version().is_not(None)).order_by(trials.key)


def _read(connection: Connection, statement: Select[str, datetime | None, str | None]) -> list[ShownTrial]:
    page = connection.execute(statement).all()
    watches = following_watches(connection, [row[0] for row in page])
    return [
        ShownTrial(key=key, removed_at=removed_at, watches=watches[key], shown=_shown.decode(shown) if shown else None)
        for key, removed_at, shown in page
    ]


def note_present(database: Database, records: Iterable[tuple[int, PlainRecord]]) -> None:
    """Write the plain columns of these versions, their due dates and the numbers they name in place of those that are there."""
    noted = list(records)
    if noted:
        with database.writing() as connection:
            write_present(connection, noted)


def write_present(connection: Connection, records: Iterable[tuple[int, PlainRecord]]) -> None:
    """The same in a transaction that has begun."""
    noted = dict(records)
    for some in chunks(noted):
        connection.execute(delete(t.due_dates).where(t.due_dates.c.snapshot.in_(some)))
        connection.execute(delete(t.links).where(t.links.c.snapshot.in_(some)))
        connection.execute(delete(t.present).where(t.present.c.snapshot.in_(some)))
    if not noted:
        return
    execute_many(connection, insert(connection, t.present), [_row(snapshot, one) for snapshot, one in noted.items()])
    dues = [row for snapshot, one in noted.items() for row in _days(snapshot, one)]
    execute_many(connection, insert(connection, t.due_dates), dues)
    execute_many(connection, insert(connection, t.links), links.rows(noted))


def drop_former(connection: Connection, trials: Collection[str]) -> None:
    """Take away the plain columns of the versions of these trials that others have taken the place of."""
    current = select(t.trials.c.current_snapshot).where(t.trials.c.key == t.present.c.trial).scalar_subquery()
    former = select(t.present.c.snapshot).where(t.present.c.trial.in_(trials), t.present.c.snapshot != current)
    connection.execute(delete(t.due_dates).where(t.due_dates.c.snapshot.in_(former)))
    connection.execute(delete(t.links).where(t.links.c.snapshot.in_(former)))
    connection.execute(delete(t.present).where(t.present.c.snapshot.in_(former)))


def _row(snapshot: int, one: PlainRecord) -> dict[str, object]:
    return {
        "snapshot": snapshot,
        "trial": one.trial,
        "reader": one.reader,
        "kept": one.kept,
        "brief_title": one.brief_title,
        "lead_sponsor": one.lead_sponsor,
        "recruitment_status": one.recruitment_status,
        "results_state": one.results_state,
        "shown": None if one.shown is None else to_json(one.shown),
    }


def _days(snapshot: int, one: PlainRecord) -> list[dict[str, object]]:
    return [
        {
            "snapshot": snapshot,
            "trial": one.trial,
            "kind": due.kind,
            "due": due.due,
            "effect": "; ".join(due.effects),
            "true_from": due.true_from,
            "severity": due.severity,
            "rule": due.rule,
        }
        for due in one.due_dates
    ]
