"""A whole database copied into another one: from SQLite to PostgreSQL, back, or between two of a kind.

Rows go over as they are, bodies packed as they are, table by table, each behind those that it points to. A page of rows and
how far the copy has got are one transaction of the target, so a copy that was killed goes on where it stopped. Until both
databases were found to hold the same, the target says that it is a copy under way, and no program works in it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    LargeBinary,
    MetaData,
    RowMapping,
    Table,
    Text,
    func,
    insert,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.engine import URL
from sqlalchemy.schema import AddConstraint, CreateTable, DropConstraint, DropTable

from tracker.errors import StoreError
from tracker.model.upkeep import CopiedTable, CopyReport
from tracker.store import tables as t
from tracker.store.database import Database, parse_url, sqlite_file
from tracker.store.leases import leases
from tracker.store.packing import to_json
from tracker.store.schema import COPYING, head_revision, migrate, require_current, schema_state

LEFT_OUT = frozenset({t.leases.name, t.lease_sightings.name, t.searchable.name})
"""Tables that do not go over: who is at work on one database is not at work on the other, and each has a search of its own."""

PAGE = 1_000
"""Rows that go over at once; a fifth of them where each holds a document."""

Progress = Callable[[str, int, int], None]
"""What is called with a table's name, how many rows of all tables are over, and how many there are."""

_WHOLE = 1 << 256

_progress = Table(
    "copy_progress",
    MetaData(),
    Column("name", Text, primary_key=True),
    Column("rows", BigInteger, nullable=False),
    Column("last", Text, nullable=False, comment="the key of the last row that is over, as JSON"),
    Column("sum", Text, nullable=False, comment="of the hashes of the rows that are over"),
)
_SOURCE = ""
"""The row of the progress that says which state of the source is copied; all others are named after tables."""


class _Done(msgspec.Struct, frozen=True, kw_only=True):
    """How much of a table is over: its rows, the key of the last one, and the sum of their hashes."""

    rows: int = 0
    last: tuple[Any, ...] | None = None
    sum: int = 0


def copy(source: Database, to: str, *, now: datetime, progress: Progress, page: int = PAGE) -> CopyReport:
    """Copy a database into one that is empty, or that an earlier copy of the same state has begun to fill.

    Raises StoreError while somebody is at work on the source, when the target holds something else, and when the two differ
    in the end, because the source was written to meanwhile: then the same command begins anew.
    """
    url = parse_url(to)
    _require_another(source.url, url)
    _require_idle(source, now)
    with source.reading() as reading:
        counts, state = _counts(reading), _state(reading)
    _prepare(to, url, now)
    with Database(url, foreign_keys=False) as target:
        resumed = _begin(target, to_json([head_revision(), state, counts]))
        over = 0
        for table in copied_tables():
            for done in _copy_table(source, target, table, page):
                progress(table.name, over + done, sum(counts.values()))
            over += counts[table.name]
        with source.reading() as reading:
            unmoved = (_counts(reading), _state(reading)) == (counts, state)
        tables = _verified(target, counts, unmoved=unmoved)
        _finish(source, target)
    return CopyReport(
        source=source.url.render_as_string(hide_password=True),
        target=url.render_as_string(hide_password=True),
        revision=head_revision(),
        resumed=resumed,
        tables=tables,
    )


def copied_tables() -> list[Table]:
    """The tables that go over, each behind those that it points to."""
    return [table for table in t.metadata.sorted_tables if table.name not in LEFT_OUT]


# --- what must be so before -----------------------------------------------------------------------------------------


def _require_another(source: URL, target: URL) -> None:
    files = sqlite_file(source), sqlite_file(target)
    same = files[0].resolve() == files[1].resolve() if files[0] and files[1] else source == target
    if same:
        raise StoreError("that is the database itself.", remedy="Name another one with --to.")


def _require_idle(source: Database, now: datetime) -> None:
    held = [lease for lease in leases(source) if lease.expires_at > now]
    if held:
        holders = ", ".join(sorted({lease.holder for lease in held}))
        raise StoreError(
            f"{holders} is at work on the database (until {max(lease.expires_at for lease in held):%H:%M:%S} UTC): "
            "what it writes meanwhile would be missing in the copy.",
            remedy="Stop the daemon and wait for other commands to end, then copy.",
        )


