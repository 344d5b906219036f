"""Stored bytes read with today's parser: the one place where sources and store meet for reading."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from tracker import log
from tracker.errors import SourceError
from tracker.model.ids import split_key
from tracker.model.record import TrialRecord
from tracker.model.snapshot import KeptField, TrackedTrial, with_kept
from tracker.model.source import Document, Historic, Source
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


def is_historic(sources: Mapping[str, Source], trial: str) -> bool:
    """Whether a trial's registry keeps the earlier versions of its records."""
    return isinstance(sources.get(split_key(trial).source), Historic)


def readable_version(store: Store, sources: Mapping[str, Source], version: int) -> TrialRecord:
    """The record of a stored version; what cannot be read of it stands as in the last version that could be read."""
    fields = [field for field in store.kept_fields([version]).get(version, ()) if field.why == "unreadable"]
    return _restored(store, sources, fields, read(sources, store.document(version)))


def believed_version(store: Store, sources: Mapping[str, Source], version: int, doubted: Sequence[KeptField]) -> TrialRecord:
    """The record of a version with its doubted fields as in the versions that were believed last."""
    fields = [*store.kept_fields([version]).get(version, ()), *doubted]
    return _restored(store, sources, fields, read(sources, store.document(version)))


def current(
    store: Store, sources: Mapping[str, Source], trials: Sequence[str] | None = None
) -> Iterator[tuple[TrackedTrial, TrialRecord]]:
    """What is known now of the given trials (all followed ones by default), one at a time."""
    fields = store.kept_fields()
    for followed, document in store.current_documents(trials):
        known = with_kept(followed, fields)
        record = _readable(store, sources, known, document)
        if record is not None:
            yield known, record


def followed(store: Store, sources: Mapping[str, Source], watch: str | None = None, after: str = "") -> Iterator[CurrentRecord]:
    """What is known now of every followed trial, or of those of one watch, by key, one at a time."""
    fields = store.kept_fields()
    for trial, document, watches in store.followed_documents(watch, after):
        record = _readable(store, sources, with_kept(trial, fields), document)
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
