"""Stored bytes read with today's parser: the one place where sources and store meet for reading."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tracker import log
from tracker.errors import SourceError
from tracker.model.record import TrialRecord
from tracker.model.snapshot import TrackedTrial
from tracker.model.source import Document, Source
from tracker.model.views import CurrentRecord
from tracker.store import Store

logger = log.get(__name__)


def read(sources: Mapping[str, Source], document: Document) -> TrialRecord:
    """The record a stored document holds."""
    return sources[document.source].parse(document).record


def current(
    store: Store, sources: Mapping[str, Source], trials: Sequence[str] | None = None
) -> Iterator[tuple[TrackedTrial, TrialRecord]]:
    """What is known now of the given trials (all followed ones by default), one at a time."""
    for followed, document in store.current_documents(trials):
        record = _readable(sources, followed, document)
        if record is not None:
            yield followed, record


def followed(store: Store, sources: Mapping[str, Source], watch: str | None = None, after: str = "") -> Iterator[CurrentRecord]:
    """What is known now of every followed trial, or of those of one watch, by key, one at a time."""
    for trial, document, watches in store.followed_documents(watch, after):
        record = _readable(sources, trial, document)
        if record is not None:
            yield CurrentRecord(trial=trial, record=record, watches=watches)


def _readable(sources: Mapping[str, Source], trial: TrackedTrial, document: Document) -> TrialRecord | None:
    if document.source not in sources:
        return None
    try:
        return read(sources, document)
    except SourceError as error:
        # A stored version that today's parser refuses must not keep everything else from being shown.
        logger.error(log.pairs("stored_version_unreadable", trial=trial.key, error=error))
        return None
