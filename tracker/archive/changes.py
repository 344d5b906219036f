"""The change log in story order: day by day, the weightiest story first, each story's events as they are ranked in it.

The order within one moment depends on the stories. So the log is read twice, as places first and as events then; what is
held at a time is the places of one moment and the events of one story.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import dropwhile, groupby
from operator import attrgetter

import msgspec

from tracker.errors import UsageError
from tracker.model.event import Event, EventFilter, EventPlace, Story
from tracker.model.views import StoryChanges
from tracker.model.vocabulary import rank
from tracker.store import Store

Order = tuple[datetime, int, str, int]


def story_changes(store: Store, wanted: EventFilter, *, after: str | None = None) -> Iterator[StoryChanges]:
    """The wanted events story by story, oldest first, from behind the event ``after`` on.

    A story whose events are of several moments comes once for each. Raises UsageError for an event that is not known.
    """
    begun, last = wanted, None
    if after is not None:
        last = store.event(after)
        if last is None:
            raise UsageError(f"There is no event {after} to go on behind.", remedy="Begin again without it.")
        begun = msgspec.structs.replace(wanted, since=max(wanted.since or last.effective_at, last.effective_at))
    for moment, together in groupby(store.event_places(begun), key=attrgetter("effective_at")):
        places = list(together)
        stories = store.stories({place.story for place in places if place.story})
        ordered = sorted(((_order(place, stories), place) for place in places), key=lambda pair: pair[0])
        if last is not None and moment == last.effective_at:
            ordered = _behind(store, last, ordered)
        for name, parts in groupby((place for _, place in ordered), key=lambda place: place.story or place.id):
            events = tuple(store.events_by_id([place.id for place in parts]))
            if events:
                yield StoryChanges(story=stories.get(name), events=events)


def in_story_order(events: Sequence[Event], stories: Mapping[str, Story]) -> list[Event]:
    """Events at hand, such as those of one run, in the order of the change log."""
    return sorted(events, key=lambda event: _order(_place(event), stories))


def _behind(store: Store, last: Event, ordered: list[tuple[Order, EventPlace]]) -> list[tuple[Order, EventPlace]]:
    """What comes after an event among those of its moment, whether the filter lets that event through or not."""
    found = _order(_place(last), store.stories([last.story] if last.story else []))
    return list(dropwhile(lambda pair: (pair[0], pair[1].id) <= (found, last.id), ordered))


def _place(event: Event) -> EventPlace:
    return EventPlace(id=event.id, effective_at=event.effective_at, severity=rank(event.severity), story=event.story)


def _order(place: EventPlace, stories: Mapping[str, Story]) -> Order:
    story = stories.get(place.story)
    weight = rank(story.severity) if story else place.severity
    position = story.parts.index(place.id) if story and place.id in story.parts else 0
    return place.effective_at, -weight, place.story or place.id, position


def flat(stories: Iterable[StoryChanges]) -> Iterator[Event]:
    """The events of stories, one at a time."""
    for found in stories:
        yield from found.events
