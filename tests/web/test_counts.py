"""Counts beside the filters are those of what would be listed, and the stories of a page those that the database gives."""

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
from tracker.model.views import StoryChanges
from tracker.model.vocabulary import SEVERITIES
from tracker.store import Store, migrate
from tracker.web.counts import LogColumns, Traits, Wanted

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


def narrowed(wanted: Wanted) -> EventFilter:
    """What of a filter the store itself understands."""
    return EventFilter(
        since=wanted.since,
        until=wanted.until,
        watch=wanted.watch or None,
        kinds=frozenset({wanted.kind} if wanted.kind else ()),
        min_severity=SEVERITIES[wanted.rank],
        sources=frozenset({wanted.source} if wanted.source else ()),
    )


def listed(store: Store, wanted: Wanted) -> list[Event]:
    """The events that the store itself gives."""
    chosen = narrowed(wanted)
    return [event for event in store.events(chosen) if fits(event, wanted)]


TRAITS = {
    A: Traits("ctgov", ("ours",), frozenset({"Germany", "France"}), "RECRUITING"),
    B: Traits("ctgov", (), frozenset({"Germany"}), "COMPLETED"),
    C: Traits("ctgov", ("ours",), frozenset(), None),
}
COUNTRIES, STATUSES, GROUPS = ("Germany", "France"), ("RECRUITING", "COMPLETED"), ("ours", "theirs")


def fits(event: Event, wanted: Wanted) -> bool:
    """Whether the filters that are not the store's let an event through."""
    of = TRAITS[event.trial]
    return (
        (not wanted.effect or wanted.effect in event.effects)
        and (not wanted.group or wanted.group in of.groups)
        and (not wanted.country or wanted.country.title() in of.countries)
        and (not wanted.status or wanted.status == of.status)
        and (not wanted.trial or wanted.trial == event.trial)
    )


def require_same(store: Store, counts: LogColumns, wanted: Wanted) -> None:
    """Each count is that of the list with this one value chosen."""
    found = counts.counted(wanted)
    assert found.total == len(listed(store, wanted))
    for kind in KINDS:
        assert found.kinds[kind] == len(listed(store, msgspec.structs.replace(wanted, kind=kind))), kind
    for effect in {effect for effects in KINDS.values() for effect in effects}:
        assert found.effects[effect] == len(listed(store, msgspec.structs.replace(wanted, effect=effect))), effect
    for name in ("all", "one", "late", "gone"):
        assert found.watches[name] == len(listed(store, msgspec.structs.replace(wanted, watch=name))), name
    for at in range(3):
        of_rank = sum(count for rank_, count in found.ranks.items() if rank_ >= at)
        assert of_rank == len(listed(store, msgspec.structs.replace(wanted, rank=at)))
    for country in COUNTRIES:
        assert found.countries[country] == len(listed(store, msgspec.structs.replace(wanted, country=country))), country
    for status in STATUSES:
        assert found.statuses[status] == len(listed(store, msgspec.structs.replace(wanted, status=status))), status
    for group in GROUPS:
        assert found.groups[group] == len(listed(store, msgspec.structs.replace(wanted, group=group))), group
    for source in ("ctgov", "meddatax"):
        assert found.sources[source] == len(listed(store, msgspec.structs.replace(wanted, source=source))), source


def require_newest(archive: Archive, counts: LogColumns, wanted: Wanted, after: str | None, stories: int) -> str | None:
    """The newest stories are those of the whole log; gives the cursor behind them."""
    chosen = narrowed(wanted)

    def latest(wanted_: EventFilter) -> list[StoryChanges]:
        return list(archive.latest(wanted_, limit=stories, after=after, keep=lambda event: fits(event, wanted)))

    moments = counts.newest(wanted, archive.log_place(after) if after else None, stories)
    expected = latest(chosen)
    assert latest(msgspec.structs.replace(chosen, moments=moments)) == expected
    return expected[-1].events[-1].id if expected else None


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_each_count_is_that_of_the_list_it_leads_to(store: Store, seed: int) -> None:
    dice, counts = random.Random(seed), LogColumns()
    archive = Archive(store=store, sources=sources.load())
    for number in (2, 4, 6):
        grow(store, dice, number)
        if number == 2:  # one watch ends, another begins
            store.sync_watches((watch("all", A, B, C), watch("one", A), watch("gone", B)), {"me"}, day(3))
        if number == 4:
            store.sync_watches((watch("all", A, B, C), watch("one", A, C), watch("late", C)), {"me"}, day(5))
        counts.renew(archive, TRAITS.__getitem__)
        for _ in range(6):
            require_same(store, counts, some(dice, trial=dice.choice(("", "", A, C))))


def some(dice: random.Random, trial: str = "") -> Wanted:
    """Some of the filters, at random."""
    return Wanted(
        since=dice.choice((None, None, day(3))),
        until=dice.choice((None, None, day(5))),
        watch=dice.choice(("", "", "one", "gone", "late")),
        kind=dice.choice(("", "", *KINDS)),
        effect=dice.choice(("", "", "raised", "started")),
        rank=dice.randint(0, 2),
        source=dice.choice(("", "", "ctgov", "meddatax")),
        group=dice.choice(("", "", "", *GROUPS)),
        country=dice.choice(("", "", "germany", "France")),
        status=dice.choice(("", "", "", *STATUSES)),
        trial=trial,
    )


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_the_stories_of_each_page_are_those_of_the_whole_log(store: Store, seed: int) -> None:
    dice, counts = random.Random(seed), LogColumns()
    archive = Archive(store=store, sources=sources.load())
    grow(store, dice, 2)
    store.sync_watches((watch("all", A, B, C), watch("one", A), watch("gone", B)), {"me"}, day(3))
    counts.renew(archive, TRAITS.__getitem__)
    for number in (4, 4.5, 6):
        grow(store, dice, number)
        counts.renew(archive, TRAITS.__getitem__)
        for wanted in (Wanted(), Wanted(rank=2), *(some(dice) for _ in range(8))):
            after: str | None = None
            for _ in range(20):
                after = require_newest(archive, counts, wanted, after, stories=3)
                if after is None:
                    break


def test_the_order_of_stories_within_one_moment_is_that_of_the_whole_log(store: Store) -> None:
    """One run has most stories at one moment, and ids that begin alike are told apart by the database."""
    archive, counts = Archive(store=store, sources=sources.load()), LogColumns()
    made = [
        story_of(f"{'same' * 3}{number:04x}", (A, B, C)[number % 3], SEVERITIES[number % 2 : number % 2 + 1], 2)
        for number in range(40)
    ]
    keep_events(store, 2, [event for events, _ in made for event in events], [story for _, story in made])
    counts.renew(archive, TRAITS.__getitem__)
    after: str | None = None
    for _ in range(40):
        after = require_newest(archive, counts, Wanted(), after, stories=3)
        if after is None:
            return
    raise AssertionError("the last page never came")


def test_what_is_staged_or_taken_back_is_not_counted(store: Store) -> None:
    dice, counts = random.Random(4), LogColumns()
    archive = Archive(store=store, sources=sources.load())
    grow(store, dice, 2)
    counts.renew(archive, TRAITS.__getitem__)
    before = counts.counted(Wanted())
    run = Pass(store, 4)
    run.stage(events=(), stories=())
    run.hold()
    counts.renew(archive, TRAITS.__getitem__)
    assert counts.counted(Wanted()) == before
    with store.writing() as connection:
        connection.exec_driver_sql("DELETE FROM events")
    counts.renew(archive, TRAITS.__getitem__)
    assert counts.counted(Wanted()).total == 0
