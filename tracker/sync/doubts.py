"""What is hard to believe of a run: loaded, judged by `tracker.detect.mass`, set aside or marked before the run is accepted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from tracker.archive import records
from tracker.detect import mass, second_opinion, standing
from tracker.detect.mass import Suspicion
from tracker.model.event import Event, EventFilter
from tracker.model.record import TrialRecord
from tracker.model.run import Run, RunCounts
from tracker.model.snapshot import KeptField, TrackedTrial
from tracker.model.source import Source
from tracker.model.staging import Doubts
from tracker.model.upkeep import Lease
from tracker.store import Store
from tracker.sync.scope import RunScope

MANY = "many:"
"""How the names of incidents begin that wait for the next run to confirm or withdraw what was told; source and run follow."""


class ToldBefore(NamedTuple):
    """Doubtful changes that an earlier run told, by the name of their incident, and which of their trials answered again."""

    incident: str
    events: list[Event]
    answered: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class RunDoubts:
    """The doubts about one run, from its staged events to its acceptance."""

    store: Store
    sources: Mapping[str, Source]
    scope: RunScope
    run: Run

    def find(self, counts: RunCounts, pause: timedelta, now: datetime) -> Suspicion:
        """What too many trials say at once without a new version of their own, and what a second opinion speaks for."""
        twice = self._said_twice(now)
        if self.scope.source.info.from_files:
            return Suspicion(confirmed=twice)  # a file brings the changes of weeks at once, and tells of no versions
        staged = self.store.staged_findings(self.run.id)
        findings = [one for one in staged if one.event.trial not in twice and mass.counts(one.event)]
        if not findings:
            return Suspicion(confirmed=twice)
        checked = counts.unchanged + counts.changed + counts.quiet
        suspects = mass.improbable(findings, checked, pause)
        trials = sorted({one.event.trial for those in suspects.values() for one in those})
        sponsors = {
            known.key: record.lead_sponsor.name or ""
            for known, record in (records.current(self.store, self.sources, trials) if trials else ())
            if record.lead_sponsor
        }
        followed = self.scope.context_of({one.event.trial for one in findings}).followed if findings else {}
        judged = mass.judge(findings, followed, sponsors, checked, pause, self.run.data_timestamp, now)
        return msgspec.structs.replace(judged, confirmed=judged.confirmed | twice)

    def _said_twice(self, now: datetime) -> frozenset[str]:
        """The trials of which a held run staged the same, in another data version and long enough ago."""
        data = self.scope.data.date if self.scope.data else None
        return frozenset(
            trial
            for held in self.store.held_runs()
            if held.source == self.run.source
            for trial, since, first in self.store.unsettled_since(self.run.id, held.id)
            if second_opinion.is_second(first, since, data, now)
        )

    def settled(self, lease: Lease, suspicion: Suspicion, now: datetime) -> Doubts:
        """What acceptance sets apart: what is held, and what the calendar made of it.

        The calendar is asked again by what is believed of these trials; what it says by that is staged.
        """
        held = set(suspicion.held)
        if suspicion.keep:
            staged = {event.id for event in self.store.staged_calendar(self.run.id, suspicion.keep)}
            context = self.scope.context_of(suspicion.keep.keys())
            batch, _ = standing.decide_calendar_anew(context, self._believed(suspicion.keep), now)
            believed = {one.event.id for one in batch.events}
            held |= staged - believed
            if believed - staged:
                self.store.stage(lease, self.run.id, batch, now)
        return Doubts(held=held, keep=suspicion.keep, many=suspicion.many)

    def _believed(
        self, keep: Mapping[str, tuple[int, tuple[KeptField, ...]]]
    ) -> Iterator[tuple[TrackedTrial, TrialRecord, TrialRecord]]:
        """Each trial with its record before and now, as they are believed."""
        for known, before in records.current(self.store, self.sources, sorted(keep)):
            version, fields = keep[known.key]
            yield known, before, records.believed_version(self.store, self.sources, version, fields)

    def told_before(self) -> list[ToldBefore]:
        """What earlier runs told as doubtful, where this one was given the record of one of its trials."""
        found = []
        for incident in self.store.incidents():
            prefix = f"{MANY}{self.run.source}:"
            if incident.ended_at is not None or not incident.name.startswith(prefix):
                continue
            told = self.store.events(EventFilter(run=int(incident.name.removeprefix(prefix))))
            doubtful = [event for event in told if event.details.many_at_once]
            answered = self.store.answered(self.run.id, {event.trial for event in doubtful})
            if answered:
                found.append(ToldBefore(incident.name, doubtful, answered))
        return found

    def settle(self, told: Iterable[ToldBefore], events: Iterable[Event], now: datetime) -> tuple[str, ...]:
        """Say in the next digests what became of changes that were told as doubtful; gives their incidents, which are over."""
        settled = []
        taken_back: set[str] | None = None  # mostly nobody asks
        for one in told:
            if taken_back is None:
                backs = (event.details.changed_back for event in events)
                taken_back = {event for back in backs if back for event in back.events}
            self._note(one.events, one.answered, taken_back, now)
            settled.append(one.incident)
        return tuple(settled)

    def _note(self, told: Collection[Event], answered: Collection[str], taken_back: Collection[str], now: datetime) -> None:
        by_watch: dict[str, list[Event]] = defaultdict(list)
        joined = self.scope.context_of({event.trial for event in told}).joined
        for event in told:
            for watch in joined.get(event.trial, ()):
                by_watch[watch].append(event)
        for watch, events in by_watch.items():
            back = {event.trial for event in events if event.id in taken_back}
            stand = {event.trial for event in events if event.trial in answered} - back
            self.store.add_note(watch, _outcome(events[0].detected_at, len(stand), len(back)), now)


def _outcome(told_at: datetime, stand: int, back: int) -> str:
    what = f"What was told on {told_at:%Y-%m-%d} as “many at once”: "
    parts = [f"confirmed by the next reading in {_trials(stand)}"] if stand else []
    parts += [f"withdrawn in {_trials(back)}"] if back else []
    return what + (", ".join(parts) or "not confirmed, the trials did not answer") + "."


def _trials(count: int) -> str:
    return "1 trial" if count == 1 else f"{count:,} trials"
