"""Stored bytes read with today's parser: the one place where sources and store meet for reading."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from tracker import log
from tracker.errors import SourceError
from tracker.extract import places
from tracker.model.present import Nearest
from tracker.model.record import TrialRecord
from tracker.model.snapshot import TrackedTrial
from tracker.model.source import Document, Source
from tracker.model.watch import Near, Watch
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
        if document.source not in sources:
            continue
        try:
            yield followed, read(sources, document)
        except SourceError as error:
            # A stored version that today's parser refuses must not keep everything else from being told.
            logger.error(log.pairs("stored_version_unreadable", trial=followed.key, error=error))


def labels(watches: Iterable[Watch], sources: Mapping[str, Source], known: Iterable[TrialRecord]) -> dict[str, str]:
    """The names that watches give to trials, by key; a page has that of the registry's trial it repeats, and its site's."""
    given = {trial: label for watch in watches for trial, label in watch.labels.items()}
    found = {}
    for record in known:
        info = sources[record.trial.partition(":")[0]].info
        name = given.get(record.trial) or given.get(f"{info.home}:{record.nct_number}")
        if name:
            found[record.trial] = f"{name} ({info.title})" if info.kind == "page" else name
    return found


def nearest_site(record: TrialRecord, near: Near | None) -> Nearest | None:
    """The place of the trial nearest to a watch's place, within its radius or not; None when none can be placed."""
    if near is None or near.latitude is None or not record.sites:
        return None
    placed = [(distance.km, site) for site in record.sites if (distance := places.near_distance(site, near)).km is not None]
    if not placed:
        return None
    km, site = min(placed, key=lambda pair: pair[0] or 0.0)
    return Nearest(place=site.city or site.facility or "", km=km or 0.0, recruitment_status=site.recruitment_status)
