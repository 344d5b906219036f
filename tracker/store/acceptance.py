"""The end of a run: one transaction makes what it staged count, or sets it aside.

Until then nothing of a run is visible: a crash before `accept` leaves the database as the last accepted run left it. A run of
any size is one acceptance: what would keep others from writing for long is written before and after it (see `settling`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, RowMapping, Select, and_, case, delete, func, select, update

from tracker.errors import StoreError
from tracker.model.run import Run, RunCounts, RunPurpose, Verdict
from tracker.model.staging import AcceptReport, Doubts
from tracker.model.upkeep import Lease
from tracker.model.watch import CompletedListing, Join
from tracker.store import tables as t
from tracker.store.database import Database, Writing, chunks, insert
from tracker.store.dropping import drop_ended
from tracker.store.kept_fields import believe, set_apart
from tracker.store.listings import apply_moves, doubt_moves, settle_moves
from tracker.store.packing import to_json
from tracker.store.runs import THERE, end_run, read_run, require_state
from tracker.store.settling import note_there, prepare, publish, remember_first_sight, settle
from tracker.store.watches import apply_joins, apply_listing, bring_back, move_merged


class _Closing(msgspec.Struct, frozen=True):
    """What acceptance does beside the staged rows; kept with a held run for its release, and until an accepted one counts.

    ``notes`` are lines for the next digests, each with its watch.
    """

    joins: tuple[Join, ...] = ()
    listings: tuple[CompletedListing, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()


_closing = msgspec.json.Decoder(_Closing)


def accept(
    database: Database,
    lease: Lease,
    run_id: int,
    now: datetime,
    counts: RunCounts,
    joins: Sequence[Join] = (),
    listings: Sequence[CompletedListing] = (),
    verdict: Verdict | None = None,
    *,
    whole: bool = True,
    doubts: Doubts = Doubts(),  # noqa: B008 - frozen
    notes: Sequence[tuple[str, str]] = (),
) -> AcceptReport:
    """Accept a healthy run: decide it, prepare it, make it count, settle the rest.

    The first transaction decides, for good: whoever opens a run of the source next goes on from there if this process ends.
    What no reader sees is then written in parts, and one transaction makes the run count: snapshots become current, absences
    and removals are noted, events are accepted, held alerts are ready, matched trials join their watches, listings are
    complete. In parts again, unchanged trials are seen once more.
    Runs of this source that were held are superseded: what was true in them was found again. A failed check leaves its
    trial's dates alone. A run that is not ``whole``, over some watches, supersedes a held one only where both asked for the
    same. What is doubted is set apart when it is decided: a run that was cut off before it is judged again as a whole.
    """
    settle_moves(lambda: _open(database, lease, run_id), run_id)
    with database.writing(lease) as connection:
        run = require_state(connection, run_id, "open")
        doubt_moves(connection, run_id, doubts.keep)
        _judge(connection, run_id, set_apart(connection, run_id, doubts, counts), verdict)
        closing = _Closing(tuple(joins), tuple(listings), tuple(notes))
        siblings = () if whole else _held_siblings(connection, run)
        keep = [held["id"] for held in siblings if _apart(connection, run, closing, held)]
        _decide(connection, run, now, closing, keep)
    return _complete(lambda: database.writing(lease), run_id)


def complete_acceptance(database: Database, lease: Lease, source: str, purpose: RunPurpose | None = None) -> None:
    """Go on with an acceptance that a process which ended had decided; with ``purpose``, only one of such a run."""
    begun = select(t.runs.c.id).where(t.runs.c.accepting.is_not(None), t.runs.c.accepting != "dropping")
    begun = begun.where(t.runs.c.source == source).order_by(t.runs.c.id)
    if purpose is not None:
        begun = begun.where(t.runs.c.purpose == purpose)
    with database.reading() as connection:
        left = list(connection.scalars(begun))
    for run_id in left:
        _complete(lambda: database.writing(lease), run_id)


def hold(
    database: Database,
    lease: Lease,
    run_id: int,
    now: datetime,
    counts: RunCounts,
    verdict: Verdict,
    joins: Sequence[Join] = (),
    listings: Sequence[CompletedListing] = (),
) -> Run:
    """Set a sick run aside. All it staged stays staged, and what acceptance would have done besides is kept for `release`.

    One run of a source is held at a time: an older one saw less of what this one saw, and would only fill the disk. When
    both saw the same, the older one stays and is given back, so that the number which the operator knows stays true.
    """
    closing = to_json(_Closing(tuple(joins), tuple(listings)))
    settle_moves(lambda: _open(database, lease, run_id), run_id)
    # Compared without keeping others from writing: nobody changes what is staged under either run.
    with database.reading() as connection:
        run = connection.execute(select(t.runs).where(t.runs.c.id == run_id)).mappings().one()
        older = [held["id"] for held in _held_siblings(connection, run)]
        same = [held for held in older if _is_same(connection, held, run_id, closing)]
    for held in () if same else older:
        remember_first_sight(lambda: _open(database, lease, run_id), run_id, held)
    with database.writing(lease) as connection:
        run = require_state(connection, run_id, "open")
        _judge(connection, run_id, counts, verdict)
        left = [held["id"] for held in _held_siblings(connection, run) if held["id"] in same]
        if left:
            end_run(connection, run_id, "superseded", now)
        else:
            _supersede_siblings(connection, run, now)
            values = {"state": "held", "finished_at": now, "cursor": None, "closing": closing}
            connection.execute(update(t.runs).where(t.runs.c.id == run_id).values(values))
        kept = read_run(connection, left[0] if left else run_id)
    drop_ended(lambda: database.writing(lease), kept.source)
    return kept


def release(database: Database, run_id: int, now: datetime) -> AcceptReport:
    """Accept a held run after all: the mass change was true.

    Raises StoreError when it is not held: a later run of its source that was accepted has a newer view and superseded it. A
    sync at work meanwhile compares with what is no longer current: its run is superseded, and its next write is refused.
    """
    with database.writing() as connection:
        run = require_state(connection, run_id, "held")
        if run["accepting"] is None:
            _decide(connection, run, now, _closing.decode(run["closing"] or "{}"))
    return _complete(database.writing, run_id)


def discard(database: Database, run_id: int, now: datetime) -> Run:
    """Drop a held run and all it staged. Raises StoreError when it is not held."""
    with database.writing() as connection:
        if require_state(connection, run_id, "held")["accepting"] is not None:
            raise StoreError(f"run {run_id} is being released.", remedy="The next sync completes it.")
        end_run(connection, run_id, "discarded", now)
        discarded = read_run(connection, run_id)
    drop_ended(database.writing, discarded.source)
    return discarded


def _judge(connection: Connection, run_id: int, counts: RunCounts, verdict: Verdict | None) -> None:
    values = {"counts": to_json(counts), "verdict": to_json(verdict or Verdict())}
    connection.execute(update(t.runs).where(t.runs.c.id == run_id).values(values))


@contextmanager
def _open(database: Database, lease: Lease, run_id: int) -> Iterator[Connection]:
    """A transaction that writes in a run as long as it is open."""
    with database.writing(lease) as connection:
        require_state(connection, run_id, "open")
        yield connection


def _decide(connection: Connection, run: RowMapping, now: datetime, closing: _Closing, keep: Collection[int] = ()) -> None:
    """From here on the run will be accepted. Others of its source, which know no more of it, end."""
    _supersede_siblings(connection, run, now, keep)
    values = {"accepting": "deciding", "finished_at": now, "closing": to_json(closing)}
    connection.execute(update(t.runs).where(t.runs.c.id == run["id"]).values(values))


def _complete(writing: Writing, run_id: int) -> AcceptReport:
    """What is left of an acceptance that is decided: nothing twice, and nothing left out."""
    with writing() as connection:
        run = connection.execute(select(t.runs).where(t.runs.c.id == run_id)).mappings().one()
    # First what it superseded: an alert that was dropped there may be one of this run.
    drop_ended(writing, run["source"])
    events = alerts = 0
    if run["accepting"] == "deciding":
        if run["purpose"] == "sync":
            prepare(writing, run)
        events, alerts = publish(writing, run)
        with writing() as connection:
            run = connection.execute(select(t.runs).where(t.runs.c.id == run_id).with_for_update()).mappings().one()
            if run["accepting"] == "deciding":
                _make_count(connection, run, _closing.decode(run["closing"] or "{}"))
    settle(writing, run)
    with writing() as connection:
        connection.execute(update(t.runs).where(t.runs.c.id == run_id).values(accepting=None))
        return AcceptReport(run=read_run(connection, run_id), events=events, alerts=alerts)


def _make_count(connection: Connection, run: RowMapping, closing: _Closing) -> None:
    """The one transaction in which a run begins to count, for every reader."""
    run_id, now = run["id"], run["finished_at"]
    met: set[str] = set()
    if run["purpose"] == "sync":
        # One look at all checks instead of one for each status: of most days, nearly all say “unchanged”.
        met.update(connection.scalars(select(t.checks.c.status).where(t.checks.c.run == run_id).distinct()))
        back = _unmerged(connection, run_id)
        bring_back(connection, back)
        for some in chunks(back):
            note_there(connection, run, THERE, some)
        _note_checks(connection, run, met)
    believe(connection, run_id)
    apply_joins(connection, closing.joins, run["started_at"])
    apply_moves(connection, run_id, run["started_at"], now)
    for listing in closing.listings:
        apply_listing(connection, listing, run["source"], now)
    if "merged" in met:
        move_merged(connection, run_id, run["started_at"], now)
    if run["purpose"] == "sync":
        _note_source(connection, run, now, listed=bool(closing.listings))
    if closing.notes:
        notes = [{"watch": watch, "text": words, "created_at": now} for watch, words in closing.notes]
        connection.execute(t.notes.insert(), notes)
    counts = {"state": "accepted", "accepting": "settling", "cursor": None, "closing": None}
    connection.execute(update(t.runs).where(t.runs.c.id == run_id).values(counts))


def _unmerged(connection: Connection, run_id: int) -> list[str]:
    """The trials that had been merged into another and have a record of their own again."""
    merged = select(t.trials.c.key).where(t.trials.c.merged_into.is_not(None))
    own = (t.checks.c.run == run_id, t.checks.c.status.in_(THERE))
    return [
        trial
        for some in chunks(connection.scalars(merged).all())
        for trial in connection.scalars(select(t.checks.c.trial).where(*own, t.checks.c.trial.in_(some)))
    ]


def _note_checks(connection: Connection, run: RowMapping, met: set[str]) -> None:
    """Write what checks say of where a trial stands. ``met`` are the statuses that there are.

    Trials that have a record as before, and errors, come later: see `settling`.
    """
    trials, checks = t.trials.c, t.checks.c

    def note(statuses: Sequence[str], **values: object) -> None:
        if met.isdisjoint(statuses):
            return
        connection.execute(
            update(t.trials)
            .where(checks.run == run["id"], checks.status.in_(statuses), trials.key == checks.trial)
            .values(**values)
        )

    answered = {
        "checked_at": checks.checked_at,
        "checked_data_timestamp": run["data_timestamp"],
        "failing_since": None,
        "error": "",
    }
    no_claim: dict[str, object] = {"claim": None, "claimed_at": None, "claim_data_timestamp": None}
    # A claim keeps the time of the first answer that made it, unless a clock that ran ahead had dated it into the future.
    same = and_(trials.claim == checks.claim, trials.claimed_at <= checks.checked_at)
    claim = {
        "claim": checks.claim,
        "claimed_at": case((same, trials.claimed_at), else_=checks.checked_at),
        "claim_data_timestamp": case((same, trials.claim_data_timestamp), else_=run["data_timestamp"]),
    }
    there_again = {"absent_since": None, "absent_data_timestamp": None}
    first_absence = {
        "absent_since": func.coalesce(trials.absent_since, checks.checked_at),
        "absent_data_timestamp": case(
            (trials.absent_since.is_(None), run["data_timestamp"]), else_=trials.absent_data_timestamp
        ),
    }
    if "restored" in met:
        note_there(connection, run, ("restored",))
    note(("aliased", "doubted"), **answered, **there_again, **claim)
    note(("still_merged",), **answered, **there_again, **no_claim)
    note(("absent",), **answered, **no_claim, **first_absence)
    note(("removed",), **answered, **no_claim, **first_absence, removed_at=func.coalesce(trials.removed_at, checks.checked_at))
    note(("merged",), **answered, **no_claim, merged_into=checks.merged_into)


def _siblings(run: RowMapping) -> ColumnElement[bool]:
    same = and_(t.runs.c.source == run["source"], t.runs.c.purpose == run["purpose"])
    return and_(same, t.runs.c.id != run["id"])


def _held_siblings(connection: Connection, run: RowMapping) -> Sequence[RowMapping]:
    return connection.execute(select(t.runs).where(_siblings(run), t.runs.c.state == "held")).mappings().all()


def _is_same(connection: Connection, one: int, other: int, closing: str) -> bool:
    """Whether two runs staged the same: how each check ended, the content of each new version, and who moves in searches.

    The first is held, and ``closing`` is what acceptance of the other would do besides.
    """
    if connection.scalar(select(t.runs.c.closing).where(t.runs.c.id == one)) != closing:
        return False

    def staged(run_id: int) -> Iterator[Select[Any]]:
        yield select(t.checks.c.trial, t.checks.c.status).where(t.checks.c.run == run_id)
        yield select(t.snapshots.c.trial, t.snapshots.c.digest).where(t.snapshots.c.run == run_id)
        moves = (t.listed.c.run == run_id, t.listed.c.move.is_not(None))
        yield select(t.listed.c.watch, t.listed.c.trial, t.listed.c.move).where(*moves)

    return not any(
        connection.execute(mine.except_(its)).first() or connection.execute(its.except_(mine)).first()
        for mine, its in zip(staged(one), staged(other), strict=True)
    )


def _apart(connection: Connection, run: RowMapping, closing: _Closing, held: RowMapping) -> bool:
    """Whether a run says nothing of what a held one staged, which can then still be released.

    Trials of which the held one had found nothing new are no more part of it: the run has the newer answer.
    """
    theirs = _closing.decode(held["closing"] or "{}")
    listed = {one.watch for one in closing.listings} & {one.watch for one in theirs.listings}
    mine = select(t.checks.c.trial).where(t.checks.c.run == run["id"])
    shared = (t.checks.c.run == held["id"], t.checks.c.trial.in_(mine))
    idle = t.checks.c.status.in_(("unchanged", "still_merged", "older", "failed"))
    if listed or connection.scalar(select(t.checks.c.trial).where(*shared, ~idle).limit(1)) is not None:
        return False
    connection.execute(delete(t.checks).where(*shared))
    return True


def _supersede_siblings(connection: Connection, run: RowMapping, now: datetime, keep: Collection[int] = ()) -> None:
    """Set aside every other unfinished run of the source but those to keep: each compares with what is no longer current.

    One that is being accepted already stays: there is no way back.
    """
    unfinished = select(t.runs.c.id).where(_siblings(run), t.runs.c.state.in_(("held", "open")), t.runs.c.accepting.is_(None))
    for run_id in set(connection.scalars(unfinished)) - set(keep):
        end_run(connection, run_id, "superseded", now)


def _note_source(connection: Connection, run: RowMapping, now: datetime, *, listed: bool) -> None:
    values: dict[str, object] = {
        "run": run["id"],
        "accepted_at": now,
        "data_timestamp": run["data_timestamp"],
        "data_date": run["data_date"],
    }
    if listed:
        values["listed_at"] = now
    statement = insert(connection, t.source_state).values(source=run["source"], **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["source"], set_=values))
