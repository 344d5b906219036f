"""Search: the words of stored versions, and the one question over them. FTS5 on SQLite, a tsvector with GIN on PostgreSQL.

Rows are those of versions, written when these are staged: a version is found only while it is its trial's current one, so
that what a run staged shows when the run is accepted, and what it replaced shows no more. No acceptance writes here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Exists,
    Float,
    Select,
    Table,
    and_,
    column,
    delete,
    event,
    exists,
    func,
    or_,
    select,
    text,
    tuple_,
)
from sqlalchemy.types import BigInteger

from tracker.model.search import BREAK, WHOLE, FoundTrials, Ranked, SearchEntry, SearchQuery, SearchTerm, Words
from tracker.store import tables as t
from tracker.store.database import Database, chunks, execute_many, insert
from tracker.store.rows import current_version, is_accepted
from tracker.store.trials import is_member

NAME = "search_words"
"""The table of words, which SQLAlchemy does not know; on SQLite others stand behind it, whose names begin so."""

PARTS = ("numbers", "names", "subjects", "sponsors", "criteria")
"""The columns on SQLite, by weight."""

_LABELS = dict(zip(PARTS, "AABCD", strict=True))
"""PostgreSQL has four weights."""
_LAST_PLACE = 16_383
"""PostgreSQL counts no further."""

_RANKED = {
    "sqlite": f"""
        SELECT rowid AS snapshot, bm25({NAME}, 8, 8, 5, 3, 1) - CASE WHEN rowid IN (
            SELECT rowid FROM {NAME} WHERE {NAME} MATCH :whole
        ) THEN 1000 ELSE 0 END AS rank
        FROM {NAME} WHERE {NAME} MATCH :wanted LIMIT -1
    """,  # nosec B608: only names of our own tables; the LIMIT keeps SQLite from moving bm25 to where it cannot be asked
    "postgresql": f"""
        SELECT snapshot, CAST(-ts_rank('{{0.1, 0.3, 0.6, 1}}', words, CAST(:wanted AS tsquery))
            - CASE WHEN words @@ CAST(:whole AS tsquery) THEN 1000 ELSE 0 END AS double precision) AS rank
        FROM {NAME} WHERE words @@ CAST(:wanted AS tsquery)
    """,  # nosec B608
}

_INSERT = {
    "sqlite": f"""
        INSERT INTO {NAME} (rowid, {", ".join(PARTS)}) VALUES (:snapshot, {", ".join(f":{one}" for one in PARTS)})
    """,  # nosec B608
    "postgresql": f"INSERT INTO {NAME} (snapshot, words) VALUES (:snapshot, CAST(:words AS tsvector))",  # nosec B608
}

_GO = f"BEGIN DELETE FROM {NAME} WHERE rowid = OLD.snapshot; END"  # nosec B608

_TABLES = {
    "sqlite": (
        f"CREATE VIRTUAL TABLE {NAME} USING fts5({', '.join(PARTS)}, tokenize='ascii')",
        f"CREATE TRIGGER {NAME}_go AFTER DELETE ON searchable {_GO}",
    ),
    "postgresql": (
        f"CREATE TABLE {NAME} (snapshot BIGINT PRIMARY KEY REFERENCES searchable (snapshot) ON DELETE CASCADE, "
        "words TSVECTOR NOT NULL)",
        f"CREATE INDEX ix_{NAME}_words ON {NAME} USING gin (words)",
    ),
}


@event.listens_for(t.searchable, "after_create")
def create(_table: Table, connection: Connection, **_: object) -> None:
    """Make what stands behind the search wherever the tables are made from `tables`."""
    for statement in _TABLES[connection.dialect.name]:
        connection.execute(text(statement))


def write_words(connection: Connection, entries: Iterable[SearchEntry]) -> None:
    """Write the words of versions in place of those that are there."""
    given = {entry.snapshot: entry for entry in entries}
    if not given:
        return
    dialect = connection.dialect.name
    for some in chunks(given):
        connection.execute(delete(t.searchable).where(t.searchable.c.snapshot.in_(some)))
    rows = [{"snapshot": one.snapshot, "reader": one.reader, "kept": one.kept} for one in given.values()]
    execute_many(connection, insert(connection, t.searchable), rows)
    shown = _for_sqlite if dialect == "sqlite" else _for_postgresql
    connection.execute(text(_INSERT[dialect]), [{"snapshot": one.snapshot} | shown(one) for one in given.values()])


def note_words(database: Database, entries: Iterable[SearchEntry]) -> None:
    """The same, in a transaction of its own."""
    with database.writing() as connection:
        write_words(connection, entries)


def stale_words(database: Database, source: str, reader: str, limit: int) -> list[str]:
    """Followed trials of a source whose words are missing or of another reader, by key.

    A trial with fields that are read from an earlier version is always among them: they come and go without a new version.
    """
    own, trials = t.searchable.c, t.trials.c
    kept = exists().where(t.kept_fields.c.snapshot == current_version())
    statement = (
        select(trials.key)
        .select_from(t.trials.outerjoin(t.searchable, own.snapshot == current_version()))
        .where(trials.source == source, current_version().is_not(None), _shown())
        .where(or_(own.snapshot.is_(None), own.reader != reader, own.kept, kept))
        .order_by(trials.key)
        .limit(limit)
    )
    with database.reading() as connection:
        return list(connection.scalars(statement))


def forget_replaced(database: Database, run_id: int) -> None:
    """Take the words of those versions away that an accepted run has replaced."""
    of_run = select(t.snapshots.c.trial).where(t.snapshots.c.run == run_id)
    _forget(database, t.snapshots.c.trial.in_(of_run))


def sweep_words(database: Database) -> None:
    """Take all words away that nobody can find: of replaced versions, and of trials that are no longer followed."""
    _forget(database, t.snapshots.c.id.is_not(None))


def _forget(database: Database, which: ColumnElement[bool]) -> None:
    """Of some versions those that are accepted and not current, or whose trial nobody follows."""
    joined = t.snapshots.join(t.searchable, t.searchable.c.snapshot == t.snapshots.c.id)
    joined = joined.join(t.trials, t.trials.c.key == t.snapshots.c.trial)
    gone = or_(current_version() != t.snapshots.c.id, ~_shown())
    statement = select(t.snapshots.c.id).select_from(joined).where(which, is_accepted(), gone)
    with database.reading() as connection:
        found = list(connection.scalars(statement))
    for some in chunks(found):
        with database.writing() as connection:
            connection.execute(delete(t.searchable).where(t.searchable.c.snapshot.in_(some)))


def search(
    database: Database, query: SearchQuery, *, watch: str | None = None, limit: int, after: tuple[float, str] | None = None
) -> FoundTrials:
    """Trials that are followed, or were until they were merged, and hold what is asked: the best first, from ``after`` on."""
    if not query.terms:
        return FoundTrials(total=0)
    with database.reading() as connection:
        found = _found(connection, query, watch)
        total = connection.scalar(select(func.count()).select_from(found.subquery())) or 0
        rank, key = found.selected_columns.rank, t.trials.c.key
        page = found if after is None else found.where(tuple_(rank, key) > tuple_(*after))
        rows = connection.execute(page.order_by(rank, key).limit(limit)).all()
    return FoundTrials(total=total, page=tuple(Ranked(trial=row.key, rank=row.rank) for row in rows))


def count_unindexed(database: Database, watch: str | None = None) -> int:
    """How many followed trials have no words yet, as after the upgrade of an older database."""
    joined = t.trials.outerjoin(t.searchable, t.searchable.c.snapshot == current_version())
    missing = (current_version().is_not(None), t.searchable.c.snapshot.is_(None), _shown(watch))
    with database.reading() as connection:
        return connection.scalar(select(func.count()).select_from(joined).where(*missing)) or 0


def _found(connection: Connection, query: SearchQuery, watch: str | None) -> Select[Any]:
    """The trials that hold what is asked, with the rank of each."""
    asked = _sqlite_query(query) if connection.dialect.name == "sqlite" else _postgresql_query(query)
    statement = text(_RANKED[connection.dialect.name]).bindparams(wanted=asked, whole=_quoted(connection, query))
    found = statement.columns(column("snapshot", BigInteger), column("rank", Float)).subquery("found")
    joined = found.join(t.snapshots, t.snapshots.c.id == found.c.snapshot)
    joined = joined.join(t.trials, and_(t.trials.c.key == t.snapshots.c.trial, current_version() == t.snapshots.c.id))
    return select(t.trials.c.key, found.c.rank).select_from(joined).where(_shown(watch))


def _shown(watch: str | None = None) -> ColumnElement[bool]:
    """Whether a watch follows the trial, or did until it was merged into another."""
    merged: Exists = exists().where(t.memberships.c.trial == t.trials.c.key, t.memberships.c.merged_into.is_not(None))
    following = is_member()
    if watch is not None:
        merged, following = (one.where(t.memberships.c.watch == watch) for one in (merged, following))
    return or_(following, merged)


# --- in the databases' own words: each word is quoted, and holds letters and digits only ------------------------------


def _for_sqlite(entry: SearchEntry) -> dict[str, str]:
    return {part: " ".join(getattr(entry.texts, part)) for part in PARTS}


def _for_postgresql(entry: SearchEntry) -> dict[str, str]:
    """Each word with its places; a break is a gap, over which no two words stand side by side."""
    places: dict[str, list[str]] = {}
    at = 0
    for part in PARTS:
        given: Words = getattr(entry.texts, part)
        for word in given:
            at = min(at + 1, _LAST_PLACE)
            if word != BREAK:
                places.setdefault(word, []).append(f"{at}{_LABELS[part]}")
        at = min(at + 1, _LAST_PLACE)
    return {"words": " ".join(f"'{word}':{','.join(found[:255])}" for word, found in places.items())}


def _quoted(connection: Connection, query: SearchQuery) -> str:
    whole = f"{WHOLE}{query.whole}"
    return f'"{whole}"' if connection.dialect.name == "sqlite" else f"'{whole}'"


def _sqlite_query(query: SearchQuery) -> str:
    def term(one: SearchTerm) -> str:
        star = " *" if one.prefix else ""
        side = f'"{" ".join(one.words)}"{star}'
        return f'({side} OR "{one.joined}"{star})' if one.joined else side

    asked = " AND ".join(map(term, query.terms))
    return f'({asked}) OR "{WHOLE}{query.whole}"' if query.whole else asked


def _postgresql_query(query: SearchQuery) -> str:
    def term(one: SearchTerm) -> str:
        star = ":*" if one.prefix else ""
        side = " <-> ".join(f"'{word}'" for word in one.words) + star
        return f"(({side}) | '{one.joined}'{star})" if one.joined else f"({side})"

    asked = " & ".join(map(term, query.terms))
    return f"({asked}) | '{WHOLE}{query.whole}'" if query.whole else asked


def is_own(name: str) -> bool:
    """Whether a table of the database is one of those that stand behind the search, which no migration compares."""
    return name == NAME or name.startswith(f"{NAME}_")