def _prepare(to: str, url: URL, now: datetime) -> None:
    """Make the tables of a target that has none. Raises StoreError when it is of another version, or not empty."""
    state = schema_state(to)
    if state == "copying":
        return
    if state == "absent":
        migrate(to, now=now)
    with Database(url) as target:
        require_current(target)
        with target.reading() as connection:
            filled = [table.name for table in t.metadata.sorted_tables if _any_row(connection, table)]
    if filled:
        name = url.render_as_string(hide_password=True)
        raise StoreError(f"the database {name} is not empty: it has {', '.join(filled)}.", remedy="Copy into an empty one.")


def _any_row(connection: Connection, table: Table) -> bool:
    return connection.execute(select(table).limit(1)).first() is not None


def _counts(connection: Connection) -> dict[str, int]:
    return {table.name: connection.execute(select(func.count()).select_from(table)).scalar_one() for table in copied_tables()}


def _state(connection: Connection) -> Sequence[object]:
    """What moves whenever a pass or a delivery writes to a database, and on SQLite whenever anybody does."""
    tokens = connection.execute(select(t.leases.c.name, t.leases.c.token).order_by(t.leases.c.name))
    version = connection.exec_driver_sql("PRAGMA user_version").scalar() if connection.dialect.name == "sqlite" else None
    return [version, *(tuple(row) for row in tokens)]


# --- the copy -------------------------------------------------------------------------------------------------------


def _begin(target: Database, state: str) -> int:
    """Mark the target as a copy under way of this state of its source; gives the rows that are there from an earlier try.

    What was copied of another state is taken away.
    """
    if schema_state(target.url.render_as_string(hide_password=False)) != "copying":
        with target.writing() as connection:
            for constraint in _to_themselves(connection):
                connection.execute(DropConstraint(constraint))
            connection.execute(CreateTable(_progress))
            connection.execute(text("UPDATE alembic_version SET version_num = :copying"), {"copying": COPYING})
    with target.writing() as connection:
        begun = connection.scalar(select(_progress.c.last).where(_progress.c.name == _SOURCE))
        if begun == state:
            copied = select(func.coalesce(func.sum(_progress.c.rows), 0))
            return int(connection.execute(copied).scalar_one())
        for table in reversed(copied_tables()):
            connection.execute(table.delete())
        connection.execute(_progress.delete())
        fresh = [_row(_Done()) | {"name": table.name} for table in copied_tables()]
        connection.execute(insert(_progress), [*fresh, {"name": _SOURCE, "rows": 0, "last": state, "sum": ""}])
    return 0


def _to_themselves(connection: Connection) -> list[Any]:
    """On PostgreSQL, the foreign keys by which rows point to rows of their own table, in whatever order these come."""
    if connection.dialect.name == "sqlite":  # there all are off, and looked at in the end
        return []
    return [key for table in copied_tables() for key in table.foreign_key_constraints if key.referred_table is table]


def _row(done: _Done) -> dict[str, object]:
    return {"rows": done.rows, "last": to_json(done.last), "sum": f"{done.sum:064x}"}


def _copy_table(source: Database, target: Database, table: Table, size: int) -> Iterator[int]:
    """Copy what is not over yet; gives after each page how many rows of the table are over."""
    with target.reading() as connection:
        row = connection.execute(select(_progress).where(_progress.c.name == table.name)).one()
    last = _key_of(table, msgspec.json.decode(row.last))
    done = _Done(rows=row.rows, last=last, sum=int(row.sum, 16))
    for page in _pages(source, table, done.last, size):
        before, done = done, _add(done, table, page)
        with target.writing() as connection:
            connection.execute(insert(table), [dict(one) for one in page])
            moved = connection.execute(
                update(_progress).where(_progress.c.name == table.name, _progress.c.rows == before.rows).values(_row(done))
            )
            if moved.rowcount != 1:
                raise StoreError("another process copies into the same database.", remedy="Let one of them end.")
        yield done.rows


