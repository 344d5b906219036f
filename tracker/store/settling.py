"""The parts of an acceptance that are written in small transactions, before and after the one that makes a run count.

*Before*, what no reader sees of a run that is not accepted: versions of trials that nobody follows yet, and when versions that
are about to be replaced were last seen. *After*, what says nothing new: when unchanged trials were last seen, and marks that
readers take from the run until they are there. Each part may be done twice; what is done is not found again.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, RowMapping, and_, case, delete, exists, func, select, update

from tracker.store import tables as t
from tracker.store.listings import Writing, forget_listed, prepare_joins
from tracker.store.present import drop_former
from tracker.store.runs import THERE

TOGETHER = 2_000
"""Trials in one of these transactions: it keeps others from writing for a fraction of a second."""

UNASKED = ("unchanged", "baseline", "still_merged", "older")
"""Check statuses of which trials and snapshots record everything."""


def prepare(writing: Writing, run: RowMapping) -> None:
    """Write what of a run is not seen before it counts."""
    after = ""
    while True:
        with writing() as connection:
            trials = _staged_trials(connection, run["id"], after)
            if trials:
                _keep_last_seen(connection, trials)
                _read_first(connection, run, trials)
        if len(trials) < TOGETHER:
            break
        after = trials[-1]
    prepare_joins(writing, run["id"], run["started_at"])


def settle(writing: Writing, run: RowMapping) -> None:
    """Write what is left to say of a run that counts."""
    run_id: int = run["id"]
    after = ""
    while True:
        with writing() as connection:
            trials = _staged_trials(connection, run_id, after)
            if trials:
                own = (t.snapshots.c.run == run_id, t.snapshots.c.trial.in_(trials))
                connection.execute(update(t.snapshots).where(*own).values(accepted=True))
                drop_former(connection, trials)
        if len(trials) < TOGETHER:
            break
        after = trials[-1]
    done = (t.checks.c.run == run_id, t.checks.c.status.in_(UNASKED))
    while True:
        with writing() as connection:
            asked = select(t.checks.c.trial).where(*done).order_by(t.checks.c.trial).limit(TOGETHER)
            trials = list(connection.scalars(asked))
            if trials:
                if run["purpose"] == "sync":
                    note_there(connection, run, ("unchanged",), trials)
                # Only checks that someone may ask about are kept.
                connection.execute(delete(t.checks).where(*done, t.checks.c.trial.in_(trials)))
        if len(trials) < TOGETHER:
            break
    forget_listed(writing, run_id)


def make_current(connection: Connection, run_id: int, trials: Collection[str] | None = None) -> None:
    """The newest version that the run staged of each trial, or of these.

    Correlated on purpose: joined, it is looked up row by row. The version that it follows keeps for itself when it was last
    seen: see `prepare`.
    """
    in_run = t.snapshots.c.run == run_id
    newest = select(func.max(t.snapshots.c.id)).where(in_run, t.snapshots.c.trial == t.trials.c.key).scalar_subquery()
    changed = select(t.checks.c.trial).where(t.checks.c.run == run_id, t.checks.c.status != "unchanged")
    if trials is not None:
        changed = changed.where(t.checks.c.trial.in_(trials))
    staged = exists().where(in_run, t.snapshots.c.trial == t.trials.c.key)
    connection.execute(
        update(t.trials).where(t.trials.c.key.in_(changed), staged).values(current_snapshot=newest, seen_at=None)
    )


def note_there(
    connection: Connection, run: RowMapping, statuses: Sequence[str] = THERE, some: Collection[str] | None = None
) -> None:
    """Write of the trials with a check of these statuses, or of some of them, that the registry gave us their record."""
    trials, checks = t.trials.c, t.checks.c
    where = [checks.run == run["id"], checks.status.in_(statuses), trials.key == checks.trial]
    if some is not None:
        where += [checks.trial.in_(some), trials.key.in_(some)]
    connection.execute(
        update(t.trials)
        .where(*where)
        .values(
            checked_at=checks.checked_at,
            checked_data_timestamp=run["data_timestamp"],
            failing_since=None,
            error="",
            absent_since=None,
            absent_data_timestamp=None,
            claim=None,
            claimed_at=None,
            claim_data_timestamp=None,
            seen_at=checks.checked_at,
            removed_at=None,
            merged_into=None,
            kept_apart_from=None,
            data_version=func.coalesce(checks.data_version, trials.data_version),
            fingerprint=func.coalesce(checks.fingerprint, trials.fingerprint),
            nct_number=func.coalesce(trials.nct_number, checks.nct_number),
            etag=case((checks.has_validators, checks.etag), else_=trials.etag),
            last_modified=case((checks.has_validators, checks.last_modified), else_=trials.last_modified),
        )
    )


def _staged_trials(connection: Connection, run_id: int, after: str) -> list[str]:
    """The trials of which a run has staged a version, by key, some at a time."""
    own = (t.snapshots.c.run == run_id, t.snapshots.c.trial > after)
    trial = t.snapshots.c.trial
    return list(connection.scalars(select(trial).where(*own).distinct().order_by(trial).limit(TOGETHER)))


def _keep_last_seen(connection: Connection, trials: Sequence[str]) -> None:
    """Write into the present versions of these trials when they were last seen, which their trials know."""
    own = and_(t.trials.c.key.in_(trials), t.trials.c.seen_at.is_not(None))
    current = t.snapshots.c.id.in_(select(t.trials.c.current_snapshot).where(own))
    seen = select(t.trials.c.seen_at).where(t.trials.c.key == t.snapshots.c.trial).scalar_subquery()
    connection.execute(update(t.snapshots).where(current, t.snapshots.c.last_seen_at < seen).values(last_seen_at=seen))


def _read_first(connection: Connection, run: RowMapping, trials: Sequence[str]) -> None:
    """Make the first versions of trials current that nobody follows: their watches gain them when the run counts."""
    followed = exists().where(t.memberships.c.trial == t.trials.c.key, t.memberships.c.ended_at.is_(None))
    first = exists().where(t.checks.c.run == run["id"], t.checks.c.trial == t.trials.c.key, t.checks.c.status == "baseline")
    unseen = (t.trials.c.key.in_(trials), t.trials.c.current_snapshot.is_(None), ~followed, first)
    new = list(connection.scalars(select(t.trials.c.key).where(*unseen)))
    if new:
        make_current(connection, run["id"], new)
        note_there(connection, run, ("baseline",), new)
        connection.execute(delete(t.checks).where(t.checks.c.run == run["id"], t.checks.c.trial.in_(new)))
