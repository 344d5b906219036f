"""The change log as pages: latest stories with their filters, and a story with its evidence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby, islice
from typing import TypeVar
from urllib.parse import quote

import msgspec

from tracker.errors import UsageError
from tracker.model.event import Event, EventFilter, Story
from tracker.model.ids import split_key
from tracker.model.record import TrialRecord
from tracker.model.views import StoryChanges
from tracker.model.vocabulary import KIND_NAMES, RECRUITMENT_STATUSES, SEVERITIES, rank
from tracker.render import kinds, machine, times
from tracker.render.safe_text import one_line
from tracker.render.story_view import StoryView, story_view
from tracker.web.asked import EFFECTS, LogFilter, event_filter
from tracker.web.pages import Page
from tracker.web.reading import Reading, trial_key
from tracker.web.refusals import Refusal

STORIES = 30
"""Stories of one page of the log."""
MOST_JUDGED = 3_000
"""Events that are read for one page, to find words and effects in them; there is a way on behind them."""
READ = ("headline", "label", "rule", "details", "changes", "evidence")
"""Parts of an event in which words are looked for."""

Item = TypeVar("Item")


NONE = frozenset({"none:"})
"""Stands for no trial at all, where an empty set would mean every trial."""


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """A story on a page: laid out for reading, and its address."""

    view: StoryView
    path: str
    at: datetime


class Looked(Exception):
    """So many events were judged that the answer would take too long; ``after`` is the last one of a whole story."""

    def __init__(self, after: Event) -> None:
        super().__init__(after.id)
        self.after = after


class Judge:
    """Whether an event has the effect and the words that are asked for, in what everybody may read of it."""

    def __init__(self, chosen: EventFilter, *, most: int = MOST_JUDGED) -> None:
        self._chosen, self._most, self._judged = chosen, most, 0
        self._last: Event | None = None
        self._whole: Event | None = None

    def __call__(self, event: Event) -> bool:
        """Judge one more event. Raises Looked when there were enough."""
        if self._last is not None and (self._last.story or self._last.id) != (event.story or event.id):
            self._whole = self._last
        if self._judged >= self._most and self._whole is not None:
            raise Looked(self._whole)
        self._judged, self._last = self._judged + 1, event
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
    if asked.trial:
        chosen = msgspec.structs.replace(chosen, trials=frozenset({trial_key(reading, asked.trial)}))
    if asked.group:
        keys = reading.archive.in_group(asked.group)
        chosen = msgspec.structs.replace(chosen, trials=(keys & chosen.trials if chosen.trials else keys) or NONE)
    if asked.country or asked.status:
        folded = asked.country.casefold()
        standing = {
            key
            for key, each in reading.all_standing().items()
            if (not folded or any(folded == country.casefold() for country in each.countries))
            and (not asked.status or (each.row.recruitment_status == asked.status and not each.row.removed_at))
            and (not chosen.trials or key in chosen.trials)
        }
        chosen = msgspec.structs.replace(chosen, trials=frozenset(standing) or NONE)
    return chosen, Judge(chosen) if chosen.effects or chosen.words else None


def as_far(found: Iterable[Item], limit: int) -> tuple[list[Item], Event | None]:
    """The first items, one more than ``limit`` if there are so many, and where to look on if enough was judged before."""
    items: list[Item] = []
    try:
        items.extend(islice(found, limit + 1))
    except Looked as looked:
        return items, looked.after
    return items, None


def latest(reading: Reading, asked: LogFilter, after: str | None, *, per_page: int = STORIES) -> Page:
    """Stories by day, the latest first, with what they can be narrowed by."""
    chosen, keep = wanted(reading, asked)
    try:
        found, looked = as_far(reading.archive.latest(chosen, after=after, keep=keep), per_page)
    except UsageError:
        raise Refusal(400, "This is no place in the list. Begin again without “after”.") from None
    shown = found[:per_page]
    days = [
        (times.day(key, UTC), list(part))
        for key, part in groupby(cards(reading, shown), lambda card: _midnight(card.at, reading))
    ]
    return Page(
        template="latest.html.j2",
        title="Latest changes" if not asked.watch else f"Latest changes: {one_line(asked.watch, 80)}",
        path="/",
        values={
            "days": days,
            "asked": asked,
            "after": after or "",
            "next": looked.id if looked else shown[-1].events[-1].id if len(found) > per_page else "",
            "looked": looked,
            "facets": facets(reading, chosen) if keep is None else {},
            "statuses": RECRUITMENT_STATUSES,
            "groups": reading.context.groups,
            "effects": [(word, word.replace("_", " ")) for word in EFFECTS],
            "kinds": sorted(KIND_NAMES, key=kinds.kind_title),
            "countries": countries(reading),
            "sources": [(key, reading.archive.source_title(key)) for key in reading.context.sources],
        },
    )


def _midnight(at: datetime, reading: Reading) -> datetime:
    local = at.astimezone(reading.timezone)
    return datetime(local.year, local.month, local.day, tzinfo=UTC)


def cards(reading: Reading, found: Sequence[StoryChanges]) -> list[Card]:
    """Stories with the records of their trials."""
    trials = {each.events[0].trial for each in found}
    records = {record.trial.key: record.record for record in reading.archive.records(trials)}
    watches = reading.archive.watches_of(trials)
    return [card_of(reading, each, records.get(each.events[0].trial), watches[each.events[0].trial]) for each in found]


def card_of(reading: Reading, found: StoryChanges, record: TrialRecord | None, watches: Sequence[str]) -> Card:
    """A story for a page."""
    first = found.events[0]
    story = found.story or Story(id=first.id, trial=first.trial, severity=first.severity, parts=(first.id,))
    title = reading.archive.source_title(split_key(first.trial).source)
    view = story_view(story, found.events, record, watches=watches, source_title=title, timezone=reading.timezone)
    return Card(view=view, path=f"/stories/{quote(story.id, safe='')}", at=first.effective_at)


def countries(reading: Reading) -> list[str]:
    """The countries of the followed trials."""
    return sorted({country for each in reading.all_standing().values() for country in each.countries})


def facets(reading: Reading, chosen: EventFilter) -> dict[str, list[tuple[str, str, int]]]:
    """What the log can be narrowed by: for each filter its values, their names and how many events each would leave."""
    archive, found = reading.archive, dict[str, list[tuple[str, str, int]]]()
    by_rank = reading.tally(msgspec.structs.replace(chosen, min_severity="minor"), "severity")
    counts = {word: by_rank.get(str(rank(word)), 0) for word in SEVERITIES}
    found["min_severity"] = [
        ("major", "Major", counts["major"]),
        ("notable", "Notable or weightier", counts["major"] + counts["notable"]),
        ("minor", "All", sum(counts.values())),
    ]
    by_kind = reading.tally(msgspec.structs.replace(chosen, kinds=frozenset()), "kind")
    found["kind"] = [(kind, kinds.kind_title(kind), by_kind[kind]) for kind in sorted(by_kind, key=lambda kind: -by_kind[kind])]
    by_watch = reading.tally(msgspec.structs.replace(chosen, watch=None), "watch")
    found["watch"] = [(name, one_line(name, 60), by_watch.get(name, 0)) for name in reading.context.watches]
    by_source = reading.tally(msgspec.structs.replace(chosen, sources=frozenset()), "source")
    found["source"] = [(key, archive.source_title(key), by_source[key]) for key in sorted(by_source)]
    return found


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
        },
    )


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
