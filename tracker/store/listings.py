"""What a search holds, staged under its run page by page, and held against the members of its watch in SQL.

Nothing here is in memory as a whole: a search may hold a registry.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    Exists,
    RowMapping,
    and_,
    case,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    update,
)

from tracker.model.upkeep import Lease
from tracker.model.watch import ListingTotals, SearchEntry, SearchMove
from tracker.store import tables as t
from tracker.store.database import Database, Writing, chunks, insert
from tracker.store.runs import ABSENT, THERE, UNSURE, require_state
from tracker.store.watches import active_watches

PART = 2_000
"""Trials of a listing in one transaction of acceptance."""

PAGE = 500
"""Trials of a listing read at once."""

BACK_AGAIN = "it is in the search again"

_ENTERING = ("enters", "back")
_LEAVING = ("left", "shed")
_BESIDE_TRIALS = t.memberships.join(t.trials, t.trials.c.key == t.memberships.c.trial)


def begin_listing(database: Database, lease: Lease, run_id: int, watch: str) -> None:
    """Forget what of this search a killed process or a failed try had staged under the run."""
    with database.writing(lease) as connection:
        require_state(connection, run_id, "open")
        connection.execute(delete(t.listed).where(*_of(run_id, watch)))


def stage_listed(database: Database, lease: Lease, run_id: int, watch: str, entries: Iterable[SearchEntry]) -> None:
    """Add trials to what a search holds; one that is there already stays as it is, unless it was thought to be missing."""
    rows = [
        {"run": run_id, "watch": watch, "trial": one.trial, "kind": one.kind, "reason": one.reason, "silent": one.silent}
        for one in entries
    ]
    if not rows:
        return
    with database.writing(lease) as connection:
        require_state(connection, run_id, "open")
        statement = insert(connection, t.listed)
        found = {"move": None} | {name: statement.excluded[name] for name in ("kind", "reason", "silent")}
        again = statement.on_conflict_do_update(
            index_elements=["run", "watch", "trial"], set_=found, where=or_(*(t.listed.c.move == move for move in _LEAVING))
        )
        connection.execute(again, rows)


def compare_listing(
    database: Database, lease: Lease, run_id: int, watch: str, source: str, now: datetime, *, edited: bool
) -> ListingTotals:
    """Hold a staged listing against the members of its watch: who enters, is back, and is gone.

    Those who are gone have left, or were shed where the user ``edited`` the search. A listing that was added to is compared
    anew. Trials that enter get a row, so that they can be asked for.
    """
    with database.writing(lease) as connection:
        require_state(connection, run_id, "open")
        connection.execute(delete(t.listed).where(*_of(run_id, watch), t.listed.c.move.in_(_LEAVING)))
        move = case((_returns(), "back"), (~_follows(), "enters"))
        connection.execute(update(t.listed).where(*_of(run_id, watch)).values(move=move))
        back = {"kind": None, "reason": ""} if edited else {"kind": "entered_watch", "reason": BACK_AGAIN}
        connection.execute(update(t.listed).where(*_of(run_id, watch), t.listed.c.move == "back").values(back))
        listed = count_listed(connection, *_of(run_id, watch))
        _add_gone(connection, run_id, watch, source, "shed" if edited else "left")
        _add_trials(connection, run_id, watch, source, now)
        had = select(func.count()).select_from(_BESIDE_TRIALS).where(*_members(watch, source))
        return ListingTotals(
            listed=listed,
            had=connection.scalar(had.where(t.memberships.c.left_search_at.is_(None))) or 0,
            enter=count_listed(connection, *_of(run_id, watch), t.listed.c.move == "enters"),
            back=count_listed(connection, *_of(run_id, watch), t.listed.c.move == "back"),
            gone=count_listed(connection, *_of(run_id, watch), t.listed.c.move.in_(_LEAVING)),
        )


def gone_from_listing(database: Database, run_id: int, watch: str) -> Iterator[list[str]]:
    """The members that a staged listing lacks, by key, some at a time."""
    trial, after = t.listed.c.trial, ""
    statement = select(trial).where(*_of(run_id, watch), t.listed.c.move.in_(_LEAVING)).order_by(trial).limit(PAGE)
    while True:
        with database.reading() as connection:
            page = list(connection.scalars(statement.where(trial > after)))
        if not page:
            return
        yield page
        after = page[-1]


def cut_listing(database: Database, lease: Lease, run_id: int, watch: str) -> int | None:
    """Where trials that enter were not all read, let only those enter that were, and nobody leave or be back.

    Gives how many were read; None where all were, and nothing is cut.
    """
    with database.writing(lease) as connection:
        require_state(connection, run_id, "open")
        told = or_(t.listed.c.move == "enters", t.listed.c.kind.is_not(None))
        entering = (*_of(run_id, watch), t.listed.c.move.in_(_ENTERING), told)
        if not count_listed(connection, *entering, ~_readable(run_id)):
            return None
        read = count_listed(connection, *entering, _readable(run_id))
        connection.execute(delete(t.listed).where(*_of(run_id, watch), t.listed.c.move.in_(_LEAVING)))
        connection.execute(update(t.listed).where(*_of(run_id, watch), t.listed.c.move == "back").values(move=None))
        return read


def entering(database: Database, run_id: int, trials: Collection[str]) -> dict[str, list[tuple[str, SearchEntry]]]:
    """The entries that are events, of these trials, each with its watch."""
    found: dict[str, list[tuple[str, SearchEntry]]] = {}
    with database.reading() as connection:
        for keys in chunks(sorted(trials)):
            statement = select(t.listed).where(t.listed.c.run == run_id, t.listed.c.trial.in_(keys), *_is_event())
            for row in connection.execute(statement.order_by(t.listed.c.watch)).mappings():
                found.setdefault(row["trial"], []).append((row["watch"], _entry(row)))
    return found


def search_moves(database: Database, run_id: int) -> Iterator[list[SearchMove]]:
    """What the searches say of trials whose records are stored, by key, some at a time.

    One that is gone from the registry has not left a search; of one whose answer is not believed nothing is known, and the
    next listing says it again.
    """
    doubted = _checked(run_id, UNSURE)
    entered = and_(*_is_event(), _is_stored(), ~doubted)
    left = and_(t.listed.c.move == "left", ~_checked(run_id, ABSENT), ~doubted)
    statement = select(t.listed).where(t.listed.c.run == run_id, t.listed.c.move.is_not(None), or_(entered, left))
    after = ""
    while True:
        with database.reading() as connection:
            first = statement.where(t.listed.c.trial > after).order_by(t.listed.c.trial).limit(PAGE)
            page = connection.execute(first).mappings().all()
            if len(page) == PAGE:  # all watches of the last trial
                last = page[-1]["trial"]
                page = [row for row in page if row["trial"] != last]
                page += connection.execute(statement.where(t.listed.c.trial == last)).mappings().all()
        if not page:
            return
        after = page[-1]["trial"]
        yield [_move(row) for row in page]


def count_explained(database: Database, run_id: int, watch: str) -> int:
    """The trials that left a search and changed, are gone or are not believed: they had a reason of their own to leave."""
    moved = exists().where(t.snapshots.c.run == run_id, t.snapshots.c.trial == t.listed.c.trial)
    with database.reading() as connection:
        own = or_(moved, _checked(run_id, (*UNSURE, *ABSENT)))
        return count_listed(connection, *_of(run_id, watch), t.listed.c.move == "left", own)


def settle_moves(writing: Writing, run_id: int) -> None:
    """Before a run is accepted or held: moves that rest on nothing that was read are none.

    The next listing finds them again.
    """
    move = t.listed.c.move
    baseless = or_(
        and_(move == "enters", ~_readable(run_id)),
        and_(move == "left", _checked(run_id, (*ABSENT, *UNSURE))),
        and_(move == "back", _checked(run_id, UNSURE)),
    )

    def settle(connection: Connection, watch: str, trials: Sequence[str]) -> None:
        own = (*_of(run_id, watch), t.listed.c.trial.in_(trials), move.is_not(None), baseless)
        connection.execute(update(t.listed).where(*own).values(move=None))

    in_parts(writing, run_id, settle)


def doubt_moves(connection: Connection, run_id: int, trials: Collection[str]) -> None:
    """Trials that are doubted leave or enter once they are believed."""
    for some in chunks(trials):
        own = (t.listed.c.run == run_id, t.listed.c.trial.in_(some), t.listed.c.move.in_(("enters", "back", "left")))
        connection.execute(update(t.listed).where(*own, t.listed.c.move.is_not(None)).values(move=None))


def prepare_joins(writing: Writing, run_id: int, joined_at: datetime) -> None:
    """Write the memberships of trials that enter, as such that are over: `apply_moves` lets them begin, all at once.

    Watches that are gone meanwhile are left out.
    """
    at = literal(joined_at, t.memberships.c.joined_at.type)

    def join(connection: Connection, watch: str, trials: Sequence[str]) -> None:
        entering = (*_of(run_id, watch), t.listed.c.trial.in_(trials), t.listed.c.move == "enters")
        new = select(t.listed.c.watch, t.listed.c.trial, literal("search"), at, t.listed.c.silent, at).where(
            *entering, t.listed.c.watch.in_(active_watches())
        )
        names = ["watch", "trial", "how", "joined_at", "silent", "ended_at"]
        statement = insert(connection, t.memberships).from_select(names, new)
        again = {name: statement.excluded[name] for name in ("how", "joined_at", "silent", "ended_at")}
        over = t.memberships.c.ended_at.is_not(None)
        nothing = {"left_search_at": None, "merged_into": None}
        connection.execute(statement.on_conflict_do_update(index_elements=["watch", "trial"], set_=again | nothing, where=over))
        # What was followed by its link alone stays now, as all that a search holds: the watch knows it, so nothing is told.
        there = select(t.listed.c.trial).where(*_of(run_id, watch), t.listed.c.trial.in_(trials), t.listed.c.move.is_(None))
        linked = (t.memberships.c.watch == watch, t.memberships.c.how == "linked", t.memberships.c.ended_at.is_(None))
        connection.execute(update(t.memberships).where(*linked, t.memberships.c.trial.in_(there)).values(how="search"))

    in_parts(writing, run_id, join)


def apply_moves(connection: Connection, run_id: int, joined_at: datetime, now: datetime) -> None:
    """Let trials join, leave and come back as a run's searches say."""
    own = t.listed.c.run == run_id
    watches = connection.scalars(select(t.listed.c.watch).where(own, t.listed.c.move.is_not(None)).distinct()).all()
    for watch in watches:
        of_watch = t.memberships.c.watch == watch
        enters = exists().where(*_of(run_id, watch), t.listed.c.trial == t.memberships.c.trial, t.listed.c.move == "enters")
        prepared = (
            t.memberships.c.how == "search",
            t.memberships.c.joined_at == joined_at,
            t.memberships.c.ended_at == joined_at,
        )
        connection.execute(update(t.memberships).where(of_watch, *prepared, enters).values(ended_at=None))
        for moves, left_at in ((_LEAVING, now), (("back",), None)):
            trials = select(t.listed.c.trial).where(own, t.listed.c.watch == watch, t.listed.c.move.in_(moves))
            moved = (of_watch, t.memberships.c.trial.in_(trials))
            connection.execute(update(t.memberships).where(*moved).values(left_search_at=left_at))


