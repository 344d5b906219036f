"""Leases: one process at a time under one name, without a lock that stays behind when a process is killed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import or_, select, update

from tracker.errors import LeaseHeldError, LeaseLostError
from tracker.store import tables as t
from tracker.store.database import Database, insert, require_lease
from tracker.store.values import Lease

ASTRAY = timedelta(hours=1)
"""Clocks of several hosts may differ by less than this."""

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
"""When a lease that was given back ran out: free for every clock."""


def acquire_lease(database: Database, name: str, holder: str, now: datetime, ttl: timedelta) -> Lease:
    """Take the lease if nobody holds it at ``now``. Raises LeaseHeldError, which names the holder and the expiry.

    One that runs longer than any lease is given for was taken while a clock was ahead, and counts as free.
    """
    expires_at = now + ttl
    free = or_(t.leases.c.expires_at <= now, t.leases.c.expires_at > expires_at + ASTRAY)
    with database.writing() as connection:
        statement = insert(connection, t.leases).values(
            name=name, holder=holder, token=1, acquired_at=now, expires_at=expires_at
        )
        taken = connection.execute(
            statement.on_conflict_do_update(
                index_elements=["name"],
                set_={"holder": holder, "token": t.leases.c.token + 1, "acquired_at": now, "expires_at": expires_at},
                where=free,
            ).returning(t.leases.c.token)
        ).scalar_one_or_none()
        if taken is None:
            row = connection.execute(select(t.leases.c.holder, t.leases.c.expires_at).where(t.leases.c.name == name)).one()
            raise LeaseHeldError(
                f"{row.holder} is at work on {name!r} and holds its lease until {row.expires_at:%Y-%m-%d %H:%M:%S} UTC.",
                remedy="Wait for it to finish; the lease of a process that was killed runs out at that time.",
            )
    return Lease(name=name, holder=holder, token=taken, expires_at=expires_at)


def leases(database: Database) -> list[Lease]:
    """Every lease that was ever taken, by name; one whose time is over is free."""
    with database.reading() as connection:
        columns = (t.leases.c[name] for name in Lease.__struct_fields__)
        return [Lease(**row) for row in connection.execute(select(*columns).order_by(t.leases.c.name)).mappings()]


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
