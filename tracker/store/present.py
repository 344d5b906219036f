"""Plain columns of current records, for the views of `views`: derived from stored versions, made anew where they do not fit."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import delete, exists, or_, select

from tracker.model.views import PlainRecord
from tracker.store import tables as t
from tracker.store.database import Database, insert


def stale_present(database: Database, source: str, reader: str, limit: int) -> list[str]:
    """Trials of a source whose plain columns are missing, of another version, or of another reader, by key.

    A trial with fields that are read from an earlier version is always among them: they come and go without a new version.
    """
    own, trials = t.present.c, t.trials.c
    kept = exists().where(t.kept_fields.c.snapshot == trials.current_snapshot)
    stale = or_(own.trial.is_(None), own.snapshot != trials.current_snapshot, own.reader != reader, own.kept, kept)
    statement = (
        select(trials.key)
        .select_from(t.trials.outerjoin(t.present, own.trial == trials.key))
        .where(trials.source == source, trials.current_snapshot.is_not(None), stale)
        .order_by(trials.key)
        .limit(limit)
    )
    with database.reading() as connection:
        return list(connection.scalars(statement))


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
