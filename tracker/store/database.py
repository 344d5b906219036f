"""The open database: connections, transactions and foreign errors. Transactions begin here and nowhere else."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import lru_cache
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar
from urllib.parse import quote

from sqlalchemy import Connection, Engine, Insert, create_engine, event, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import URL, Dialect, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from tracker import clock
from tracker.errors import DatabaseDamagedError, LeaseLostError, StoreError
from tracker.model.upkeep import Lease
from tracker.store.columns import UtcDateTime
from tracker.store.frozen import CONNECT_WITHIN, Watchdog
from tracker.store.open_file import OpenFile
from tracker.store.packing import Dictionary
from tracker.store.remedies import remedy
from tracker.store.soundness import SMALL, damaged, is_damage, quick_check, require_sound
from tracker.store.tables import leases
from tracker.store.write_log import next_version

if TYPE_CHECKING:
    import psycopg  # an extra: installed where PostgreSQL is used
    from sqlalchemy.dialects import postgresql
    from sqlalchemy.types import TypeEngine

Item = TypeVar("Item")

Writing = Callable[[], AbstractContextManager[Connection]]
"""Begins a transaction that writes."""

CHUNK = 500
"""Keys in one statement: well below what either database allows."""

PATIENCE = 60
"""Seconds to wait for another writer: accepting the first run over a whole registry takes that long."""

_AGAIN = 0.05

CACHE = 8_192
"""Kilobytes that a connection of a command keeps of a SQLite database, however large that is."""

SMALL_CACHE = 2_048
"""Kilobytes that a connection of a server keeps of a SQLite database: it has several of them, for days."""

WRITING = {"writing": True}
"""Execution option of a connection whose transaction is going to write."""


def parse_url(url: str) -> URL:
    """The database address, checked: SQLite with a file, or PostgreSQL through psycopg."""
    write = "Write sqlite:///FILE or postgresql+psycopg://USER@HOST/DATABASE."
    try:
        parsed = make_url(url)
        dialect = parsed.get_dialect().name
    except (ArgumentError, NoSuchModuleError) as error:
        raise StoreError("the database address cannot be read.", remedy=write) from error
    if dialect == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    if dialect != "sqlite":
        raise StoreError(f"{dialect} is not a database the tracker works with.", remedy=write)
    if not parsed.database or parsed.database == ":memory:":
        raise StoreError("a SQLite database in memory would be lost at the end of each command.", remedy=write)
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


def _keep_log(connection: sqlite3.Connection) -> None:
    """Use a write-ahead log. To begin one SQLite does not wait for others, whatever the timeout, so it is asked again."""
    end = clock.monotonic() + PATIENCE
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or clock.monotonic() > end:
                raise
            clock.sleep(_AGAIN)


def make_engine(url: URL, *, foreign_keys: bool = True, reading: bool = False) -> Engine:
    """An engine whose transactions begin as they must. Raises StaleLogError or DatabaseDamagedError before anything is opened.

    A database that this user can only read is opened for reading: whatever asks to write in it is refused by SQLite. With
    ``reading``, either database refuses every writing.

    SQLite's driver would begin none at a SELECT, and two processes that read and then write lose updates without an
    error; a plain BEGIN turns that into "database is locked". So writers say BEGIN IMMEDIATE, and wait for their turn.
    """
    file = sqlite_file(url)
    if file is not None and file.is_file():
        require_sound(file)
    try:
        # The connection used last is used next: each one that is used fills a cache of its own.
        engine = create_engine(_for_reading(url) if read_only(url) else url, pool_use_lifo=True, **_waits(url))
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
                *(("query_only=ON",) if reading else ()),
                "synchronous=FULL",  # what is sent was recorded on the disk before, also if the power fails then
                f"foreign_keys={'ON' if foreign_keys else 'OFF'}",
                f"cache_size=-{SMALL_CACHE if reading else CACHE}",
            ):
                connection.execute(f"PRAGMA {pragma}")
            if not reading and not reads:
                _keep_log(connection)

        def begun(connection: Connection) -> None:
            writing = connection.get_execution_options().get("writing")
            connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

        event.listen(engine, "connect", connected)
        event.listen(engine, "begin", begun)
    else:
        _, address = engine.dialect.create_connect_args(url)
        Watchdog(engine, {**address, **_waits(url)["connect_args"]})
        event.listen(engine, "connect", _set_limits)
        if reading:
            event.listen(engine, "connect", _refuse_writing)
    return engine


def _waits(url: URL) -> dict[str, dict[str, int]]:
    """How long PostgreSQL's client waits for a connection, unless the address says so itself."""
    if url.get_dialect().name == "sqlite":
        return {}
    return {"connect_args": {"connect_timeout": int(str(url.query.get("connect_timeout", CONNECT_WITHIN)))}}


