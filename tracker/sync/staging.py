"""Staging a run batch by batch: load what a batch of answers is judged against, decide, write."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import TypeVar

import msgspec

from tracker import __version__
from tracker.archive import records
from tracker.archive.reader import reader_of
from tracker.clock import Clock
from tracker.detect import batch as batches
from tracker.detect import mirrors, standing
from tracker.detect.batch import BatchInputs, RunContext, Wanted
from tracker.detect.drift import Reading
from tracker.detect.standing import Decided
from tracker.detect.tally import Failure, RunTally
from tracker.errors import SourceError
from tracker.events.changed_back import WITHIN
from tracker.model.ids import split_key
from tracker.model.links import LinkRule
from tracker.model.source import Answer, Document, FollowsCalendar, Found, Source
from tracker.model.staging import Batch
from tracker.model.upkeep import Lease
from tracker.store import Store
from tracker.sync import disagreements, present
from tracker.sync.scope import RunScope

Item = TypeVar("Item")

TRIALS = 200
"""So many stored trials are looked at together."""


@dataclass(kw_only=True)
class RunStager:
    """Stages one run. ``tally`` counts what the run is judged by."""

    store: Store
    sources: Mapping[str, Source]
    clock: Clock
    scope: RunScope
    tally: RunTally = field(default_factory=RunTally)

    @property
    def run(self) -> int:
        """The run's number."""
        return self.scope.run

    def stage(self, lease: Lease, context: RunContext, answers: Iterable[Answer]) -> None:
        """Load what a batch of answers is judged against, judge it, and stage it in one transaction."""
        now = self.clock()
        if isinstance(context.source, FollowsCalendar):
            answers = (_read_at(now, answer) for answer in answers)
        looks = [batches.look(context, answer) for answer in answers]
        inputs = self._load(batches.wanted(context, looks, now), now)
        decision = batches.decide(context, looks, inputs, now)
        for result in decision.results:
            self.tally.add(result)
        plain = present.staged(decision.results, context.source)
        self._write(lease, msgspec.structs.replace(decision.batch, plain=plain), now)

    def stage_listings(self, lease: Lease) -> None:
        """Stage what the searches say of trials whose records are stored: entered, back again, or left."""
        for moves in self.store.search_moves(self.run):
            for some in _chunks(moves):
                now = self.clock()
                trials = sorted({move.trial for move in some})
                stored = {known.key: record for known, record in records.current(self.store, self.sources, trials)}
                context = self.scope.context_of(trials)
                self._write_decided(lease, standing.decide_moves(context, some, stored, now), now)

    def stage_calendar(self, lease: Lease) -> None:
        """Stage what the calendar has made true of the trials that did not change; `stage` does so for those that did.

        Only records of which a day has come are read: the days of each are stored with its version.
        """
        last = self.scope.calendar_at
        after = last.astimezone(UTC).date() if last else None
        until = self.clock().astimezone(UTC).date()
        info = self.scope.source.info
        for due in self.store.calendar_trials(info.key, reader_of([info]), after, until, unmoved_in=self.run):
            if isinstance(self.scope.source, FollowsCalendar):
                self._stage_turned(lease, due)
            stored = records.current(self.store, self.sources, due)
            for some in _chunks(one for one in stored if not one[0].removed_at):
                now = self.clock()
                context = self.scope.context(known for known, _ in some)
                self._write_decided(lease, standing.decide_calendar(context, some, now), now)

    def _stage_turned(self, lease: Lease, due: Sequence[str]) -> None:
        """Stage what reads otherwise today in versions that did not change."""
        turned = records.current_on(self.store, self.sources, due, self.scope.calendar_at, self.clock())
        for some in _chunks(one for one in turned if not one[0].removed_at and one[1] != one[2]):
            now = self.clock()
            context = self.scope.context(known for known, _, _ in some)
            past = self.store.past_events([known.key for known, _, _ in some])
            self._write_decided(lease, standing.decide_turned(context, some, past, now), now)

    def stage_disagreements(self, lease: Lease, rules: Sequence[LinkRule]) -> None:
        """Stage what linked registries say against each other of trials that did not change, once both have said it for long.

        A registry that is read beside this one counts as it was accepted last.
        """
        source = self.scope.source.info.key
        by_hand = {trial for rule in rules for trial in rule.trials if split_key(trial).source == source}
        for some in _chunks(self.store.linked_trials(source, by_hand, unmoved_in=self.run)):
            now = self.clock()
            found = list(disagreements.pairs(self.scope, some, rules))
            open_ones = [event.id for pair in found for event in standing.open_disagreements(pair)]
            told = self.store.alerts_of(open_ones) if open_ones else {}
            context = self.scope.context(pair.known for pair in found)
            self._write_decided(lease, standing.decide_disagreements(context, found, told, now), now)

    def readings(self) -> Iterator[Reading]:
        """The trials that answered in this run as they now stand, one at a time: changed ones, then the others."""
        for document in self.store.staged_documents(self.run):
            yield from self._reading(document)
        for document in self.store.unmoved_documents(self.run):
            yield from self._reading(document)

    def _load(self, wanted: Wanted, now: datetime) -> BatchInputs:
        past = self.store.past_events(wanted.moved) if wanted.moved else {}
        recent = [event.id for events in past.values() for event in events if now - event.effective_at <= WITHIN]
        return BatchInputs(
            documents={document.trial: document for document in self.store.documents(wanted.documents)},
            past=past,
            alerts=self.store.alerts_of(recent) if recent else {},
            tracking_since=self.store.tracking_since(wanted.moved) if wanted.moved else {},
            registered_at=self.store.registered_at(wanted.moved) if wanted.moved else {},
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

    def _reading(self, document: Document) -> Iterator[Reading]:
        """What a stored version says; nothing if today's parser refuses it."""
        try:
            yield Reading(document=document, record=records.read(self.sources, document))
        except SourceError:
            return

    def _write_decided(self, lease: Lease, decided: Decided, now: datetime) -> None:
        batch, failed = decided
        for one in failed:
            self.tally.failed(Failure(subject=one.trial, error=one.error))
        self._write(lease, batch, now)

    def _write(self, lease: Lease, batch: Batch, now: datetime) -> None:
        if batch.checks or batch.events:
            read_by_this = msgspec.structs.replace(batch, reader=__version__)
            self.tally.issues += self.store.stage(lease, self.run, read_by_this, now)


def _read_at(now: datetime, answer: Answer) -> Answer:
    """An answer whose document is read by the clock that tells which days have come."""
    if not isinstance(answer, Found):
        return answer
    return msgspec.structs.replace(answer, document=msgspec.structs.replace(answer.document, as_of=now))


def _chunks(items: Iterable[Item]) -> Iterator[list[Item]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, TRIALS)):
        yield chunk
