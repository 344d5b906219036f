"""Maintenance: how big the database is, whether it is whole, and the daily tidying."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, text, update

from tracker.model.upkeep import StoreSize
from tracker.store import tables as t
from tracker.store.bodies import broken_versions, repack, train_dictionaries
from tracker.store.database import PATIENCE, Database, translated_errors
from tracker.store.rows import current_version, is_logged
from tracker.store.search import sweep_words

KEPT_FOR = timedelta(days=90)


def size(database: Database) -> StoreSize:
    """How much is stored."""
    with database.reading() as connection:
        if connection.dialect.name == "sqlite":
            pages = connection.scalar(text("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"))
        else:
            pages = connection.scalar(text("SELECT pg_database_size(current_database())"))
        count = func.count()
        snapshots, packed = connection.execute(select(count, func.sum(func.length(t.snapshots.c.body)))).one()
        return StoreSize(
            size=int(pages or 0),
            trials=connection.scalar(select(count).select_from(t.trials)) or 0,
            snapshots=snapshots,
            snapshot_bytes=int(packed or 0),
            events=connection.scalar(select(count).select_from(t.events).where(is_logged())) or 0,
        )


def integrity(database: Database) -> list[str]:
    """What is damaged, a sentence each; empty when all is well. PostgreSQL guards its own files."""
    damage = []
    with database.reading() as connection:
        if connection.dialect.name == "sqlite":
            damage += [line for line in connection.scalars(text("PRAGMA integrity_check")) if line != "ok"]
            for table, row, parent, _ in connection.execute(text("PRAGMA foreign_key_check")):
                damage.append(f"row {row} of {table} names a row of {parent} that is not there")
        current = t.trials.outerjoin(t.snapshots, t.snapshots.c.id == current_version())
        lost = select(t.trials.c.key).select_from(current)
        lost = lost.where(current_version().is_not(None), t.snapshots.c.id.is_(None))
        damage += [f"the current version of {key} is missing" for key in connection.scalars(lost)]
    return [*damage, *broken_versions(database)]


def housekeep(database: Database, now: datetime, *, stop: Callable[[], bool] = lambda: False) -> None:
    """The daily tidying: what nobody asks for any more after 90 days goes, and the database's own figures are refreshed.

    Gone are the checks of ended runs (failures that were told long ago) and the texts and lists of messages that were sent;
    that they were sent, and of what, stays. Words of versions that no search shows any more go too. Versions that were stored
    before their source had a dictionary are packed anew with it, as long as nobody asks to ``stop``. No snapshot, event or
    story is ever deleted.
    """
    before = now - KEPT_FOR
    ended = select(t.runs.c.id).where(t.runs.c.state.not_in(("open", "held")), t.runs.c.finished_at < before)
    with database.writing() as connection:
        connection.execute(delete(t.checks).where(t.checks.c.run.in_(ended)))
        old = (t.messages.c.state.in_(("sent", "dropped")), t.messages.c.created_at < before, t.messages.c.text != "")
        keys = select(t.messages.c.key).where(*old)
        connection.execute(delete(t.attachments).where(t.attachments.c.message.in_(keys)))
        connection.execute(update(t.messages).where(*old).values(text="", html=""))
    sweep_words(database)
    train_dictionaries(database, now)
    repack(database, stop=stop)
    if database.engine.dialect.name == "sqlite":
        with translated_errors(database.url), closing(database.engine.raw_connection()) as raw:
            # It reads and then writes: outside a writer's transaction SQLite refuses that at once when another wrote between.
            for statement in ("BEGIN IMMEDIATE", "PRAGMA optimize", "COMMIT"):
                raw.cursor().execute(statement)
            # Outside a transaction: within one, SQLite refuses to truncate its log.
            # While someone reads for long, no writer could begin until we gave up waiting: the log is cut another day.
            raw.cursor().execute("PRAGMA busy_timeout=1000")
            raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
            raw.cursor().execute(f"PRAGMA busy_timeout={PATIENCE * 1000}")
