"""Memberships that rest on a link alone: they begin and end with it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Select, select, update

from tracker.model.watch import Join, LinkedChanges
from tracker.store import tables as t
from tracker.store.database import Database, chunks
from tracker.store.watches import active_watches, end_members, inside, join_members, merged_ends


def own_members(database: Database, watch: str) -> list[str]:
    """The trials that a watch follows otherwise than by a link, by key."""
    its = (t.memberships.c.watch == watch, t.memberships.c.ended_at.is_(None), t.memberships.c.how != "linked")
    with database.reading() as connection:
        return list(connection.scalars(select(t.memberships.c.trial).where(*its).order_by(t.memberships.c.trial)))


def linked_into(database: Database, trials: Collection[str]) -> dict[str, tuple[str, ...]]:
    """The watches that follow each of these trials by its link alone; trials without any are left out."""
    found: dict[str, tuple[str, ...]] = {}
    own = t.memberships.c
    its = (own.how == "linked", own.ended_at.is_(None))
    with database.reading() as connection:
        for some in chunks(sorted(trials)):
            statement = select(own.trial, own.watch).where(own.trial.in_(some), *its).order_by(own.watch)
            for row in connection.execute(statement):
                found[row.trial] = (*found.get(row.trial, ()), row.watch)
    return found


def sync_linked(database: Database, wanted: Mapping[str, Collection[str]], now: datetime) -> list[LinkedChanges]:
    """Let watches follow these linked registrations and no others; gives what that changed.

    A registration that its registry merged into another is followed as the other.
    """
    changes: list[LinkedChanges] = []
    with database.writing() as connection:
        active = set(connection.scalars(active_watches()))
        ends = merged_ends(connection)
        for watch in sorted(active & wanted.keys()):
            linked = {ends.get(trial, trial) for trial in wanted[watch]}
            followed = inside(connection, linked)
            former = set(connection.scalars(_linked(watch)))
            joined = sorted(trial for trial in linked if (watch, trial) not in followed)
            ended = sorted(former - linked)
            join_members(connection, [Join(watch=watch, trial=one, how="linked", silent=True) for one in joined], now)
            end_members(connection, watch, ended, now)
            moved = (t.memberships.c.watch == watch, t.memberships.c.how == "linked", t.memberships.c.merged_into.is_not(None))
            unlinked = set(connection.scalars(select(t.memberships.c.trial).where(*moved))) - set(wanted[watch])
            for some in chunks(sorted(unlinked)):
                forget = update(t.memberships).where(*moved, t.memberships.c.trial.in_(some)).values(merged_into=None)
                connection.execute(forget)
            if joined or ended:
                changes.append(LinkedChanges(watch=watch, joined=tuple(joined), ended=tuple(ended)))
    return changes


def _linked(watch: str) -> Select[str]:
    its = (t.memberships.c.watch == watch, t.memberships.c.ended_at.is_(None), t.memberships.c.how == "linked")
    return select(t.memberships.c.trial).where(*its).order_by(t.memberships.c.trial)
