"""Builders for tests: every part has a plain default, so a test shows only what matters to it."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from tracker import sources
from tracker.compare import compare
from tracker.events import Detected, TrialContext, detect
from tracker.model.dates import RegistryDate
from tracker.model.event import Change, Event, Seen, Version
from tracker.model.record import Enrollment, Organisation, OutcomeMeasure, Site, TrialRecord

DAY = datetime(2026, 3, 10, 6, 0, tzinfo=UTC)
"""The day on which tests detect things, unless they say otherwise."""


def day(number: int) -> datetime:
    """A moment so many days after `DAY` (before it when negative)."""
    return DAY + timedelta(days=number)


def date(text: str | None, type: str | None = None) -> RegistryDate | None:
    """``date("2026-09")`` is estimated, ``date("2026-03-01", "ACTUAL")`` is not; None stays None."""
    return RegistryDate(date=text, type=type or "ESTIMATED") if text else None


def actual(text: str) -> RegistryDate:
    """A date that has happened."""
    return RegistryDate(date=text, type="ACTUAL")


def measure(name: str, time_frame: str | None = "24 weeks", description: str | None = None) -> OutcomeMeasure:
    """An outcome measure."""
    return OutcomeMeasure(measure=name, time_frame=time_frame, description=description)


def site(
    facility: str | None = "City Hospital", city: str | None = "Springfield", country: str | None = "United States", **more: Any
) -> Site:
    """A site; further fields by name."""
    return Site(facility=facility, city=city, country=country, **more)


def make_record(**fields: Any) -> TrialRecord:
    """A running trial. ``enrollment`` may be a number; a text for a date field becomes an estimated date."""
    values: dict[str, Any] = {
        "trial": "ctgov:NCT01234567",
        "nct_number": "NCT01234567",
        "url": "https://clinicaltrials.gov/study/NCT01234567",
        "brief_title": "A Study of Examplumab in Lupus",
        "recruitment_status": "RECRUITING",
        "start_date": RegistryDate(date="2025-01-15", type="ACTUAL"),
        "primary_completion_date": RegistryDate(date="2026-09", type="ESTIMATED"),
        "completion_date": RegistryDate(date="2027-03", type="ESTIMATED"),
        "last_update_posted": RegistryDate(date="2026-03-09", type="ACTUAL"),
        "results_state": "NONE_POSTED",
        "lead_sponsor": Organisation(name="Example Pharma", organisation_class="INDUSTRY"),
        "study_type": "INTERVENTIONAL",
        "phases": ("PHASE2",),
        "enrollment": Enrollment(count=100, type="ESTIMATED"),
        "primary_outcomes": (measure("Change in disease activity score"),),
    }
    for name, value in fields.items():
        if name == "enrollment" and isinstance(value, int):
            value = Enrollment(count=value, type="ESTIMATED")
        elif isinstance(value, str) and name.endswith(("_date", "_posted", "_on")):
            value = date(value)
        values[name] = value
    return TrialRecord(**values)


def changed(record: TrialRecord, **fields: Any) -> TrialRecord:
    """The record with some fields replaced, by the same conveniences as `make_record`, as its sponsor's next update has it."""
    fields.setdefault("last_update_posted", next_update(record))
    now = {name: getattr(record, name) for name in record.__struct_fields__}
    return make_record(**{**now, **fields})


def next_update(record: TrialRecord) -> RegistryDate | None:
    """When the record is updated next: the day after its last update."""
    posted = record.last_update_posted
    if posted is None or posted.first is None:
        return posted
    return msgspec.structs.replace(posted, date=(posted.first + timedelta(days=1)).isoformat())


def sha(record: TrialRecord) -> str:
    """A stand-in for the hash of the stored answer."""
    return "sha256:" + hashlib.sha256(msgspec.json.encode(record)).hexdigest()


class Step(NamedTuple):
    """Two versions of one trial and what `detect` needs to know of them."""

    old: Version
    new: Version
    changes: tuple[Change, ...]
    at: datetime
    known: TrialContext


def known(**parts: Any) -> TrialContext:
    """What is known around a trial of ClinicalTrials.gov; everything can be replaced."""
    values: dict[str, Any] = {"source": sources.load()["ctgov"].info, "label": "Examplumab in lupus"}
    return TrialContext(**values | parts)


def make_step(
    old: TrialRecord,
    new: TrialRecord,
    *,
    at: datetime = DAY,
    seen_old: Seen | None = None,
    seen_new: Seen | None = None,
    **parts: Any,
) -> Step:
    """A live step: last seen unchanged the day before `DAY`, detected on `DAY`, tracked for two months."""
    seen_old = seen_old or Seen(sha256=sha(old), first_seen_at=at - timedelta(days=60), last_seen_at=at - timedelta(days=1))
    seen_new = seen_new or Seen(sha256=sha(new), first_seen_at=at, last_seen_at=at, data_version=str(at.date()))
    around = known(**{"tracking_since": at - timedelta(days=60), **parts})
    return Step(Version(record=old, seen=seen_old), Version(record=new, seen=seen_new), compare(old, new), at, around)


def detected_in(step: Step) -> Detected:
    """What `detect` says of a step."""
    return detect(step.old, step.new, step.changes, at=step.at, known=step.known)


def detected(old: TrialRecord, new: TrialRecord, **parts: Any) -> Detected:
    """What `detect` says of the step from ``old`` to ``new``."""
    return detected_in(make_step(old, new, **parts))


def events(old: TrialRecord, new: TrialRecord, **parts: Any) -> dict[str, Event]:
    """The events of the step, by kind."""
    return {event.kind: event for event in detected(old, new, **parts).events}


def said(event: Event) -> dict[str, Any]:
    """An event's details as their public JSON."""
    found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(event.details))
    return found
