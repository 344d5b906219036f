"""The tables that `tracker export` writes: changes, trials, the past, outcomes, sites, snapshots. No contact persons."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from types import MappingProxyType

from tracker import clock
from tracker.archive import Archive, CurrentRecord
from tracker.export import linked, pasts
from tracker.export.own_columns import OwnColumns
from tracker.export.table import Column, Table, Value, date_columns, date_values, joined
from tracker.export.wanted import TRIAL, Wanted, trial_values
from tracker.model.dates import RegistryDate
from tracker.model.details import DateDetails, EnrollmentDetails
from tracker.model.event import Event
from tracker.model.record import TrialRecord
from tracker.model.snapshot import SnapshotMeta
from tracker.model.views import DeadlineRow
from tracker.model.vocabulary import OPEN_STATUSES
from tracker.render import kinds
from tracker.render.duties import laws
from tracker.render.privacy import public_event
from tracker.render.safe_text import web_link

__all__ = ["TABLES", "Wanted", "changes", "current", "deadlines", "outcomes", "sites", "snapshots", "trials"]

_RECORD = (
    Column("recruitment_status"),
    Column("why_stopped"),
    Column("study_type"),
    Column("phases"),
    Column("lead_sponsor"),
    Column("sponsor_class"),
    *date_columns("start_date"),
    *date_columns("primary_completion_date"),
    *date_columns("completion_date"),
    Column("enrollment", "whole"),
    Column("enrollment_type"),
    Column("results_state"),
    Column("results_first_posted", "day"),
    Column("first_posted", "day"),
    Column("last_update_posted", "day"),
    Column("conditions"),
    Column("interventions"),
    Column("countries"),
    Column("sites", "whole"),
    Column("open_sites", "whole"),
    Column("primary_outcomes", "whole"),
    Column("secondary_outcomes", "whole"),
)
_TRIALS = (
    *TRIAL,
    Column("brief_title"),
    *_RECORD,
    Column("nearest_place"),
    Column("nearest_km", "number"),
    Column("watches"),
    Column("removed_at", "moment"),
    Column("link", "link"),
)
_CHANGES = (
    Column("effective_at", "moment"),
    Column("detected_at", "moment"),
    *TRIAL,
    Column("kind"),
    Column("effects"),
    Column("severity"),
    Column("headline"),
    Column("old"),
    Column("new"),
    Column("days", "whole"),
    Column("percent", "number"),
    Column("rule"),
    Column("cause"),
    Column("origin"),
    Column("last_seen_unchanged_at", "moment"),
    Column("first_seen_changed_at", "moment"),
    Column("updated_on", "day"),
    Column("data_version"),
    Column("old_sha256"),
    Column("new_sha256"),
    Column("link", "link"),
    Column("story"),
    Column("id"),
)
_OUTCOMES = (
    *TRIAL,
    Column("level"),
    Column("position", "whole"),
    Column("measure"),
    Column("time_frame"),
    Column("description"),
)
_SITES = (
    *TRIAL,
    Column("facility"),
    Column("city"),
    Column("state"),
    Column("zip"),
    Column("country"),
    Column("recruitment_status"),
    Column("latitude", "number"),
    Column("longitude", "number"),
)
_SNAPSHOTS = (
    *TRIAL,
    Column("version", "whole"),
    Column("valid_from", "moment"),
    Column("valid_to", "moment"),
    Column("first_seen_at", "moment"),
    Column("last_seen_at", "moment"),
    *_RECORD,
    Column("sha256"),
)
_RESULTS = frozenset({"results_due_soon", "results_overdue"})
"""The deadlines that a duty or the registry's practice is behind."""

_DUTIES = (
    *TRIAL,
    Column("register"),
    Column("number_there"),
    Column("rule"),
    Column("law"),
    Column("likely", "flag"),
    Column("state"),
    Column("due", "day"),
    Column("reasons"),
    Column("source"),
)
_DEADLINES = (
    Column("due", "day"),
    Column("days_overdue", "whole"),
    Column("state"),
    *TRIAL,
    Column("lead_sponsor"),
    Column("kind"),
    Column("duty"),
    Column("laws"),
    Column("milestone"),
    Column("what"),
    Column("reasons"),
    Column("rule"),
    Column("link", "link"),
)


