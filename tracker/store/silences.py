"""Silences: what a user does not want to be sent until a given time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Select, delete, insert, select

from tracker.errors import StoreError
from tracker.model.watch import Silence
from tracker.store import tables as t
from tracker.store.database import Database


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


def _silences() -> Select[*tuple[Any, ...]]:
    return select(*(t.silences.c[name] for name in Silence.__struct_fields__))


def _silence(row: RowMapping) -> Silence:
    return Silence(**row)
