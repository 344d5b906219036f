"""Kinds that tell of no field's change: a trial came up, left, vanished, came back, was merged, is told otherwise elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tracker.events.detection import evidence_links, identity, named_hash, overridden
from tracker.events.kinds import REGISTERED, listing_kind
from tracker.model.event import Event, Evidence
from tracker.model.record import TrialRecord
from tracker.model.vocabulary import Severity

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

_SEVERITY: dict[str, tuple[Severity, str]] = {
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
    kind: str,
    *,
    trial: str,
    label: str,
    record: TrialRecord | None,
    detected_at: datetime,
    seen_between: tuple[datetime | None, datetime],
    details: dict[str, Any],
    key: str = "",
    old_sha: str | None = None,
    new_sha: str | None = None,
    data_version: str | None = None,
    overrides: Mapping[str, Severity] | None = None,
) -> Event:
    """The event of a listing kind. ``key`` tells two of one kind and trial apart (a watch's name, a date)."""
    if kind not in _SEVERITY:
        raise ValueError(f"{kind!r} is not a listing kind; these are: {', '.join(_SEVERITY)}.")
    effects = ("registered_late",) if kind == "new_registration" and record and registered_late(record) else ()
    severity, rule = overridden(*_SEVERITY[kind], kind, effects, overrides or {})
    posted = record.last_update_posted if record else None
    if kind == "new_registration" and record:
        details = _registered(record) | details
    return Event(
        id=identity(trial, kind, key),
        kind=kind,
        effects=effects,
        trial=trial,
        label=label,
        severity=severity,
        rule=rule,
        cause=REGISTERED[kind].info.cause,
        details=details,
        detected_at=detected_at,
        seen_between=seen_between,
        effective_at=detected_at,
        updated_on=posted.date if posted else None,
        data_version=data_version,
        evidence=Evidence(
            old=named_hash(old_sha), new=named_hash(new_sha), links=evidence_links(record.url if record else None)
        ),
    )


def _registered(record: TrialRecord) -> dict[str, Any]:
    """When the trial was first posted and when it starts, as far as stated."""
    stated = {"first_posted": record.first_posted, "start_date": record.start_date}
    return {name: date.date for name, date in stated.items() if date}


def registered_late(record: TrialRecord) -> bool:
    """Whether the trial was first posted after its start, on every reading of both dates."""
    posted, start = record.first_posted, record.start_date
    return bool(posted and posted.first and start and start.last and posted.first > start.last)
