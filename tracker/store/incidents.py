"""Incidents: what is wrong for a while, told to the operator when it begins and when it ends. Their table is ``conditions``."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, delete, select, update

from tracker.model.upkeep import Incident
from tracker.store import tables as t
from tracker.store.database import Database, insert


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
        statement = insert(connection, t.conditions).values(name=name, message=message, since=now)
        connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))
        return not told


def close_incident(database: Database, name: str, now: datetime) -> Incident | None:
    """It is well again. Gives the incident when the operator knows of it and must hear of its end, else None."""
    where = (t.conditions.c.name == name, t.conditions.c.ended_at.is_(None))
    with database.writing() as connection:
        row = connection.execute(select(t.conditions).where(*where)).mappings().one_or_none()
        if row is None:
            return None
        if row["told_begin_at"] is None:
            connection.execute(delete(t.conditions).where(*where))
            return None
        connection.execute(update(t.conditions).where(*where).values(ended_at=now))
        return _incident({**row, "ended_at": now})


def forget_incident(database: Database, name: str) -> None:
    """It has no object any more, so that it neither lasts nor is over: nobody asks for the trial or channel it is about."""
    with database.writing() as connection:
        connection.execute(delete(t.conditions).where(t.conditions.c.name == name))


def mark_incident_told(database: Database, name: str, now: datetime) -> None:
    """Remember that the operator was told how the incident stands now: that it began, or that it ended."""
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
        return [_incident(row) for row in connection.execute(statement).mappings()]


def _incident(row: RowMapping | dict[str, Any]) -> Incident:
    return Incident(**row)
