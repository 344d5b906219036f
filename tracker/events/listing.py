"""Kinds of the registry's list, not of a record: a trial came up, left, vanished, came back, was merged, differs elsewhere."""

from __future__ import annotations

from datetime import datetime

import msgspec

from tracker.events.kinds import Finding, TrialContext, listing_kind
from tracker.events.making import Hashes, identity, make_event
from tracker.events.nearby import count_open_sites, public_sites_near
from tracker.model.details import Details, EnteredDetails, MirrorDetails, NewRegistrationDetails
from tracker.model.event import Event
from tracker.model.record import TrialRecord
from tracker.model.vocabulary import PUBLIC_STATUSES, ListingKind, Severity

listing_kind(
    "new_registration",
    description="A newly registered trial matches a watch.",
    effects=("registered_late", "recruiting"),
    weight=80,
)
listing_kind("entered_watch", description="A trial registered earlier now matches a watch.", effects=("recruiting",), weight=60)
listing_kind(
    "left_watch", description="A followed trial no longer matches the watch's search; it is still followed.", weight=10
)
listing_kind("removed", description="The registry no longer has the record; judged by asking for its number twice.", weight=90)
listing_kind("restored", description="A removed record is back at the registry.", weight=70)
listing_kind("merged", description="The registry now answers with another record for this number.", weight=70)
listing_kind("mirror_lags", description="A page that republishes a followed record still shows an older state.", weight=8)
listing_kind(
    "registries_disagree",
    description="Two sources state conflicting things about one trial.",
    effects=("status", "results", "agree_again"),
    weight=44,
)

_SEVERITY: dict[ListingKind, tuple[Severity, str]] = {
    "new_registration": ("notable", "a newly registered trial matches the watch"),
    "entered_watch": ("notable", "a trial that was registered before now matches the watch"),
    "left_watch": ("minor", "the trial no longer matches the watch's search"),
    "removed": ("major", "the record is gone from the registry, asked for by its number on two data versions"),
    "restored": ("notable", "the record is back at the registry"),
    "mirror_lags": ("minor", "a page that republishes the record still shows an older state"),
    "registries_disagree": ("notable", "a page says otherwise than the registry does or did"),
    "merged": ("notable", "the registry answers with another record for this number"),
}

_DISAGREE_ON = {"recruitment_status": "status", "results_state": "results"}
"""The fields in which linked registries are compared, with the effect that says so."""


def listing_event(
    kind: ListingKind,
    *,
    trial: str,
    record: TrialRecord | None,
    at: datetime,
    seen_between: tuple[datetime | None, datetime],
    details: Details,
    known: TrialContext,
    key: str = "",
    hashes: Hashes | None = None,
    data_version: str | None = None,
    story: str = "",
) -> Event:
    """The event of a listing kind. ``key`` distinguishes two of one kind and trial (a watch's name, a date)."""
    if isinstance(details, EnteredDetails) and record:
        details = _as_it_stands(details, record, known)
    return make_event(
        kind,
        _finding(kind, record, details),
        known,
        id=identity(trial, kind, key),
        trial=trial,
        record=record,
        at=at,
        seen_between=seen_between,
        hashes=hashes or Hashes(),
        data_version=data_version,
        story=story,
    )


def _finding(kind: ListingKind, record: TrialRecord | None, details: Details) -> Finding:
    if isinstance(details, MirrorDetails) and details.words:
        return _of_linked(details)
    severity, rule = _SEVERITY[kind]
    effects = ("registered_late",) if kind == "new_registration" and record and registered_late(record) else ()
    if isinstance(details, EnteredDetails) and _takes_patients(details):
        severity, rule = "major", f"{rule}, and it is open to the public"
        effects = (*effects, "recruiting")
    return Finding(severity=severity, rule=rule, effects=effects, details=details)


def _of_linked(details: MirrorDetails) -> Finding:
    """Two registrations of one trial that say different things, or the same again."""
    effects = tuple(effect for field, effect in _DISAGREE_ON.items() if field in details.fields)
    if details.ended:
        rule = "two registries that disagreed on the trial agree again"
        return Finding(severity="minor", rule=rule, effects=(*effects, "agree_again"), details=details)
    rule = "two registries of the trial have disagreed for 30 days"
    return Finding(severity="notable", rule=rule, effects=effects, details=details)


def _takes_patients(details: EnteredDetails) -> bool:
    """Whether the readers of the watch can take part now: the trial is open to the public, with ``near`` at a site inside.

    A trial that the watch followed all along is told of by its own changes, not by its return to the search.
    """
    if details.returned or details.recruitment_status not in PUBLIC_STATUSES:
        return False
    return details.place is None or any(site.km is not None for site in details.near)


def _as_it_stands(details: EnteredDetails, record: TrialRecord, known: TrialContext) -> EnteredDetails:
    """The details with what a reader must know of a trial that he meets for the first time."""
    start, enrollment = record.start_date, record.enrollment
    near = known.near.get(details.watch or "")
    details = msgspec.structs.replace(
        details,
        recruitment_status=record.recruitment_status,
        phases=record.phases or (),
        lead_sponsor=record.lead_sponsor.name if record.lead_sponsor else None,
        start_date=start.date if start else None,
        start_type=start.type if start else None,
        enrollment=enrollment.count if enrollment else None,
        enrollment_type=enrollment.type if enrollment else None,
        sites_open=count_open_sites(record) if record.sites else None,
        sites_total=len(record.sites) if record.sites else None,
        place=near.place if near else None,
        near=public_sites_near(record, details.watch or "", near) if near else (),
    )
    if isinstance(details, NewRegistrationDetails):
        return msgspec.structs.replace(details, first_posted=record.first_posted.date if record.first_posted else None)
    return details


def registered_late(record: TrialRecord) -> bool:
    """Whether the trial was first posted after its start, on every reading of both dates."""
    posted, start = record.first_posted, record.start_date
    return bool(posted and posted.first and start and start.last and posted.first > start.last)
