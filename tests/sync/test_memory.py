"""Memory of a run stays flat however many trials change and however long their records are."""

from __future__ import annotations

import gc
import hashlib
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice

import msgspec

from tests.builders import make_record
from tracker.model.record import TrialRecord
from tracker.model.run import RunCounts
from tracker.model.source import Answer, Document, Found, Parsed, SourceInfo
from tracker.model.upkeep import Lease
from tracker.model.watch import Send, Watch
from tracker.store import Store
from tracker.sync.scope import RunScope
from tracker.sync.staging import RunStager

TRIALS, BATCH = 1_000, 50
RECORD_BYTES = 50_000
FIRST = datetime(2026, 3, 2, 10, tzinfo=UTC)
KEYS = [f"ctgov:NCT{number:08d}" for number in range(TRIALS)]
WATCH = Watch(name="all", trials=tuple(KEYS), send=(Send(to="me"),))


class PlainSource:
    """A registry whose documents are records as JSON, with a long description each."""

    info = SourceInfo(key="ctgov", title="Registry", kind="registry", base_url="", hosts=(), pace=1, anchors=("conditions",))

    def parse(self, document: Document) -> Parsed:
        return Parsed(record=msgspec.json.decode(document.body, type=TrialRecord))

    def digest(self, document: Document) -> str:
        return hashlib.sha256(document.body).hexdigest()


def batches(now: datetime, day: int) -> Iterator[list[Answer]]:
    answers = served(now, day)
    while batch := list(islice(answers, BATCH)):
        yield batch


def served(now: datetime, day: int) -> Iterator[Answer]:
    """Every trial, changed from one day to the next, and with a field that is empty on the second."""
    for number, key in enumerate(KEYS):
        long = f"{number} " + "A long tale. " * (RECORD_BYTES // 13)
        record = make_record(
            trial=key, detailed_description=long, enrollment=100 + day, conditions=("Lupus",) if day == 0 else ()
        )
        document = Document(
            source="ctgov",
            trial=key,
            url="",
            body=msgspec.json.encode(record),
            content_type="application/json",
            fetched_at=now,
            as_of=now,
        )
        yield Found(trial=key, document=document)


def stager_of(store: Store, now: datetime) -> tuple[RunStager, Lease]:
    lease = store.acquire_lease("source:ctgov", "host:1", now, timedelta(hours=1))
    source = PlainSource()
    run = store.open_run(lease, "ctgov", now, None).run
    scope = RunScope(store=store, source=source, run=run.id, data=None, watches={"all": WATCH})  # type: ignore[arg-type]
    sources = {"ctgov": source}
    return RunStager(store=store, sources=sources, clock=lambda: now, scope=scope), lease  # type: ignore[arg-type]


def stage(stager: RunStager, lease: Lease, answers: list[Answer]) -> None:
    stager.stage(lease, stager.scope.context_of([answer.trial for answer in answers]), answers)


def held_bytes() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def test_a_run_keeps_counters_of_a_thousand_changed_trials_and_nothing_of_each(database: str) -> None:
    tomorrow = FIRST + timedelta(days=1)
    with Store.open(database) as store:
        store.sync_watches([WATCH], {"me"}, FIRST)
        stager, lease = stager_of(store, FIRST)
        for answers in batches(FIRST, 0):
            stage(stager, lease, answers)
        store.accept(lease, stager.run, FIRST, RunCounts())
        store.release_lease(lease, FIRST)

        stager, lease = stager_of(store, tomorrow)
        changed = batches(tomorrow, 1)
        stage(stager, lease, next(changed))  # what is loaded once is loaded now
        tracemalloc.start()
        try:
            before = held_bytes()
            for answers in changed:
                stage(stager, lease, answers)
            del answers
            grown = held_bytes() - before
        finally:
            tracemalloc.stop()
        assert stager.tally.examples["conditions"] == KEYS[0]
        counts = store.staged_totals(stager.run).counts
        assert (counts.changed, counts.events) == (TRIALS, 2 * TRIALS)
    per_trial = grown / (TRIALS - BATCH)
    assert per_trial < 500, f"{per_trial:,.0f} bytes a changed trial, whose record has {RECORD_BYTES:,}"
