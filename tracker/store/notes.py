"""Notes: lines for a watch's next digest."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import insert, select

from tracker.model.alert import Note
from tracker.store import tables as t
from tracker.store.database import Database


def add_note(database: Database, watch: str, text: str, now: datetime) -> None:
    """Keep a line for the watch's next digest."""
    with database.writing() as connection:
        connection.execute(insert(t.notes).values(watch=watch, text=text, created_at=now))


def notes(database: Database, watches: Collection[str]) -> list[Note]:
    """The lines that these watches have not been told yet, oldest first."""
    statement = (
        select(*(t.notes.c[name] for name in Note.__struct_fields__))
        .where(t.notes.c.watch.in_(watches), t.notes.c.message.is_(None))
        .order_by(t.notes.c.id)
    )
    with database.reading() as connection:
        return [Note(**row) for row in connection.execute(statement).mappings()]