def changes(archive: Archive, wanted: Wanted) -> Table:
    """A row for each event of the change log, with its evidence."""
    found = archive.changes(wanted.log)
    if not wanted.own:
        return Table(name="changes", columns=_CHANGES, rows=(_change(archive, event) for event in found))
    own = OwnColumns(archive, wanted.watch, _CHANGES)
    rows = ((*_change(archive, event), *own.cells(event.trial)) for event in found)
    return Table(name="changes", columns=(*_CHANGES, *own.columns), rows=rows)


def trials(archive: Archive, wanted: Wanted) -> Table:
    """A row for each followed trial as it stands."""
    found = current(archive, wanted)
    if not wanted.own:
        return Table(name="trials", columns=_TRIALS, rows=(_present(archive, one) for one in found))
    own = OwnColumns(archive, wanted.watch, _TRIALS)
    rows = ((*_present(archive, one), *own.cells(one.trial.key, one.record)) for one in found)
    return Table(name="trials", columns=(*_TRIALS, *own.columns), rows=rows)


def outcomes(archive: Archive, wanted: Wanted) -> Table:
    """A row for each outcome measure of a followed trial as it stands."""
    rows = itertools.chain.from_iterable(_outcomes(archive, found.record) for found in current(archive, wanted))
    return Table(name="outcomes", columns=_OUTCOMES, rows=rows)


def sites(archive: Archive, wanted: Wanted) -> Table:
    """A row for each site of a followed trial as it stands; one without a status of its own has the trial's."""
    rows = itertools.chain.from_iterable(_sites(archive, found.record) for found in current(archive, wanted))
    return Table(name="sites", columns=_SITES, rows=rows)


def duties(archive: Archive, wanted: Wanted) -> Table:
    """A row for each law and each register of a followed trial: estimates."""
    today = clock.now().date()
    rows = itertools.chain.from_iterable(_duties(archive, found.record, today) for found in current(archive, wanted))
    return Table(name="duties", columns=_DUTIES, rows=rows)


def snapshots(archive: Archive, wanted: Wanted) -> Table:
    """A row for each stored version with its fields: what was valid at any time is the row that spans it."""
    rows = itertools.chain.from_iterable(_snapshots(archive, found) for found in current(archive, wanted))
    return Table(name="snapshots", columns=_SNAPSHOTS, rows=rows)


TABLES: Mapping[str, Callable[[Archive, Wanted], Table]] = MappingProxyType(
    {
        "changes": changes,
        "trials": trials,
        "timeline": pasts.timeline,
        "statuses": pasts.statuses,
        "own_history": pasts.own_history,
        "slips": pasts.slips,
        "enrollment": pasts.enrollment,
        "outcomes": outcomes,
        "sites": sites,
        "duties": duties,
        "snapshots": snapshots,
        "registrations": linked.registrations,
    }
)
"""Every table by name."""


def deadlines(archive: Archive, rows: Iterable[DeadlineRow]) -> Table:
    """A row for each deadline; ``days_overdue`` is negative for a day that is ahead."""
    return Table(name="deadlines", columns=_DEADLINES, rows=(_deadline(archive, row) for row in rows))


def current(archive: Archive, wanted: Wanted) -> Iterator[CurrentRecord]:
    """The followed trials that are wanted, by key."""
    found = archive.current(watch=wanted.watch)
    return (one for one in found if one.trial.key in wanted.log.trials) if wanted.log.trials else found


def _record(record: TrialRecord) -> tuple[Value, ...]:
    """The values of the columns `_RECORD`."""
    sponsor, enrollment, posted = record.lead_sponsor, record.enrollment, record.results_first_posted
    sites = record.sites or ()
    return (
        record.recruitment_status,
        record.why_stopped,
        record.study_type,
        joined(record.phases),
        sponsor.name if sponsor else None,
        sponsor.organisation_class if sponsor else None,
        *date_values(record.start_date),
        *date_values(record.primary_completion_date),
        *date_values(record.completion_date),
        enrollment.count if enrollment else None,
        enrollment.type if enrollment else None,
        record.results_state,
        posted.first if posted else None,
        record.first_posted.first if record.first_posted else None,
        record.last_update_posted.first if record.last_update_posted else None,
        joined(record.conditions),
        joined([entry.name for entry in record.interventions or ()]),
        joined(record.countries),
        None if record.sites is None else len(sites),
        None if record.sites is None else sum(record.status_at(site) in OPEN_STATUSES for site in sites),
        None if record.primary_outcomes is None else len(record.primary_outcomes),
        None if record.secondary_outcomes is None else len(record.secondary_outcomes),
    )


