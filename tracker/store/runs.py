"""Runs: opening one, adopting what a killed process left, and looking back."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Connection, RowMapping, insert, select, update

from tracker.errors import LeaseLostError, StoreError
from tracker.model.run import OpenRun, Run, RunCounts, RunPurpose, RunState, SourceState
from tracker.model.source import DataVersion
from tracker.model.upkeep import Lease
from tracker.store import rows
from tracker.store import tables as t
from tracker.store.database import Database, chunks
from tracker.store.dropping import drop_ended
from tracker.store.packing import to_json

NO_ANSWER = ("failed", "older")
"""Check statuses after which a trial is asked for again."""

THERE = ("baseline", "unchanged", "changed", "quiet", "restored")
"""Check statuses that mean: the registry gave us the trial's record."""

ABSENT = ("absent", "removed")
"""Check statuses that mean: the registry has no such trial at present."""

UNSURE = ("aliased", "merged", "still_merged", "doubted", "older")
"""Check statuses that say nothing of where the trial's own record stands now."""

ADOPTABLE_FOR = timedelta(hours=6)
"""How long an unfinished run can be continued if its source does not say how new its data are."""


def open_run(
    database: Database,
    lease: Lease,
    source: str,
    now: datetime,
    data: DataVersion | None,
    purpose: RunPurpose = "sync",
) -> OpenRun:
    """Begin a run over one source, or adopt the one that a killed process left open.

    It is adopted when it read the same data of the registry; where the source does not state them, when it began less
    than six hours ago. A backfill is always adopted: history does not age. An older one is superseded and what it
    staged is deleted.
    """
    with database.writing(lease) as connection:
        opened = _opened(connection, source, now, data, purpose)
    drop_ended(lambda: database.writing(lease), source)
    return opened


def fail_run(database: Database, lease: Lease, run_id: int, now: datetime, error: str, counts: RunCounts | None = None) -> Run:
    """End a run that cannot be finished. What it staged is deleted; the trials stay as the last accepted run left them."""
    with database.writing(lease) as connection:
        require_state(connection, run_id, "open")
        end_run(connection, run_id, "failed", now)
        connection.execute(
            update(t.runs).where(t.runs.c.id == run_id).values(error=error, counts=to_json(counts or RunCounts()))
        )
        run = read_run(connection, run_id)
    drop_ended(lambda: database.writing(lease), run.source)
    return run


def runs(database: Database, limit: int, source: str | None = None) -> list[Run]:
    """The latest runs, newest first."""
    statement = select(*rows.run_columns()).order_by(t.runs.c.id.desc()).limit(limit)
    if source is not None:
        statement = statement.where(t.runs.c.source == source)
    with database.reading() as connection:
        return [rows.run(row) for row in connection.execute(statement).mappings()]


def held_runs(database: Database) -> list[Run]:
    """The runs that wait for ``release``, oldest first."""
    with database.reading() as connection:
        statement = select(*rows.run_columns()).where(t.runs.c.state == "held").order_by(t.runs.c.id)
        return [rows.run(row) for row in connection.execute(statement).mappings()]


def looks(database: Database, source: str) -> list[datetime]:
    """When the last accepted run of a source began, and those after it that health has judged sick."""
    last = select(t.source_state.c.run).where(t.source_state.c.source == source).scalar_subquery()
    judged = ("accepted", "held", "superseded", "discarded")
    where = (t.runs.c.source == source, t.runs.c.purpose == "sync", t.runs.c.state.in_(judged), t.runs.c.id >= last)
    with database.reading() as connection:
        found = connection.execute(select(*rows.run_columns()).where(*where).order_by(t.runs.c.id)).mappings()
        runs = [rows.run(row) for row in found]
    return [run.started_at for run in runs if run.state == "accepted" or run.verdict.sick]


def source_states(database: Database) -> dict[str, SourceState]:
    """The last accepted run of each source."""
    with database.reading() as connection:
        columns = (t.source_state.c[name] for name in SourceState.__struct_fields__)
        found = connection.execute(select(*columns)).mappings()
        return {row["source"]: SourceState(**row) for row in found}


def read_run(connection: Connection, run_id: int) -> Run:
    """One run, in the middle of a transaction."""
    row = connection.execute(select(*rows.run_columns()).where(t.runs.c.id == run_id)).mappings().one_or_none()
    if row is None:
        raise StoreError(f"there is no run {run_id}.", remedy="`tracker doctor` lists those that are held.")
    return rows.run(row)


def require_state(connection: Connection, run_id: int, state: RunState) -> RowMapping:
    """The run's whole row, locked until the transaction ends. Raises when the run is in another state by now."""
    row = connection.execute(select(t.runs).where(t.runs.c.id == run_id).with_for_update()).mappings().one_or_none()
    if row is None:
        raise StoreError(f"there is no run {run_id}.", remedy="`tracker doctor` lists those that are held.")
    if row["state"] == state:
        return row
    if state == "open":
        raise LeaseLostError(f"run {run_id} was ended by another process (it is {row['state']}); nothing was written.")
    remedy = "Only a held run can be released or discarded."
    held = select(t.runs.c.id).where(t.runs.c.source == row["source"], t.runs.c.state == "held")
    for now_held in connection.scalars(held):
        remedy = f"Run {now_held} of {row['source']} is held in its place: look at it, then `tracker release {now_held}`."
    raise StoreError(f"run {run_id} is {row['state']}, not {state}.", remedy=remedy)


def end_run(connection: Connection, run_id: int, state: RunState, now: datetime) -> None:
    """End a run without accepting it. What it staged counts no more; `drop_ended` takes it away."""
    ended = {"state": state, "finished_at": now, "cursor": None, "closing": None, "accepting": "dropping"}
    connection.execute(update(t.runs).where(t.runs.c.id == run_id).values(ended))


def _opened(connection: Connection, source: str, now: datetime, data: DataVersion | None, purpose: RunPurpose) -> OpenRun:
    left = connection.execute(
        select(*rows.run_columns(), t.runs.c.cursor)
        .where(t.runs.c.source == source, t.runs.c.state == "open", t.runs.c.purpose == purpose)
        .order_by(t.runs.c.id.desc())
    ).mappings()
    adopted: OpenRun | None = None
    for row in left.all():
        if adopted is None and (purpose == "backfill" or _same_data(row, now, data)):
            adopted = _adopted(row)
        else:
            end_run(connection, row["id"], "superseded", now)
    if adopted is not None:
        return adopted
    key = connection.execute(
        insert(t.runs).values(
            source=source,
            purpose=purpose,
            state="open",
            started_at=now,
            data_timestamp=data.timestamp if data else None,
            data_date=data.date if data else None,
        )
    ).inserted_primary_key
    assert key is not None
    return OpenRun(run=read_run(connection, key[0]))


def _same_data(row: RowMapping, now: datetime, data: DataVersion | None) -> bool:
    if data is None:
        return row["data_timestamp"] is None and bool(now - row["started_at"] < ADOPTABLE_FOR)
    return bool(row["data_timestamp"] == data.timestamp)


def _adopted(row: RowMapping) -> OpenRun:
    return OpenRun(run=rows.run(row), cursor=row["cursor"])


def answered(database: Database, run_id: int, trials: Collection[str]) -> frozenset[str]:
    """Of which of these trials the registry gave a run the record."""
    found: set[str] = set()
    with database.reading() as connection:
        for keys in chunks(sorted(trials)):
            own = (t.checks.c.run == run_id, t.checks.c.status.in_(THERE), t.checks.c.trial.in_(keys))
            found.update(connection.scalars(select(t.checks.c.trial).where(*own)))
    return frozenset(found)
