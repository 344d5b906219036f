"""The registrations of a trial: what current records name, as links, with what the held ones say."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from tracker.archive import records
from tracker.archive.reader import reader_of
from tracker.links import LinkGraph
from tracker.links.graph import STEPS
from tracker.model.ids import registry_title, split_key
from tracker.model.links import Identity, Link, LinkRule, NamedNumber, Registration
from tracker.model.source import Source
from tracker.model.views import ShownRecord
from tracker.store import Store


class HeldRecord(NamedTuple):
    """What a held record shows of itself, and the watches that follow it."""

    shown: ShownRecord
    watches: tuple[str, ...] = ()


def registrations(
    store: Store, sources: Mapping[str, Source], rules: Sequence[LinkRule], trials: Collection[str]
) -> dict[str, tuple[Registration, ...]]:
    """The other registrations of each of these trials, nearest first; trials without any are left out.

    However many trials there are, each step of their links is asked for once.
    """
    named = _around(store, rules, trials)
    if not named and not rules:
        return {}
    there = {key for one in named for key in (one.trial, one.other)} | {key for rule in rules for key in rule.trials}
    held = _held(store, sources, there)
    identities = {
        trial: Identity(lead_sponsor=one.shown.lead_sponsor, conditions=one.shown.conditions) for trial, one in held.items()
    }
    graph = LinkGraph(named, identities, rules)
    made = ((trial, graph.links(trial)) for trial in trials)
    return {
        trial: tuple(_registration(link, held.get(link.other), sources) for link in links) for trial, links in made if links
    }


def _around(store: Store, rules: Sequence[LinkRule], trials: Collection[str]) -> set[NamedNumber]:
    """What is named around these trials, as far as links are followed."""
    found: set[NamedNumber] = set()
    known: set[str] = set()
    edge = set(trials)
    for _ in range(STEPS):
        found.update(store.named_numbers(edge))
        known |= edge
        edge = LinkGraph(found, rules=rules).neighbours(known) - known
        if not edge:
            break
    return found


def _held(store: Store, sources: Mapping[str, Source], trials: Collection[str]) -> dict[str, HeldRecord]:
    """The records of these trials as far as they are held; whole ones are read only where plain columns do not fit."""
    held: dict[str, HeldRecord] = {}
    for page in store.shown_of(reader_of(source.info for source in sources.values()), sorted(trials)):
        unfit = [one.key for one in page if one.shown is None]
        read = {known.key: ShownRecord.of(record) for known, record in records.current(store, sources, unfit)} if unfit else {}
        for one in page:
            shown = one.shown or read.get(one.key)
            if shown is not None:
                held[one.key] = HeldRecord(shown=shown, watches=one.watches)
    return held


def _registration(link: Link, held: HeldRecord | None, sources: Mapping[str, Source]) -> Registration:
    source, number = split_key(link.other)
    asked = source in sources and not sources[source].info.from_files
    return Registration(
        trial=link.other,
        number=number,
        registry=registry_title(source),
        link=link,
        held=held is not None,
        watches=held.watches if held else (),
        url=held.shown.url if held else None,
        recruitment_status=held.shown.recruitment_status if held else None,
        results_state=held.shown.results_state if held else None,
        unasked=held is None and not asked,
    )