def _present(archive: Archive, found: CurrentRecord) -> tuple[Value, ...]:
    row, record = archive.present_row(found, archive.near_of(found.watches)), found.record
    return (
        *trial_values(archive, record.trial, row.name),
        record.brief_title,
        *_record(record),
        row.nearest.place if row.nearest else None,
        row.nearest.km if row.nearest else None,
        joined(found.watches),
        row.removed_at,
        web_link(record.url) or None,
    )


def _change(archive: Archive, event: Event) -> tuple[Value, ...]:
    before, seen = event.seen_between
    old, new = _sides(event)
    details = event.details
    return (
        event.effective_at,
        event.detected_at,
        *trial_values(archive, event.trial, event.label),
        event.kind,
        joined(event.effects),
        event.severity,
        kinds.headline(event),
        old,
        new,
        details.days if isinstance(details, DateDetails) else None,
        details.percent if isinstance(details, EnrollmentDetails) else None,
        event.rule,
        event.cause,
        event.origin,
        before,
        seen,
        RegistryDate(date=event.updated_on).first if event.updated_on else None,
        event.data_version,
        event.evidence.old,
        event.evidence.new,
        event.evidence.links[0] if event.evidence.links else None,
        event.story,
        event.id,
    )


def _sides(event: Event) -> tuple[str | None, str | None]:
    """The value before and after, for an event that is about one: a date, a number, or the only thing that changed."""
    match event.details:
        case DateDetails(old=old, new=new):
            return old.date if old else None, new.date if new else None
        case EnrollmentDetails(old=count, new=now):
            return None if count is None else str(count), None if now is None else str(now)
    shown = public_event(event).changes
    if len(shown) == 1:
        return _plain(shown[0].old), _plain(shown[0].new)
    return None, None


def _plain(value: object) -> str | None:
    return str(value) if isinstance(value, str | int | float) else None


def _outcomes(archive: Archive, record: TrialRecord) -> Iterator[tuple[Value, ...]]:
    name = archive.name(record)
    for level in ("primary", "secondary", "other"):
        for position, outcome in enumerate(getattr(record, f"{level}_outcomes") or (), start=1):
            yield (
                *trial_values(archive, record.trial, name),
                level,
                position,
                outcome.measure,
                outcome.time_frame,
                outcome.description,
            )


def _duties(archive: Archive, record: TrialRecord, today: date) -> Iterator[tuple[Value, ...]]:
    name = archive.name(record)
    for duty in archive.duties(record, today).rows:
        yield (
            *trial_values(archive, record.trial, name),
            duty.registry,
            duty.number,
            duty.law.rule,
            duty.law.law,
            duty.law.likely,
            duty.state,
            duty.due,
            joined(duty.reasons),
            duty.source,
        )


def _sites(archive: Archive, record: TrialRecord) -> Iterator[tuple[Value, ...]]:
    name = archive.name(record)
    for site in record.sites or ():
        yield (
            *trial_values(archive, record.trial, name),
            site.facility,
            site.city,
            site.state,
            site.zip,
            site.country,
            record.status_at(site),
            site.geo.lat if site.geo else None,
            site.geo.lon if site.geo else None,
        )


def _snapshots(archive: Archive, found: CurrentRecord) -> Iterator[tuple[Value, ...]]:
    name = archive.name(found.record)
    versions: list[SnapshotMeta | None] = [*archive.timeline(found.trial.key), None]
    for number, (version, later) in enumerate(itertools.pairwise(versions), start=1):
        assert version is not None
        record = archive.record(version)
        if record is None:
            continue
        yield (
            *trial_values(archive, found.trial.key, name),
            number,
            version.valid_from,
            later.valid_from if later else found.trial.removed_at,
            version.first_seen_at,
            version.last_seen_at,
            *_record(record),
            version.sha256,
        )


def _deadline(archive: Archive, row: DeadlineRow) -> tuple[Value, ...]:
    found = row.deadline
    effects = joined([effect.replace("_", " ") for effect in found.effects])
    return (
        found.due,
        -found.details.days,
        found.state,
        *trial_values(archive, found.trial, row.name),
        row.lead_sponsor,
        found.kind,
        effects if found.kind in _RESULTS else None,
        joined(laws(found.details)),
        None if found.kind in _RESULTS else effects,
        kinds.deadline(found),
        joined(found.details.reasons),
        found.rule,
        web_link(row.url) or None,
    )
