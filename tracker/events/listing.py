"""Kinds of the registry's list, not of a record: a trial came up, left, vanished, came back, was merged, differs elsewhere."""

from __future__ import annotations

from datetime import datetime

import msgspec

from tracker.events.kinds import Finding, TrialContext, listing_kind
from tracker.events.making import Hashes, identity, make_event
from tracker.model.details import Details, NewRegistrationDetails
from tracker.model.event import Event
from tracker.model.record import TrialRecord
from tracker.model.vocabulary import ListingKind, Severity

listing_kind(
    "new_registration", description="A newly registered trial matches a watch.", effects=("registered_late",), weight=80
)
listing_kind("entered_watch", description="A trial registered earlier now matches a watch.", weight=60)
listing_kind(
    "left_watch", description="A followed trial no longer matches the watch's search; it is still followed.", weight=10
)
listing_kind("removed", description="The registry no longer has the record; judged by asking for its number twice.", weight=90)
listing_kind("restored", description="A removed record is back at the registry.", weight=70)
listing_kind("merged", description="The registry now answers with another record for this number.", weight=70)
listing_kind("mirror_lags", description="A page that republishes a followed record still shows an older state.", weight=8)
listing_kind("registries_disagree", description="Two sources state conflicting things about one trial.", weight=44)

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
    severity, rule = _SEVERITY[kind]
    effects = ("registered_late",) if kind == "new_registration" and record and registered_late(record) else ()
    if isinstance(details, NewRegistrationDetails) and record:
        details = _registered(details, record)
    return make_event(
        kind,
        Finding(severity=severity, rule=rule, effects=effects, details=details),
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


def _registered(details: NewRegistrationDetails, record: TrialRecord) -> NewRegistrationDetails:
    """The details with when the trial was first posted and when it starts, as far as stated."""
    return msgspec.structs.replace(
        details,
        first_posted=record.first_posted.date if record.first_posted else None,
        start_date=record.start_date.date if record.start_date else None,
    )


def registered_late(record: TrialRecord) -> bool:
    """Whether the trial was first posted after its start, on every reading of both dates."""
    posted, start = record.first_posted, record.start_date
    return bool(posted and posted.first and start and start.last and posted.first > start.last)
