"""The numbers of other registries that current records name, from both ends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import and_, select, union

from tracker.model.links import NamedNumber
from tracker.model.views import PlainRecord
from tracker.store import tables as t
from tracker.store.database import Database, chunks
from tracker.store.rows import current_version


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


def rows(records: Mapping[int, PlainRecord]) -> list[dict[str, object]]:
    """The rows of what these versions name."""
    return [
        {"snapshot": snapshot, "trial": record.trial, "other": one.other, "type": one.type, "evidence": one.evidence}
        for snapshot, record in records.items()
        for one in record.named
    ]