def forget_listed(writing: Writing, run_id: int) -> None:
    """Take away what a run's searches held, and keep the marks of trials that were read or found as they were.

    A trial that could not be read keeps its former mark, so that it is asked for again.
    """

    def forget(connection: Connection, watch: str, trials: Sequence[str]) -> None:
        own = (*_of(run_id, watch), t.listed.c.trial.in_(trials))
        marked = (t.listed.c.mark.is_not(None), t.listed.c.trial == t.trials.c.key, t.trials.c.key.in_(trials))
        read = (*own, *marked, t.trials.c.failing_since.is_(None))
        connection.execute(update(t.trials).where(*read).values(mark=t.listed.c.mark))
        connection.execute(delete(t.listed).where(*own))

    in_parts(writing, run_id, forget)


def in_parts(writing: Writing, run_id: int, work: Callable[[Connection, str, Sequence[str]], None]) -> None:
    """Do something with what a run's searches hold, some trials of a watch in a transaction."""
    trial, watch, after = t.listed.c.trial, "", ""
    while True:
        with writing() as connection:
            of_watch = select(trial).where(t.listed.c.run == run_id, t.listed.c.watch == watch, trial > after)
            trials = list(connection.scalars(of_watch.order_by(trial).limit(PART))) if watch else []
            if trials:
                work(connection, watch, trials)
                after = trials[-1]
                continue
            following = select(func.min(t.listed.c.watch)).where(t.listed.c.run == run_id, t.listed.c.watch > watch)
            named = connection.scalar(following)
        if named is None:
            return
        watch, after = named, ""


