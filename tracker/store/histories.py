"""The registries' own indexes of versions, as they were last read."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

import msgspec
from sqlalchemy import delete, exists, select, update

from tracker.model.history import OriginalData, RecordHistory, RegistryVersion, StoredHistory
from tracker.model.snapshot import SnapshotMeta
from tracker.model.upkeep import Lease
from tracker.store import rows
from tracker.store import tables as t
from tracker.store.database import Database, chunks, insert
from tracker.store.packing import to_json
from tracker.store.runs import require_state
from tracker.store.trials import ensure_trials

_touched = msgspec.json.Decoder(tuple[str, ...])
_original = msgspec.json.Decoder(OriginalData)


def keep_history(database: Database, history: RecordHistory, read_at: datetime) -> None:
    """Store the index of a trial, in the place of what was stored of it; which versions could not be read stays known."""
    failed = select(t.registry_versions.c.number, t.registry_versions.c.error).where(
        t.registry_versions.c.trial == history.trial, t.registry_versions.c.error != ""
    )
    versions: list[dict[str, object]] = [
        {
            "trial": history.trial,
            "number": version.number,
            "valid_from": version.valid_from,
            "recruitment_status": version.recruitment_status,
            "said": version.said,
            "touched": to_json(version.touched),
        }
        for version in history.versions
    ]
    values = {"read_at": read_at, "original": to_json(history.original)}
    with database.writing() as connection:
        ensure_trials(connection, [history.trial], read_at)
        errors = {row.number: row.error for row in connection.execute(failed)}
        for version in versions:
            version["error"] = errors.get(version["number"], "")
        statement = insert(connection, t.histories).values(trial=history.trial, **values)
        connection.execute(statement.on_conflict_do_update(index_elements=["trial"], set_=values))
        connection.execute(delete(t.registry_versions).where(t.registry_versions.c.trial == history.trial))
        if versions:
            connection.execute(t.registry_versions.insert(), versions)


def histories(database: Database, trials: Collection[str]) -> dict[str, StoredHistory]:
    """The index of each of these trials of which one was read."""
    versions: dict[str, list[RegistryVersion]] = {}
    found: dict[str, StoredHistory] = {}
    for keys in chunks(sorted(trials)):
        listed = select(t.registry_versions).where(t.registry_versions.c.trial.in_(keys))
        with database.reading() as connection:
            for row in connection.execute(listed.order_by(t.registry_versions.c.trial, t.registry_versions.c.number)):
                version = RegistryVersion(
                    number=row.number,
                    date=row.valid_from.date(),
                    recruitment_status=row.recruitment_status,
                    said=row.said,
                    touched=_touched.decode(row.touched),
                    error=row.error,
                )
                versions.setdefault(row.trial, []).append(version)
            for row in connection.execute(select(t.histories).where(t.histories.c.trial.in_(keys))):
                history = RecordHistory(
                    trial=row.trial, versions=tuple(versions.get(row.trial, ())), original=_original.decode(row.original)
                )
                found[row.trial] = StoredHistory(history=history, read_at=row.read_at)
    return found


def note_version_error(database: Database, trial: str, number: int, error: str) -> None:
    """Keep with a version of the index why its record could not be read; an empty text when it could."""
    own = (t.registry_versions.c.trial == trial, t.registry_versions.c.number == number)
    with database.writing() as connection:
        connection.execute(update(t.registry_versions).where(*own, t.registry_versions.c.error != error).values(error=error))


def staged_versions(database: Database, run_id: int, trial: str) -> list[SnapshotMeta]:
    """The versions of a trial that a run has staged so far, by when they were valid."""
    own = (t.snapshots.c.run == run_id, t.snapshots.c.trial == trial)
    statement = rows.select_versions().where(*own).order_by(t.snapshots.c.valid_from, t.snapshots.c.id)
    with database.reading() as connection:
        return [rows.meta(row) for row in connection.execute(statement).mappings()]


def drop_versions(database: Database, lease: Lease, run_id: int, trial: str) -> None:
    """Take back what an open run has staged of a trial: it turned out to be wrong."""
    with database.writing(lease) as connection:
        require_state(connection, run_id, "open")
        own = (t.snapshots.c.run == run_id, t.snapshots.c.trial == trial, ~t.snapshots.c.accepted)
        connection.execute(delete(t.snapshots).where(*own, t.snapshots.c.base_snapshot.is_not(None)))
        connection.execute(delete(t.snapshots).where(*own))


def number_version(database: Database, lease: Lease, snapshot: int, number: int | None) -> None:
    """Note that a version which we saw ourselves is the one that the registry gives this number; None when it is not."""
    with database.writing(lease) as connection:
        connection.execute(update(t.snapshots).where(t.snapshots.c.id == snapshot).values(registry_version=number))


def drop_events(database: Database, lease: Lease, ids: Collection[str]) -> None:
    """Delete events of the past that finer ones have taken the place of, with their stories; nobody was alerted of them."""
    with database.writing(lease) as connection:
        for some in chunks(ids):
            own = (t.events.c.id.in_(some), t.events.c.origin == "backfill")
            stories = list(connection.scalars(select(t.events.c.story).where(*own)))
            connection.execute(delete(t.events).where(*own))
            told = exists().where(t.events.c.story == t.stories.c.id)
            connection.execute(delete(t.stories).where(t.stories.c.id.in_(stories), ~told))


def move_versions(database: Database, lease: Lease, since: Mapping[int, datetime]) -> None:
    """Note since when the registry had these versions, by their ids."""
    with database.writing(lease) as connection:
        for snapshot, when in since.items():
            connection.execute(update(t.snapshots).where(t.snapshots.c.id == snapshot).values(valid_from=when))
