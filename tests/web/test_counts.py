"""Counts beside the filters are those of the events that would be listed, whoever followed what, and however the log grows."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.archive.builders import keep_events, story_of
from tests.store.builders import DAY_0, A, B, C, Pass, baseline, day, watch
from tracker import sources
from tracker.archive import Archive
from tracker.model.event import Event, EventFilter
from tracker.model.vocabulary import SEVERITIES
from tracker.store import Store, migrate
from tracker.web.counts import LogCounts, Wanted

KINDS = {
    "enrollment_changed": ("raised", "lowered"),
    "sites_changed": ("added", "removed"),
    "recruitment_status_changed": ("started", "terminated"),
}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    url = f"sqlite:///{tmp_path}/tracker.db"
    migrate(url, now=DAY_0)
    with Store.open(url) as opened:
        baseline(opened, A, B, C, watches=(watch("all", A, B, C), watch("one", A)))
        yield opened


def grow(store: Store, dice: random.Random, number: float) -> None:
    """A run of that day with events of several kinds."""
    made = []
    for _ in range(12):
        events, story = story_of(
            f"{dice.getrandbits(64):016x}", dice.choice((A, B, C)), dice.choices(SEVERITIES, k=dice.randint(1, 3)), number
        )
        kind = dice.choice(list(KINDS))
        effects = tuple(dice.sample(KINDS[kind], dice.randint(0, 2)))
        made.append(([msgspec.structs.replace(one, kind=kind, effects=effects) for one in events], story))
    keep_events(store, number, [event for events, _ in made for event in events], [story for _, story in made])


def listed(store: Store, wanted: Wanted) -> list[Event]:
    """The events that the store itself gives."""
    chosen = EventFilter(
        since=wanted.since,
        until=wanted.until,
        watch=wanted.watch or None,
        kinds=frozenset({wanted.kind} if wanted.kind else ()),
        min_severity=SEVERITIES[wanted.rank],
        sources=frozenset({wanted.source} if wanted.source else ()),
    )
    found = store.events(chosen)
    found = [event for event in found if all(event.trial in trials for trials in wanted.trials.values())]
    return [event for event in found if not wanted.effect or wanted.effect in event.effects]


def without(wanted: Wanted, name: str) -> Wanted:
    """The same with a filter by trial taken off."""
    return msgspec.structs.replace(wanted, trials={key: one for key, one in wanted.trials.items() if key != name})


def require_same(store: Store, counts: LogCounts, wanted: Wanted) -> None:
    """Each count is that of the list with this one value chosen."""
    found = counts.counted(wanted)
    assert sum(found.of_all.values()) == len(listed(store, wanted))
    for kind in KINDS:
        assert found.kinds[kind] == len(listed(store, msgspec.structs.replace(wanted, kind=kind))), kind
    for effect in {effect for effects in KINDS.values() for effect in effects}:
        assert found.effects[effect] == len(listed(store, msgspec.structs.replace(wanted, effect=effect))), effect
    for name in ("all", "one", "late", "gone"):
        assert found.watches[name] == len(listed(store, msgspec.structs.replace(wanted, watch=name))), name
    for at in range(3):
        of_rank = sum(count for rank_, count in found.ranks.items() if rank_ >= at)
        assert of_rank == len(listed(store, msgspec.structs.replace(wanted, rank=at)))
    for name in ("country", "status"):
        for trial in (A, B, C):
            expected = [event for event in listed(store, without(wanted, name)) if event.trial == trial]
            assert sum(count for key, count in found.trials(name) if key == trial) == len(expected), (name, trial)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_each_count_is_that_of_the_list_it_leads_to(store: Store, seed: int) -> None:
    dice, counts = random.Random(seed), LogCounts()
    archive = Archive(store=store, sources=sources.load())
    for number in (2, 4, 6):
        grow(store, dice, number)
        if number == 2:  # one watch ends, another begins
            store.sync_watches((watch("all", A, B, C), watch("one", A), watch("gone", B)), {"me"}, day(3))
        if number == 4:
            store.sync_watches((watch("all", A, B, C), watch("one", A, C), watch("late", C)), {"me"}, day(5))
        counts.renew(archive)
        for _ in range(6):
            require_same(
                store,
                counts,
                Wanted(
                    since=dice.choice((None, None, day(3))),
                    until=dice.choice((None, None, day(5))),
                    watch=dice.choice(("", "", "one", "gone", "late")),
                    kind=dice.choice(("", "", *KINDS)),
                    effect=dice.choice(("", "", "raised", "started")),
                    rank=dice.randint(0, 2),
                    source=dice.choice(("", "ctgov", "meddatax")),
                    trials=dice.choice(
                        ({}, {"country": frozenset({A, B})}, {"status": frozenset({C}), "trial": frozenset({A, C})})
                    ),
                ),
            )


def test_what_is_staged_or_taken_back_is_not_counted(store: Store) -> None:
    dice, counts = random.Random(4), LogCounts()
    archive = Archive(store=store, sources=sources.load())
    grow(store, dice, 2)
    counts.renew(archive)
    before = counts.counted(Wanted())
    run = Pass(store, 4)
    run.stage(events=(), stories=())
    run.hold()
    counts.renew(archive)
    assert counts.counted(Wanted()) == before
    with store.writing() as connection:
        connection.exec_driver_sql("DELETE FROM events")
    counts.renew(archive)
    assert counts.counted(Wanted()).of_all == {}
