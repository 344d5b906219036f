"""The changed values that ledgers are made of, of many trials at once."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import func, select

from tracker.model.ledgers import LEDGER_PATHS, MovedValue
from tracker.store import tables as t
from tracker.store.database import Database, chunks
from tracker.store.rows import UNNUMBERED, is_logged


def moved_values(database: Database, trials: Collection[str]) -> dict[str, list[MovedValue]]:
    """What the change log says of status, planned dates and enrollment of each trial, in the order in which it was so."""
    events, values, versions = t.events.c, t.changed_values.c, t.snapshots.c
    found: dict[str, list[MovedValue]] = {trial: [] for trial in trials}
    statement = (
        select(
            events.trial,
            values.path,
            values.old,
            values.new,
            values.days,
            events.severity,
            events.effective_at.label("valid_from"),
            events.detected_at.label("seen_at"),
            events.id.label("event"),
        )
        .select_from(
            t.events.join(t.changed_values, (values.run == events.run) & (values.event == events.id)).outerjoin(
                t.snapshots, versions.id == events.new_snapshot
            )
        )
        .where(is_logged(), values.path.in_(LEDGER_PATHS))
        .order_by(
            events.trial,
            events.effective_at,
            func.coalesce(versions.registry_version, UNNUMBERED),
            events.detected_at,
            events.id,
            values.position,
        )
    )
    for keys in chunks(sorted(trials)):
        with database.reading() as connection:
            for row in connection.execute(statement.where(events.trial.in_(keys))).mappings():
                found[row["trial"]].append(MovedValue(**row))
    return found
