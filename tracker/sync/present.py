"""The plain columns of current records, brought up to date after a run is accepted. Nothing else reads them but SQL views."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice

from tracker import __version__
from tracker.archive import records
from tracker.events.due_dates import due_dates
from tracker.model.record import TrialRecord
from tracker.model.snapshot import TrackedTrial
from tracker.model.source import Source
from tracker.model.views import PlainDue, PlainRecord, ShownRecord
from tracker.model.vocabulary import rank
from tracker.store import Store

MOST = 20_000
"""Trials a pass: after an upgrade of a database of a whole registry, the following passes write the rest."""

TOGETHER = 200


def note_present(store: Store, sources: Mapping[str, Source], source: str, stop: Callable[[], bool]) -> None:
    """Write what is missing or does not fit any more; asked to end, leave the rest to the next pass."""
    stale = store.stale_present(source, __version__, MOST)
    found = records.current(store, sources, stale) if stale else iter(())
    plain = (_plain(known, record, sources[source]) for known, record in found)
    for some in _chunks(plain):
        store.note_present(some)
        if stop():
            return


def _plain(known: TrackedTrial, record: TrialRecord, source: Source) -> PlainRecord:
    assert known.current is not None
    return PlainRecord(
        trial=known.key,
        snapshot=known.current.id,
        reader=__version__,
        kept=bool(known.current.kept),
        brief_title=record.brief_title,
        lead_sponsor=record.lead_sponsor.name if record.lead_sponsor else None,
        recruitment_status=record.recruitment_status,
        results_state=record.results_state,
        shown=ShownRecord.of(record),
        due_dates=tuple(
            PlainDue(
                kind=due.kind,
                effects=due.effects,
                due=due.due,
                true_from=due.true_from,
                severity=rank(due.severity),
                rule=due.rule,
            )
            for due in due_dates(record, source.info)
        ),
    )


def _chunks(items: Iterator[PlainRecord]) -> Iterator[list[PlainRecord]]:
    while some := list(islice(items, TOGETHER)):
        yield some
