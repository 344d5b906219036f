"""The past of trials: their versions, stored and listed, and the ledgers made of them. All that shows it reads it here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice

import msgspec

from tracker.archive import asof, changes, ledgers, own_history
from tracker.archive.names import Names
from tracker.model.event import Event, EventFilter
from tracker.model.history import OwnHistory, RegistryVersion, StoredHistory
from tracker.model.ids import split_key
from tracker.model.ledgers import MovedValue, StatusSpan, TimelineVersion, TrialPast
from tracker.model.record import TrialRecord
from tracker.model.snapshot import SnapshotMeta
from tracker.model.source import Source
from tracker.model.views import CurrentRecord
from tracker.store import Store

Compared = Callable[[int | None], str]
"""The address where the registry compares a version, by its own number, with the one before; nothing where there is none."""

AT_ONCE = 100
"""Trials whose past is read at once."""


def pasts(
    store: Store, sources: Mapping[str, Source], names: Names, trials: Iterable[CurrentRecord], *, events: bool = True
) -> Iterator[TrialPast]:
    """The past of each of these trials, some at a time; without ``events`` versions do not say what changed with them."""
    found = iter(trials)
    while some := list(islice(found, AT_ONCE)):
        keys = [one.trial.key for one in some]
        versions, histories, moved = store.timelines(keys), store.histories(keys), store.moved_values(keys)
        changed = _events(store, keys) if events else {}
        own = own_history.own_histories(store, sources, keys)
        for one in some:
            key = one.trial.key
            yield past(
                one.record,
                names.name(one.record),
                link=_comparison(sources, key),
                timeline=versions[key],
                history=histories.get(key),
                moved=moved[key],
                events=changed.get(key, ()),
                removed_at=one.trial.removed_at,
                own=own.get(key),
            )


def past(
    record: TrialRecord,
    name: str,
    *,
    link: Compared,
    timeline: Sequence[SnapshotMeta],
    history: StoredHistory | None,
    moved: Sequence[MovedValue],
    events: Sequence[Event],
    removed_at: datetime | None = None,
    own: OwnHistory | None = None,
) -> TrialPast:
    """The past of a trial whose last version says what ``record`` says; ``link`` gives the registry's comparisons."""
    facts = ledgers.Facts(
        trial=record.trial,
        moved=tuple(moved),
        began=timeline[0].valid_from if timeline else None,
        status=record.recruitment_status,
        enrollment=record.enrollment,
        history=history,
        removed_at=removed_at,
    )
    statuses = ledgers.statuses(facts)
    return TrialPast(
        trial=record.trial,
        name=name,
        known=asof.known(timeline, history, own),
        versions=tuple(_versions(timeline, history, statuses, events, link)),
        statuses=statuses,
        slips=ledgers.slips(facts),
        enrollment=ledgers.enrollment(facts),
        own_history=own,
    )


def until(found: TrialPast, end: datetime) -> TrialPast:
    """What was so before a time: versions, statuses and moves from then on are left out, and what stood then is still open."""
    return msgspec.structs.replace(
        found,
        versions=tuple(one for one in found.versions if one.valid_from < end),
        statuses=tuple(
            one if one.until is None or one.until < end else msgspec.structs.replace(one, until=None)
            for one in found.statuses
            if one.since < end
        ),
        slips=tuple(one for one in found.slips if one.valid_from < end),
        enrollment=tuple(one for one in found.enrollment if one.since < end),
        own_history=found.own_history.known_before(end.date()) if found.own_history else None,
    )


def _versions(
    timeline: Sequence[SnapshotMeta],
    history: StoredHistory | None,
    statuses: Sequence[StatusSpan],
    events: Sequence[Event],
    link: Compared,
) -> list[TimelineVersion]:
    """Stored and listed versions in one order; a stored one that the registry has a number for is that version."""
    listed = {one.number: one for one in history.history.versions} if history else {}
    changed = _changed(timeline, events)
    found = [
        TimelineVersion(
            trial=meta.trial,
            valid_from=meta.valid_from,
            number=number,
            registry_version=meta.registry_version,
            recruitment_status=_status(meta, listed, statuses),
            touched=listed[meta.registry_version].touched if meta.registry_version in listed else (),
            snapshot=meta,
            events=tuple(changed.get(meta.id, ())),
            link=link(meta.registry_version),
        )
        for number, meta in enumerate(timeline, start=1)
    ]
    for one in asof.only_listed(timeline, history):
        assert history is not None
        found.append(
            TimelineVersion(
                trial=history.history.trial,
                valid_from=one.valid_from,
                registry_version=one.number,
                recruitment_status=one.recruitment_status,
                said=one.said,
                touched=one.touched,
                link=link(one.number),
            )
        )
    return sorted(found, key=_place)


def _place(one: TimelineVersion) -> tuple[datetime, float, int]:
    number = float("inf") if one.registry_version is None else one.registry_version
    return one.valid_from, number, one.number or 0


def _status(meta: SnapshotMeta, listed: Mapping[int, RegistryVersion], statuses: Sequence[StatusSpan]) -> str | None:
    if meta.registry_version is not None and meta.registry_version in listed:
        return listed[meta.registry_version].recruitment_status
    begun = [one for one in statuses if one.since <= meta.valid_from]
    return begun[-1].status if begun and (begun[-1].until is None or meta.valid_from < begun[-1].until) else None


def _changed(timeline: Sequence[SnapshotMeta], events: Sequence[Event]) -> dict[int, list[Event]]:
    """The events of each stored version. A record that flips back has the same bytes twice: then the time of the look tells."""
    by_hash: dict[str, list[SnapshotMeta]] = defaultdict(list)
    for meta in timeline:
        by_hash[f"sha256:{meta.sha256}"].append(meta)
    found: dict[int, list[Event]] = defaultdict(list)
    for event in events:
        versions = by_hash.get(event.evidence.new or "", [])
        if not versions or event.evidence.old is None or event.evidence.old == event.evidence.new:
            continue
        seen = [meta for meta in versions if meta.first_seen_at == event.seen_between[1]]
        found[(seen or [meta for meta in versions if meta.valid_from <= event.effective_at] or versions)[-1].id].append(event)
    return found


def _events(store: Store, trials: Sequence[str]) -> dict[str, list[Event]]:
    found: dict[str, list[Event]] = defaultdict(list)
    for event in changes.flat(changes.story_changes(store, EventFilter(trials=frozenset(trials)))):
        found[event.trial].append(event)
    return found


def _comparison(sources: Mapping[str, Source], trial: str) -> Compared:
    """The registry's own comparison of a version of a trial with the one before, where it has one."""
    key = split_key(trial)
    info = sources[key.source].info if key.source in sources else None
    return lambda number: info.comparison_link(key.number, number - 1, number) if info and number else ""
