"""Stored bytes read with today's parser: the one place where sources and store meet for reading."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tracker.extract import places
from tracker.model.record import TrialRecord
from tracker.model.source import Document, Source
from tracker.model.watch import Near
from tracker.render.tables import Nearest
from tracker.store import Store
from tracker.store.values import Followed


def read(sources: Mapping[str, Source], document: Document) -> TrialRecord:
    """The record a stored document holds."""
    return sources[document.source].parse(document).record


def current(
    store: Store, sources: Mapping[str, Source], trials: Sequence[str] | None = None
) -> Iterator[tuple[Followed, TrialRecord]]:
    """What is known now of the given trials (all followed ones by default), one at a time."""
    for followed, document in store.current_documents(trials):
        if document.source in sources:
            yield followed, read(sources, document)


def nearest_site(record: TrialRecord, near: Near | None) -> Nearest | None:
    """The place of the trial nearest to a watch's place, within its radius or not; None when none can be placed."""
    if near is None or near.latitude is None or not record.sites:
        return None
    placed = [(distance.km, site) for site in record.sites if (distance := places.near_distance(site, near)).km is not None]
    if not placed:
        return None
    km, site = min(placed, key=lambda pair: pair[0] or 0.0)
    return Nearest(place=site.city or site.facility or "", km=km or 0.0, recruitment_status=site.recruitment_status)