def _pages(database: Database, table: Table, last: tuple[Any, ...] | None, size: int = PAGE) -> Iterator[Sequence[RowMapping]]:
    """The rows of a table by key, from behind ``last`` on."""
    if any(isinstance(column.type, LargeBinary) for column in table.c):
        size = max(size // 5, 1)
    key = tuple_(*table.primary_key.columns)
    statement = select(table).order_by(*table.primary_key.columns).limit(size)
    while True:
        behind = statement if last is None else statement.where(key > tuple_(*last))
        with database.reading() as connection:
            page = connection.execute(behind).mappings().all()
        if page:
            yield page
        if len(page) < size:
            return
        last = _key(table, page[-1])


def _key(table: Table, row: RowMapping) -> tuple[Any, ...]:
    return tuple(row[column.name] for column in table.primary_key.columns)


def _key_of(table: Table, written: list[Any] | None) -> tuple[Any, ...] | None:
    """A key from its JSON."""
    if written is None:
        return None
    columns = table.primary_key.columns
    return tuple(msgspec.convert(value, column.type.python_type) for value, column in zip(written, columns, strict=True))


def _add(done: _Done, table: Table, page: Sequence[RowMapping]) -> _Done:
    total = done.sum
    for row in page:
        values = msgspec.msgpack.encode([row[column.name] for column in table.c])
        total += int.from_bytes(hashlib.sha256(values).digest())
    return _Done(rows=done.rows + len(page), last=_key(table, page[-1]), sum=total % _WHOLE)


# --- what must be so after ------------------------------------------------------------------------------------------


def _verified(target: Database, counts: Mapping[str, int], *, unmoved: bool) -> tuple[CopiedTable, ...]:
    """The tables as the target gives them back. Raises StoreError unless they hold what was read of the source."""
    with target.reading() as connection:
        read = {row.name: (row.rows, int(row.sum, 16)) for row in connection.execute(select(_progress)) if row.name != _SOURCE}
    found: dict[str, tuple[int, int]] = {}
    for table in copied_tables():
        done = _Done()
        for page in _pages(target, table, None):
            done = _add(done, table, page)
        found[table.name] = done.rows, done.sum
    different = [name for name in found if found[name] != read[name]]
    if different or not unmoved or {name: rows for name, (rows, _) in found.items()} != counts:
        with target.writing() as connection:  # so that the next try begins anew
            connection.execute(update(_progress).where(_progress.c.name == _SOURCE).values(last=""))
        why = f"the two differ in {', '.join(different)}" if different else "the database was written to meanwhile"
        raise StoreError(
            f"the copy is not complete: {why}.", remedy="Stop what works on them, and run it again: it begins anew."
        )
    return tuple(CopiedTable(name=name, rows=rows, sha256=f"{total:064x}") for name, (rows, total) in found.items())


def _finish(source: Database, target: Database) -> None:
    """Make the target a database to work in: the numbers go on where they were, and every row points to one that is there."""
    with source.reading() as connection:
        numbers = _last_numbers(connection)
    with target.writing() as connection:
        _go_on_from(connection, numbers)
        for constraint in _to_themselves(connection):
            connection.execute(AddConstraint(constraint, isolate_from_table=False))
        if connection.dialect.name == "sqlite" and connection.execute(text("PRAGMA foreign_key_check")).first() is not None:
            raise StoreError("rows of the copy point to rows that are missing.", remedy="Run `tracker doctor` on the original.")
        connection.execute(DropTable(_progress))
        connection.execute(text("UPDATE alembic_version SET version_num = :head"), {"head": head_revision()})


def _numbered() -> Iterator[tuple[Table, Column[Any]]]:
    """The tables whose rows the database numbers, with the column of the number."""
    for table in copied_tables():
        column = table.autoincrement_column
        if column is not None:
            yield table, column


def _last_numbers(connection: Connection) -> dict[str, int]:
    """The last number that was given in each table, also to a row that is gone: no number means two things."""
    last = {
        table.name: connection.execute(select(func.coalesce(func.max(column), 0))).scalar_one() for table, column in _numbered()
    }
    if connection.dialect.name == "sqlite":
        given = {row.name: row.seq for row in connection.execute(text("SELECT name, seq FROM sqlite_sequence"))}
    else:
        given = {
            table.name: connection.execute(select(func.pg_sequence_last_value(_sequence(table, column)))).scalar_one() or 0
            for table, column in _numbered()
        }
    return {name: max(number, given.get(name, 0)) for name, number in last.items()}


def _sequence(table: Table, column: Column[Any]) -> Any:
    return text(f"CAST(pg_get_serial_sequence('{table.name}', '{column.name}') AS regclass)")  # nosec B608: our own names


def _go_on_from(connection: Connection, numbers: Mapping[str, int]) -> None:
    """Let the next number of each table be one behind the last; where none was given it begins with 1 anyway."""
    for table, column in _numbered():
        number = numbers[table.name]
        if not number:
            continue
        if connection.dialect.name == "postgresql":
            connection.execute(select(func.setval(_sequence(table, column), number)))
        elif table.dialect_options["sqlite"]["autoincrement"]:
            connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), {"name": table.name})
            written = text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :seq)")
            connection.execute(written, {"name": table.name, "seq": number})
