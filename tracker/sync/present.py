"""The plain columns of records: SQL views read them, the calendar the days in them, links the numbers that they name.

They are staged with each new version. `note_present` makes those that are missing or of another reader, from stored bytes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import cast

from tracker.archive import records
from tracker.archive.reader import reader_of
from tracker.detect.verdict import CheckResult
from tracker.events.due_dates import due_dates
from tracker.links import named_numbers
from tracker.model.record import TrialRecord
from tracker.model.snapshot import TrackedTrial
from tracker.model.source import FollowsCalendar, Source
from tracker.model.staging import StagedVersion
from tracker.model.views import TURNS, PlainDue, PlainRecord, ShownRecord
from tracker.model.vocabulary import rank
from tracker.store import Store

TOGETHER = 200


def note_present(
    store: Store,
    sources: Mapping[str, Source],
    source: str,
    stop: Callable[[], bool],
    *,
    reader: str = "",
    turned_by: dt.date | None = None,
) -> None:
    """Write what is missing or does not fit any more; asked to end, leave the rest to the next pass.

    ``turned_by``: records that read otherwise since a day up to that one do not fit any more.
    """
    after, reader = "", reader or reader_of([sources[source].info])
    while stale := store.stale_present(source, reader, after, turned_by):
        found = records.current(store, sources, stale)
        for some in _chunks(_stored(known, record, sources[source], reader, turned_by) for known, record in found):
            store.note_present(some)
            if stop():
                return
        after = stale[-1]


def staged(results: Iterable[CheckResult], source: Source) -> dict[StagedVersion, PlainRecord]:
    """The plain columns of the new versions among results; those that are read in part from earlier ones are made later."""
    return {
        result.snapshot.version: _plain(
            result.record,
            result.snapshot.document.trial,
            source,
            reader_of([source.info]),
            after=result.snapshot.document.as_of.date(),
        )
        for result in results
        if result.snapshot and result.record and not result.snapshot.kept
    }


def _stored(
    known: TrackedTrial, record: TrialRecord, source: Source, reader: str, after: dt.date | None
) -> tuple[int, PlainRecord]:
    assert known.current is not None
    return known.current.id, _plain(record, known.key, source, reader, kept=bool(known.current.kept), after=after)


def _plain(
    record: TrialRecord, trial: str, source: Source, reader: str, *, kept: bool = False, after: dt.date | None
) -> PlainRecord:
    """The columns of a record; of the days on which it reads otherwise those ``after`` a day, up to which it was read."""
    return PlainRecord(
        trial=trial,
        reader=reader,
        kept=kept,
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
        )
        + tuple(_turn(day) for day in turning_days(source, record) if after is None or day > after),
        named=named_numbers(record) if source.info.kind == "registry" else (),
    )


def turning_days(source: Source, record: TrialRecord) -> tuple[dt.date, ...]:
    """The days from which on a record reads otherwise; none where the source's records do not follow the calendar."""
    return cast("FollowsCalendar", source).turning_days(record) if FollowsCalendar in type(source).__mro__ else ()


def _turn(day: dt.date) -> PlainDue:
    return PlainDue(
        kind=TURNS, effects=(), due=day, true_from=day, severity=0, rule="the record may read otherwise from then on"
    )


def _chunks(items: Iterator[tuple[int, PlainRecord]]) -> Iterator[list[tuple[int, PlainRecord]]]:
    while some := list(islice(items, TOGETHER)):
        yield some
