"""The registries' own indexes of versions, as they were last read."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import msgspec
from sqlalchemy import delete, select

from tracker.model.history import OriginalData, RecordHistory, RegistryVersion, StoredHistory
from tracker.store import tables as t
from tracker.store.database import Database, chunks, insert
from tracker.store.packing import to_json

_touched = msgspec.json.Decoder(tuple[str, ...])
_original = msgspec.json.Decoder(OriginalData)


def keep_history(database: Database, history: RecordHistory, read_at: datetime) -> None:
    """Store the index of a trial that is known, in the place of what was stored of it."""
    versions = [
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
                )
                versions.setdefault(row.trial, []).append(version)
            for row in connection.execute(select(t.histories).where(t.histories.c.trial.in_(keys))):
                history = RecordHistory(
                    trial=row.trial, versions=tuple(versions.get(row.trial, ())), original=_original.decode(row.original)
                )
                found[row.trial] = StoredHistory(history=history, read_at=row.read_at)
    return found