def _set_limits(connection: psycopg.Connection, _record: object) -> None:
    """PostgreSQL's own waits have no end: a process that stands still in a transaction would stop all others for ever."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = '{PATIENCE}s'")
        cursor.execute(f"SET idle_in_transaction_session_timeout = '{PATIENCE}s'")
    connection.commit()


def _refuse_writing(connection: psycopg.Connection, _record: object) -> None:
    """Make each transaction of a connection to PostgreSQL a reading one."""
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
    connection.commit()


def insert(connection: Connection, table: Any) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that knows ON CONFLICT, in the database's own words."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # here, because loading it takes as long as a small command

    return postgresql.insert(table)


def execute_many(connection: Connection, statement: Insert, rows: Sequence[Mapping[str, object]]) -> None:
    """Many rows by one INSERT; each has the same keys.

    SQLAlchemy builds the parameters of each row anew; on SQLite they are made here, by the types of the columns.
    """
    if not rows or connection.dialect.name != "sqlite":
        if rows:
            connection.execute(statement, rows)
        return
    compiled = statement.compile(dialect=connection.dialect, column_keys=list(rows[0]))
    names = compiled.positiontup or ()
    fixed = {name: bind.value for name, bind in compiled.binds.items() if not bind.required}
    converts = [_converter(compiled.binds[name].type, connection.dialect) for name in names]
    columns = [[row[name] if name in row else fixed[name] for row in rows] for name in names]
    given = [map(convert, column) if convert else column for convert, column in zip(converts, columns, strict=True)]
    connection.exec_driver_sql(str(compiled), list(zip(*given, strict=True)))


def _converter(kind: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    """What makes a value of a column's type one of the driver's; times are few, and the same in many rows."""
    convert = kind.dialect_impl(dialect).bind_processor(dialect)
    return lru_cache(maxsize=256)(convert) if convert and isinstance(kind, UtcDateTime) else convert


def chunks(items: Iterable[Item], size: int = CHUNK) -> Iterator[list[Item]]:
    """Lists of at most ``size`` items."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


class Database:
    """An engine, and the two ways to use it."""

    def __init__(self, url: URL, *, reading: bool = False, foreign_keys: bool = True) -> None:
        self.url = url
        self.engine = make_engine(url, reading=reading, foreign_keys=foreign_keys)
        self._path = sqlite_file(url)
        self._file = OpenFile(self._path) if self._path is not None else None
        self.unreturned: dict[str, int] = {}
        """Tokens of leases, by name, that this process is done with and could not give back."""
        self.dictionaries: dict[int, Dictionary] = {}
        """Those that were needed so far, by id: what is stored under one never changes."""
        self._damage: DatabaseDamagedError | None = None
        self._checked: tuple[int, int] | None = None
        if self._file is not None:
            opened, closed = self._file.opened, self._file.closed
            event.listen(self.engine, "connect", lambda *_: opened())
            event.listen(self.engine, "close", lambda *_: closed())

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
        with self._guarded(), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self, lease: Lease | None = None) -> Iterator[Connection]:
        """A transaction that writes all or nothing; with a lease, nothing unless it is still ours."""
        if self._damage is not None:
            raise self._damage
        with (
            self._guarded(),
            self.engine.connect().execution_options(**WRITING) as connection,
            connection.begin(),
        ):
            if lease is not None:
                require_lease(connection, lease)
            before = changes(connection)
            yield connection
            if changes(connection) != before:
                count_version(connection)

    def require_intact(self) -> None:
        """Raise StoreError when the database is no longer the one that was opened, or is damaged: for a process that stays.

        A small file is checked whenever it was written to, a large one when `check` is called.
        """
        if self._damage is not None:
            raise self._damage
        if self._file is None or self._path is None:
            return
        self._file.require_same()
        self._file.require_not_overwritten()
        found = self._path.stat()
        written = found.st_mtime_ns, found.st_size
        if written != self._checked and found.st_size <= SMALL:
            self.check()
        self._checked = written

    def check(self) -> None:
        """SQLite's quick check of what is on the disk; after a DatabaseDamagedError every later writing raises it too."""
        if self._path is not None:
            with self._guarded():
                quick_check(self._path)

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Nothing in a file that its path no longer means, foreign errors as ours, and damage remembered."""
        if self._file is not None:
            self._file.require_same()
        try:
            with translated_errors(self.url):
                yield
        except DatabaseDamagedError as error:
            self._damage = error
            raise


def changes(connection: Connection) -> int:
    """How many rows a connection to SQLite has changed; 0 on PostgreSQL."""
    driver = connection.connection.driver_connection
    return driver.total_changes if isinstance(driver, sqlite3.Connection) else 0


def count_version(connection: Connection) -> None:
    """Count a SQLite database's version up within a transaction that changes it: see `write_log`."""
    version = int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())
    connection.exec_driver_sql(f"PRAGMA user_version = {next_version(version)}")


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
        cause = error.orig if isinstance(error, DBAPIError) else error
        reason = " ".join(str(cause).split())
        if is_damage(cause) and "not a database" not in reason:
            raise damaged(name, reason) from error
        raise StoreError(f"the database {name} refused: {reason}.", remedy=remedy(reason)) from error
