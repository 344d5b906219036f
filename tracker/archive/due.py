"""Deadlines of the followed trials, in the order of their days."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from tracker import events
from tracker.archive import records
from tracker.archive.names import Names
from tracker.model.record import TrialRecord
from tracker.model.source import Source, SourceInfo
from tracker.model.views import DeadlineRow
from tracker.model.watch import Watch
from tracker.store import Store


def deadlines(
    store: Store, sources: Mapping[str, Source], watches: Sequence[Watch], today: date, *, watch: str | None, after: str
) -> Iterator[DeadlineRow]:
    """A row for each deadline of a trial that is still in its registry. The rows are sorted, the records are not kept."""
    names = Names(watches, sources)
    rows = [
        row
        for found in records.followed(store, sources, watch)
        if not found.trial.removed_at
        for row in deadlines_of(found.record, sources[found.trial.source].info, names, today)
        if row.cursor > after
    ]
    yield from sorted(rows, key=lambda row: row.cursor)


def deadlines_of(record: TrialRecord, source: SourceInfo, names: Names, today: date) -> list[DeadlineRow]:
    """A row for each deadline of one trial."""
    name = names.name(record)
    sponsor = record.lead_sponsor.name if record.lead_sponsor else None
    return [
        DeadlineRow(deadline=found, name=name, lead_sponsor=sponsor, url=record.url)
        for found in events.deadlines(record, source, today)
    ]
