"""Hosts: the TLS profile that each accepted last."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from tracker.store import tables as t
from tracker.store.database import Database, insert


def host_profiles(database: Database) -> dict[str, str]:
    """The TLS profile that each host accepted last."""
    with database.reading() as connection:
        return {row.host: row.tls_profile for row in connection.execute(select(t.hosts))}


def remember_host(database: Database, host: str, tls_profile: str, now: datetime) -> None:
    """Begin with this TLS profile the next time."""
    values = {"tls_profile": tls_profile, "remembered_at": now}
    with database.writing() as connection:
        statement = insert(connection, t.hosts).values(host=host, **values)
        connection.execute(statement.on_conflict_do_update(index_elements=["host"], set_=values))
