"""What is told beside events: notes for a digest, silences, and conditions that the operator hears of."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Select, delete, insert, select, update

from tracker.errors import StoreError
from tracker.model.alert import Note
from tracker.model.upkeep import Incident
from tracker.model.watch import Silence
from tracker.store import tables as t
from tracker.store.database import Database
from tracker.store.database import insert as upsert


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


def silence(
    database: Database,
    until: datetime,
    now: datetime,
    *,
    trial: str | None = None,
    watch: str | None = None,
    kind: str | None = None,
    reason: str = "",
) -> Silence:
    """Mute alerts that match every given part until then. Raises StoreError when no part is given: that would mute all."""
    if trial is None and watch is None and kind is None:
        raise StoreError("a silence must name a trial, a watch or a change kind.", remedy="Remove a watch's sends to mute all.")
    values = {"until": until, "trial": trial, "watch": watch, "kind": kind, "reason": reason}
    with database.writing() as connection:
        key = connection.execute(insert(t.silences).values(created_at=now, **values)).inserted_primary_key
        assert key is not None
        return _silence(connection.execute(_silences().where(t.silences.c.id == key[0])).mappings().one())


def silences(database: Database, now: datetime) -> list[Silence]:
    """The silences in force, first to end first."""
    statement = _silences().where(t.silences.c.until > now).order_by(t.silences.c.until, t.silences.c.id)
    with database.reading() as connection:
        return [_silence(row) for row in connection.execute(statement).mappings()]


def unsilence(database: Database, silence_id: int) -> None:
    """End a silence. Raises StoreError when there is none of that number."""
    with database.writing() as connection:
        if connection.execute(delete(t.silences).where(t.silences.c.id == silence_id)).rowcount != 1:
            raise StoreError(f"there is no silence {silence_id}.", remedy="`tracker silence` lists them.")


def open_incident(database: Database, name: str, message: str, now: datetime) -> bool:
    """Something is wrong: True until the operator has been told. The message of one that lasts is brought up to date.

    One that ended and begins again before its end was told has, for the operator, never ended.
    """
    with database.writing() as connection:
        row = connection.execute(select(t.conditions).where(t.conditions.c.name == name)).mappings().one_or_none()
        values: dict[str, object] = {"message": message, "ended_at": None}
        told = row is not None and row["told_begin_at"] is not None
        if row is not None and row["told_end_at"] is not None:  # that was another time
            values |= {"since": now, "told_begin_at": None, "told_end_at": None}
            told = False
        statement = upsert(connection, t.conditions).values(name=name, message=message, since=now)
        connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))
        return not told


def close_incident(database: Database, name: str, now: datetime) -> Incident | None:
    """It is well again: the condition when the operator knows of it and must hear of its end, else None."""
    where = (t.conditions.c.name == name, t.conditions.c.ended_at.is_(None))
    with database.writing() as connection:
        row = connection.execute(select(t.conditions).where(*where)).mappings().one_or_none()
        if row is None:
            return None
        if row["told_begin_at"] is None:
            connection.execute(delete(t.conditions).where(*where))
            return None
        connection.execute(update(t.conditions).where(*where).values(ended_at=now))
        return _condition({**row, "ended_at": now})


def mark_incident_told(database: Database, name: str, now: datetime) -> None:
    """The operator has been told how the condition stands now: that it began, or that it ended."""
    with database.writing() as connection:
        for ended, column in ((False, "told_begin_at"), (True, "told_end_at")):
            stands = t.conditions.c.ended_at.is_not(None) if ended else t.conditions.c.ended_at.is_(None)
            connection.execute(
                update(t.conditions)
                .where(t.conditions.c.name == name, stands, t.conditions.c[column].is_(None))
                .values({column: now})
            )


def incidents(database: Database) -> list[Incident]:
    """What is wrong now, and what ended without the operator having been told, oldest first."""
    statement = select(t.conditions).where(t.conditions.c.told_end_at.is_(None)).order_by(t.conditions.c.since)
    with database.reading() as connection:
        return [_condition(row) for row in connection.execute(statement).mappings()]


def _silences() -> Select[*tuple[Any, ...]]:
    return select(*(t.silences.c[name] for name in Silence.__struct_fields__))


def _silence(row: RowMapping) -> Silence:
    return Silence(**row)


def _condition(row: RowMapping | dict[str, Any]) -> Incident:
    return Incident(**row)
