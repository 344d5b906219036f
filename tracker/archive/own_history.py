"""What the records of trials date of their own past, read from the latest stored version of each."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

from tracker import log
from tracker.errors import SourceError
from tracker.model.history import OwnHistory
from tracker.model.ids import split_key
from tracker.model.ledgers import DatedDay
from tracker.model.snapshot import SnapshotMeta
from tracker.model.source import SelfDated, Source
from tracker.store import Store

logger = log.get(__name__)


def own_histories(store: Store, sources: Mapping[str, Source], trials: Collection[str]) -> dict[str, OwnHistory]:
    """The own history of each of these trials whose record dates anything."""
    keys = [trial for trial in trials if isinstance(sources.get(split_key(trial).source), SelfDated)]
    found: dict[str, OwnHistory] = {}
    for known, document in store.current_documents(keys) if keys else ():
        source = sources[document.source]
        assert isinstance(source, SelfDated)
        try:
            history = source.own_history(document)
        except SourceError as error:
            logger.error(log.pairs("stored_version_unreadable", trial=known.key, error=error))
            continue
        if history.facts:
            found[known.key] = history
    return found


def dated_day(history: OwnHistory, read_from: SnapshotMeta, day: date) -> DatedDay | None:
    """What a record says of a day before its first stored version; None for a day before all that it dates."""
    if history.since is None or day < history.since:
        return None
    return DatedDay(trial=history.trial, date=day, facts=history.on(day), since=history.since, read_at=read_from.last_seen_at)
