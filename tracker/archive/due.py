"""Deadlines of the followed trials, in the order of their days."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from tracker import events
from tracker.archive import records
from tracker.archive.names import Names
from tracker.duties.registrations import Presence, RegisteredTrial, RegistrationDuty, over_registrations, presence
from tracker.model.ids import registry_title, split_key
from tracker.model.links import Registration
from tracker.model.record import TrialRecord
from tracker.model.source import Source, SourceInfo
from tracker.model.views import DeadlineRow
from tracker.model.watch import Watch
from tracker.store import Store


class TrialDuties(NamedTuple):
    """The duties of a trial over its registrations, and where its results are."""

    rows: tuple[RegistrationDuty, ...] = ()
    where: Presence = Presence()


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


def duties(
    store: Store, sources: Mapping[str, Source], record: TrialRecord, linked: Sequence[Registration], today: date
) -> TrialDuties:
    """What each law asks for in each register of a trial; a registration whose link is in doubt is left out."""
    others = [one for one in linked if not one.link.doubtful]
    held = {known.key: read for known, read in records.current(store, sources, [one.trial for one in others if one.held])}
    found = [_registered(record.trial, sources, record, record.results_state)]
    found += [_registered(one.trial, sources, held.get(one.trial), one.results_state) for one in others]
    return TrialDuties(rows=over_registrations(found, today), where=presence(found))


def _registered(
    trial: str, sources: Mapping[str, Source], record: TrialRecord | None, results_state: str | None
) -> RegisteredTrial:
    key = split_key(trial).source
    return RegisteredTrial(
        trial=trial,
        registry=registry_title(key),
        record=record,
        results_state=results_state,
        duties=sources[key].info.duties if key in sources else frozenset(),
    )


def deadlines_of(record: TrialRecord, source: SourceInfo, names: Names, today: date) -> list[DeadlineRow]:
    """A row for each deadline of one trial."""
    name = names.name(record)
    sponsor = record.lead_sponsor.name if record.lead_sponsor else None
    return [
        DeadlineRow(deadline=found, name=name, lead_sponsor=sponsor, url=record.url)
        for found in events.deadlines(record, source, today)
    ]
