"""What becomes of trials that gave no new record: they enter and leave searches, and days pass for them. Pure.

What goes wrong with one trial is its own failure, and the others are judged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

import msgspec

from tracker.detect import age, disagreement, verdict
from tracker.detect.batch import BatchInputs, RunContext, alone, broken, check_context, entered_or_left, routed, told_of
from tracker.detect.disagreement import Side
from tracker.model.alert import Alert
from tracker.model.event import Event, Story
from tracker.model.record import TrialRecord
from tracker.model.snapshot import TrackedTrial
from tracker.model.source import Failed
from tracker.model.staging import Batch, StagedEvent
from tracker.model.watch import SearchMove

Decided = tuple[Batch, tuple[Failed, ...]]
"""What is to be staged, and the trials that could not be judged."""

Made = Iterator[tuple[Event, Mapping[str, datetime], TrialRecord]]
"""Events of a trial, each with the watches that are to hear of it, since when they follow it, and the trial's record."""

Given = TypeVar("Given")


def decide_moves(run: RunContext, moves: Iterable[SearchMove], stored: Mapping[str, TrialRecord], now: datetime) -> Decided:
    """The events of trials that entered or left a search; ``stored`` are their records."""

    def made(move: SearchMove) -> Made:
        context = check_context(run, move.trial, now, entering=(move.watch,))
        yield entered_or_left(move, stored[move.trial], context), {move.watch: now}, stored[move.trial]

    return _decided(run, ((move.trial, move) for move in moves if move.trial in stored), made)


def decide_calendar(run: RunContext, stored: Iterable[tuple[TrackedTrial, TrialRecord]], now: datetime) -> Decided:
    """What the calendar has made true of trials that did not change."""
    return _calendar(run, ((known, record, None) for known, record in stored), now)


def decide_turned(
    run: RunContext,
    turned: Iterable[tuple[TrackedTrial, TrialRecord, TrialRecord]],
    past: Mapping[str, tuple[Event, ...]],
    now: datetime,
) -> Decided:
    """What reads otherwise than it did when the calendar was last looked at, in versions that nobody changed.

    ``turned`` are trials with their record as it read then and as it reads now.
    """
    batches: list[Batch] = []
    failed: list[Failed] = []
    inputs = BatchInputs(past=past)
    for known, before, record in turned:
        try:
            context = check_context(run, known.key, now, inputs=inputs)
            detected = verdict.turned(run.source, known, before, record, run.calendar_at, context)
            batches.append(told_of(run, known, detected, record))
        except Exception as error:
            failed.append(broken(known.key, error))
    return Batch(
        events=tuple(event for batch in batches for event in batch.events),
        stories=tuple(story for batch in batches for story in batch.stories),
        alerts=tuple(alert for batch in batches for alert in batch.alerts),
    ), tuple(failed)


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """A trial and another registration of it; ``told_to`` are the watches that hear of the two by this trial."""

    known: TrackedTrial
    mine: Side
    theirs: Side
    told_to: frozenset[str]


def open_disagreements(pair: Pair) -> list[Event]:
    """The events of disagreements that were told of a pair and have not ended."""
    found = (disagreement.told(field, pair.mine, pair.theirs.trial) for field in disagreement.FIELDS)
    return [event for event in found if event is not None]


def decide_disagreements(run: RunContext, pairs: Iterable[Pair], told: Mapping[str, Sequence[Alert]], now: datetime) -> Decided:
    """What linked registries disagree on for long, once, and its end, to those who were told.

    ``told`` are the alerts of disagreements that have not ended, by event.
    """
    batches: list[Batch] = []
    failed: list[Failed] = []
    for pair in pairs:
        try:
            batches += _of_pair(run, pair, told, now)
        except Exception as error:
            failed.append(broken(pair.known.key, error))
    return Batch(
        events=tuple(event for batch in batches for event in batch.events),
        stories=tuple(story for batch in batches for story in batch.stories),
        alerts=tuple(alert for batch in batches for alert in batch.alerts),
    ), tuple(failed)


def _of_pair(run: RunContext, pair: Pair, told: Mapping[str, Sequence[Alert]], now: datetime) -> Iterator[Batch]:
    known, mine, theirs = pair.known, pair.mine, pair.theirs
    context = check_context(run, known.key, now)
    for field in disagreement.FIELDS:
        stands = disagreement.verdict(field, mine, theirs, now.date())
        before = disagreement.told(field, mine, theirs.trial)
        found = disagreement.disagreement(field, mine, theirs)
        if stands == "differ" and before is None and found.stands and pair.told_to:
            event = verdict.disagreeing(known.key, mine, theirs, found, context, ended=False)
            joined = {name: since for name, since in run.joined.get(known.key, {}).items() if name in pair.told_to}
            alerts = routed(run, (event,), joined, mine.record)
        elif stands == "agree" and before is not None:
            event = verdict.disagreeing(known.key, mine, theirs, found, context, ended=True)
            heard = {(one.watch, one.channel): one for one in told.get(before.id, ()) if one.watch in run.watches}
            alerts = [Alert(event=event.id, watch=one.watch, channel=one.channel, when=one.when) for one in heard.values()]
        else:
            continue
        staged, story = alone(event, known)
        yield Batch(events=(staged,), stories=(story,), alerts=tuple(alerts))


def decide_calendar_anew(
    run: RunContext, believed: Iterable[tuple[TrackedTrial, TrialRecord, TrialRecord]], now: datetime
) -> Decided:
    """What the calendar says of trials that are doubted in part, each with its record before and now as they are believed."""
    if run.source.info.kind != "registry" or age.is_clock_ahead(run.data, now):
        return Batch(), ()
    return _calendar(run, ((known, record, before) for known, before, record in believed), now)


def _calendar(
    run: RunContext, records: Iterable[tuple[TrackedTrial, TrialRecord, TrialRecord | None]], now: datetime
) -> Decided:
    def made(
        found: tuple[TrackedTrial, TrialRecord, TrialRecord | None],
    ) -> Made:
        known, record, before = found
        joined = run.joined.get(known.key, {})
        context = check_context(run, known.key, now)
        for event in verdict.came_true(known, record, run.calendar_at, context, before=before):
            yield event, joined, record

    return _decided(run, ((found[0].key, found) for found in records), made)


def _decided(run: RunContext, trials: Iterable[tuple[str, Given]], made: Callable[[Given], Made]) -> Decided:
    """What is made of each trial."""
    events: list[StagedEvent] = []
    stories: list[Story] = []
    alerts: list[Alert] = []
    failed: list[Failed] = []
    for trial, given in trials:
        known = run.followed[trial]
        try:
            found = [
                (event, *alone(event, known), routed(run, (event,), joined, record)) for event, joined, record in made(given)
            ]
        except Exception as error:
            failed.append(broken(known.key, error))
            continue
        for _, staged, story, its_alerts in found:
            events.append(staged)
            stories.append(story)
            alerts += its_alerts
    return Batch(events=tuple(events), stories=tuple(stories), alerts=tuple(alerts)), tuple(failed)
