"""The stored versions of a trial: finding one, reading it, and comparing two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256

from tracker import events
from tracker.archive import asof, moments, own_history, records
from tracker.archive.names import Names
from tracker.compare import compare
from tracker.errors import UsageError
from tracker.events import Detected, TrialContext
from tracker.geo.watched import named_countries
from tracker.model.event import EventFilter, Seen, Version
from tracker.model.history import RegistryVersion
from tracker.model.ids import split_key
from tracker.model.labels import trial_label
from tracker.model.ledgers import DatedDay, IndexedVersion
from tracker.model.snapshot import SnapshotMeta
from tracker.model.source import Document, Source
from tracker.model.views import TrialView
from tracker.model.vocabulary import Severity
from tracker.model.watch import Watch
from tracker.store import Store


def version(store: Store, sources: Mapping[str, Source], trial: str, which: int | datetime = -1) -> SnapshotMeta:
    """A stored version by its number (1 is the first, -1 the latest), or the one that stood at a time.

    Raises UsageError when there is none, or when the text of the one that stood is not stored.
    """
    return _version(store, sources, _timeline(store, trial), trial, which)


def _version(
    store: Store, sources: Mapping[str, Source], timeline: Sequence[SnapshotMeta], trial: str, which: int | datetime
) -> SnapshotMeta:
    if isinstance(which, datetime):
        found = _at(store, sources, timeline, which)
        if isinstance(found, IndexedVersion):
            raise asof.only_index_known(found, which.date())
        if isinstance(found, DatedDay):
            raise asof.only_dates_known(found)
        return found
    index = which - 1 if which > 0 else len(timeline) + which
    if not 0 <= index < len(timeline):
        raise UsageError(
            f"{trial} has {len(timeline)} stored version{'s' * (len(timeline) > 1)}, no number {which}.",
            remedy=f"`tracker show {trial}` lists them.",
        )
    return timeline[index]


def at(store: Store, sources: Mapping[str, Source], trial: str, when: datetime) -> TrialView | IndexedVersion | DatedDay:
    """A trial as it stood at a time, or what the registry's index, or the record itself, tells of it where no text is stored.

    Raises UsageError for a time of which nothing is known.
    """
    timeline = _timeline(store, trial)
    found = _at(store, sources, timeline, when)
    return _view(store, sources, timeline, found) if isinstance(found, SnapshotMeta) else found


def named(store: Store, sources: Mapping[str, Source], trial: str, word: moments.Word) -> moments.Moment:
    """The stored version that a word such as ``start`` names. Raises UsageError when it is not known."""
    return moments.version_at(store, sources, _timeline(store, trial), word)


def version_before_latest(store: Store, trial: str) -> SnapshotMeta:
    """What `diff` compares the latest version with. Raises UsageError when there is none."""
    timeline = _timeline(store, trial)
    if len(timeline) < 2:
        raise UsageError(
            f"Only one version of {trial} is stored: there is none before it.", remedy=f"`tracker show {trial}` shows it."
        )
    return timeline[-2]


def view(store: Store, sources: Mapping[str, Source], trial: str, which: int | datetime = -1) -> TrialView:
    """A trial as it stood in one of its versions."""
    timeline = _timeline(store, trial)
    return _view(store, sources, timeline, _version(store, sources, timeline, trial, which))


def _view(store: Store, sources: Mapping[str, Source], timeline: Sequence[SnapshotMeta], meta: SnapshotMeta) -> TrialView:
    numbers = [one.id for one in timeline]
    return TrialView(
        record=records.read(sources, records.dated_version(store, sources, meta.id)),
        version=meta,
        number=numbers.index(meta.id) + 1,
        versions=len(numbers),
    )


def compare_versions(
    store: Store,
    sources: Mapping[str, Source],
    watches: Sequence[Watch],
    severities: Mapping[str, Severity],
    old: SnapshotMeta,
    new: SnapshotMeta,
) -> Detected:
    """What changed between two stored versions, rated as a sync rates it that knew what was known at the older one.

    An event that a sync has met has the id that it has in the change log.
    """
    timeline = store.timeline(old.trial)
    later = next((meta.valid_from for meta in timeline if meta.valid_from > old.valid_from), None)
    following = store.watches_of([old.trial])[old.trial]
    before, after = (records.readable_version(store, sources, meta.id) for meta in (old, new))
    return events.detect(
        Version(record=before, seen=old.seen),
        Version(record=after, seen=new.seen),
        compare(before, after),
        at=new.first_seen_at,
        known=TrialContext(
            source=sources[split_key(old.trial).source].info,
            label=Names(watches, sources).name(after),
            tracking_since=min(meta.first_seen_at for meta in timeline),
            registered_at=timeline[0].valid_from if timeline[0].registry_version == 0 else None,
            past=tuple(store.events(EventFilter(trials=frozenset({old.trial}), until=later))),
            near={watch.name: watch.near for watch in watches if watch.near and watch.name in following},
            countries={watch.name: named_countries(watch) for watch in watches if watch.name in following},
            overrides=severities,
        ),
        origin="backfill" if "backfill" in (old.origin, new.origin) else "live",
    )


def compare_documents(source: Source, before: Document, after: Document) -> Detected:
    """What changed between two saved payloads or pages of one trial."""
    old, new = source.parse(before).record, source.parse(after).record
    saved = _saved(after)
    return events.detect(
        Version(record=old, seen=_saved(before)),
        Version(record=new, seen=saved),
        compare(old, new),
        at=saved.first_seen_at,
        known=TrialContext(
            source=source.info,
            label=trial_label(new.trial, new, site=source.info.title if source.info.kind != "registry" else ""),
        ),
    )


def _timeline(store: Store, trial: str) -> list[SnapshotMeta]:
    timeline = store.timeline(trial)
    if not timeline:
        raise UsageError(f"Nothing is stored of {trial}.", remedy="`tracker list` shows what is followed.")
    return timeline


def _at(
    store: Store, sources: Mapping[str, Source], timeline: Sequence[SnapshotMeta], when: datetime
) -> SnapshotMeta | IndexedVersion | DatedDay:
    """What stood at a time. Raises UsageError for a time of which nothing is known."""
    trial = timeline[0].trial
    history = store.histories([trial]).get(trial)
    found = asof.in_force(timeline, history, when)
    if found is None:
        own = own_history.own_histories(store, sources, [trial]).get(trial)
        dated = own_history.dated_day(own, timeline[-1], when.date()) if own else None
        if dated is not None:
            return dated
        known = asof.known(timeline, history, own)
        raise asof.nothing_known(trial, when.date(), known, historic=records.is_historic(sources, trial))
    if isinstance(found, RegistryVersion):
        assert history is not None
        return asof.indexed_version(history, found)
    return found


def _saved(document: Document) -> Seen:
    """A saved file counts as a version that was seen once, when it was saved."""
    at = document.fetched_at
    return Seen(sha256=sha256(document.body).hexdigest(), first_seen_at=at, last_seen_at=at)
