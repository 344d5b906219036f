"""Versions asked for by a word: the first, the one in force at the start or at primary completion, the last before results."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Literal, get_args

import msgspec

from tracker.archive import asof, records
from tracker.errors import SourceError, UsageError
from tracker.model.history import RegistryVersion, StoredHistory
from tracker.model.ids import split_key
from tracker.model.record import TrialRecord
from tracker.model.snapshot import SnapshotMeta
from tracker.model.source import Source
from tracker.store import Store

Word = Literal["first", "start", "primary_completion", "results"]
WORDS: tuple[Word, ...] = get_args(Word)

_DATES: Mapping[str, str] = {"start": "start_date", "primary_completion": "primary_completion_date"}
_SAID = {"start": "start", "primary_completion": "primary completion"}


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """A version, and why it is the one that was asked for."""

    version: SnapshotMeta
    why: str


def version_at(store: Store, sources: Mapping[str, Source], timeline: list[SnapshotMeta], word: Word) -> Moment:
    """The stored version that a word names. Raises UsageError when it is not known, or there is none."""
    trial = timeline[0].trial
    history = store.histories([trial]).get(trial)
    if word == "first":
        return _first(timeline, history)
    if word == "results":
        return _before_results(store, sources, timeline, history)
    return _in_force(store, sources, timeline, history, word)


def _first(timeline: list[SnapshotMeta], history: StoredHistory | None) -> Moment:
    first = timeline[0]
    earlier = [one for one in asof.only_listed(timeline, history) if one.valid_from < first.valid_from]
    if history is not None and earlier:
        raise asof.only_index_known(asof.indexed_version(history, earlier[0]), None)
    registered = first.registry_version == 0
    return Moment(version=first, why="the first, as registered" if registered else "the first that is known")


def _in_force(
    store: Store, sources: Mapping[str, Source], timeline: list[SnapshotMeta], history: StoredHistory | None, word: Word
) -> Moment:
    """The version in force on a date of the record, as that is now known; of a month or a year, on its first day."""
    latest, number = timeline[-1], split_key(timeline[-1].trial).number
    given = getattr(records.readable_version(store, sources, latest.id), _DATES[word])
    day = given.first if given is not None else None
    if day is None:
        raise UsageError(f"{number} gives no date of its {_SAID[word]}.", remedy="Name a day or the number of a version.")
    if day > latest.last_seen_at.date():
        raise UsageError(
            f"The {_SAID[word]} of {number} is planned for {given.date}: it has not come.",
            remedy="Name a day or the number of a version.",
        )
    found = asof.in_force(timeline, history, datetime.combine(day, time.max, UTC))
    if found is None:
        known = asof.known(timeline, history)
        if known.registered is not None:
            raise UsageError(
                f"{number} was registered on {known.registered}, after its {_SAID[word]} ({given.date}): "
                "there was no record of it then.",
                remedy="--from first is the record as registered.",
            )
        raise asof.nothing_known(latest.trial, day, known, historic=records.is_historic(sources, latest.trial))
    if isinstance(found, RegistryVersion):
        assert history is not None
        raise asof.only_index_known(asof.indexed_version(history, found), day)
    return Moment(version=found, why=f"in force at the {_SAID[word]} as now known ({given.date})")


def _before_results(
    store: Store, sources: Mapping[str, Source], timeline: list[SnapshotMeta], history: StoredHistory | None
) -> Moment:
    """The last version without results; what stands between it and the first with results must be stored, too."""
    number = split_key(timeline[0].trial).number
    with_results: SnapshotMeta | None = None
    for meta in reversed(timeline):
        record = _record(store, sources, meta)
        if record is None:
            continue
        if record.results_state == "POSTED":
            with_results = meta
        elif with_results is None:
            raise UsageError(f"No results of {number} are posted.", remedy="Name a day or the number of a version.")
        else:
            _require_no_gap(timeline, history, meta, with_results)
            return Moment(version=meta, why="the last before results were posted")
    raise UsageError(
        f"Every stored version of {number} has results: the last one before them is not stored.",
        remedy=f"`tracker backfill {number} --versions needed` brings it."
        if records.is_historic(sources, timeline[0].trial)
        else "Its registry tells no earlier history.",
    )


def _require_no_gap(
    timeline: list[SnapshotMeta], history: StoredHistory | None, before: SnapshotMeta, after: SnapshotMeta
) -> None:
    """Raise UsageError where the registry lists versions between two whose text is not stored."""
    between = [one for one in asof.only_listed(timeline, history) if before.valid_from < one.valid_from < after.valid_from]
    if after.registry_version is None:
        between = between[:-1]  # the last of them is the version that we saw when it was posted
    if between:
        number = split_key(after.trial).number
        listed = ", ".join(f"{one.number} of {one.date}" for one in between[:5])
        raise UsageError(
            f"Whether the results came with an earlier version is not known: the registry lists version {listed} of {number}, "
            "whose text is not stored.",
            remedy=f"`tracker backfill {number} --versions needed` brings it.",
        )


def _record(store: Store, sources: Mapping[str, Source], meta: SnapshotMeta) -> TrialRecord | None:
    try:
        return records.readable_version(store, sources, meta.id)
    except SourceError:
        return None
