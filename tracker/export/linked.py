"""The table of the other registrations of trials."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping

from tracker.archive import Archive
from tracker.export.table import Column, Table, Value
from tracker.export.wanted import TRIAL, Wanted, trial_values
from tracker.render import registrations as words

AT_ONCE = 200
"""Trials whose registrations are asked for together."""

_COLUMNS = (
    *TRIAL,
    Column("other"),
    Column("other_registry"),
    Column("other_number"),
    Column("how"),
    Column("confidence"),
    Column("evidence"),
    Column("via"),
    Column("why_doubtful"),
    Column("held", "flag"),
    Column("recruitment_status"),
    Column("results_state"),
)


def registrations(archive: Archive, wanted: Wanted) -> Table:
    """A row for each other registration of a followed trial, doubtful ones included."""
    found = archive.current(watch=wanted.watch)
    named = (
        (one.trial.key, archive.name(one.record))
        for one in found
        if not wanted.log.trials or one.trial.key in wanted.log.trials
    )
    some = iter(lambda: dict(itertools.islice(named, AT_ONCE)), {})
    rows = itertools.chain.from_iterable(_rows(archive, names) for names in some)
    return Table(name="registrations", columns=_COLUMNS, rows=rows)


def _rows(archive: Archive, names: Mapping[str, str]) -> Iterator[tuple[Value, ...]]:
    """The rows of some trials, given with their names."""
    for trial, found in archive.registrations(names).items():
        for one in found:
            yield (
                *trial_values(archive, trial, names[trial]),
                one.trial,
                one.registry,
                one.number,
                one.link.how,
                one.link.confidence,
                one.link.evidence or None,
                one.link.via,
                words.doubt(one.link.doubt) if one.link.doubt else None,
                one.held,
                one.recruitment_status,
                one.results_state,
            )
