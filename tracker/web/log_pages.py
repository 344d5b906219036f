"""The change log as pages: latest stories with their filters, and a story with its evidence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import groupby, islice
from typing import Generic, TypeVar
from urllib.parse import quote

import msgspec

from tracker.errors import UsageError
from tracker.events import KINDS
from tracker.model.event import Event, EventFilter, Story
from tracker.model.ids import split_key
from tracker.model.record import TrialRecord
from tracker.model.views import StoryChanges
from tracker.render import kinds, machine, times
from tracker.render.safe_text import one_line
from tracker.render.story_view import story_view
from tracker.web.asked import BEGIN, Cursor, LogFilter, event_filter, moment_cursor
from tracker.web.cards import Card
from tracker.web.facets import chosen_trials, filters, in_columns
from tracker.web.pages import Page
from tracker.web.reading import Reading
from tracker.web.refusals import Refusal

STORIES = 30
"""Stories of one page of the log."""
MOST_JUDGED = 3_000
"""Events that are read for one page, to find words and effects in them; there is a way on behind them."""
MOST_SCANNED = 20_000
"""Events whose text the database looks through for the words of one page ..."""
FEW = range(1, 51)
"""... unless they are of so few trials."""
MOMENT = timedelta(microseconds=1)
READ = ("headline", "label", "rule", "details", "changes", "evidence")
"""Parts of an event in which words are looked for."""

Item = TypeVar("Item")


NONE = frozenset({"none:"})
"""Stands for no trial at all, where an empty set would mean every trial."""


class Looked(Exception):
    """So many events were judged that the answer would take too long: all up to ``moment``, which is included."""

    def __init__(self, moment: datetime) -> None:
        super().__init__(moment)
        self.moment = moment


class Judge:
    """Whether an event has the effect and the words that are asked for, in what everybody may read of it."""

    def __init__(self, chosen: EventFilter, *, most: int = MOST_JUDGED) -> None:
        self._chosen, self._most, self._judged = chosen, most, 0
        self._last: datetime | None = None

    def __call__(self, event: Event) -> bool:
        """Judge one more event. Raises Looked when there were enough, between two moments."""
        if self._judged >= self._most and self._last is not None and event.effective_at != self._last:
            raise Looked(self._last)
        self._judged, self._last = self._judged + 1, event.effective_at
        if self._chosen.effects and not self._chosen.effects & set(event.effects):
            return False
        return not self._chosen.words or self._holds_words(event)

    def _holds_words(self, event: Event) -> bool:
        told = machine.event_json(event)
        shown = [event.trial, *_texts([told.get(name) for name in READ])]
        text = "\n".join(shown).casefold()
        return all(word in text for word in self._chosen.words)


def _texts(given: object) -> Iterator[str]:
    """Every text and number in a JSON value, without the names of its parts."""
    match given:
        case dict():
            for part in given.values():
                yield from _texts(part)
        case list() | tuple():
            for part in given:
                yield from _texts(part)
        case str() | int() | float():
            yield str(given)


def wanted(reading: Reading, asked: LogFilter) -> tuple[EventFilter, Judge | None]:
    """What a filter asks of the store, and of each event that the store gives."""
    chosen = event_filter(asked, reading.context)
    sets = list(chosen_trials(reading, asked).values())
    if sets:
        chosen = msgspec.structs.replace(chosen, trials=frozenset.intersection(*sets) or NONE)
    return _with_effect(chosen, asked)


def _with_effect(chosen: EventFilter, asked: LogFilter) -> tuple[EventFilter, Judge | None]:
    if asked.effect:  # only these kinds have it: a plain column rules most of the log out
        having = frozenset(kind for kind, info in KINDS.items() if asked.effect in (*info.effects, *info.former_effects))
        kinds_ = having & chosen.kinds if chosen.kinds else having
        chosen = msgspec.structs.replace(chosen, kinds=kinds_, trials=chosen.trials if kinds_ else NONE)
    return chosen, Judge(chosen) if chosen.effects or chosen.words else None


class Found(msgspec.Struct, Generic[Item], frozen=True, kw_only=True):
    """A page of the log, and the cursor of the next one; ``looked`` is how far was looked where that was not to the end."""

    items: list[Item]
    next: str = ""
    looked: datetime | None = None


def stories_of(
    reading: Reading, asked: LogFilter, after: Cursor, limit: int, *, most: int = MOST_SCANNED
) -> Found[StoryChanges]:
    """Stories, the latest first. Words are looked for in some thousand events at once: the next page goes on behind them."""
    if not (asked.words or asked.trial or reading.published):
        return _newest_of(reading, asked, after, limit)
    chosen, keep = wanted(reading, asked)
    chosen = msgspec.structs.replace(chosen, until=_least(chosen.until, after.moment))
    end = None
    if chosen.words and len(chosen.trials) not in FEW:
        end = reading.archive.moment_back(most, until=_least(chosen.until, _end(_at(reading, after))))
        end = end if end and end > (chosen.since or end - MOMENT) else None
        chosen = msgspec.structs.replace(chosen, since=end or chosen.since)
    return _stories_found(*_as_far(reading.archive.latest(chosen, after=after.event, keep=keep), limit), limit, end)


def _newest_of(reading: Reading, asked: LogFilter, after: Cursor, limit: int) -> Found[StoryChanges]:
    """Stories that the log in memory chooses: their moments alone are read."""
    columns = in_columns(reading, asked)
    columns = msgspec.structs.replace(columns, until=_least(columns.until, after.moment))
    place = reading.archive.log_place(after.event) if after.event else None
    moments = reading.newest(columns, place, limit + 1)
    if not moments:
        return Found(items=[])
    chosen = msgspec.structs.replace(event_filter(asked, reading.context), until=columns.until, moments=moments)
    chosen, keep = _with_effect(chosen, asked)
    return _stories_found(*_as_far(reading.archive.latest(chosen, after=after.event, keep=keep), limit), limit)


def _stories_found(
    found: list[StoryChanges], looked: datetime | None, limit: int, end: datetime | None = None
) -> Found[StoryChanges]:
    if len(found) > limit:
        return Found(items=found[:limit], next=found[limit - 1].events[-1].id)
    looked = looked or end
    return Found(items=found, next=moment_cursor(looked) if looked else "", looked=looked)


def events_of(reading: Reading, asked: LogFilter, after: Cursor, limit: int, *, most: int = MOST_SCANNED) -> Found[Event]:
    """The same event by event, the oldest first."""
    chosen, keep = wanted(reading, asked)
    chosen = msgspec.structs.replace(chosen, since=_most(chosen.since, after.moment))
    end = None
    if chosen.words and len(chosen.trials) not in FEW:
        end = reading.archive.moment_on(most, since=_most(chosen.since, _at(reading, after)))
        end = end if end and end < (chosen.until or end + MOMENT) else None
        chosen = msgspec.structs.replace(chosen, until=_end(end) or chosen.until)
    every = reading.archive.changes(chosen, after=after.event)
    found, looked = _as_far((event for event in every if keep is None or keep(event)), limit)
    if len(found) > limit:
        return Found(items=found[:limit], next=found[limit - 1].id)
    looked = looked or end
    return Found(items=found, next=moment_cursor(looked + MOMENT) if looked else "", looked=looked)


def _as_far(found: Iterable[Item], limit: int) -> tuple[list[Item], datetime | None]:
    """The first items, one more than ``limit`` if there are so many, and how far was looked if enough was judged before."""
    items: list[Item] = []
    try:
        items.extend(islice(found, limit + 1))
    except Looked as looked:
        return items, looked.moment
    return items, None


def _at(reading: Reading, after: Cursor) -> datetime | None:
    """When the event happened behind which a page begins."""
    found = reading.archive.event(after.event) if after.event else None
    return found.effective_at if found else None


def _end(at: datetime | None) -> datetime | None:
    return at and at + MOMENT


def _least(*times: datetime | None) -> datetime | None:
    return min((at for at in times if at), default=None)


def _most(*times: datetime | None) -> datetime | None:
    return max((at for at in times if at), default=None)


def latest(reading: Reading, asked: LogFilter, after: Cursor, *, per_page: int = STORIES) -> Page:
    """Stories by day, the latest first, with what they can be narrowed by."""
    try:
        found = stories_of(reading, asked, after, per_page)
    except UsageError:
        raise Refusal(400, "This is no place in the list. Begin again without “after”.") from None
    days = [
        (times.day(key, UTC), list(part))
        for key, part in groupby(cards(reading, found.items), lambda card: _midnight(card.at, reading))
    ]
    return Page(
        template="latest.html.j2",
        title="Latest changes" if not asked.watch else f"Latest changes: {one_line(asked.watch, 80)}",
        path="/",
        values={
            "days": days,
            "asked": asked,
            "begun": after != BEGIN,
            "next": found.next,
            "looked": found.looked,
            "filters": {} if reading.published else filters(reading, asked),
        },
    )


def _midnight(at: datetime, reading: Reading) -> datetime:
    local = at.astimezone(reading.timezone)
    return datetime(local.year, local.month, local.day, tzinfo=UTC)


def cards(reading: Reading, found: Sequence[StoryChanges]) -> list[Card]:
    """Stories with the records of their trials; those that were shown a moment ago are laid out already."""
    log, shelf = reading.shelf()
    keys = [(log, str(reading.timezone), each.story, *(event.id for event in each.events)) for each in found]
    trials = {each.events[0].trial for key, each in zip(keys, found, strict=True) if key not in shelf}
    records = {known.trial.key: known.record for known in reading.archive.records(trials)} if trials else {}
    watches = reading.archive.watches_of({each.events[0].trial for each in found})

    def laid_out(each: StoryChanges, key: tuple[object, ...]) -> Card:
        trial = each.events[0].trial
        if trial not in trials:  # it was taken off the shelf meanwhile
            records.update((known.trial.key, known.record) for known in reading.archive.records([trial]))
        return msgspec.structs.replace(card_of(reading, each, records.get(trial), watches[trial]), key=key)

    return [shelf.get(key, partial(laid_out, each, key)) for key, each in zip(keys, found, strict=True)]


def card_of(reading: Reading, found: StoryChanges, record: TrialRecord | None, watches: Sequence[str]) -> Card:
    """A story for a page."""
    first = found.events[0]
    story = found.story or Story(id=first.id, trial=first.trial, severity=first.severity, parts=(first.id,))
    title = reading.archive.source_title(split_key(first.trial).source)
    view = story_view(story, found.events, record, watches=watches, source_title=title, timezone=reading.timezone)
    return Card(view=view, path=f"/stories/{quote(story.id, safe='')}", at=first.effective_at)


def story(reading: Reading, key: str) -> Page:
    """A story at its permanent address, with its evidence."""
    found = reading.archive.story(key)
    if found is None:
        raise Refusal(404, "There is no story of this address. It may have been discarded with the run that found it.")
    trial = found.events[0].trial
    [card] = cards(reading, [found])
    versions = {f"sha256:{meta.sha256}": number for number, meta in enumerate(reading.archive.timeline(trial), start=1)}
    evidence = [_evidence(event, versions) for event in found.events]
    pairs = dict.fromkeys((each["old"], each["new"]) for each in evidence if each["old"] and each["new"])
    return Page(
        template="story.html.j2",
        title=f"{card.view.headline}: {card.view.label}",
        path=card.path,
        values={
            "card": card,
            "shared": _shared(evidence),
            "pairs": list(pairs),
            "trial": trial,
            "citation": _citation(reading, card, found.events),
            "witnesses": witnesses(reading, found.events),
        },
    )


def witnesses(reading: Reading, events: Sequence[Event]) -> list[Event]:
    """The events by which linked registries say again what a story told first."""
    again = reading.archive.said_again(events)
    return list({one.id: one for event in events for one in again.get(event.id, ())}.values())


def _evidence(event: Event, versions: Mapping[str, int]) -> dict[str, object]:
    old, new = event.evidence.old or "", event.evidence.new or ""
    return {
        "event": event,
        "headline": kinds.headline(event),
        "old": versions.get(old, 0),
        "new": versions.get(new, 0),
        "old_hash": old,
        "new_hash": new,
        "links": event.evidence.links,
    }


def _shared(evidence: Sequence[dict[str, object]]) -> list[dict[str, object]]:
    """The evidence with what several changes have in common told once: seen when, between which versions."""

    def common(each: dict[str, object]) -> tuple[object, ...]:
        event = each["event"]
        assert isinstance(event, Event)
        return (each["old_hash"], each["new_hash"], event.seen_between, event.updated_on, event.data_version)

    found: dict[tuple[object, ...], list[dict[str, object]]] = {}
    for each in evidence:
        found.setdefault(common(each), []).append(each)
    return [{**parts[0], "each": parts} for parts in found.values()]


def _citation(reading: Reading, card: Card, events: Sequence[Event]) -> str:
    view, event = card.view, events[0]
    number = "" if view.number in view.label else f" ({view.number})"
    hashes = ", ".join(text for text in (event.evidence.old, event.evidence.new) if text)
    address = f" {reading.url}{card.path}." if reading.url else ""
    proof = f" Evidence: {hashes}." if hashes else ""
    return f"{view.source or 'Registry'}, {view.label}{number}: {view.headline}. {view.when}{proof}{address}"
