"""What linked registries said before and after an event: which events it repeats, and which repeat it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tracker.archive import links
from tracker.links import witness
from tracker.model.event import Event
from tracker.model.links import LinkRule
from tracker.model.source import Source
from tracker.store import Store


def firsts(
    store: Store, sources: Mapping[str, Source], rules: Sequence[LinkRule], events: Iterable[Event]
) -> dict[str, tuple[Event, ...]]:
    """By event, those of linked registrations that told before what it tells; events without any are left out."""
    asked = [event for event in events if event.kind in witness.WITNESSED]
    linked = _linked(store, sources, rules, asked)
    past = _past(store, {other for others in linked.values() for other in others})
    made = {one.id: witness.firsts(one, {other: past.get(other, ()) for other in linked.get(one.trial, ())}) for one in asked}
    return {event: found for event, found in made.items() if found}


def seconds(
    store: Store, sources: Mapping[str, Source], rules: Sequence[LinkRule], events: Iterable[Event]
) -> dict[str, tuple[Event, ...]]:
    """By event, those of linked registrations that say it again."""
    asked = [event for event in events if event.kind in witness.WITNESSED]
    linked = _linked(store, sources, rules, asked)
    past = _past(store, {trial for own, others in linked.items() for trial in (own, *others)})
    made = {
        one.id: witness.seconds(
            one, past.get(one.trial, ()), [event for other in linked.get(one.trial, ()) for event in past.get(other, ())]
        )
        for one in asked
    }
    return {event: found for event, found in made.items() if found}


def _linked(
    store: Store, sources: Mapping[str, Source], rules: Sequence[LinkRule], events: Sequence[Event]
) -> dict[str, tuple[str, ...]]:
    """The other registrations of each trial whose links are not in doubt."""
    found = links.registrations(store, sources, rules, {event.trial for event in events}) if events else {}
    return {trial: tuple(one.trial for one in others if not one.link.doubtful) for trial, others in found.items()}


def _past(store: Store, trials: set[str]) -> Mapping[str, Sequence[Event]]:
    return store.past_events(trials, witness.WITNESSED) if trials else {}
