"""The present: one row per followed trial, and the site nearest to its watch."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from math import inf
from typing import TYPE_CHECKING

import msgspec

from tracker.archive import links, records
from tracker.archive.names import Names
from tracker.archive.reader import reader_of
from tracker.model.ids import split_key
from tracker.model.links import LinkRule, Registration
from tracker.model.record import Site, TrialRecord
from tracker.model.source import Source
from tracker.model.views import CurrentRecord, Nearest, PresentRow, ShownRecord, ShownTrial, TrialStanding
from tracker.model.vocabulary import OPEN_STATUSES
from tracker.model.watch import Near, Watch
from tracker.store import Store

if TYPE_CHECKING:
    from tracker.geo.gazetteer import Distance

RECORDS = 50
"""Whole records that are read at once."""


def present(
    store: Store,
    sources: Mapping[str, Source],
    watches: Sequence[Watch],
    *,
    watch: str | None,
    status: str | None,
    near: bool,
    after: str,
    rules: Sequence[LinkRule] = (),
) -> Iterator[PresentRow]:
    """A row for each followed trial, by key. A trial that is gone from its registry has no recruitment status to ask for."""
    names = Names(watches, sources)
    measured = [one for one in watches if watch in (None, one.name)]
    for trial, record, others, by_link in _listed(store, sources, measured, watch, after, rules):
        if status and (trial.removed_at or record.recruitment_status != status):
            continue
        around = near_of(measured, trial.watches)
        row = _row(record, trial.removed_at, names, around)
        if near and (around is None or row.nearest is None or not row.nearest.within):
            continue
        yield msgspec.structs.replace(row, registrations=others, linked=by_link) if others or by_link else row


def _listed(
    store: Store,
    sources: Mapping[str, Source],
    measured: Sequence[Watch],
    watch: str | None,
    after: str,
    rules: Sequence[LinkRule],
) -> Iterator[tuple[ShownTrial, TrialRecord, tuple[Registration, ...], tuple[str, ...]]]:
    """Each followed trial by key with as much of its record as a row shows, whole only where its sites are measured."""
    for page in store.shown_trials(reader_of(source.info for source in sources.values()), watch, after):
        linked = links.registrations(store, sources, rules, [one.key for one in page])
        by_link = store.linked_into([one.key for one in page])
        for trial, record in _with_records(store, sources, measured, page):
            yield trial, record, linked.get(trial.key, ()), by_link.get(trial.key, ())


def _with_records(
    store: Store, sources: Mapping[str, Source], measured: Sequence[Watch], page: Sequence[ShownTrial]
) -> Iterator[tuple[ShownTrial, TrialRecord]]:
    for start in range(0, len(page), RECORDS):
        some = page[start : start + RECORDS]
        whole = [one.key for one in some if one.shown is None or near_of(measured, one.watches)]
        read = {known.key: record for known, record in records.current(store, sources, whole)} if whole else {}
        for one in some:
            if one.key in read:
                yield one, read[one.key]
            elif one.shown is not None and one.key not in whole and split_key(one.key).source in sources:
                yield one, one.shown.record


def standing(store: Store, sources: Mapping[str, Source], names: Names, trials: Collection[str]) -> Iterator[TrialStanding]:
    """These trials as they stand, without the site that is nearest: whole records are read only where columns do not fit."""
    for page in store.shown_of(reader_of(source.info for source in sources.values()), sorted(trials)):
        for trial, record in _with_records(store, sources, (), page):
            shown = ShownRecord.of(record)
            yield TrialStanding(
                row=_row(record, trial.removed_at, names, None),
                watches=trial.watches,
                countries=frozenset(shown.countries or ()),
                phases=shown.phases or (),
            )


def near_of(watches: Sequence[Watch], names: Sequence[str]) -> Near | None:
    """The place of the last named watch that has one."""
    places = {one.name: one.near for one in watches if one.near}
    return next((places[name] for name in reversed(names) if name in places), None)


def present_row(found: CurrentRecord, names: Names, near: Near | None = None) -> PresentRow:
    """One trial as it stands; ``near`` is the place and radius of its watch."""
    return _row(found.record, found.trial.removed_at, names, near)


def _row(record: TrialRecord, removed_at: datetime | None, names: Names, near: Near | None) -> PresentRow:
    return PresentRow(
        trial=record.trial,
        name=names.name(record),
        label=names.label(record),
        brief_title=record.brief_title,
        recruitment_status=record.recruitment_status,
        start_date=record.start_date,
        primary_completion_date=record.primary_completion_date,
        enrollment=record.enrollment,
        results_state=record.results_state,
        last_update_posted=record.last_update_posted,
        nearest=nearest_site(record, near),
        removed_at=removed_at,
        url=record.url,
    )


def nearest_site(record: TrialRecord, near: Near | None) -> Nearest | None:
    """The open site nearest to a watch's place, within its radius or not; None when the trial has none that may be near.

    Where none is open, one that is to open, else any.
    """
    if near is None or near.latitude is None or not record.sites:
        return None
    from tracker.geo.gazetteer import near_distance

    every = [(near_distance(site, near), site) for site in record.sites]
    placed = [(distance, site) for distance, site in every if distance.km is not None or distance.within]
    if not placed:
        return None
    chosen, site = min(placed, key=lambda pair: (_waiting(pair[1], record), *_remoteness(pair[0])))
    nearest, beside = min(placed, key=lambda pair: _remoteness(pair[0]))
    closer = None
    if nearest.km is not None and chosen.km is not None and nearest.km < chosen.km and beside.city != site.city:
        closer = _nearest(beside, nearest, within=nearest.within)
    within = any(distance.within for distance, _ in placed)
    return msgspec.structs.replace(_nearest(site, chosen, within=within), closer=closer)


def open_nearby(record: TrialRecord, near: Near) -> tuple[Nearest, ...]:
    """The open sites inside a watch's radius, nearest first; those that cannot be placed stand last."""
    if near.latitude is None:
        return ()
    from tracker.geo.gazetteer import near_distance

    found = [
        (distance, site)
        for site in record.sites or ()
        if record.status_at(site) in OPEN_STATUSES and (distance := near_distance(site, near)).within
    ]
    return tuple(_nearest(site, distance, within=True) for distance, site in sorted(found, key=lambda one: _remoteness(one[0])))


def _nearest(site: Site, distance: Distance, *, within: bool) -> Nearest:
    return Nearest(
        place=site.city or site.facility or "",
        km=distance.km,
        recruitment_status=site.recruitment_status,
        in_city=distance.in_city,
        within=within,
    )


def _waiting(site: Site, record: TrialRecord) -> int:
    """Open sites come first, then those that are to open. A site without a status of its own has the trial's."""
    status = record.status_at(site)
    return 0 if status in OPEN_STATUSES else 1 if status == "NOT_YET_RECRUITING" else 2


def _remoteness(distance: Distance) -> tuple[bool, float]:
    """Inside the radius before outside of it, and there what cannot be placed last."""
    return not distance.within, inf if distance.km is None else distance.km
