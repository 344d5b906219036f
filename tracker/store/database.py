"""The open database: connections, transactions and foreign errors. Transactions begin here and nowhere else."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from tracker.errors import LeaseLostError, StoreError
from tracker.model.upkeep import Lease
from tracker.store.tables import leases

if TYPE_CHECKING:
    import psycopg  # an extra: installed where PostgreSQL is used
    from sqlalchemy.dialects import postgresql

Item = TypeVar("Item")

CHUNK = 500
"""Keys in one statement: well below what either database allows."""

PATIENCE = 60
"""Seconds to wait for another writer: accepting the first run over a whole registry takes that long."""

WRITING = {"writing": True}
"""Execution option of a connection whose transaction is going to write."""


def parse_url(url: str) -> URL:
    """The database address, checked: SQLite with a file, or PostgreSQL through psycopg."""
    remedy = "Write sqlite:///FILE or postgresql+psycopg://USER@HOST/DATABASE."
    try:
        parsed = make_url(url)
        dialect = parsed.get_dialect().name
    except (ArgumentError, NoSuchModuleError) as error:
        raise StoreError("the database address cannot be read.", remedy=remedy) from error
    if dialect == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    if dialect != "sqlite":
        raise StoreError(f"{dialect} is not a database the tracker works with.", remedy=remedy)
    if not parsed.database or parsed.database == ":memory:":
        raise StoreError("a SQLite database in memory would be lost at the end of each command.", remedy=remedy)
    return parsed


def sqlite_file(url: URL) -> Path | None:
    """The file of a SQLite database, None for PostgreSQL."""
    return Path(url.database) if url.get_dialect().name == "sqlite" and url.database else None


def read_only(url: URL) -> bool:
    """Whether the file of a SQLite database is there and can only be read by this user, as on a read-only mount."""
    file = sqlite_file(url)
    if file is None or not file.exists():
        return False
    return not (os.access(file, os.W_OK) and os.access(file.parent, os.W_OK | os.X_OK))


def _for_reading(url: URL) -> URL:
    """A SQLite address that asks for nothing to be written, not even the files that SQLite keeps beside the database."""
    file = sqlite_file(url)
    assert file is not None
    # Without a log beside it the file is all there is, and nobody can change it through this mount.
    settled = not file.with_name(file.name + "-wal").exists()
    options = {"uri": "true", "mode": "ro"} | ({"immutable": "1"} if settled else {})
    return url.set(database=f"file:{quote(str(file.absolute()))}", query=options)


def make_engine(url: URL, *, foreign_keys: bool = True) -> Engine:
    """An engine whose transactions begin as they must.

    A database that this user can only read is opened for reading: whatever asks to write in it is refused by SQLite.

    SQLite's driver would begin none at a SELECT, and two processes that read and then write lose updates without an
    error; a plain BEGIN turns that into "database is locked". So writers say BEGIN IMMEDIATE, and wait for their turn.
    """
    try:
        engine = create_engine(_for_reading(url) if read_only(url) else url)
    except ImportError as error:
        raise StoreError(
            "PostgreSQL needs the package psycopg, which is not installed.",
            remedy="Install the tracker with its extra: trial-registry-tracker[postgres].",
        ) from error
    if engine.dialect.name == "sqlite":
        reads = read_only(url)

        def connected(connection: sqlite3.Connection, _record: object) -> None:
            connection.isolation_level = None
            for pragma in (
                f"busy_timeout={PATIENCE * 1000}",
                *(() if reads else ("journal_mode=WAL",)),
                "synchronous=FULL",  # what is sent was recorded on the disk before, also if the power fails then
                f"foreign_keys={'ON' if foreign_keys else 'OFF'}",
                "cache_size=-65536",
            ):
                connection.execute(f"PRAGMA {pragma}")

        def begun(connection: Connection) -> None:
            writing = connection.get_execution_options().get("writing")
            connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

        event.listen(engine, "connect", connected)
        event.listen(engine, "begin", begun)
    else:
        event.listen(engine, "connect", _set_limits)
    return engine


def _set_limits(connection: psycopg.Connection, _record: object) -> None:
    """PostgreSQL's own waits have no end: a process that stands still in a transaction would stop all others for ever."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = '{PATIENCE}s'")
        cursor.execute(f"SET idle_in_transaction_session_timeout = '{PATIENCE}s'")
    connection.commit()


def insert(connection: Connection, table: Any) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that knows ON CONFLICT, in the database's own words."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # here, because loading it takes as long as a small command

    return postgresql.insert(table)


def chunks(items: Iterable[Item], size: int = CHUNK) -> Iterator[list[Item]]:
    """Lists of at most ``size`` items."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


class Database:
    """An engine, and the two ways to use it."""

    def __init__(self, url: URL) -> None:
        self.url = url
        self.engine = make_engine(url)

    def close(self) -> None:
        """Close every connection. The database can be opened again."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database and changes nothing."""
        with translated_errors(self.url), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self, lease: Lease | None = None) -> Iterator[Connection]:
        """A transaction that writes all or nothing; with a lease, nothing unless it is still ours."""
        with (
            translated_errors(self.url),
            self.engine.connect().execution_options(**WRITING) as connection,
            connection.begin(),
        ):
            if lease is not None:
                require_lease(connection, lease)
            yield connection


def require_lease(connection: Connection, lease: Lease) -> None:
    """Raise LeaseLostError unless the lease is ours; on PostgreSQL it stays so until the transaction ends."""
    row = connection.execute(
        select(leases.c.token, leases.c.holder).where(leases.c.name == lease.name).with_for_update(read=True)
    ).one_or_none()
    if row is None or row.token != lease.token:
        taker = f"was taken over by {row.holder}" if row is not None else "is gone"
        raise LeaseLostError(
            f"the lease {lease.name!r} of {lease.holder} {taker}; nothing was written.",
            remedy="Nothing is lost: what it was working on is done again by the process that holds the lease.",
        )


@contextmanager
def translated_errors(url: URL) -> Iterator[None]:
    """Turn the driver's errors into ours: which database, why, and what to do."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:  # the driver's own: raised while a connection is being opened
        name = url.render_as_string(hide_password=True)
        reason = " ".join(str(error.orig if isinstance(error, DBAPIError) else error).split())
        raise StoreError(f"the database {name} refused: {reason}.", remedy=_remedy(reason)) from error


_REMEDIES = (
    ("lock timeout", "Another process has been writing for long; try again when it is done."),
    ("is locked", "Another process has been writing for long; try again when it is done."),
    ("disk is full", "Free some disk space and try again; what was accepted before is safe."),
    ("disk I/O error", "Free some disk space and look at the disk's health, then try again; what was accepted before is safe."),
    ("readonly", "Make the file and its folder writable for this user."),
    ("unable to open", "Check that the folder exists and is writable for this user."),
    ("malformed", "The file is damaged: restore it from a backup (tracker backup makes them)."),
    ("not a database", "The file is something else: name another one in [store] url."),
    ("no such table", "Run `tracker migrate`."),
    ("does not exist", "Create the database, or run `tracker migrate` if only its tables are missing."),
    ("connection", "Check that the server runs and that [store] url names its host, port, user and password."),
)


def _remedy(reason: str) -> str:
    return next((remedy for words, remedy in _REMEDIES if words in reason), "")
