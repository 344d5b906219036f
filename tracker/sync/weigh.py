"""What one answer means for one trial: a pure decision, from the answer and what is stored to what is to be staged."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from tracker.compare import compare
from tracker.errors import AnswerError
from tracker.events import Detected, Hashes, TrialContext, detect, listing_event
from tracker.model.details import Details, MergedDetails, RemovedDetails
from tracker.model.event import Event, Seen, Story, Version
from tracker.model.present import trial_label
from tracker.model.record import TrialRecord
from tracker.model.run import Check, CheckStatus
from tracker.model.snapshot import SnapshotMeta, TrackedTrial
from tracker.model.source import Absent, DataVersion, Document, Failed, Found, Issue, Source, SourceInfo, Validators
from tracker.model.staging import StagedCheck, StagedEvent, StagedSnapshot
from tracker.model.vocabulary import ListingKind, Severity, rank
from tracker.model.watch import Near
from tracker.sync import drift, mirrors

GONE_AFTER = timedelta(hours=20)
"""Absent twice this far apart is removed, where the registry states no data version of its own."""


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer is weighed with: the registry's data, the time, and what the watches say of the trial.

    For a page ``site`` is the site's name, and ``home`` the record of the registry that the page repeats.
    """

    source: SourceInfo
    data: DataVersion | None
    now: datetime
    label: str = ""
    tracking_since: datetime | None = None
    past: tuple[Event, ...] = ()
    near: Mapping[str, Near] = {}
    overrides: Mapping[str, Severity] = {}
    site: str = ""
    home: TrialRecord | None = None


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be staged for one trial.

    ``record`` is the one just read, None when nothing new was read; ``before`` the one that it was compared with.
    """

    staged: StagedCheck
    snapshot: StagedSnapshot | None = None
    events: tuple[StagedEvent, ...] = ()
    stories: tuple[Story, ...] = ()
    issues: tuple[Issue, ...] = ()
    record: TrialRecord | None = None
    before: TrialRecord | None = None


def label_of(record: TrialRecord | None, trial: str, context: Context) -> str:
    """The name people call a trial by. A page's trial also names the site, which sets it apart from the registry's record."""
    name = trial_label(trial, record, context.label)
    return f"{name} ({context.site})" if context.site else name


def unchanged(known: TrackedTrial, context: Context, validators: Validators | None = None) -> Outcome:
    """The answer says what is stored already; a trial that had been removed is back."""
    status: CheckStatus = "unchanged"
    events: tuple[Event, ...] = ()
    if known.removed_at and known.current:
        status = "restored"
        events = (_listing("restored", known, context, seen_from=known.removed_at),)
    return _outcome(known, context, status, events=events, validators=validators)


def found(source: Source, known: TrackedTrial, answer: Found, digest: str, old: Document | None, context: Context) -> Outcome:
    """A document that differs from the stored one, or the first of its trial.

    Raises AnswerError when it cannot be read, or carries another registry number than was pinned at first read.
    """
    parsed = source.parse(answer.document)
    record = parsed.record
    if known.nct_number and record.nct_number and record.nct_number != known.nct_number:
        raise AnswerError(
            f"{known.key} now carries {record.nct_number}, but was {known.nct_number} when it was first read.",
            remedy="Check the page; if it is a new listing, remove it and add it again.",
            source=source.info.key,
            trial=known.key,
            url=answer.document.url,
        )
    snapshot = StagedSnapshot(
        document=answer.document,
        digest=digest,
        digest_version=source.info.digest_version,
        first_seen_at=context.now,
    )
    outcome = functools.partial(
        _outcome,
        known,
        context,
        record=record,
        snapshot=snapshot,
        issues=parsed.issues,
        validators=answer.validators,
    )
    if known.current is None or old is None:
        return outcome("baseline")
    earlier = source.parse(old)
    before = earlier.record
    detected = _detected(known, before, record, answer.document, context)
    events = detected.events
    status: CheckStatus = "changed" if events else "quiet"
    if known.removed_at:
        status = "restored"
        story = detected.story.id if detected.story else ""
        back = _listing("restored", known, context, seen_from=known.removed_at, record=record, story=story)
        events = (back, *events)
    lost = drift.lost(
        drift.Reading(document=old, record=before, issues=earlier.issues),
        drift.Reading(document=answer.document, record=record, issues=parsed.issues),
    )
    return outcome(status, events=events, story=detected.story, emptied=lost, before=before)


def absent(known: TrackedTrial, answer: Absent, last: TrialRecord | None, context: Context) -> Outcome:
    """Asked for by its number and not there: removed only when two different answers say so, a day apart.

    ``last`` is the record as it was last seen.
    """
    if known.current is None:
        error = f"{known.key} is not there: {answer.why} Check the number."
        return _outcome(known, context, "absent", error=error)
    if known.removed_at:
        return _outcome(known, context, "absent")
    lost = (drift.RECORD,)
    if not _twice(known, context):
        return _outcome(known, context, "absent", emptied=lost)
    event = _listing(
        "removed", known, context, seen_from=known.current.last_seen_at, record=last, details=RemovedDetails(why=answer.why)
    )
    return _outcome(known, context, "removed", events=(event,), emptied=lost)


def merged(known: TrackedTrial, canonical: str, context: Context) -> Outcome:
    """The registry answered with the trial that this number was merged into."""
    if known.merged_into == canonical:
        return _outcome(known, context, "unchanged")
    seen_from = known.current.last_seen_at if known.current else None
    event = _listing("merged", known, context, seen_from=seen_from, details=MergedDetails(into=canonical))
    return _outcome(known, context, "merged", events=(event,), merged_into=canonical)


def failed(known: TrackedTrial, answer: Failed, context: Context) -> Outcome:
    """No usable answer: nothing is known, nothing changes."""
    return _outcome(known, context, "failed", error=answer.error)


def _twice(known: TrackedTrial, context: Context) -> bool:
    if known.absent_since is None:
        return False
    if context.data and known.absent_data_timestamp:
        return context.data.timestamp != known.absent_data_timestamp
    return context.now - known.absent_since >= GONE_AFTER


def _detected(known: TrackedTrial, before: TrialRecord, record: TrialRecord, document: Document, context: Context) -> Detected:
    assert known.current is not None
    seen_new = Seen(
        sha256=_sha256(document.body),
        first_seen_at=context.now,
        last_seen_at=context.now,
        data_version=document.data_version,
    )
    return detect(
        Version(record=before, seen=seen(known.current)),
        Version(record=record, seen=seen_new),
        compare(before, record),
        at=context.now,
        known=trial_context(record, known, context),
    )


def trial_context(record: TrialRecord | None, known: TrackedTrial, context: Context) -> TrialContext:
    """What detection needs to know around a trial."""
    home = context.home
    return TrialContext(
        source=context.source,
        label=label_of(record, known.key, context),
        tracking_since=context.tracking_since or known.first_seen_at,
        past=context.past,
        near=context.near,
        overrides=context.overrides,
        echo_of=functools.partial(mirrors.echo_of, page=record, home=home) if record and home else None,
    )


def _listing(
    kind: ListingKind,
    known: TrackedTrial,
    context: Context,
    *,
    seen_from: datetime | None,
    record: TrialRecord | None = None,
    details: Details | None = None,
    story: str = "",
) -> Event:
    stamp = context.data.timestamp if context.data else context.now.date().isoformat()
    return listing_event(
        kind,
        trial=known.key,
        record=record,
        at=context.now,
        seen_between=(seen_from, context.now),
        details=details or Details(),
        known=trial_context(record, known, context),
        key=stamp,
        hashes=Hashes(old=known.current.sha256 if known.current else None),
        data_version=context.data.date if context.data else None,
        story=story,
    )


def seen(meta: SnapshotMeta) -> Seen:
    """A stored version as a comparison needs it."""
    return Seen(
        sha256=meta.sha256,
        first_seen_at=meta.first_seen_at,
        last_seen_at=meta.last_seen_at,
        data_version=meta.data_version,
    )


def stories_of(events: tuple[Event, ...], story: Story | None = None) -> tuple[Story, ...]:
    """The story of events that belong together: the given one, which others may lead, or one of their own."""
    if not events:
        return ()
    parts = story.parts if story else ()
    leading = tuple(event.id for event in events if event.id not in parts)
    severity = max((event.severity for event in events), key=rank)
    first = events[0]
    return (Story(id=story.id if story else first.story, trial=first.trial, severity=severity, parts=leading + parts),)


def _sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _outcome(
    known: TrackedTrial,
    context: Context,
    status: CheckStatus,
    *,
    events: tuple[Event, ...] = (),
    story: Story | None = None,
    record: TrialRecord | None = None,
    before: TrialRecord | None = None,
    snapshot: StagedSnapshot | None = None,
    issues: tuple[Issue, ...] = (),
    validators: Validators | None = None,
    emptied: tuple[str, ...] = (),
    error: str = "",
    merged_into: str | None = None,
) -> Outcome:
    old = known.current.id if known.current else None
    return Outcome(
        staged=StagedCheck(
            check=Check(trial=known.key, status=status, error=error, emptied=emptied),
            checked_at=context.now,
            validators=validators,
            nct_number=record.nct_number if record else None,
            merged_into=merged_into,
        ),
        snapshot=snapshot,
        events=tuple(StagedEvent(event=event, old_snapshot=old) for event in events),
        stories=stories_of(events, story),
        issues=issues,
        record=record,
        before=before,
    )
