"""The present: one row per followed trial, and the site nearest to its watch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tracker.archive import records
from tracker.archive.names import Names
from tracker.geo.gazetteer import near_distance
from tracker.model.record import TrialRecord
from tracker.model.source import Source
from tracker.model.views import CurrentRecord, Nearest, PresentRow
from tracker.model.watch import Near, Watch
from tracker.store import Store


def present(
    store: Store,
    sources: Mapping[str, Source],
    watches: Sequence[Watch],
    *,
    watch: str | None,
    status: str | None,
    near: bool,
    after: str,
) -> Iterator[PresentRow]:
    """A row for each followed trial, by key. A trial that is gone from its registry has no recruitment status to ask for."""
    names = Names(watches, sources)
    radius = {one.name: one.near for one in watches if one.near and watch in (None, one.name)}
    for found in records.followed(store, sources, watch, after):
        if status and (found.trial.removed_at or found.record.recruitment_status != status):
            continue
        around = next((radius[name] for name in reversed(found.watches) if name in radius), None)
        row = present_row(found, names, around)
        if near and (around is None or row.nearest is None or row.nearest.km > around.km):
            continue
        yield row


def present_row(found: CurrentRecord, names: Names, near: Near | None = None) -> PresentRow:
    """One trial as it stands; ``near`` is the place and radius of its watch."""
    record = found.record
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
        removed_at=found.trial.removed_at,
        url=record.url,
    )


def nearest_site(record: TrialRecord, near: Near | None) -> Nearest | None:
    """The site nearest to a watch's place, within its radius or not; None when no site can be placed."""
    if near is None or near.latitude is None or not record.sites:
        return None
    placed = [(distance.km, site) for site in record.sites if (distance := near_distance(site, near)).km is not None]
    if not placed:
        return None
    km, site = min(placed, key=lambda pair: pair[0] or 0.0)
    return Nearest(place=site.city or site.facility or "", km=km or 0.0, recruitment_status=site.recruitment_status)
