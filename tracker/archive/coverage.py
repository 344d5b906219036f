"""How far an answer reaches: since when trials are followed, and how well and when their sources were last read."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

from tracker.archive.own_history import own_histories
from tracker.model.ids import split_key
from tracker.model.source import Source
from tracker.model.views import Coverage, SourceCoverage
from tracker.store import Store


def coverage(
    store: Store, sources: Mapping[str, Source], *, watch: str | None = None, trials: Collection[str] = ()
) -> Coverage:
    """The coverage of these trials, of those that a watch follows, or of all that are followed."""
    members = store.members(watch)
    since = min(store.tracking_since(trials).values(), default=None) if trials else members.since
    keys = {split_key(trial).source for trial in trials} or members.sources
    states, held = store.source_states(), store.held_runs()
    unread = [known for known in store.unanswered(watch) if not trials or known.key in trials]
    return Coverage(
        since=since,
        registered=_registered(store, trials),
        dated_since=_dated(store, sources, trials),
        trials=len(trials) or members.trials,
        unread=len(unread),
        sources=tuple(
            SourceCoverage(
                source=key,
                title=sources[key].info.title if key in sources else key,
                last_read_at=states[key].accepted_at if key in states else None,
                data_version=states[key].data_timestamp if key in states else None,
                held_run=next((run.id for run in held if run.source == key), None),
            )
            for key in sorted(keys)
        ),
    )


def _registered(store: Store, trials: Collection[str]) -> date | None:
    """The first day of trials whose index of versions was read, all of them."""
    histories = store.histories(trials) if trials else {}
    first = [found.history.versions[0].date for found in histories.values() if found.history.versions]
    return min(first) if first and len(first) == len(trials) else None


def _dated(store: Store, sources: Mapping[str, Source], trials: Collection[str]) -> date | None:
    """The first day that the records of these trials date themselves, where all of them do."""
    first = [found.since for found in own_histories(store, sources, trials).values() if found.since] if trials else []
    return min(first) if first and len(first) == len(trials) else None
