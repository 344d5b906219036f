"""Trials and events in numbers, stored by the steps of a run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import msgspec

from tests.store.builders import Pass, check, day, event, snapshot
from tests.world import Study, study
from tracker.model.event import Event, Story
from tracker.model.staging import StagedEvent
from tracker.model.vocabulary import Severity
from tracker.model.watch import Watch
from tracker.store import Store


def keep_trials(store: Store, studies: Mapping[str, Study], watches: Sequence[Watch], number: float = 0) -> None:
    """One accepted run with these versions, by ClinicalTrials.gov number."""
    run = Pass(store, number)
    store.sync_watches(watches, {"me"}, run.now)
    bodies = {f"ctgov:{nct}": json.dumps(made).encode() for nct, made in studies.items()}
    run.stage(
        checks=tuple(check(trial, "baseline", run.now) for trial in bodies),
        snapshots=tuple(snapshot(trial, body, run.now) for trial, body in bodies.items()),
    )
    run.accept()


def keep_events(store: Store, number: float, events: Sequence[Event], stories: Sequence[Story]) -> None:
    """One accepted run with these events."""
    run = Pass(store, number)
    run.stage(
        checks=tuple(check(trial, "changed", run.now) for trial in {event.trial for event in events}),
        events=tuple(StagedEvent(event=event) for event in events),
        stories=tuple(stories),
    )
    run.accept()


def numbered(count: int) -> dict[str, Study]:
    """So many studies with numbers of their own."""
    return {nct: study(nct) for nct in (f"NCT{10_000_000 + number}" for number in range(count))}


def story_of(name: str, trial: str, severities: Sequence[Severity], now: float, **given: object) -> tuple[list[Event], Story]:
    """A story with one event per severity; its parts are ranked the other way round than their ids."""
    made = [event(f"{name}{part}", trial, day(now), severity=severity, story=name) for part, severity in enumerate(severities)]
    made = [msgspec.structs.replace(one, **given) for one in made]
    parts = tuple(one.id for one in reversed(made))
    weight = next(word for word in ("major", "notable", "minor") if word in severities)
    return made, Story(id=name, trial=trial, severity=weight, parts=parts)
