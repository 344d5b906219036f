"""The stored past of trials: which have one, and their versions, many trials at once."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import msgspec
from sqlalchemy import func, select

from tracker.model.snapshot import SnapshotMeta
from tracker.store import rows
from tracker.store import tables as t
from tracker.store.database import Database, chunks
from tracker.store.kept_fields import kept_fields
from tracker.store.trials import is_member_of

PAGE = 500
"""Trials named at once."""


def trials_with_history(database: Database, source: str, *, watch: str | None = None, after: str = "") -> Iterator[str]:
    """The trials of a source of which more than one version was accepted, by key from behind ``after`` on.

    With ``watch``, only those that it follows.
    """
    accepted = (t.snapshots.c.trial == t.trials.c.key, rows.is_accepted())
    versions = select(func.count(t.snapshots.c.id)).where(*accepted).scalar_subquery()
    statement = select(t.trials.c.key).where(t.trials.c.source == source, versions > 1).order_by(t.trials.c.key).limit(PAGE)
    if watch is not None:
        statement = statement.where(is_member_of([watch]))
    while True:
        with database.reading() as connection:
            page = list(connection.scalars(statement.where(t.trials.c.key > after)))
        yield from page
        if len(page) < PAGE:
            return
        after = page[-1]


def timelines(database: Database, trials: Collection[str]) -> dict[str, list[SnapshotMeta]]:
    """All accepted versions of each trial in the order in which the registry showed them, with the fields read from others."""
    found: dict[str, list[SnapshotMeta]] = {trial: [] for trial in trials}
    for keys in chunks(sorted(trials)):
        statement = (
            rows.select_versions()
            .where(t.snapshots.c.trial.in_(keys), rows.is_accepted())
            .order_by(t.snapshots.c.trial, t.snapshots.c.valid_from, *rows.of_one_moment())
        )
        with database.reading() as connection:
            metas = [rows.meta(row) for row in connection.execute(statement).mappings()]
        for some in chunks(metas):
            kept = kept_fields(database, [meta.id for meta in some])
            for meta in some:
                found[meta.trial].append(msgspec.structs.replace(meta, kept=kept.get(meta.id, ())))
    return found
