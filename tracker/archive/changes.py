"""The change log in story order: day by day, the weightiest story first, each story's events as they are ranked in it.

The order within one moment depends on the stories. So places are read first, with the text of short events, and put in order.
What is held at a time is the places of a few moments, and the events of a few stories.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import dropwhile, groupby
from operator import attrgetter

import msgspec

from tracker.errors import UsageError
from tracker.model.event import Event, EventFilter, EventPlace, LogPlace, Story
from tracker.model.record import TrialRecord
from tracker.model.views import StoryChanges
from tracker.model.vocabulary import rank
from tracker.model.watch import About
from tracker.store import Store

PLACES = 500
"""Events that are put in order at once, and more where one moment has more; ``FIRST`` for those whom a few are enough."""

FIRST = 50

WITH_TEXT = 2_000
"""Of so many places of one moment the events' text is kept until their turn has come; that of the others is read again."""

EVENTS = 100
"""Long events that are read at once, and more where one story has more."""

TRIALS = 5_000
"""Trials of which it is remembered which of the words asked for they hold."""

Order = tuple[datetime, int, str, int]

Brief = Callable[[], Collection[str]]
"""Gives the kinds whose changed values are wanted (see `tracker.model.event.brief_event`); asked once there is an event."""

_moment = attrgetter("effective_at")


def story_changes(store: Store, wanted: EventFilter, *, after: str | None = None) -> Iterator[StoryChanges]:
    """The wanted events story by story, oldest first, from behind the event ``after`` on.

    A story whose events are of several moments comes once for each. Raises UsageError for an event that is not known.
    """
    wanted, last = _begun(store, wanted, after)
    for places in _whole_moments(store.event_places(wanted)):
        stories = store.stories({place.story for place in places if place.story})
        ordered = _in_order(places, stories)
        if last is not None:  # it is of the first moment
            ordered, last = _behind(store, last, ordered, stories), None
        yield from _with_events(store, ordered, stories)


def log(store: Store, wanted: EventFilter, *, after: str | None = None, brief: Brief | None = None) -> Iterator[Event]:
    """The same events one at a time, briefly if asked for."""
    wanted, last = _begun(store, wanted, after)
    for places in _whole_moments(store.event_places(wanted, hashed=brief is None)):
        kinds = brief() if brief is not None else None
        deciding = places if last is not None else _of_shared_moments(places)
        stories = store.stories({place.story for place in deciding if place.story})
        ordered = _in_order(places, stories)
        if last is not None:  # it is of the first moment
            ordered, last = _behind(store, last, ordered, stories), None
        for start in range(0, len(ordered), EVENTS):
            some = ordered[start : start + EVENTS]
            long = [place.id for place in some if place.columns is None]
            found = {event.id: event for event in store.events_by_id(long, brief=kinds)} if long else {}
            events = (place.event(kinds) or found.get(place.id) for place in some)
            yield from (event for event in events if event is not None)


def _begun(store: Store, wanted: EventFilter, after: str | None) -> tuple[EventFilter, Event | None]:
    """What is wanted from the moment of the event ``after`` on, and that event."""
    if after is None:
        return wanted, None
    last = _event(store, after)
    return msgspec.structs.replace(wanted, since=max(wanted.since or last.effective_at, last.effective_at)), last


def latest(
    store: Store, wanted: EventFilter, *, after: str | None = None, keep: Callable[[Event], bool] | None = None
) -> Iterator[StoryChanges]:
    """The same with the latest moment first; within one the weightiest story comes first here too.

    ``keep`` leaves out events that the filter of the store could not judge.
    """
    last = None
    if after is not None:
        last = _event(store, after)
        moment = last.effective_at + timedelta(microseconds=1)
        wanted = msgspec.structs.replace(wanted, until=min(wanted.until or moment, moment))
    for places in _whole_moments(store.event_places(wanted, newest_first=True)):
        stories = store.stories({place.story for place in places if place.story})
        ordered = sorted(places, key=lambda place: (*_order(place, stories)[1:], place.id))
        ordered.sort(key=lambda place: place.effective_at, reverse=True)
        if last is not None:  # it is of the first moment
            behind, seen = last, _place(last)
            found = (*_order(seen, store.stories([behind.story] if behind.story else []))[1:], behind.id)
            ordered = [
                place
                for place in ordered
                if place.effective_at < seen.effective_at or (*_order(place, stories)[1:], place.id) > found
            ]
            last = None
        for one in _with_events(store, ordered, stories):
            events = one.events if keep is None else tuple(event for event in one.events if keep(event))
            if events:
                yield StoryChanges(story=one.story, events=events)


