"""The one place where events are made: every event is complete from the start."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from tracker.events.kinds import REGISTERED, Finding, TrialContext
from tracker.model.details import DETAILS
from tracker.model.event import Change, Event, Evidence
from tracker.model.ids import split_key
from tracker.model.record import TrialRecord
from tracker.model.source import SourceInfo
from tracker.model.vocabulary import Cause, KindName, Origin, Severity, rank


class Hashes(msgspec.Struct, frozen=True, kw_only=True):
    """SHA-256 of the stored answers that an event rests on."""

    old: str | None = None
    new: str | None = None


def make_event(
    kind: KindName,
    finding: Finding,
    known: TrialContext,
    *,
    id: str,
    trial: str,
    record: TrialRecord | None,
    at: datetime,
    seen_between: tuple[datetime | None, datetime],
    hashes: Hashes,
    data_version: str | None,
    story: str = "",
    changes: tuple[Change, ...] = (),
    cause: Cause | None = None,
    origin: Origin = "live",
    effective_at: datetime | None = None,
) -> Event:
    """The event of a finding. Without ``story`` it stands alone, as a story of its own."""
    if type(finding.details) is not DETAILS[kind]:
        raise TypeError(f"{kind} has details of another kind: {type(finding.details).__name__}.")
    severity, rule = finding.severity, finding.rule
    if finding.details.echo_of is None and finding.details.changed_back is None:
        severity, rule = overridden(severity, rule, kind, finding.effects, known.overrides)
    posted = record.last_update_posted if record else None
    return Event(
        id=id,
        kind=kind,
        effects=finding.effects,
        trial=trial,
        label=known.label,
        severity=severity,
        rule=rule,
        cause=cause or REGISTERED[kind].info.cause,
        origin=origin,
        details=finding.details,
        changes=changes,
        detected_at=at,
        seen_between=seen_between,
        effective_at=effective_at or at,
        updated_on=posted.date if posted else None,
        data_version=data_version,
        evidence=Evidence(old=_named(hashes.old), new=_named(hashes.new), links=_links(record, known.source)),
        story=story or id,
    )


def overridden(
    severity: Severity, rule: str, kind: str, effects: Iterable[str], overrides: Mapping[str, Severity]
) -> tuple[Severity, str]:
    """Severity and rule after the configuration had its say; an effect's override beats its kind's."""
    wanted = [overrides[key] for effect in effects if (key := f"{kind}.{effect}") in overrides]
    if not wanted and kind in overrides:
        wanted = [overrides[kind]]
    if not wanted:
        return severity, rule
    return max(wanted, key=rank), f"{rule}; severity set in the configuration"


def identity(*parts: str) -> str:
    """The id of an event or a story: 32 hex digits of the SHA-256 of what makes it unique."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def _links(record: TrialRecord | None, source: SourceInfo) -> tuple[str, ...]:
    """Where readers can see for themselves: the record's page, and its history where the registry shows one."""
    if record is None or not record.url:
        return ()
    if not source.history_page:
        return (record.url,)
    return record.url, source.history_page.replace("{number}", split_key(record.trial).number)


def _named(sha256: str | None) -> str | None:
    """The hash as evidence quotes it, with the name of its algorithm."""
    return f"sha256:{sha256}" if sha256 and ":" not in sha256 else sha256
