"""What a run staged that ended without being accepted: nobody sees it, and it goes in parts.

Of a whole registry that moved it is some gigabytes: in one transaction it would keep everybody else from writing for minutes.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Table, delete, select, update

from tracker.store import tables as t
from tracker.store.database import Writing

PART = 2_000
"""Trials, events or stories of one of these transactions."""


def drop_ended(writing: Writing, source: str) -> None:
    """Delete what runs of a source staged that ended; goes on where a process that was killed had stopped."""
    its = (t.runs.c.source == source, t.runs.c.accepting == "dropping")
    with writing() as connection:
        ended = list(connection.scalars(select(t.runs.c.id).where(t.runs.c.accepting.is_not(None), *its)))
    for run_id in ended:
        for table in (t.events, t.stories, t.snapshots, t.checks, t.listed):
            while _drop_some(writing, run_id, table, "id" if table in (t.events, t.stories) else "trial"):
                pass
        with writing() as connection:
            connection.execute(update(t.runs).where(t.runs.c.id == run_id).values(accepting=None))


def _drop_some(writing: Writing, run_id: int, table: Table, column: str) -> bool:
    """Whether there may be more. What is left is the first of its run each time."""
    own = table.c.run == run_id
    with writing() as connection:
        named = select(table.c[column]).where(own).distinct().order_by(table.c[column]).limit(PART)
        some = list(connection.scalars(named))
        if some:
            _drop_beside(connection, run_id, table, some)
            connection.execute(delete(table).where(own, table.c[column].in_(some)))
    return len(some) == PART


def _drop_beside(connection: Connection, run_id: int, table: Table, some: Sequence[str]) -> None:
    """What names these rows goes before them; plain columns and words go with their version."""
    if table is t.events:
        connection.execute(delete(t.alerts).where(t.alerts.c.run == run_id, t.alerts.c.event.in_(some)))
    if table is t.snapshots:
        staged = select(t.snapshots.c.id).where(t.snapshots.c.run == run_id, t.snapshots.c.trial.in_(some))
        connection.execute(delete(t.kept_fields).where(t.kept_fields.c.snapshot.in_(staged)))
