"""The schedule: when each job last ran and is to run next."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from tracker.model.upkeep import Due
from tracker.store import tables as t
from tracker.store.database import Database, insert


def due(database: Database, name: str) -> Due:
    """When a job last ran and is to run next; both None for one never heard of."""
    with database.reading() as connection:
        row = connection.execute(select(t.schedule).where(t.schedule.c.name == name)).mappings().one_or_none()
    return Due(**row) if row is not None else Due(name=name)


def set_due(database: Database, name: str, last_at: datetime | None, next_at: datetime | None) -> None:
    """Remember when a job ran and is to run next: a daemon that was down asks this when it starts."""
    values = {"last_at": last_at, "next_at": next_at}
    with database.writing() as connection:
        statement = insert(connection, t.schedule).values(name=name, **values)
        connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))
