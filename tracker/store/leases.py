"""Leases: one process at a time under one name, without a lock that stays behind when a process is killed."""

from __future__ import annotations

import os
import socket
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, Connection, or_, select, update

from tracker.errors import LeaseHeldError, LeaseLostError
from tracker.model.upkeep import Lease
from tracker.store import tables as t
from tracker.store.database import Database, insert, require_lease
from tracker.store.processes import is_gone, process_name

LONGEST_LEASE = timedelta(minutes=15)
"""No lease is given for longer: one that nobody has renewed for so long has no holder any more."""

SLACK = timedelta(minutes=1)
"""By so much two clocks that are right may differ."""

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
"""When a lease that was given back ran out: free for every clock."""


def acquire_lease(database: Database, name: str, holder: str, now: datetime, ttl: timedelta) -> Lease:
    """Take the lease if nobody holds it at ``now``. Raises LeaseHeldError, which names the holder and the expiry.

    One that runs longer than it is given for was taken by a clock that is ahead of ours: it is judged by how long we have
    seen it unchanged, and free after ``ttl``, at most `LONGEST_LEASE`. One whose process was killed is free, where that can be
    seen: on the same machine, in the same container. So is one that we could not give back, as when the disk was full.
    """
    expires_at = now + ttl
    ours = {"holder": holder, "process": process_name(os.getpid()), "acquired_at": now, "expires_at": expires_at}
    with database.writing() as connection:
        free = or_(
            t.leases.c.expires_at <= now,
            t.leases.c.token.in_([_orphan(connection, name), database.unreturned.get(name, 0)]),
            t.leases.c.token == _unrenewed(connection, name, now, ttl),
        )
        statement = insert(connection, t.leases).values(name=name, token=1, **ours)
        taken = connection.execute(
            statement.on_conflict_do_update(
                index_elements=["name"], set_={"token": t.leases.c.token + 1, **ours}, where=free
            ).returning(t.leases.c.token)
        ).scalar_one_or_none()
        if taken is None:
            holder, until = _held(connection, name, now, ttl)
    if taken is None:  # raised when what we saw of the lease is kept
        raise LeaseHeldError(
            f"{holder} is at work on {name!r} and holds its lease until {until:%Y-%m-%d %H:%M:%S} UTC.",
            remedy="Wait for it to finish; if it was killed on another machine, the lease runs out at that time.",
        )
    return Lease(name=name, holder=holder, token=taken, expires_at=expires_at)


def _held(connection: Connection, name: str, now: datetime, ttl: timedelta) -> tuple[str, datetime]:
    """Who holds a lease, and until when it is waited for, by our clock."""
    row = connection.execute(select(t.leases.c.holder, t.leases.c.expires_at).where(t.leases.c.name == name)).one()
    if row.expires_at <= now + ttl + SLACK:
        return row.holder, row.expires_at
    seen_at = connection.execute(select(t.lease_sightings.c.seen_at).where(*_sighting(name))).scalar_one()
    return row.holder, seen_at + min(ttl, LONGEST_LEASE)


def _unrenewed(connection: Connection, name: str, now: datetime, ttl: timedelta) -> int:
    """The token of a lease that was taken by a clock ahead of ours, and that we have seen unchanged for too long; else 0."""
    columns = (t.leases.c.token, t.leases.c.expires_at)
    held = connection.execute(select(*columns).where(t.leases.c.name == name)).one_or_none()
    if held is None or held.expires_at <= now + ttl + SLACK:
        return 0
    sightings = t.lease_sightings
    seen = connection.execute(select(sightings).where(*_sighting(name))).one_or_none()
    same = seen is not None and (seen.token, seen.expires_at) == (held.token, held.expires_at) and seen.seen_at <= now
    if seen is not None and same:
        return int(held.token) if now - seen.seen_at >= min(ttl, LONGEST_LEASE) else 0
    values = {"token": held.token, "expires_at": held.expires_at, "seen_at": now}
    statement = insert(connection, sightings).values(name=name, taker=_machine(), **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["name", "taker"], set_=values))
    return 0


def _sighting(name: str) -> tuple[ColumnElement[bool], ...]:
    return t.lease_sightings.c.name == name, t.lease_sightings.c.taker == _machine()


def _machine() -> str:
    return socket.gethostname()


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
    database.unreturned[lease.name] = lease.token
    with database.writing() as connection:
        connection.execute(
            update(t.leases)
            .where(t.leases.c.name == lease.name, t.leases.c.token == lease.token)
            .values(expires_at=min(now, LONG_AGO), token=t.leases.c.token + 1)
        )
    database.unreturned.pop(lease.name, None)
