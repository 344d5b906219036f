"""Entries of answers. Words of a registry stand under ``quoted``, apart from our own; contact persons stand nowhere."""

from __future__ import annotations

import msgspec

from tracker.archive import Coverage, DeadlineRow, PresentRow
from tracker.mcp.answers import Fields
from tracker.model.event import Event
from tracker.model.links import Registration
from tracker.model.record import TrialRecord
from tracker.model.snapshot import SnapshotMeta
from tracker.model.vocabulary import OPEN_STATUSES
from tracker.render import kinds, registrations
from tracker.render.duties import laws
from tracker.render.privacy import public_event, public_record
from tracker.render.safe_text import web_link

_NOT_PARTS = frozenset({"trial", "url", "rest"})


def coverage(found: Coverage) -> Fields:
    """Since when, how well and when last: it stands in every answer."""
    return {
        "followed_since": found.since,
        "known": _known(found),
        "trials": found.trials,
        "unread_when_last_asked": found.unread,
        "sources": [
            _said(
                {
                    "name": one.title,
                    "last_read_at": one.last_read_at or "never",
                    "data_version": one.data_version,
                    "held_run": one.held_run,
                }
            )
            for one in found.sources
        ],
    }


def _known(found: Coverage) -> str:
    """Since when anything is known, in the words of the other surfaces."""
    if found.registered is not None:
        return f"since registration {found.registered}"
    dated = f"; the record itself dates its past since {found.dated_since}" if found.dated_since else ""
    return f"since tracking began {found.since:%Y-%m-%d}{dated}" if found.since else "not yet"


def present(row: PresentRow) -> Fields:
    """A trial in a list."""
    return _said(
        {
            "trial": row.trial,
            "recruitment_status": row.recruitment_status,
            "start_date": row.start_date,
            "primary_completion_date": row.primary_completion_date,
            "enrollment": row.enrollment,
            "results_state": row.results_state,
            "removed_at": row.removed_at,
            "quoted": _said({"name": row.name, "nearest": _nearest(row)}),
        }
    )


def record(found: TrialRecord, name: str) -> Fields:
    """What matters most of a record; `parts` names what can be asked for besides."""
    sites = found.sites or ()
    return _said(
        {
            "trial": found.trial,
            "recruitment_status": found.recruitment_status,
            "study_type": found.study_type,
            "phases": found.phases,
            "start_date": found.start_date,
            "primary_completion_date": found.primary_completion_date,
            "completion_date": found.completion_date,
            "enrollment": found.enrollment,
            "results_state": found.results_state,
            "results_first_posted": found.results_first_posted,
            "first_posted": found.first_posted,
            "last_update_posted": found.last_update_posted,
            "sites": None if found.sites is None else len(sites),
            "open_sites": None if found.sites is None else sum(found.status_at(site) in OPEN_STATUSES for site in sites),
            "link": web_link(found.url or "") or None,
            "quoted": _said(
                {
                    "name": name,
                    "brief_title": found.brief_title,
                    "lead_sponsor": found.lead_sponsor.name if found.lead_sponsor else None,
                    "why_stopped": found.why_stopped,
                    "conditions": found.conditions,
                    "interventions": [one.name for one in found.interventions or ()] or None,
                    "countries": found.countries,
                }
            ),
        }
    )


def registration(found: Registration) -> Fields:
    """Another registration of a trial, and what the link rests on. Nothing is to be done by a doubtful one."""
    return _said(
        {
            "trial": found.trial,
            "registry": found.registry,
            "recruitment_status": found.recruitment_status,
            "results_state": found.results_state,
            "confidence": found.link.confidence,
            "quoted": {"evidence": registrations.evidence(found)},
        }
    )


def parts(found: TrialRecord) -> dict[str, object]:
    """The fields of a record that hold anything, without contact persons and what only the registry itself names."""
    values = msgspec.to_builtins(public_record(found))
    return {name: value for name, value in values.items() if name not in _NOT_PARTS and value not in (None, [], {}, "")}


def version(found: SnapshotMeta) -> Fields:
    """The evidence of a stored version."""
    return _said(
        {
            "valid_from": found.valid_from,
            "first_seen_at": found.first_seen_at,
            "last_seen_at": found.last_seen_at,
            "data_version": found.data_version,
            "sha256": found.sha256,
        }
    )


def change(event: Event, *, details: bool) -> Fields:
    """An event of the change log: short, or with what changed and the evidence."""
    short = {
        "id": event.id,
        "trial": event.trial,
        "kind": event.kind,
        "effects": event.effects or None,
        "severity": event.severity,
        "effective_at": event.effective_at,
        "quoted": {"name": event.label, "headline": kinds.headline(event)},
    }
    if not details:
        return _said(short)
    before, seen = event.seen_between
    changed = [_said({"field": ".".join(one.path), "old": one.old, "new": one.new}) for one in public_event(event).changes]
    evidence = {
        "rule": event.rule,
        "last_seen_unchanged_at": before,
        "first_seen_changed_at": seen,
        "updated_on": event.updated_on,
        "data_version": event.data_version,
        "link": event.evidence.links[0] if event.evidence.links else None,
        "quoted": {**short["quoted"], "changes": changed},  # type: ignore[dict-item]
    }
    return _said({**short, **evidence})


def deadline(row: DeadlineRow) -> Fields:
    """A day that matters, as it stands: an estimate."""
    found = row.deadline
    return _said(
        {
            "trial": found.trial,
            "kind": found.kind,
            "basis": found.effects or None,
            "laws": laws(found.details) or None,
            "due": found.due,
            "days_until_due": found.details.days,
            "state": found.state,
            "severity": found.severity,
            "rule": found.rule,
            "link": web_link(row.url or "") or None,
            "quoted": _said({"name": row.name, "lead_sponsor": row.lead_sponsor, "reasons": found.details.reasons}),
        }
    )


def _nearest(row: PresentRow) -> Fields | None:
    found = row.nearest
    if found is None:
        return None
    return _said({"place": found.place, "km": found.km, "recruitment_status": found.recruitment_status})


def _said(fields: Fields) -> Fields:
    """Without what the registry does not say."""
    return {name: value for name, value in fields.items() if value is not None}
