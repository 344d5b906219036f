"""Stored bytes read with today's parser: the one place where sources and store meet for reading."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache

import msgspec

from tracker import log
from tracker.errors import SourceError
from tracker.model.ids import split_key
from tracker.model.record import TrialRecord
from tracker.model.snapshot import KeptField, TrackedTrial, with_kept
from tracker.model.source import Document, FollowsCalendar, Historic, Source
from tracker.model.views import CurrentRecord
from tracker.store import Store

logger = log.get(__name__)


class RememberingSources(Mapping[str, Source]):
    """Sources that remember the records they read last: the pages of one trial are made of the same few versions."""

    def __init__(self, sources: Mapping[str, Source], *, most: int) -> None:
        self._sources = sources
        self.read = lru_cache(maxsize=most)(self._read)

    def _read(self, document: Document) -> TrialRecord:
        return self._sources[document.source].parse(document).record

    def __getitem__(self, key: str) -> Source:
        return self._sources[key]

    def __contains__(self, key: object) -> bool:
        return key in self._sources

    def __iter__(self) -> Iterator[str]:
        return iter(self._sources)

    def __len__(self) -> int:
        return len(self._sources)


def read(sources: Mapping[str, Source], document: Document) -> TrialRecord:
    """The record a stored document holds."""
    if isinstance(sources, RememberingSources):
        return sources.read(document)
    return sources[document.source].parse(document).record


def calendar_name(source: str) -> str:
    """The name under which the store keeps when a source's records were last held against the calendar."""
    return f"calendar:{source}"


def follows_calendar(sources: Mapping[str, Source], source: str) -> bool:
    """Whether a source's records read otherwise on another day."""
    # Sources name their abilities as base classes; isinstance would look for each member of the protocol in every call.
    return source in sources and FollowsCalendar in type(sources[source]).__mro__


class _Days:
    """On which day current versions are read: of a source that follows the calendar, when its days were last told of."""

    def __init__(self, store: Store, sources: Mapping[str, Source]) -> None:
        self._store, self._sources = store, sources
        self._last: dict[str, datetime | None] = {}

    def dated(self, document: Document) -> Document:
        """The document, to be read as of that day, or of when it was last seen if that is later."""
        source = document.source
        if not follows_calendar(self._sources, source):
            return document
        if source not in self._last:
            self._last[source] = self._store.due(calendar_name(source)).last_at
        last = self._last[source]
        return document if last is None or last <= document.as_of else msgspec.structs.replace(document, as_of=last)


def is_historic(sources: Mapping[str, Source], trial: str) -> bool:
    """Whether a trial's registry keeps the earlier versions of its records."""
    return isinstance(sources.get(split_key(trial).source), Historic)


def readable_version(store: Store, sources: Mapping[str, Source], version: int) -> TrialRecord:
    """The record of a stored version; what cannot be read of it stands as in the last version that could be read."""
    fields = [field for field in store.kept_fields([version]).get(version, ()) if field.why == "unreadable"]
    return _restored(store, sources, fields, read(sources, dated_version(store, sources, version)))


def dated_version(store: Store, sources: Mapping[str, Source], version: int) -> Document:
    """A stored version as of when it was last seen; one that is current and follows the calendar as that last found it."""
    document = store.document(version)
    if follows_calendar(sources, document.source):
        known = next(iter(store.followed(document.source, [document.trial])), None)
        if known and known.current and known.current.id == version:
            return _Days(store, sources).dated(document)
    return document


def believed_version(store: Store, sources: Mapping[str, Source], version: int, doubted: Sequence[KeptField]) -> TrialRecord:
    """The record of a version with its doubted fields as in the versions that were believed last."""
    fields = [*store.kept_fields([version]).get(version, ()), *doubted]
    return _restored(store, sources, fields, read(sources, store.document(version)))


def current(
    store: Store, sources: Mapping[str, Source], trials: Sequence[str] | None = None
) -> Iterator[tuple[TrackedTrial, TrialRecord]]:
    """What is known now of the given trials (all followed ones by default), one at a time."""
    fields, days = store.kept_fields(), _Days(store, sources)
    for followed, document in store.current_documents(trials):
        known = with_kept(followed, fields)
        record = _readable(store, sources, known, days.dated(document))
        if record is not None:
            yield known, record


def current_on(
    store: Store, sources: Mapping[str, Source], trials: Sequence[str], since: datetime | None, until: datetime
) -> Iterator[tuple[TrackedTrial, TrialRecord, TrialRecord]]:
    """What the current versions of these trials say as of two moments: of ``since``, or of when they came, and of ``until``."""
    fields = store.kept_fields()
    for followed, document in store.current_documents(trials):
        known = with_kept(followed, fields)
        assert followed.current is not None
        told = followed.current.told_until(since)
        before = _readable(store, sources, known, msgspec.structs.replace(document, as_of=told))
        now = _readable(store, sources, known, msgspec.structs.replace(document, as_of=max(told, until)))
        if before is not None and now is not None:
            yield known, before, now


def followed(store: Store, sources: Mapping[str, Source], watch: str | None = None, after: str = "") -> Iterator[CurrentRecord]:
    """What is known now of every followed trial, or of those of one watch, by key, one at a time."""
    fields, days = store.kept_fields(), _Days(store, sources)
    for trial, document, watches in store.followed_documents(watch, after):
        record = _readable(store, sources, with_kept(trial, fields), days.dated(document))
        if record is not None:
            yield CurrentRecord(trial=trial, record=record, watches=watches)


def _readable(store: Store, sources: Mapping[str, Source], trial: TrackedTrial, document: Document) -> TrialRecord | None:
    if document.source not in sources:
        return None
    try:
        return _as_believed(store, sources, trial, read(sources, document))
    except SourceError as error:
        # A stored version that today's parser refuses must not keep everything else from being shown.
        logger.error(log.pairs("stored_version_unreadable", trial=trial.key, error=error))
        return None


def _as_believed(store: Store, sources: Mapping[str, Source], trial: TrackedTrial, record: TrialRecord) -> TrialRecord:
    """The record with the fields that are read from an earlier version."""
    return _restored(store, sources, trial.current.kept if trial.current else (), record)


def _restored(store: Store, sources: Mapping[str, Source], fields: Sequence[KeptField], record: TrialRecord) -> TrialRecord:
    if not fields:
        return record
    ids = sorted({field.snapshot for field in fields})
    earlier = {one: read(sources, document) for one, document in zip(ids, store.documents(ids), strict=True)}
    from tracker.detect import kept

    return kept.restored(record, fields, earlier)