def log_place(store: Store, event: str) -> LogPlace:
    """Where the story of an event stands in the log. Raises UsageError for an event that is not known."""
    found = _place(_event(store, event))
    at, weight, story, _ = _order(found, store.stories([found.story] if found.story else []))
    return LogPlace(at=at, weight=-weight, story=story)


def _event(store: Store, event: str) -> Event:
    found = store.event(event)
    if found is None:
        raise UsageError(f"There is no event {event} to go on behind.", remedy="Begin again without it.")
    return found


def _whole_moments(places: Iterable[EventPlace]) -> Iterator[list[EventPlace]]:
    """Places a few at a time, at first very few; those of one moment stay together."""
    batch: list[EventPlace] = []
    size = FIRST
    for place in places:
        if len(batch) >= size and place.effective_at != batch[-1].effective_at:
            yield batch
            batch, size = [], PLACES
        batch.append(place if len(batch) < WITH_TEXT else msgspec.structs.replace(place, columns=None, body=""))
    if batch:
        yield batch


def _with_events(store: Store, places: Sequence[EventPlace], stories: Mapping[str, Story]) -> Iterator[StoryChanges]:
    """Ordered places story by story, with their events; the long events of a few stories are read at once."""
    waiting: list[tuple[str, list[EventPlace]]] = []
    count = 0
    for (_, name), parts in groupby(places, key=lambda place: (place.effective_at, place.story or place.id)):
        waiting.append((name, list(parts)))
        count += len(waiting[-1][1])
        if count >= EVENTS:
            yield from _read(store, waiting, stories)
            waiting, count = [], 0
    yield from _read(store, waiting, stories)


def _read(
    store: Store, waiting: Sequence[tuple[str, list[EventPlace]]], stories: Mapping[str, Story]
) -> Iterator[StoryChanges]:
    long = [place.id for _, places in waiting for place in places if place.columns is None]
    found = {event.id: event for event in store.events_by_id(long)} if long else {}
    for name, places in waiting:
        events = [place.event() or found.get(place.id) for place in places]
        there = tuple(event for event in events if event is not None)
        if there:
            yield StoryChanges(story=stories.get(name), events=there)


def _of_shared_moments(places: Iterable[EventPlace]) -> Iterator[EventPlace]:
    """The places whose moment others share: their order goes by their stories."""
    for _, found in groupby(places, key=_moment):
        first, *others = found
        if others:
            yield from (first, *others)


def _in_order(places: Iterable[EventPlace], stories: Mapping[str, Story]) -> list[EventPlace]:
    """Places by moment as the log has them; those are sorted whose moment others share."""
    ordered: list[EventPlace] = []
    for _, found in groupby(places, key=_moment):
        some = list(found)
        if len(some) > 1:
            some.sort(key=lambda place: _order(place, stories))
        ordered += some
    return ordered


def _behind(store: Store, last: Event, ordered: list[EventPlace], stories: Mapping[str, Story]) -> list[EventPlace]:
    """What comes after an event among those of its moment, whether the filter lets that event through or not."""
    found = _order(_place(last), store.stories([last.story] if last.story else []))
    return list(dropwhile(lambda place: (_order(place, stories), place.id) <= (found, last.id), ordered))


def _place(event: Event) -> EventPlace:
    return EventPlace(id=event.id, effective_at=event.effective_at, severity=rank(event.severity), story=event.story)


def _order(place: EventPlace, stories: Mapping[str, Story]) -> Order:
    story = stories.get(place.story)
    weight = rank(story.severity) if story else place.severity
    position = story.parts.index(place.id) if story and place.id in story.parts else 0
    return place.effective_at, -weight, place.story or place.id, position


def about(
    stories: Iterable[StoryChanges], asked: About, record_of: Callable[[str], TrialRecord | None]
) -> Iterator[StoryChanges]:
    """The stories with those events alone whose trial or changed text holds the words."""
    from tracker.text.about import changed_texts, held, record_texts, wanted  # few ask for words

    @lru_cache(maxsize=TRIALS)
    def in_trial(trial: str) -> frozenset[str]:
        record = record_of(trial)
        return held(asked, record_texts(record)) if record is not None else frozenset()

    for found in stories:
        events = tuple(one for one in found.events if wanted(asked, in_trial(one.trial) | held(asked, changed_texts(one))))
        if events:
            yield msgspec.structs.replace(found, events=events)


def flat(stories: Iterable[StoryChanges]) -> Iterator[Event]:
    """The events of stories, one at a time."""
    for found in stories:
        yield from found.events
