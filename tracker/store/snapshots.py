"""Stored versions, read one at a time or as a stream that holds memory flat."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator

from sqlalchemy import Connection, RowMapping, bindparam, exists, func, select, update

from tracker.errors import StoreError
from tracker.model.ids import split_key
from tracker.model.snapshot import SnapshotMeta, TrackedTrial
from tracker.model.source import Document
from tracker.store import rows
from tracker.store import tables as t
from tracker.store.bodies import body_of, fetch, with_bodies
from tracker.store.database import Database, chunks
from tracker.store.runs import THERE
from tracker.store.trials import is_member, is_member_of, select_followed

PAGE = 100
"""Documents read at once: a megabyte or two, and no transaction stays open while the caller works on them."""


def document(database: Database, snapshot_id: int) -> Document:
    """A stored version, byte for byte. ``as_of`` is when it was last seen. Raises StoreError when there is none."""
    for found in documents(database, [snapshot_id]):
        return found
    raise StoreError(f"there is no snapshot {snapshot_id}.", remedy="`tracker show TRIAL` lists a trial's versions.")


def documents(database: Database, ids: Iterable[int]) -> Iterator[Document]:
    """Stored versions in the order asked for, read a few at a time; ids that do not exist are left out."""
    for some in chunks(ids, PAGE):
        with database.reading() as connection:
            statement = with_bodies(rows.select_versions()).where(t.snapshots.c.id.in_(some))
            found = {row["snapshot_id"]: row for row in fetch(database, connection, statement)}
        for snapshot_id in some:
            if snapshot_id in found:
                yield _document(database, found[snapshot_id])


def current_documents(database: Database, trials: Collection[str] | None = None) -> Iterator[tuple[TrackedTrial, Document]]:
    """Trials with their current version, by key: all that are followed, or those given. Trials never read are left out."""
    statement = with_bodies(select_followed()).where(t.snapshots.c.id.is_not(None))
    if trials is not None:
        for keys in chunks(sorted(trials), PAGE):
            with database.reading() as connection:
                page = fetch(database, connection, statement.where(t.trials.c.key.in_(keys)))
            yield from ((rows.followed(row), _document(database, row)) for row in page)
        return
    last = ""
    while True:
        with database.reading() as connection:
            page = fetch(database, connection, statement.where(is_member(), t.trials.c.key > last).limit(PAGE))
        yield from ((rows.followed(row), _document(database, row)) for row in page)
        if len(page) < PAGE:
            return
        last = page[-1]["key"]


def followed_documents(
    database: Database, watch: str | None = None, after: str = ""
) -> Iterator[tuple[TrackedTrial, Document, tuple[str, ...]]]:
    """Followed trials with their current version and the watches that follow them, by key from behind ``after`` on.

    With ``watch``, only its trials. Trials never read are left out.
    """
    following = is_member() if watch is None else is_member_of([watch])
    statement = with_bodies(select_followed()).where(t.snapshots.c.id.is_not(None), following).limit(PAGE)
    while True:
        with database.reading() as connection:
            page = fetch(database, connection, statement.where(t.trials.c.key > after))
            watches = following_watches(connection, [row["key"] for row in page])
        for row in page:
            yield rows.followed(row), _document(database, row), watches[row["key"]]
        if len(page) < PAGE:
            return
        after = page[-1]["key"]


def watches_of(database: Database, trials: Collection[str]) -> dict[str, tuple[str, ...]]:
    """The watches that follow each trial at present, by name; a trial that none follows has none."""
    found: dict[str, tuple[str, ...]] = {}
    with database.reading() as connection:
        for keys in chunks(sorted(trials)):
            found |= following_watches(connection, keys)
    return found


def count_followed(database: Database, watches: Collection[str]) -> int:
    """How many trials these watches follow together."""
    statement = select(func.count()).select_from(t.trials).where(is_member_of(watches))
    with database.reading() as connection:
        return connection.execute(statement).scalar_one()


def followed_sources(database: Database, watches: Collection[str]) -> frozenset[str]:
    """The sources whose trials these watches follow."""
    with database.reading() as connection:
        return frozenset(connection.scalars(select(t.trials.c.source).where(is_member_of(watches)).distinct()))


def following_watches(connection: Connection, trials: list[str]) -> dict[str, tuple[str, ...]]:
    """The watches that follow each of these trials, by name."""
    statement = (
        select(t.memberships.c.trial, t.memberships.c.watch)
        .where(t.memberships.c.trial.in_(trials), t.memberships.c.ended_at.is_(None))
        .order_by(t.memberships.c.watch)
    )
    found: dict[str, tuple[str, ...]] = dict.fromkeys(trials, ())
    for row in connection.execute(statement):
        found[row.trial] = (*found[row.trial], row.watch)
    return found


def staged_documents(database: Database, run_id: int) -> Iterator[Document]:
    """The new versions that a run has staged of trials that had one before."""
    before = exists().where(t.trials.c.key == t.snapshots.c.trial, t.trials.c.current_snapshot.is_not(None))
    wanted = select(t.snapshots.c.id).where(t.snapshots.c.run == run_id, before).order_by(t.snapshots.c.id).limit(PAGE)
    last = 0
    while True:
        with database.reading() as connection:
            ids = list(connection.scalars(wanted.where(t.snapshots.c.id > last)))
        yield from documents(database, ids)
        if len(ids) < PAGE:
            return
        last = ids[-1]


def unmoved_documents(database: Database, run_id: int) -> Iterator[Document]:
    """The current versions of trials of which a run was given the record, and found nothing new in it; by key."""
    moved = exists().where(t.snapshots.c.run == run_id, t.snapshots.c.trial == t.checks.c.trial)
    wanted = (
        select(t.checks.c.trial)
        .where(t.checks.c.run == run_id, t.checks.c.status.in_(THERE), ~moved)
        .order_by(t.checks.c.trial)
        .limit(PAGE)
    )
    last = ""
    while True:
        with database.reading() as connection:
            trials = list(connection.scalars(wanted.where(t.checks.c.trial > last)))
        yield from (document for _, document in current_documents(database, trials))
        if len(trials) < PAGE:
            return
        last = trials[-1]


def timeline(database: Database, trial: str) -> list[SnapshotMeta]:
    """All accepted versions of a trial, in the order in which the registry showed them."""
    statement = (
        rows.select_versions()
        .where(t.snapshots.c.trial == trial, rows.is_accepted())
        .order_by(t.snapshots.c.valid_from, *rows.of_one_moment())
    )
    with database.reading() as connection:
        return [rows.meta(row) for row in connection.execute(statement).mappings()]


def is_kept(database: Database, trial: str) -> bool:
    """Whether there is an accepted version of a trial."""
    statement = select(exists().where(t.snapshots.c.trial == trial, rows.is_accepted()))
    with database.reading() as connection:
        return bool(connection.scalar(statement))


def redigest(database: Database, source: str, digest_version: int, digest: Callable[[Document], str]) -> int:
    """Recompute the digests of current versions that were made by another rule; returns how many were.

    Interrupted and begun again it goes on where it stopped; done once, it looks at what was stored since. What ``digest``
    raises ends it.
    """
    with database.reading() as connection:
        ids, seen_to = _stale(connection, source, digest_version)
    rewrite = update(t.snapshots).where(t.snapshots.c.id == bindparam("snapshot"))
    for some in chunks(ids, PAGE):
        new = [
            {"snapshot": snapshot_id, "digest": digest(found), "digest_version": digest_version}
            for snapshot_id, found in zip(some, documents(database, some), strict=True)
        ]
        with database.writing() as connection:
            connection.execute(rewrite, new)
    if seen_to is not None:
        done = update(t.source_state).where(t.source_state.c.source == source)
        with database.writing() as connection:
            connection.execute(done.values(digest_version=digest_version, digested_to=seen_to))
    return len(ids)


def _stale(connection: Connection, source: str, digest_version: int) -> tuple[list[int], int | None]:
    """The current versions whose digest another rule made, and up to which version all are looked at, if that is new."""
    state, snapshots = t.source_state.c, t.snapshots.c
    done = connection.execute(select(state.digest_version, state.digested_to).where(state.source == source)).one_or_none()
    seen = (done.digested_to or 0) if done is not None and done.digest_version == digest_version else 0
    # Not joined: from the trials' side all versions of the source would be looked up.
    other = select(snapshots.id, snapshots.trial).where(snapshots.id > seen, snapshots.digest_version != digest_version)
    ids: list[int] = []
    for some in chunks(connection.execute(other.order_by(snapshots.id))):
        current = select(rows.current_version()).where(
            t.trials.c.key.in_({row.trial for row in some}), t.trials.c.source == source
        )
        now = set(connection.scalars(current))
        ids += [row.id for row in some if row.id in now]
    newest = connection.scalar(select(func.max(snapshots.id))) or 0
    # What a run has staged may become current later.
    unfinished = select(t.runs.c.id).where(t.runs.c.source == source, t.runs.c.state.in_(("open", "held")))
    staged = connection.scalar(select(func.min(snapshots.id)).where(snapshots.run.in_(unfinished)))
    seen_to = newest if staged is None else staged - 1
    return ids, seen_to if done is not None and (
        ids or seen_to > seen + PAGE or done.digest_version != digest_version
    ) else None


def _document(database: Database, row: RowMapping) -> Document:
    trial: str = row["snapshot_trial"]
    return Document(
        source=split_key(trial).source,
        trial=trial,
        url=row["snapshot_url"],
        body=body_of(database, row, row["snapshot_id"]),
        content_type=row["content_type"],
        fetched_at=row["snapshot_fetched_at"],
        as_of=row["snapshot_last_seen_at"],
        data_version=row["snapshot_data_version"],
    )
