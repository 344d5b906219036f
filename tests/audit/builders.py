"""Versions, indexes and stored histories of invented trials."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

from tests.store.builders import check, snapshot
from tests.world import FIRST_DAY, Study, World, put, study
from tracker.audit import Held
from tracker.model.history import OriginalData, RecordHistory, RegistryVersion, StoredHistory
from tracker.model.record import TrialRecord
from tracker.model.run import RunCounts
from tracker.model.staging import Batch

NCT = "NCT00000101"
TRIAL = f"ctgov:{NCT}"
DESIGN, OUTCOMES = ("Study Design",), ("Outcome Measures",)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def held(text: str, record: TrialRecord, number: int | None = None, *, imported: bool = True) -> Held:
    return Held(day=day(text), number=number, record=record, imported=imported)


def index(*versions: tuple[str, tuple[str, ...]], trial: str = TRIAL, original: OriginalData | None = None) -> StoredHistory:
    """The registry's index: the day of each version and what it touched, numbered from 0."""
    listed = tuple(
        RegistryVersion(number=number, date=day(text), touched=touched) for number, (text, touched) in enumerate(versions)
    )
    history = RecordHistory(trial=trial, versions=listed, original=original or OriginalData())
    return StoredHistory(history=history, read_at=dt.datetime(2026, 3, 1, tzinfo=dt.UTC))


def outcomes(primary: Sequence[str], secondary: Sequence[str] = (), frame: str = "24 weeks", **changes: Any) -> Study:
    """A study with these outcomes; further changes as of `tests.world.study`."""
    made = study(NCT, **changes)
    put(made, "outcomesModule", _module(primary, secondary, frame))
    return made


def _module(primary: Sequence[str], secondary: Sequence[str], frame: str) -> dict[str, Any]:
    lists = (("primaryOutcomes", primary), ("secondaryOutcomes", secondary))
    return {name: [{"measure": text, "timeFrame": frame} for text in texts] for name, texts in lists if texts}


def import_versions(world: World, versions: Sequence[tuple[int, str, Study]]) -> None:
    """Store versions as a backfill does: number at the registry, day, and the study as it was."""
    store = world.store
    lease = store.acquire_lease("source:ctgov", "host:1", FIRST_DAY, dt.timedelta(minutes=10))
    run = store.open_run(lease, "ctgov", FIRST_DAY, None, purpose="backfill").run.id
    snapshots = []
    for number, text, made in versions:
        valid_from = dt.datetime.combine(day(text), dt.time(), dt.UTC)
        staged = snapshot(TRIAL, json.dumps(made).encode(), FIRST_DAY, valid_from=valid_from)
        snapshots.append(
            type(staged)(**{**{f: getattr(staged, f) for f in staged.__struct_fields__}, "registry_version": number})
        )
    checks = (check(TRIAL, "changed", FIRST_DAY),)
    store.stage(lease, run, Batch(checks=checks, snapshots=tuple(snapshots)), FIRST_DAY)
    store.accept(lease, run, FIRST_DAY, RunCounts())
    store.release_lease(lease, FIRST_DAY)