def _of(run_id: int, watch: str) -> tuple[ColumnElement[bool], ...]:
    return t.listed.c.run == run_id, t.listed.c.watch == watch


def _is_event() -> tuple[ColumnElement[bool], ...]:
    return t.listed.c.move.is_not(None), t.listed.c.move.in_(_ENTERING), t.listed.c.kind.is_not(None)


def _follows() -> Exists:
    own = (t.memberships.c.watch == t.listed.c.watch, t.memberships.c.trial == t.listed.c.trial)
    return exists().where(*own, t.memberships.c.ended_at.is_(None))


def _returns() -> Exists:
    return _follows().where(t.memberships.c.how == "search", t.memberships.c.left_search_at.is_not(None))


def _members(watch: str, source: str) -> tuple[ColumnElement[bool], ...]:
    own = (t.memberships.c.watch == watch, t.memberships.c.ended_at.is_(None), t.memberships.c.how == "search")
    return *own, t.trials.c.source == source


def _add_gone(connection: Connection, run_id: int, watch: str, source: str, move: str) -> None:
    there = exists().where(*_of(run_id, watch), t.listed.c.trial == t.memberships.c.trial)
    gone = (
        select(literal(run_id), t.memberships.c.watch, t.memberships.c.trial, literal(False), literal(move))
        .select_from(_BESIDE_TRIALS)
        .where(*_members(watch, source), t.memberships.c.left_search_at.is_(None), ~there)
    )
    connection.execute(t.listed.insert().from_select(["run", "watch", "trial", "silent", "move"], gone))


