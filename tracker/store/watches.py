"""Watches and who is in them. Membership is sticky: a search adds trials, only the user takes them away."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, and_, bindparam, delete, or_, select, update

from tracker.model.ids import split_key
from tracker.model.watch import CompletedListing, How, Join, Membership, Watch, WatchChanges, WatchState
from tracker.store import tables as t
from tracker.store.database import Database, chunks, execute_many, insert
from tracker.store.trials import ensure_trials

_STICKY = frozenset({"search", "import", "beside"})
"""How trials came in that no line of the configuration names."""


def sync_watches(
    database: Database, watches: Sequence[Watch], channels: Collection[str], now: datetime
) -> dict[str, WatchChanges]:
    """Make the store agree with the configuration, and say what that changed, for each watch that it changed.

    Trials and pages listed by hand join silently, those no longer listed end. A trial matched by a search stays until it
    is in the watch's ``exclude``. A listed trial that its registry merged into another is followed as the other. A watch
    that is gone ends with all its members; alerts and messages that wait for a watch or channel that is gone are dropped.
    """
    changes: dict[str, WatchChanges] = {}
    with database.writing() as connection:
        _join_by_now(connection, now)
        active = set(connection.scalars(active_watches()))
        merged = merged_ends(connection)
        for watch in watches:
            created = watch.name not in active
            if created:
                _begin_watch(connection, watch.name, now)
            changed = _sync_watch(connection, watch, merged, now)
            if created or changed.joined or changed.ended:
                changes[watch.name] = msgspec.structs.replace(changed, created=created)
        _set_addresses(connection, watches)
        for name in sorted(active - {watch.name for watch in watches}):
            its = (t.memberships.c.watch == name, t.memberships.c.ended_at.is_(None))
            ended = connection.execute(update(t.memberships).where(*its).values(ended_at=now)).rowcount
            connection.execute(update(t.memberships).where(t.memberships.c.watch == name).values(merged_into=None))
            connection.execute(update(t.watches).where(t.watches.c.name == name).values(active=False))
            changes[name] = WatchChanges(watch=name, removed=True, ended=ended)
        _drop_orphans(connection, [watch.name for watch in watches], channels, now)
    return changes


def watch_names(database: Database) -> list[str]:
    """The watches of the configuration, by name."""
    with database.reading() as connection:
        return list(connection.scalars(active_watches().order_by(t.watches.c.name)))


def watch_states(database: Database, source: str) -> dict[str, WatchState]:
    """What is remembered of each watch in the configuration, and of its last listing by one source."""
    its = (t.listings.c.watch == t.watches.c.name) & (t.listings.c.source == source)
    columns = (t.watches.c.name, t.watches.c.created_at, t.listings.c.digest, t.listings.c.completed_at)
    statement = select(*columns).select_from(t.watches.outerjoin(t.listings, its)).where(t.watches.c.active)
    with database.reading() as connection:
        return {
            row.name: WatchState(
                created_at=row.created_at, listing_digest=row.digest, last_complete_listing_at=row.completed_at
            )
            for row in connection.execute(statement)
        }


def memberships(database: Database, source: str | None = None, trials: Collection[str] | None = None) -> list[Membership]:
    """Who follows what at present, by watch and trial; only trials of ``source``, and of ``trials``, where these are named."""
    names = Membership.__struct_fields__
    statement = (
        select(*(t.memberships.c[name] for name in names))
        .where(t.memberships.c.ended_at.is_(None))
        .order_by(t.memberships.c.watch, t.memberships.c.trial)
    )
    if source is not None:
        statement = statement.join(t.trials, t.trials.c.key == t.memberships.c.trial).where(t.trials.c.source == source)
    return _read(database, statement, trials)


def _read(database: Database, statement: Select[Any], trials: Collection[str] | None) -> list[Membership]:
    own = t.memberships.c.trial
    parts = [statement] if trials is None else [statement.where(own.in_(some)) for some in chunks(sorted(trials))]
    with database.reading() as connection:
        return [Membership(**row) for part in parts for row in connection.execute(part).mappings()]


def moved_memberships(database: Database, source: str, trials: Collection[str] | None = None) -> list[Membership]:
    """Who would follow which merged trials of a source if these had records of their own again, by watch and trial."""
    names = Membership.__struct_fields__
    statement = (
        select(*(t.memberships.c[name] for name in names))
        .join(t.trials, t.trials.c.key == t.memberships.c.trial)
        .join(t.watches, t.watches.c.name == t.memberships.c.watch)
        .where(t.trials.c.source == source, t.memberships.c.merged_into.is_not(None), t.watches.c.active)
        .order_by(t.memberships.c.watch, t.memberships.c.trial)
    )
    return _read(database, statement, trials)


def unmerge(database: Database, trials: Collection[str]) -> dict[str, str | None]:
    """Follow merged trials under their own numbers again, whatever the registry says: all of them or none.

    Gives by trial which one it was followed as, None for one that is not merged: then nothing is undone.
    """
    into: dict[str, str | None] = dict.fromkeys(trials)
    merged = select(t.trials.c.key, t.trials.c.merged_into).where(t.trials.c.key.in_(trials))
    with database.writing() as connection:
        into.update((row.key, row.merged_into) for row in connection.execute(merged))
        if all(into.values()):
            for trial, other in into.items():
                values = {"merged_into": None, "kept_apart_from": other, "claim": None}
                connection.execute(update(t.trials).where(t.trials.c.key == trial).values(values))
            bring_back(connection, trials)
    return into


def join_imported(database: Database, joins: Collection[Join], now: datetime) -> list[Join]:
    """Let trials of a file join watches; gives those that were not in before.

    What was followed by its link alone stays from now on, as all that a file brought in.
    """
    with database.writing() as connection:
        followed = inside(connection, {join.trial for join in joins})
        new = [join for join in joins if (join.watch, join.trial) not in followed]
        apply_joins(connection, new, now)
        for join in joins:
            of_join = (
                t.memberships.c.watch == join.watch,
                t.memberships.c.trial == join.trial,
                t.memberships.c.how == "linked",
            )
            if (join.watch, join.trial) in followed:
                connection.execute(update(t.memberships).where(*of_join).values(how=join.how))
    return new


def bring_back(connection: Connection, trials: Collection[str]) -> None:
    """The watches that followed these trials before they were merged follow them again, as if nothing had happened."""
    active = select(t.watches.c.name).where(t.watches.c.active)
    moved = (t.memberships.c.merged_into.is_not(None), t.memberships.c.watch.in_(active))
    for keys in chunks(trials):
        connection.execute(
            update(t.memberships).where(t.memberships.c.trial.in_(keys), *moved).values(ended_at=None, merged_into=None)
        )


def apply_joins(connection: Connection, joins: Iterable[Join], joined_at: datetime) -> None:
    """Let trials join their watches; those that are in already, or whose watch is gone, are left out."""
    active = set(connection.scalars(active_watches()))
    new = {(join.watch, join.trial): join for join in joins if join.watch in active}
    followed = inside(connection, {trial for _, trial in new})
    join_members(connection, [join for key, join in new.items() if key not in followed], joined_at)


def active_watches() -> Select[str]:
    """The watches of the configuration."""
    return select(t.watches.c.name).where(t.watches.c.active)


def inside(connection: Connection, trials: Collection[str]) -> set[tuple[str, str]]:
    """Who follows these trials, each watch with the trial."""
    return {
        (row.watch, row.trial)
        for some in chunks(sorted(trials))
        for row in connection.execute(_active_members().where(t.memberships.c.trial.in_(some)))
    }


def apply_listing(connection: Connection, listing: CompletedListing, source: str, now: datetime) -> None:
    """Remember that a source listed a search to its end, and which trials left it or are back in it.

    One of a watch that is gone is not remembered: if the watch comes back, its next listing is its first one.
    """
    if connection.scalar(select(t.watches.c.active).where(t.watches.c.name == listing.watch)):
        values = {"digest": listing.digest, "completed_at": now}
        statement = insert(connection, t.listings).values(watch=listing.watch, source=source, **values)
        connection.execute(statement.on_conflict_do_update(index_elements=["watch", "source"], set_=values))
    for trials, left_at in ((listing.left, now), (listing.back, None)):
        for keys in chunks(trials):
            connection.execute(
                update(t.memberships)
                .where(t.memberships.c.watch == listing.watch, t.memberships.c.trial.in_(keys))
                .values(left_search_at=left_at)
            )


def move_merged(connection: Connection, run_id: int, joined_at: datetime, now: datetime) -> None:
    """The watches of a trial that its registry merged into another follow the other from this run on."""
    merged = (t.checks.c.run == run_id, t.checks.c.status == "merged", t.checks.c.merged_into.is_not(None))
    columns = (t.memberships.c.watch, t.memberships.c.trial, t.memberships.c.how, t.checks.c.merged_into)
    statement = select(*columns).join(t.checks, t.checks.c.trial == t.memberships.c.trial)
    following = or_(t.memberships.c.ended_at.is_(None), t.memberships.c.merged_into.is_not(None))
    moved = connection.execute(statement.where(*merged, following)).all()
    followed = inside(connection, {row.merged_into for row in moved})
    join_members(
        connection,
        [
            Join(watch=row.watch, trial=row.merged_into, how=row.how)
            for row in moved
            if (row.watch, row.merged_into) not in followed
        ],
        joined_at,
    )
    for row in moved:
        end_members(connection, row.watch, [row.trial], now)
        where = (t.memberships.c.watch == row.watch, t.memberships.c.trial == row.trial)
        connection.execute(update(t.memberships).where(*where).values(merged_into=row.merged_into))


def _active_members() -> Select[str, str, str]:
    columns = (t.memberships.c.watch, t.memberships.c.trial, t.memberships.c.how)
    return select(*columns).where(t.memberships.c.ended_at.is_(None))


def _members(connection: Connection, watch: Watch, by_hand: Collection[str]) -> dict[str, str]:
    """The present trials of a watch that the configuration speaks of or did, and how each came in: a search brings the rest."""
    of_watch = _active_members().where(t.memberships.c.watch == watch.name)
    members = {row.trial: row.how for row in connection.execute(of_watch.where(t.memberships.c.how != "search"))}
    for some in chunks(sorted({*by_hand, *watch.exclude})):
        members |= {row.trial: row.how for row in connection.execute(of_watch.where(t.memberships.c.trial.in_(some)))}
    return members


def _alone(connection: Connection, watch: str, members: Mapping[str, str]) -> set[str]:
    """The trials beside others whose number the watch follows no more: neither what is listed nor what a search brought in."""
    beside = {trial for trial, how in members.items() if how == "beside"}
    if not beside:
        return beside
    others = select(t.memberships.c.trial).where(
        t.memberships.c.watch == watch, t.memberships.c.ended_at.is_(None), t.memberships.c.how != "beside"
    )
    numbers = {split_key(trial).number for trial in connection.scalars(others)}
    return {trial for trial in beside if split_key(trial).number not in numbers}


def merged_ends(connection: Connection) -> dict[str, str]:
    """Merged trials and the trial that each is followed as, at the end of the chain."""
    statement = select(t.trials.c.key, t.trials.c.merged_into).where(t.trials.c.merged_into.is_not(None))
    steps = {row.key: row.merged_into for row in connection.execute(statement)}
    ends: dict[str, str] = {}
    for key in steps:
        end, passed = key, {key}
        while end in steps and steps[end] not in passed:
            end = steps[end]
            passed.add(end)
        ends[key] = end
    return ends


def _begin_watch(connection: Connection, name: str, now: datetime) -> None:
    """A new watch, or one that came back: it has listed nothing yet."""
    values = {"active": True, "created_at": now}
    statement = insert(connection, t.watches).values(name=name, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))
    connection.execute(delete(t.listings).where(t.listings.c.watch == name))


def _sync_watch(connection: Connection, watch: Watch, merged: Mapping[str, str], now: datetime) -> WatchChanges:
    by_hand: dict[str, How] = {merged.get(trial, trial): "listed" for trial in watch.trials}
    by_hand |= {page.trial: "page" for page in watch.pages}
    members = _members(connection, watch, by_hand)
    sticky = _STICKY | {"linked"} if watch.registrations == "all" and not watch.everything else _STICKY
    joined = [trial for trial in by_hand if trial not in members]
    ended = [trial for trial, how in members.items() if trial not in by_hand and (how not in sticky or trial in watch.exclude)]
    join_members(connection, [Join(watch=watch.name, trial=trial, how=by_hand[trial]) for trial in joined], now)
    end_members(connection, watch.name, ended, now)
    end_members(connection, watch.name, _alone(connection, watch.name, members), now)
    _sync_moved(connection, watch, merged, now)
    # A trial that a search matched and that is now listed by hand stays whatever the search does.
    retold = [
        {"its_watch": watch.name, "its_trial": trial, "how": how}
        for trial, how in by_hand.items()
        if members.get(trial, how) != how
    ]
    if retold:
        where = (t.memberships.c.watch == bindparam("its_watch"), t.memberships.c.trial == bindparam("its_trial"))
        connection.execute(update(t.memberships).where(*where), retold)
    return WatchChanges(watch=watch.name, joined=tuple(joined), ended=len(ended))


def _sync_moved(connection: Connection, watch: Watch, merged: Mapping[str, str], now: datetime) -> None:
    """Remember which merged trials a watch lists, so that it follows them by themselves again if they are unmerged."""
    columns = (t.memberships.c.trial, t.memberships.c.how)
    of_watch = t.memberships.c.watch == watch.name
    moved = {
        row.trial: row.how
        for row in connection.execute(select(*columns).where(of_watch, t.memberships.c.merged_into.is_not(None)))
    }
    listed = [trial for trial in watch.trials if trial in merged]
    dropped = [one for one, how in moved.items() if one in watch.exclude or (how not in _STICKY and one not in listed)]
    for keys in chunks(dropped):
        connection.execute(update(t.memberships).where(of_watch, t.memberships.c.trial.in_(keys)).values(merged_into=None))
    new = [trial for trial in listed if trial not in moved]
    if new:
        join_members(connection, [Join(watch=watch.name, trial=trial, how="listed") for trial in new], now)
        end_members(connection, watch.name, new, now)
        for trial in new:
            connection.execute(
                update(t.memberships).where(of_watch, t.memberships.c.trial == trial).values(merged_into=merged[trial])
            )


def join_members(connection: Connection, joins: Sequence[Join], joined_at: datetime) -> None:
    """Begin these memberships, or begin them anew."""
    if not joins:
        return
    ensure_trials(connection, {join.trial for join in joins}, joined_at)
    statement = insert(connection, t.memberships)
    replaced = ("how", "joined_at", "silent", "left_search_at", "ended_at", "merged_into")
    new = {name: statement.excluded[name] for name in replaced}
    execute_many(
        connection,
        statement.on_conflict_do_update(index_elements=["watch", "trial"], set_=new),
        [
            {
                "watch": join.watch,
                "trial": join.trial,
                "how": join.how,
                "joined_at": joined_at,
                "silent": join.silent,
                "left_search_at": None,
                "ended_at": None,
                "merged_into": None,
            }
            for join in joins
        ],
    )


def end_members(connection: Connection, watch: str, trials: Iterable[str], now: datetime) -> None:
    """End what a watch follows."""
    for keys in chunks(trials):
        connection.execute(
            update(t.memberships)
            .where(t.memberships.c.watch == watch, t.memberships.c.trial.in_(keys), t.memberships.c.ended_at.is_(None))
            .values(ended_at=now)
        )


def _join_by_now(connection: Connection, now: datetime) -> None:
    """Correct memberships that a clock which ran ahead dated into the future: they would mute the trial until then."""
    ahead = t.memberships.c.joined_at > now
    connection.execute(update(t.memberships).where(ahead, t.memberships.c.ended_at.is_(None)).values(joined_at=now))


def _set_addresses(connection: Connection, watches: Iterable[Watch]) -> None:
    """The configuration decides the address of a page."""
    addresses = [{"page": page.trial, "address": page.url} for watch in watches for page in watch.pages]
    if addresses:
        statement = update(t.trials).where(t.trials.c.key == bindparam("page")).values(url=bindparam("address"))
        connection.execute(statement, addresses)


def _drop_orphans(connection: Connection, watches: Collection[str], channels: Collection[str], now: datetime) -> None:
    """Drop what waits for a watch or channel that is gone: edits act forward, so it will never be sent."""
    waiting = and_(t.WAITING, t.alerts.c.state.in_(("held", "ready")))
    for column, names, what in ((t.alerts.c.watch, watches, "watch"), (t.alerts.c.channel, channels, "channel")):
        connection.execute(
            update(t.alerts)
            .where(waiting, column.not_in(names))
            .values(state="dropped", changed_at=now, reason=f"its {what} is no longer in the configuration")
        )
    reason = "its channel is no longer in the configuration"
    orphans = select(t.messages.c.key).where(t.UNSENT, t.messages.c.state == "waiting", t.messages.c.channel.not_in(channels))
    connection.execute(
        update(t.alerts)
        .where(t.WAITING, t.alerts.c.state == "in_message", t.alerts.c.message.in_(orphans))
        .values(state="dropped", changed_at=now, reason=reason)
    )
    connection.execute(
        update(t.messages).where(t.messages.c.key.in_(orphans)).values(state="dropped", last_error=reason, next_attempt_at=None)
    )
