"""The numbers of other registries that current records name, from both ends."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import and_, exists, or_, select, union

from tracker.model.links import NamedNumber
from tracker.model.views import PlainRecord
from tracker.store import tables as t
from tracker.store.database import Database, chunks
from tracker.store.rows import current_version
from tracker.store.trials import is_member


def named_numbers(database: Database, trials: Iterable[str]) -> list[NamedNumber]:
    """What the current records of these trials name, and which current records name them; followed or not."""
    own = t.links.c
    current = t.links.join(t.trials, and_(t.trials.c.key == own.trial, current_version() == own.snapshot))
    columns = (own.trial, own.other, own.type, own.evidence)
    there = select(*columns).select_from(current).where(t.trials.c.merged_into.is_(None))
    found: set[NamedNumber] = set()
    with database.reading() as connection:
        for some in chunks(sorted(trials)):
            rows = connection.execute(union(there.where(own.trial.in_(some)), there.where(own.other.in_(some))))
            found.update(NamedNumber(**row) for row in rows.mappings())
    return sorted(found, key=lambda one: (one.trial, one.other))


def linked_trials(database: Database, source: str, named: Collection[str] = (), *, unmoved_in: int) -> list[str]:
    """The followed trials of a source that records of other sources may belong to, by key; and those ``named``, if followed.

    A record names one as the other's number, or both give a third number. Left out are those of which the run ``unmoved_in``
    has staged a new version.
    """
    mine, theirs = t.links.alias("mine"), t.links.alias("theirs")
    here, there = t.trials.alias("here"), t.trials.alias("there")
    elsewhere = (there.c.source != source, there.c.current_snapshot.is_not(None))
    names = (
        select(mine.c.trial.label("key"))
        .select_from(mine.join(here, here.c.current_snapshot == mine.c.snapshot).join(there, there.c.key == mine.c.other))
        .where(here.c.source == source, *elsewhere)
    )
    is_named = (
        select(here.c.key)
        .select_from(theirs.join(there, there.c.current_snapshot == theirs.c.snapshot).join(here, here.c.key == theirs.c.other))
        .where(here.c.source == source, *elsewhere)
    )
    through = (
        select(mine.c.trial.label("key"))
        .select_from(
            mine.join(here, here.c.current_snapshot == mine.c.snapshot)
            .join(theirs, theirs.c.other == mine.c.other)
            .join(there, there.c.current_snapshot == theirs.c.snapshot)
        )
        .where(here.c.source == source, *elsewhere)
    )
    found = union(names, is_named, through).subquery()
    moved = exists().where(t.snapshots.c.run == unmoved_in, t.snapshots.c.trial == t.trials.c.key)
    wanted = or_(t.trials.c.key.in_(select(found.c.key)), t.trials.c.key.in_(sorted(named)))
    statement = select(t.trials.c.key).where(wanted, t.trials.c.source == source, is_member(), ~moved)
    with database.reading() as connection:
        return list(connection.scalars(statement.order_by(t.trials.c.key)))


def rows(records: Mapping[int, PlainRecord]) -> list[dict[str, object]]:
    """The rows of what these versions name."""
    return [
        {"snapshot": snapshot, "trial": record.trial, "other": one.other, "type": one.type, "evidence": one.evidence}
        for snapshot, record in records.items()
        for one in record.named
    ]
