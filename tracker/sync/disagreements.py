"""Once a day: what linked registries say against each other, of the trials of one source. Loaded here, decided in `detect`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from tracker.archive import links, records
from tracker.detect.disagreement import LOOKED_AT, Side
from tracker.detect.standing import Pair
from tracker.model.ids import split_key
from tracker.model.links import LinkRule, Registration
from tracker.sync.scope import RunScope


def pairs(scope: RunScope, trials: Collection[str], rules: Sequence[LinkRule]) -> Iterator[Pair]:
    """These trials, each with every other registration that is followed too and may be compared with it."""
    store, sources = scope.store, scope.sources
    found = links.registrations(store, sources, rules, trials)
    followed = store.watches_of(found)
    linked = [
        (trial, one.trial, _tellers(trial, followed[trial], one))
        for trial, others in sorted(found.items())
        for one in others
        if _comparable(scope, trial, one)
    ]
    if not linked:
        return
    keys = sorted({key for trial, other, _ in linked for key in (trial, other)})
    held = {known.key: (known, record) for known, record in records.current(store, sources, keys)}
    past, since = store.past_events(keys, LOOKED_AT), store.tracking_since(keys)

    def side(key: str) -> Side:
        known, record = held[key]
        assert known.current is not None
        return Side(
            record=record,
            source=sources[known.source].info,
            tracked_since=since.get(key, known.first_seen_at),
            last_seen_at=known.current.last_seen_at,
            past=past.get(key, ()),
        )

    for trial, other, tellers in linked:
        if all(key in held and not held[key][0].removed_at for key in (trial, other)):
            yield Pair(known=held[trial][0], mine=side(trial), theirs=side(other), told_to=tellers)


def _comparable(scope: RunScope, trial: str, one: Registration) -> bool:
    """Whether a registration is another registry's, surely of this trial, and seen as often as this one is."""
    source = split_key(one.trial).source
    if one.link.doubtful or not one.held or not one.watches or source == split_key(trial).source:
        return False
    return source in scope.sources and scope.sources[source].info.kind == "registry"


def _tellers(trial: str, watches: Collection[str], one: Registration) -> frozenset[str]:
    """The watches that hear of two registrations by this one: a watch that follows both hears once, by the first."""
    return frozenset(watches) if trial < one.trial else frozenset(watches) - set(one.watches)
