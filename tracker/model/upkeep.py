"""What keeps the house in order: leases, incidents, the schedule and the state of the database. All times are aware UTC."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec

SchemaState = Literal["absent", "current", "behind", "ahead", "copying"]
"""``copying``: a copy into it has begun and has not ended."""


CANARY = "canary:"
"""How the names begin of what is remembered of canaries: incidents, and when those of a source were asked last."""


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """The right to write under ``name`` until ``expires_at``; ``token`` grows with every taker, so an old one is told apart."""

    name: str
    holder: str
    token: int
    expires_at: datetime


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """Something wrong that lasts, told to the operator once when it begins and once when it ends."""

    name: str
    message: str
    since: datetime
    told_begin_at: datetime | None = None
    ended_at: datetime | None = None
    told_end_at: datetime | None = None


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """When a job of the daemon last ran and when it is to run next."""

    name: str
    last_at: datetime | None = None
    next_at: datetime | None = None


class StoreSize(msgspec.Struct, frozen=True, kw_only=True):
    """How much is stored; ``size`` and ``snapshot_bytes`` (compressed) are in bytes."""

    size: int
    trials: int
    snapshots: int
    snapshot_bytes: int
    events: int


class CopiedTable(msgspec.Struct, frozen=True, kw_only=True):
    """A table that was copied: its rows, and a hash of them all in which their order does not count."""

    name: str
    rows: int
    sha256: str


class CopyReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a copy of a database did, once both were found to hold the same. ``resumed`` rows were there from an earlier try."""

    source: str
    target: str
    revision: str
    resumed: int
    tables: tuple[CopiedTable, ...]


class MigrationReport(msgspec.Struct, frozen=True, kw_only=True):
    """What ``migrate`` did: revisions before (None for a new database) and after, and the backup made first."""

    before: str | None
    after: str
    backup: Path | None = None
    note: str = ""
