"""The parts of an acceptance that are written in small transactions, before and after the one that makes a run count.

*Before*, what no reader sees of a run that does not count: versions of trials that nobody follows yet, when versions that are
about to be replaced were last seen, and marks on events, stories and alerts (`rows.is_logged`). *After*, what readers take from
the run until it is there: which versions are current (`rows.current_version`), marks on versions, and when trials were last
seen. Each part may be done twice; what is done is not found again.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, RowMapping, Table, and_, case, delete, exists, func, select, update

from tracker.store import tables as t
from tracker.store.database import Writing, chunks
from tracker.store.listings import forget_listed, prepare_joins
from tracker.store.present import drop_former
from tracker.store.runs import THERE

TOGETHER = 2_000
"""Trials in one of these transactions: it keeps others from writing for a fraction of a second."""

AS_BEFORE = ("baseline", "unchanged", "changed", "quiet")
"""Check statuses that say nothing of a trial's standing: it has a record, as before."""

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


def publish(writing: Writing, run: RowMapping) -> tuple[int, int]:
    """Mark what a run tells as part of the log, and its alerts as ready; gives how many events and alerts that are.

    Nobody sees it before the run counts. What another run has meanwhile brought into the log under the same id is left out.
    """
    run_id: int = run["id"]
    for table, mark in ((t.events, _log_events), (t.stories, _tell_stories)):
        after = ""
        while True:
            with writing() as connection:
                own = (table.c.run == run_id, table.c.id > after)
                ids = list(connection.scalars(select(table.c.id).where(*own).order_by(table.c.id).limit(TOGETHER)))
                if ids:
                    mark(connection, run, ids)
            if len(ids) < TOGETHER:
                break
            after = ids[-1]
    with writing() as connection:
        ready = (t.alerts.c.run == run_id, t.alerts.c.state == "ready")
        events = connection.scalar(select(func.count()).select_from(t.events).where(t.events.c.run == run_id))
        return events or 0, connection.scalar(select(func.count()).select_from(t.alerts).where(*ready)) or 0


def remember_first_sight(writing: Writing, run_id: int, older_id: int) -> None:
    """What an older held run had seen already was first seen then, in those data: the wait does not begin again."""
    older, after = t.snapshots.alias("older"), ""
    same = (older.c.run == older_id, older.c.trial == t.snapshots.c.trial, older.c.digest == t.snapshots.c.digest)
    first = {name: select(func.min(older.c[name])).where(*same).scalar_subquery() for name in ("first_seen_at", "data_version")}
    while True:
        with writing() as connection:
            trials = _staged_trials(connection, run_id, after)
            own = (t.snapshots.c.run == run_id, t.snapshots.c.trial.in_(trials))
            connection.execute(update(t.snapshots).where(*own, exists().where(*same)).values(first))
        if len(trials) < TOGETHER:
            return
        after = trials[-1]


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
                if run["purpose"] == "sync":
                    make_current(connection, run_id, trials)
                drop_former(connection, trials)
        if len(trials) < TOGETHER:
            break
        after = trials[-1]
    _settle_checks(writing, run)
    forget_listed(writing, run_id)


def _settle_checks(writing: Writing, run: RowMapping) -> None:
    """Write when trials were last seen, and which failed. Only checks that someone may ask about are kept."""
    own, after = t.checks.c.run == run["id"], ""
    while True:
        with writing() as connection:
            asked = select(t.checks.c.trial).where(own, t.checks.c.trial > after).order_by(t.checks.c.trial).limit(TOGETHER)
            trials = list(connection.scalars(asked))
            if trials:
                if run["purpose"] == "sync":
                    note_there(connection, run, AS_BEFORE, trials)
                    _note_failed(connection, run["id"], trials)
                some = (own, t.checks.c.trial.in_(trials))
                connection.execute(delete(t.checks).where(*some, t.checks.c.status.in_(UNASKED)))
        if len(trials) < TOGETHER:
            return
        after = trials[-1]


def make_current(connection: Connection, run_id: int, trials: Collection[str]) -> None:
    """The newest version that the run staged of each of these trials.

    Correlated on purpose: joined, it is looked up row by row. The version that it follows keeps for itself when it was last
    seen: see `prepare`.
    """
    in_run = t.snapshots.c.run == run_id
    newest = select(func.max(t.snapshots.c.id)).where(in_run, t.snapshots.c.trial == t.trials.c.key).scalar_subquery()
    staged = exists().where(in_run, t.snapshots.c.trial == t.trials.c.key)
    connection.execute(update(t.trials).where(t.trials.c.key.in_(trials), staged).values(current_snapshot=newest, seen_at=None))


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


def _note_failed(connection: Connection, run_id: int, trials: Collection[str]) -> None:
    """Write of those of these trials whose check failed since when they fail. It sets no date, so that they stay due."""
    own, checks = t.trials.c, t.checks.c
    failed = (checks.run == run_id, checks.status == "failed", own.key == checks.trial)
    since = func.coalesce(own.failing_since, checks.checked_at)
    connection.execute(
        update(t.trials)
        .where(*failed, checks.trial.in_(trials), own.key.in_(trials))
        .values(failing_since=since, error=checks.error)
    )


def _log_events(connection: Connection, run: RowMapping, ids: Sequence[str]) -> None:
    """Events of a run whose ids, in order, these are."""
    events, alerts = t.events.c, t.alerts.c
    own = (events.run == run["id"], events.id.between(ids[0], ids[-1]))
    its = (alerts.run == run["id"], alerts.event.between(ids[0], ids[-1]))
    for known in chunks(_known(connection, t.events, run["id"], ids)):
        connection.execute(delete(t.alerts).where(alerts.run == run["id"], alerts.event.in_(known)))
        connection.execute(delete(t.events).where(events.run == run["id"], events.id.in_(known)))
    connection.execute(update(t.events).where(*own, ~events.accepted).values(accepted=True))
    ready = {"state": "ready", "changed_at": run["finished_at"]}
    connection.execute(update(t.alerts).where(*its, alerts.state == "held").values(ready))


def _tell_stories(connection: Connection, run: RowMapping, ids: Sequence[str]) -> None:
    """The same of stories."""
    stories = t.stories.c
    own = (stories.run == run["id"], stories.id.between(ids[0], ids[-1]))
    for known in chunks(_known(connection, t.stories, run["id"], ids)):
        connection.execute(delete(t.stories).where(stories.run == run["id"], stories.id.in_(known)))
    connection.execute(update(t.stories).where(*own, ~stories.accepted).values(accepted=True))


def _known(connection: Connection, table: Table, run_id: int, ids: Sequence[str]) -> list[str]:
    """Which of these events or stories another run has brought into the log."""
    own = table.c
    return [
        known
        for some in chunks(ids)
        for known in connection.scalars(select(own.id).where(own.id.in_(some), own.accepted, own.run != run_id))
    ]


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
