"""The change log: story order, cursors, and memory that stays flat."""

from __future__ import annotations

import random
import tracemalloc
from datetime import datetime

import msgspec
import pytest

from tests.archive.builders import keep_events, story_of
from tests.store.builders import A, B, C, baseline, day
from tracker.archive import Archive
from tracker.errors import UsageError
from tracker.model.event import Event, EventFilter, Story
from tracker.model.vocabulary import Severity, rank
from tracker.store import Store

SEVERITIES: tuple[Severity, ...] = ("minor", "notable", "major")


@pytest.fixture
def log(store: Store) -> None:
    """Twelve stories of up to three events on three days, several of them at the same moment."""
    dice = random.Random(7)
    baseline(store, A, B, C)
    for number in (1, 2, 3):
        made = [
            story_of(f"s{number}{index}", dice.choice((A, B, C)), dice.choices(SEVERITIES, k=dice.randint(1, 3)), number)
            for index in range(4)
        ]
        keep_events(store, number, [event for events, _ in made for event in events], [story for _, story in made])


def story_order(event: Event, story: Story) -> tuple[datetime, int, str, int]:
    return event.effective_at, -rank(story.severity), story.id, story.parts.index(event.id)


@pytest.mark.usefixtures("log")
def test_changes_come_day_by_day_and_the_weightiest_story_first(store: Store, archive: Archive) -> None:
    events = store.events(EventFilter())
    stories = store.stories({event.story for event in events})
    found = list(archive.changes())
    assert found == sorted(events, key=lambda event: story_order(event, stories[event.story]))
    assert [event.effective_at for event in found] == sorted(event.effective_at for event in events)
    first = [found.story for found in archive.story_changes() if found.events[0].effective_at == day(1)]
    weights = [SEVERITIES.index(story.severity) for story in first if story]
    assert weights == sorted(weights, reverse=True)


@pytest.mark.usefixtures("log")
def test_a_story_comes_as_a_whole_and_its_events_as_they_are_ranked(archive: Archive) -> None:
    told = list(archive.story_changes())
    assert len(told) == 12
    for found in told:
        assert found.story
        assert tuple(event.id for event in found.events) == found.story.parts


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize("size", [1, 2, 5, 100])
def test_pages_put_together_are_the_whole(archive: Archive, size: int) -> None:
    pages, after = [], None
    while page := list(archive.changes(limit=size, after=after)):
        pages += page
        after = page[-1].id
    assert pages == list(archive.changes())


@pytest.mark.usefixtures("log")
def test_a_cursor_that_the_filter_hides_still_says_where_to_go_on(archive: Archive) -> None:
    whole = list(archive.changes())
    wanted = EventFilter(min_severity="major")
    for index, event in enumerate(whole):
        rest = [later for later in whole[index + 1 :] if later.severity == "major"]
        assert list(archive.changes(wanted, after=event.id)) == rest


@pytest.mark.usefixtures("log")
def test_an_unknown_cursor_is_an_error(archive: Archive) -> None:
    with pytest.raises(UsageError, match="no event x9"):
        list(archive.changes(after="x9"))


@pytest.mark.parametrize("moments", [1, 60])
def test_a_long_log_is_never_held_as_a_whole(store: Store, archive: Archive, moments: int) -> None:
    """1,000 events of 20 kB each: 20 MB of values. Also where all of them are of one moment."""
    baseline(store, A)
    text = "x" * 20_000
    for part in range(10):
        made = [story_of(f"s{part:02}{n:02}", A, ["minor"], 1, details={"text": text + str(n)}) for n in range(100)]
        placed = [
            ([moved_to(event, part * 100 + index, moments) for event in events], story)
            for index, (events, story) in enumerate(made)
        ]
        keep_events(store, part + 1, [event for events, _ in placed for event in events], [story for _, story in placed])
    list(archive.changes(limit=1))
    tracemalloc.start()
    try:
        count = sum(1 for _ in archive.changes())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == 1000
    assert peak < 8_000_000, f"{peak:,} bytes at once"


def moved_to(event: Event, number: int, moments: int) -> Event:
    return msgspec.structs.replace(event, effective_at=day(1 + number % moments))


@pytest.mark.usefixtures("log")
def test_events_one_by_one_are_those_of_the_stories(archive: Archive) -> None:
    told = [event for found in archive.story_changes() for event in found.events]
    assert list(archive.changes()) == told
    brief = list(archive.changes(brief=frozenset))
    assert [(one.id, one.severity, one.label, one.details) for one in brief] == [
        (one.id, one.severity, one.label, one.details) for one in told
    ]
    for number, last in enumerate(told, start=1):
        assert list(archive.changes(after=last.id)) == told[number:]
