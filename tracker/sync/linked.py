"""Following linked registrations: ``registrations = "all"``, settled at the beginning of a pass.

What a pass finds out about links acts with the next one, so that a pass follows the same trials from its beginning to its end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from tracker.archive import links
from tracker.clock import Clock
from tracker.config import Settings
from tracker.model.ids import registry_title, split_key
from tracker.model.links import Registration
from tracker.model.source import Source
from tracker.model.watch import LinkedChanges, Watch
from tracker.store import Store

TOGETHER = 500
"""Trials whose links are looked up at once."""

_MOST_NAMED = 10


def follow_linked(settings: Settings, store: Store, sources: Mapping[str, Source], clock: Clock) -> list[LinkedChanges]:
    """Let the linked registrations of watches that want them join silently, and those leave whose link is gone."""
    watches = [watch for watch in settings.watches if watch.registrations == "all" and not watch.everything]
    if not watches:
        return []
    wanted = {watch.name: set(_wanted(settings, store, sources, watch)) for watch in watches}
    changes = store.sync_linked(wanted, clock())
    for change in changes:
        for trials, did, why in (
            (change.joined, "joined", "each is linked to a trial of it"),
            (change.ended, "left", "no link holds them there now"),
        ):
            if trials:
                store.add_note(change.watch, _said(trials, change.watch, did, why), clock())
    return changes


def is_askable(settings: Settings, sources: Mapping[str, Source], one: Registration) -> bool:
    """Whether a registration can be followed: its registry is asked, or its record came out of a file of that registry."""
    key = split_key(one.trial).source
    source = sources.get(key)
    if source is None or source.info.kind != "registry" or not settings.sources[key].enabled:
        return False
    return one.held or not source.info.from_files


def _wanted(settings: Settings, store: Store, sources: Mapping[str, Source], watch: Watch) -> Iterator[str]:
    """The linked registrations that a watch is to follow, as its own trials have them now."""
    for some in _chunks(store.own_members(watch.name)):
        found = links.registrations(store, sources, settings.links, some)
        for one in (one for others in found.values() for one in others):
            if not one.link.doubtful and one.trial not in watch.exclude and is_askable(settings, sources, one):
                yield one.trial


def _said(trials: tuple[str, ...], watch: str, did: str, why: str) -> str:
    named = ", ".join(f"{registry_title(source)} {number}" for source, number in map(split_key, trials[:_MOST_NAMED]))
    more = f" and {len(trials) - _MOST_NAMED:,} more" if len(trials) > _MOST_NAMED else ""
    count = "1 linked registration" if len(trials) == 1 else f"{len(trials):,} linked registrations"
    return f"{count} {did} watch “{watch}” ({why}): {named}{more}."


def _chunks(trials: Iterable[str]) -> Iterator[list[str]]:
    iterator = iter(trials)
    while some := list(islice(iterator, TOGETHER)):
        yield some
