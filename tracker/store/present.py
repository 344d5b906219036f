"""Plain columns of current records, for the views of `views`: derived from stored versions, made anew where they do not fit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec
from sqlalchemy import and_, delete, exists, or_, select

from tracker.model.views import PlainRecord, ShownRecord, ShownTrial
from tracker.store import tables as t
from tracker.store.database import Database, insert
from tracker.store.packing import to_json
from tracker.store.snapshots import following_watches
from tracker.store.trials import is_member, is_member_of

SHOWN = 500
"""Trials of a list read at once."""

_shown = msgspec.json.Decoder(ShownRecord)


def stale_present(database: Database, source: str, reader: str, limit: int) -> list[str]:
    """Trials of a source whose plain columns are missing, of another version, or of another reader, by key.

    A trial with fields that are read from an earlier version is always among them: they come and go without a new version.
    """
    own, trials = t.present.c, t.trials.c
    kept = exists().where(t.kept_fields.c.snapshot == trials.current_snapshot)
    unfit = (own.snapshot != trials.current_snapshot, own.reader != reader, own.shown.is_(None))
    stale = or_(own.trial.is_(None), *unfit, own.kept, kept)
    statement = (
        select(trials.key)
        .select_from(t.trials.outerjoin(t.present, own.trial == trials.key))
        .where(trials.source == source, trials.current_snapshot.is_not(None), stale)
        .order_by(trials.key)
        .limit(limit)
    )
    with database.reading() as connection:
        return list(connection.scalars(statement))


def shown_trials(database: Database, reader: str, watch: str | None = None, after: str = "") -> Iterator[list[ShownTrial]]:
    """Followed trials that were read once, by key from behind ``after`` on, with what a list shows of each; page by page.

    Without it are those whose plain columns do not fit, by the rule of `stale_present`.
    """
    own, trials = t.present.c, t.trials.c
    kept = exists().where(t.kept_fields.c.snapshot == trials.current_snapshot)
    fits = and_(own.trial == trials.key, own.snapshot == trials.current_snapshot, own.reader == reader, ~own.kept, ~kept)
    following = is_member() if watch is None else is_member_of([watch])
    statement = (
        select(trials.key, trials.removed_at, own.shown)
        .select_from(t.trials.outerjoin(t.present, fits))
        .where(trials.current_snapshot.is_not(None), following)
        .order_by(trials.key)
        .limit(SHOWN)
    )
    while True:
        with database.reading() as connection:
            page = connection.execute(statement.where(trials.key > after)).all()
            watches = following_watches(connection, [row[0] for row in page])
        yield [
            ShownTrial(key=key, removed_at=removed_at, watches=watches[key], shown=_shown.decode(shown) if shown else None)
            for key, removed_at, shown in page
        ]
        if len(page) < SHOWN:
            return
        after = page[-1][0]


def note_present(database: Database, records: Iterable[PlainRecord]) -> None:
    """Write the plain columns of these trials and their due dates in place of those that are there."""
    noted = list(records)
    trials = [one.trial for one in noted]
    rows = [
        {
            "trial": one.trial,
            "snapshot": one.snapshot,
            "reader": one.reader,
            "kept": one.kept,
            "brief_title": one.brief_title,
            "lead_sponsor": one.lead_sponsor,
            "recruitment_status": one.recruitment_status,
            "results_state": one.results_state,
            "shown": None if one.shown is None else to_json(one.shown),
        }
        for one in noted
    ]
    dues = [
        {
            "trial": one.trial,
            "kind": due.kind,
            "due": due.due,
            "effect": "; ".join(due.effects),
            "true_from": due.true_from,
            "severity": due.severity,
            "rule": due.rule,
        }
        for one in noted
        for due in one.due_dates
    ]
    if not rows:
        return
    with database.writing() as connection:
        statement = insert(connection, t.present)
        again = {column.name: statement.excluded[column.name] for column in t.present.c if not column.primary_key}
        connection.execute(delete(t.due_dates).where(t.due_dates.c.trial.in_(trials)))
        connection.execute(statement.on_conflict_do_update(index_elements=["trial"], set_=again), rows)
        if dues:
            connection.execute(insert(connection, t.due_dates), dues)
