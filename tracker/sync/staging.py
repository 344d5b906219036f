"""Staging a run batch by batch: load what a batch of answers is judged against, decide, write."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import TypeVar

import msgspec

from tracker import __version__
from tracker.archive import records
from tracker.archive.reader import READER
from tracker.clock import Clock
from tracker.detect import batch as batches
from tracker.detect import mirrors, standing
from tracker.detect.batch import BatchInputs, RunContext, SearchMove, Wanted
from tracker.detect.drift import Reading
from tracker.detect.listing import ListingDecision
from tracker.detect.standing import Decided
from tracker.detect.tally import Failure, RunTally
from tracker.errors import SourceError
from tracker.events.changed_back import WITHIN
from tracker.model.record import TrialRecord
from tracker.model.snapshot import TrackedTrial
from tracker.model.source import Answer, Document, Source
from tracker.model.staging import Batch
from tracker.model.upkeep import Lease
from tracker.store import Store
from tracker.sync import present

Item = TypeVar("Item")

TRIALS = 200
"""So many stored trials are looked at together."""


@dataclass(kw_only=True)
class RunStager:
    """Stages one run. ``tally`` counts what the run is judged by."""

    store: Store
    sources: Mapping[str, Source]
    clock: Clock
    run: int
    context: RunContext
    tally: RunTally = field(default_factory=RunTally)

    def stage(self, lease: Lease, answers: Iterable[Answer]) -> None:
        """Load what a batch of answers is judged against, judge it, and stage it in one transaction."""
        now = self.clock()
        looks = [batches.look(self.context, answer) for answer in answers]
        inputs = self._load(batches.wanted(self.context, looks, now), now)
        decision = batches.decide(self.context, looks, inputs, now)
        for result in decision.results:
            self.tally.add(result)
        plain = present.staged(decision.results, self.context.source.info)
        self._write(lease, msgspec.structs.replace(decision.batch, plain=plain), now)

    def stage_listings(self, lease: Lease, decisions: Iterable[ListingDecision]) -> None:
        """Stage what the searches say of trials whose records are stored: entered, back again, or left."""
        moves = standing.search_moves(self.context, decisions, self.tally.absent, self.tally.unsure)
        for some in _chunks(sorted(moves, key=lambda move: move.trial)):
            now = self.clock()
            self._write_decided(lease, standing.decide_moves(self.context, some, self._stored(some), now), now)

    def stage_calendar(self, lease: Lease) -> None:
        """Stage what the calendar has made true of the trials that did not change; `stage` does so for those that did.

        Only records of which a day has come are read: the days of each are stored with its version.
        """
        last = self.context.calendar_at
        after = last.astimezone(UTC).date() if last else None
        until = self.clock().astimezone(UTC).date()
        due = self.store.calendar_trials(self.context.source.info.key, READER, after, until)
        for some in _chunks(self._unmoved(due)):
            now = self.clock()
            self._write_decided(lease, standing.decide_calendar(self.context, some, now), now)

    def readings(self) -> Iterator[Reading]:
        """The trials that answered in this run as they now stand, one at a time: changed ones, then the others."""
        for document in self.store.staged_documents(self.run):
            yield from self._reading(document)
        for _, document in self.store.current_documents(sorted(self.tally.answered - self.tally.moved)):
            yield from self._reading(document)

    def _load(self, wanted: Wanted, now: datetime) -> BatchInputs:
        past = self.store.past_events(wanted.moved) if wanted.moved else {}
        recent = [event.id for events in past.values() for event in events if now - event.effective_at <= WITHIN]
        return BatchInputs(
            documents={document.trial: document for document in self.store.documents(wanted.documents)},
            past=past,
            alerts=self.store.alerts_of(recent) if recent else {},
            tracking_since=self.store.tracking_since(wanted.moved) if wanted.moved else {},
            homes=dict(self._homes(wanted.homes)) if wanted.homes else {},
            believed={trial: {one: self.store.document(one) for one in ids} for trial, ids in wanted.believed.items()},
        )

    def _homes(self, wanted: Mapping[str, datetime]) -> Iterator[tuple[str, mirrors.Home]]:
        """The registry's records that pages repeat, with their former values if a page may lag behind."""
        for known, record in records.current(self.store, self.sources, sorted(wanted)):
            assert known.current is not None
            former: Iterable[Document] = ()
            if known.current.first_seen_at > wanted[known.key]:
                versions = self.store.timeline(known.key)
                former = self.store.documents(meta.id for meta in versions if meta.id != known.current.id)
            earlier = tuple(mirrors.compared(reading.record) for document in former for reading in self._reading(document))
            yield known.key, mirrors.Home(record=record, current=known.current, earlier=earlier)

    def _stored(self, moves: Iterable[SearchMove]) -> dict[str, TrialRecord]:
        trials = sorted({move.trial for move in moves})
        return {known.key: record for known, record in records.current(self.store, self.sources, trials)}

    def _unmoved(self, trials: Iterable[str]) -> Iterator[tuple[TrackedTrial, TrialRecord]]:
        """Those of these trials that are followed, there, and without a new version in this run."""
        followed = self.context.followed
        here = [key for key in trials if key in followed and not followed[key].removed_at and key not in self.tally.moved]
        return records.current(self.store, self.sources, here)

    def _reading(self, document: Document) -> Iterator[Reading]:
        """What a stored version says; nothing if today's parser refuses it."""
        try:
            yield Reading(document=document, record=records.read(self.sources, document))
        except SourceError:
            return

    def _write_decided(self, lease: Lease, decided: Decided, now: datetime) -> None:
        batch, failed = decided
        self.tally.failures += [Failure(subject=one.trial, error=one.error) for one in failed]
        self._write(lease, batch, now)

    def _write(self, lease: Lease, batch: Batch, now: datetime) -> None:
        if batch.checks or batch.events:
            read_by_this = msgspec.structs.replace(batch, reader=__version__)
            self.tally.issues += self.store.stage(lease, self.run, read_by_this, now)


def _chunks(items: Iterable[Item]) -> Iterator[list[Item]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, TRIALS)):
        yield chunk