def _add_trials(connection: Connection, run_id: int, watch: str, source: str, now: datetime) -> None:
    number = func.substr(t.listed.c.trial, len(source) + 2)
    known = exists().where(t.trials.c.key == t.listed.c.trial)
    new = select(t.listed.c.trial, literal(source), number, literal(now, t.trials.c.first_seen_at.type), literal("")).where(
        *_of(run_id, watch), t.listed.c.move == "enters", ~known
    )
    connection.execute(t.trials.insert().from_select(["key", "source", "number", "first_seen_at", "error"], new))


def _checked(run_id: int, statuses: Collection[str]) -> Exists:
    return exists().where(t.checks.c.run == run_id, t.checks.c.trial == t.listed.c.trial, t.checks.c.status.in_(statuses))


def _is_stored() -> Exists:
    own = t.trials.c.key == t.listed.c.trial
    return exists().where(own, t.trials.c.current_snapshot.is_not(None), t.trials.c.merged_into.is_(None))


def _readable(run_id: int) -> ColumnElement[bool]:
    """Whether the record of a listed trial is there: answered in this run, or stored before and not doubted by it."""
    return and_(or_(_checked(run_id, THERE), _is_stored()), ~_checked(run_id, UNSURE))


def count_listed(connection: Connection, *where: ColumnElement[bool]) -> int:
    """How many trials searches hold of which this is true."""
    return connection.scalar(select(func.count()).select_from(t.listed).where(*where)) or 0


def _entry(row: RowMapping) -> SearchEntry:
    return SearchEntry(
        trial=row["trial"], kind=row["kind"], reason=row["reason"], silent=row["silent"], returned=row["move"] == "back"
    )


def _move(row: RowMapping) -> SearchMove:
    if row["move"] == "left":
        return SearchMove(trial=row["trial"], watch=row["watch"], kind="left_watch")
    entry = _entry(row)
    assert entry.kind is not None
    return SearchMove(trial=entry.trial, watch=row["watch"], kind=entry.kind, reason=entry.reason, returned=entry.returned)
