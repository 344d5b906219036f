"""Leases: one process at a time under one name, without a lock that stays behind when a process is killed."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, or_, select, update

from tracker.errors import LeaseHeldError, LeaseLostError
from tracker.model.upkeep import Lease
from tracker.store import tables as t
from tracker.store.database import Database, insert, require_lease
from tracker.store.processes import is_gone, process_name

ASTRAY = timedelta(hours=1)
"""Clocks of several hosts may differ by less than this."""

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
"""When a lease that was given back ran out: free for every clock."""


def acquire_lease(database: Database, name: str, holder: str, now: datetime, ttl: timedelta) -> Lease:
    """Take the lease if nobody holds it at ``now``. Raises LeaseHeldError, which names the holder and the expiry.

    One that runs longer than any lease is given for was taken while a clock was ahead, and counts as free. So does one
    whose process was killed, where that can be seen: on the same machine, in the same container.
    """
    expires_at = now + ttl
    ours = {"holder": holder, "process": process_name(os.getpid()), "acquired_at": now, "expires_at": expires_at}
    with database.writing() as connection:
        free = or_(
            t.leases.c.expires_at <= now,
            t.leases.c.expires_at > expires_at + ASTRAY,
            t.leases.c.token == _orphan(connection, name),
        )
        statement = insert(connection, t.leases).values(name=name, token=1, **ours)
        taken = connection.execute(
            statement.on_conflict_do_update(
                index_elements=["name"], set_={"token": t.leases.c.token + 1, **ours}, where=free
            ).returning(t.leases.c.token)
        ).scalar_one_or_none()
        if taken is None:
            row = connection.execute(select(t.leases.c.holder, t.leases.c.expires_at).where(t.leases.c.name == name)).one()
            raise LeaseHeldError(
                f"{row.holder} is at work on {name!r} and holds its lease until {row.expires_at:%Y-%m-%d %H:%M:%S} UTC.",
                remedy="Wait for it to finish; if it was killed on another machine, the lease runs out at that time.",
            )
    return Lease(name=name, holder=holder, token=taken, expires_at=expires_at)


def _orphan(connection: Connection, name: str) -> int:
    """The token of a lease whose process is gone; 0, which no lease has, when there is no such lease."""
    held = connection.execute(select(t.leases.c.token, t.leases.c.process).where(t.leases.c.name == name)).one_or_none()
    return int(held.token) if held is not None and is_gone(held.process) else 0


def leases(database: Database) -> list[Lease]:
    """The leases that were taken, by name, except those whose process is gone; one whose time is over is free."""
    fields = Lease.__struct_fields__
    columns = (t.leases.c[name] for name in (*fields, "process"))
    with database.reading() as connection:
        found = connection.execute(select(*columns).order_by(t.leases.c.name)).mappings().all()
    return [Lease(**{name: row[name] for name in fields}) for row in found if not is_gone(row["process"])]


def renew_lease(database: Database, lease: Lease, now: datetime, ttl: timedelta) -> Lease:
    """Hold on to a lease for another ``ttl``. Raises LeaseLostError when it was taken over; expired but free is fine."""
    expires_at = now + ttl
    with database.writing() as connection:
        renewed = connection.execute(
            update(t.leases).where(t.leases.c.name == lease.name, t.leases.c.token == lease.token).values(expires_at=expires_at)
        )
        if renewed.rowcount != 1:
            require_lease(connection, lease)
            raise LeaseLostError(f"the lease {lease.name!r} of {lease.holder} is gone.")
    return Lease(name=lease.name, holder=lease.holder, token=lease.token, expires_at=expires_at)


def release_lease(database: Database, lease: Lease, now: datetime) -> None:
    """Give the lease back at ``now``: others may take it. Nothing happens when it is no longer ours.

    The row stays, so that its token goes on growing and a late write under the old one is still refused.
    """
    with database.writing() as connection:
        connection.execute(
            update(t.leases)
            .where(t.leases.c.name == lease.name, t.leases.c.token == lease.token)
            .values(expires_at=min(now, LONG_AGO), token=t.leases.c.token + 1)
        )
