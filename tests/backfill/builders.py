"""A trial's past as a registry keeps it, a world that follows the trial, and backfills of it."""

from __future__ import annotations

import copy
from typing import Any, cast

from tests.lab.history import PastVersion, RecordPast
from tests.world import SENDS, Study, World, put, study
from tracker.backfill import Asked, Backfilled, Backfilling, Versions
from tracker.backfill.keeping import PastSource, keeping
from tracker.fetch import Fetcher
from tracker.model.event import Event, EventFilter
from tracker.replay import job_of

A, B, C = "NCT00000101", "NCT00000102", "NCT00000103"
KEY, KEY_B = f"ctgov:{A}", f"ctgov:{B}"
WATCH = f'[[watch]]\nname = "mine"\ntrials = ["{A}", "{B}", "{C}"]\n{SENDS}\n'

Edits = dict[str, Any]

EDITS: tuple[tuple[str, Edits], ...] = (
    ("2019-04-02", {"statusModule__overallStatus": "NOT_YET_RECRUITING"}),
    ("2019-09-10", {"statusModule__overallStatus": "RECRUITING"}),
    ("2021-03-04", {"statusModule__primaryCompletionDateStruct": {"date": "2028-01", "type": "ESTIMATED"}}),
    ("2023-11-20", {"designModule__enrollmentInfo": {"count": 250, "type": "ESTIMATED"}}),
    ("2026-02-01", {"statusModule__primaryCompletionDateStruct": {"date": "2029-06", "type": "ESTIMATED"}}),
)
"""What each version of a plain past changed, and when it was submitted."""


def versions(nct: str = A, edits: tuple[tuple[str, Edits], ...] = EDITS) -> list[PastVersion]:
    """The versions that these edits make of a plain study."""
    made = study(nct)
    found = []
    for day, changes in edits:
        made = dated(copy.deepcopy(made), day)
        for path, value in changes.items():
            put(made, path, value)
        found.append(PastVersion(day, made, touched(changes)))
    return found


def dated(made: Study, day: str) -> Study:
    """The study as submitted on a day."""
    put(made, "statusModule__lastUpdateSubmitDate", day)
    put(made, "statusModule__lastUpdatePostDateStruct", {"date": day, "type": "ACTUAL"})
    put(made, "statusModule__statusVerifiedDate", day[:7])
    return made


def touched(changes: Edits) -> tuple[str, ...]:
    sections = {"statusModule": "Study Status", "designModule": "Study Design", "outcomesModule": "Outcome Measures"}
    return tuple(dict.fromkeys(["Study Status", *(sections.get(path.partition("__")[0], "Other") for path in changes)]))


def past(nct: str = A, edits: tuple[tuple[str, Edits], ...] = EDITS) -> RecordPast:
    return RecordPast(versions=versions(nct, edits))


def begin(world: World, **pasts: RecordPast) -> World:
    """A world that follows trials whose present is the last version of their past, after its first day."""
    world.histories = dict(pasts) or {nct: past(nct) for nct in (A, B, C)}
    world.studies = {nct: copy.deepcopy(one.versions[-1].study) for nct, one in world.histories.items()}
    world.configure(WATCH)
    world.day()
    return world


def update(world: World, nct: str = A, **changes: Any) -> None:
    """The sponsor sends a new version, which is posted on the same day."""
    made = dated(copy.deepcopy(cast(Study, world.studies[nct])), f"{world.now:%Y-%m-%d}")
    for path, value in changes.items():
        put(made, path, value)
    world.studies[nct] = made
    was = world.histories[nct]
    further = PastVersion(f"{world.now:%Y-%m-%d}", made, touched(changes))
    world.histories[nct] = RecordPast(versions=[*was.versions, further], original=was.original)


def backfilled(world: World, kind: Versions = "index", *trials: str, **more: Any) -> dict[str, Backfilled]:
    """One backfill; ``more`` as `Asked` has it."""
    world.show()
    return backfilled_shown(world, kind, *trials, **more)


def backfilled_shown(world: World, kind: Versions = "index", *trials: str, **more: Any) -> dict[str, Backfilled]:
    settings, source = world.settings, cast(PastSource, world.sources["ctgov"])
    job = job_of(settings.store_url, settings.watches, settings.severities)
    keys = trials or tuple(f"ctgov:{nct}" for nct in world.histories)
    world.store.size()  # opens the database
    with (
        Fetcher(user_agent="tracker-tests/1", sleep=lambda _: None) as fetcher,
        keeping(world.store, source, job, world.clock) as keeper,
    ):
        fetch = fetcher.bind(source.info, base_url=world.registry.base_url, pace=1000)
        backfilling = Backfilling(keeper, fetch, Asked(trials=keys, versions=kind, **more))
        backfilling.read_indexes(backfilling.to_read())
        found = {one.trial: one for one in backfilling.read_versions(backfilling.to_ask())}
        world.over = backfilling.over  # type: ignore[attr-defined]
    return found


def log(world: World, trial: str = KEY) -> list[Event]:
    return list(world.store.events(EventFilter(trials=frozenset({trial}))))


def told(world: World, trial: str = KEY) -> list[tuple[str, str, Any, Any]]:
    """The change log of a trial: kind, effects, old and new of each value, in no order."""
    return sorted(
        (event.kind, "; ".join(event.effects), str(change.old), str(change.new))
        for event in log(world, trial)
        for change in event.changes
    )


def asked_for(world: World) -> list[str]:
    """The paths of the history that were asked for so far."""
    return [request.path.partition("/int/studies/")[2] for request in world.registry.requests if "/int/" in request.path]
