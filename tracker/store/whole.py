"""A registry that is read as a whole: what its pages hold, staged under the run, and whom that adds or makes doubtful."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import exists, func, literal, select, update

from tracker.model.upkeep import Lease
from tracker.model.watch import ListingTotals, SearchEntry
from tracker.store import tables as t
from tracker.store.database import Database, chunks, insert
from tracker.store.listings import count_listed
from tracker.store.runs import require_state
from tracker.store.trials import ensure_trials


def stage_whole(
    database: Database, lease: Lease, run_id: int, watch: str, studies: Sequence[tuple[SearchEntry, str]], now: datetime
) -> None:
    """Stage some studies with their marks: those that the watch does not follow enter it. Done twice, the later one counts."""
    if not studies:
        return
    keys = [entry.trial for entry, _ in studies]
    with database.writing(lease) as connection:
        require_state(connection, run_id, "open")
        ensure_trials(connection, keys, now)
        inside: set[str] = set()
        for some in chunks(keys):
            own = (t.memberships.c.watch == watch, t.memberships.c.trial.in_(some), t.memberships.c.ended_at.is_(None))
            inside.update(connection.scalars(select(t.memberships.c.trial).where(*own)))
        rows = [
            {
                "run": run_id,
                "watch": watch,
                "trial": entry.trial,
                "kind": entry.kind,
                "reason": entry.reason,
                "silent": entry.silent,
                "move": None if entry.trial in inside else "enters",
                "mark": mark or None,
            }
            for entry, mark in studies
        ]
        statement = insert(connection, t.listed)
        again = {name: statement.excluded[name] for name in ("kind", "reason", "silent", "move", "mark")}
        connection.execute(statement.on_conflict_do_update(index_elements=["run", "watch", "trial"], set_=again), rows)


def compare_whole(database: Database, lease: Lease, run_id: int, watch: str, source: str, *, complete: bool) -> ListingTotals:
    """What staged studies come to. Where they are all of the registry, who is not among them is asked for by number.

    So is a trial whose mark is another than at its last reading.
    """
    own = (t.listed.c.run == run_id, t.listed.c.watch == watch)
    members = t.memberships.join(t.trials, t.trials.c.key == t.memberships.c.trial)
    followed = (t.memberships.c.watch == watch, t.memberships.c.ended_at.is_(None), t.trials.c.source == source)
    with database.writing(lease) as connection:
        require_state(connection, run_id, "open")
        had = connection.scalar(select(func.count()).select_from(members).where(*followed)) or 0
        listed = count_listed(connection, *own)
        if complete:
            known = select(t.trials.c.mark).where(t.trials.c.key == t.listed.c.trial).scalar_subquery()
            other = (t.listed.c.move.is_(None), known.is_not(None), t.listed.c.mark != known)
            connection.execute(update(t.listed).where(*own, *other).values(move="asked"))
            there = exists().where(*own, t.listed.c.trial == t.memberships.c.trial)
            lost = select(literal(run_id), literal(watch), t.memberships.c.trial, literal(False), literal("asked"))
            lost = lost.select_from(members).where(*followed, ~there)
            connection.execute(t.listed.insert().from_select(["run", "watch", "trial", "silent", "move"], lost))
        enter = count_listed(connection, *own, t.listed.c.move == "enters")
        return ListingTotals(listed=listed if complete else had + enter, had=had, enter=enter)
