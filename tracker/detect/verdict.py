"""What one answer means for one trial: a pure decision, from the answer and what is stored to what is to be staged.

Every event of a sync is made here, and so is every story.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from tracker.compare import compare
from tracker.detect import drift, mirrors
from tracker.errors import AnswerError
from tracker.events import Comparison, calendar_events, detect, listing_event
from tracker.model.event import Event, Seen, Story
from tracker.model.record import TrialRecord
from tracker.model.run import Check, CheckStatus
from tracker.model.snapshot import SnapshotMeta, TrackedTrial
from tracker.model.source import Absent, DataVersion, Document, Failed, Found, Issue, Parsed, Source, Validators
from tracker.model.staging import StagedCheck, StagedEvent, StagedSnapshot, Version
from tracker.model.vocabulary import Severity, rank
from tracker.model.watch import Near

GONE_AFTER = timedelta(hours=20)
"""Absent twice this far apart is removed, where the registry states no data version of its own."""

LABEL_LENGTH = 70


class TrialContext(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer is judged with: the registry's data, the time, and what the watches say of the trial.

    For a page ``site`` is the site's name, and ``home`` the record of the registry that the page repeats.
    """

    data: DataVersion | None
    now: datetime
    label: str = ""
    tracking_since: datetime | None = None
    past: tuple[Event, ...] = ()
    near: Mapping[str, Near] = {}
    overrides: Mapping[str, Severity] = {}
    site: str = ""
    home: TrialRecord | None = None

    @property
    def stamp(self) -> str:
        """What tells two events of one kind and trial apart that rest on different data: their version, else the day."""
        return self.data.timestamp if self.data else self.now.date().isoformat()


class CheckResult(msgspec.Struct, frozen=True, kw_only=True):
    """What one check found and what is to be staged for its trial.

    ``record`` is the one just read, None when nothing new was read; ``before`` the one that it was compared with.
    """

    staged: StagedCheck
    snapshot: StagedSnapshot | None = None
    events: tuple[StagedEvent, ...] = ()
    stories: tuple[Story, ...] = ()
    issues: tuple[Issue, ...] = ()
    record: TrialRecord | None = None
    before: TrialRecord | None = None


def label_of(record: TrialRecord | None, trial: str, context: TrialContext) -> str:
    """The name people call a trial by: the one they gave it, else its acronym or the start of its title.

    A page's label also names the site, to distinguish it from the registry's record.
    """
    name = context.label or (record and (record.acronym or record.brief_title)) or trial
    if len(name) > LABEL_LENGTH:
        name = name[:LABEL_LENGTH].rsplit(" ", 1)[0] + "…"
    return f"{name} ({context.site})" if context.site else name


def unchanged(known: TrackedTrial, context: TrialContext, validators: Validators | None = None) -> CheckResult:
    """The answer says what is stored already. A trial that had been removed is back."""
    status: CheckStatus = "unchanged"
    events: tuple[Event, ...] = ()
    if known.removed_at and known.current:
        status = "restored"
        events = (_listing("restored", known, context, seen_from=known.removed_at),)
    return _result(known, context, status, events=events, validators=validators)


def moved(
    source: Source,
    known: TrackedTrial,
    answer: Found,
    digest: str,
    parsed: Parsed,
    old: Document | None,
    context: TrialContext,
) -> CheckResult:
    """A document that differs from the stored one, or the first of its trial; ``parsed`` is what was read of it.

    Raises AnswerError when it carries another registry number than was pinned at first read, SourceError when today's
    parser cannot read the stored document.
    """
    record = parsed.record
    _require_pinned_number(source, known, record, answer.document.url)
    snapshot = StagedSnapshot(
        document=answer.document,
        sha256=hashlib.sha256(answer.document.body).hexdigest(),
        digest=digest,
        digest_version=source.info.digest_version,
        seen_at=context.now,
    )
    result = functools.partial(
        _result, known, context, record=record, snapshot=snapshot, issues=parsed.issues, validators=answer.validators
    )
    if known.current is None or old is None:
        return result("baseline")
    earlier = source.parse(old)
    detected = detect(_comparison(known, earlier.record, record, snapshot, context))
    events = tuple(mirrors.mark_repeated(event, record, context.home) for event in detected.events)
    status: CheckStatus = "changed" if events else "quiet"
    if known.removed_at:
        status = "restored"
        events = (_listing("restored", known, context, seen_from=known.removed_at, record=record), *events)
    lost = drift.lost(
        drift.Reading(document=old, record=earlier.record, issues=earlier.issues),
        drift.Reading(document=answer.document, record=record, issues=parsed.issues),
    )
    return result(status, events=events, story=detected.story, emptied=lost, before=earlier.record)


def absent(known: TrackedTrial, answer: Absent, last: TrialRecord | None, context: TrialContext) -> CheckResult:
    """The registry lacks the trial. It counts as removed only when two different answers, a day apart, say so.

    ``last`` is the record as it was last seen.
    """
    if known.current is None:
        error = f"{known.key} is not there: {answer.why} Check the number."
        return _result(known, context, "absent", error=error)
    if known.removed_at:
        return _result(known, context, "absent")
    lost = (drift.RECORD,)
    if not is_gone(known, context):
        return _result(known, context, "absent", emptied=lost)
    event = _listing("removed", known, context, seen_from=known.current.last_seen_at, record=last, details={"why": answer.why})
    return _result(known, context, "removed", events=(event,), emptied=lost)


def merged(known: TrackedTrial, canonical: str, context: TrialContext) -> CheckResult:
    """The registry answered with the trial that this number was merged into."""
    if known.merged_into == canonical:
        return _result(known, context, "unchanged")
    seen_from = known.current.last_seen_at if known.current else None
    event = _listing("merged", known, context, seen_from=seen_from, details={"into": canonical})
    return _result(known, context, "merged", events=(event,), merged_into=canonical)


def failed(known: TrackedTrial, answer: Failed, context: TrialContext) -> CheckResult:
    """No usable answer: nothing is known, nothing changes."""
    return _result(known, context, "failed", error=answer.error)


def is_gone(known: TrackedTrial, context: TrialContext) -> bool:
    """Whether an answer that lacks the trial confirms an earlier one, so that it counts as removed."""
    if known.current is None or known.removed_at or known.absent_since is None:
        return False
    if context.data and known.absent_data_timestamp:
        return context.data.timestamp != known.absent_data_timestamp
    return context.now - known.absent_since >= GONE_AFTER


def _require_pinned_number(source: Source, known: TrackedTrial, record: TrialRecord, url: str) -> None:
    if known.nct_number and record.nct_number and record.nct_number != known.nct_number:
        raise AnswerError(
            f"{known.key} now carries {record.nct_number}, but was {known.nct_number} when it was first read.",
            remedy="Check the page; if it is a new listing, remove it and add it again.",
            source=source.info.key,
            trial=known.key,
            url=url,
        )


def _comparison(
    known: TrackedTrial,
    before: TrialRecord,
    record: TrialRecord,
    snapshot: StagedSnapshot,
    context: TrialContext,
) -> Comparison:
    assert known.current is not None
    return Comparison(
        old=before,
        new=record,
        changes=compare(before, record),
        seen_old=seen(known.current),
        seen_new=_seen_staged(snapshot),
        label=label_of(record, known.key, context),
        detected_at=context.now,
        tracking_since=context.tracking_since or known.first_seen_at,
        past=context.past,
        near=context.near,
        overrides=context.overrides,
        links=tuple(link for link in (record.url,) if link),
    )


def _listing(
    kind: str,
    known: TrackedTrial,
    context: TrialContext,
    *,
    seen_from: datetime | None,
    record: TrialRecord | None = None,
    details: Mapping[str, object] | None = None,
) -> Event:
    return listing_event(
        kind,
        trial=known.key,
        label=label_of(record, known.key, context),
        record=record,
        detected_at=context.now,
        seen_between=(seen_from, context.now),
        details=dict(details or {}),
        old_sha=known.current.sha256 if known.current else None,
        data_version=context.data.date if context.data else None,
        key=context.stamp,
        overrides=context.overrides,
    )


def seen(meta: SnapshotMeta) -> Seen:
    """A stored version as a comparison needs it."""
    return Seen(
        sha256=meta.sha256,
        first_seen_at=meta.first_seen_at,
        last_seen_at=meta.last_seen_at,
        data_version=meta.data_version,
    )


def entered_or_left(kind: str, trial: str, watch: str, reason: str, record: TrialRecord, context: TrialContext) -> Event:
    """The event of a trial that a watch's search now holds, holds again or holds no more."""
    return listing_event(
        kind,
        trial=trial,
        label=label_of(record, trial, context),
        record=record,
        detected_at=context.now,
        seen_between=(None, context.now),
        details={"watch": watch} | ({"reason": reason} if reason else {}),
        data_version=context.data.date if context.data else None,
        key=f"{watch} {context.stamp}",
        overrides=context.overrides,
    )


def came_true(
    known: TrackedTrial, record: TrialRecord, last: datetime | None, context: TrialContext, changed: CheckResult | None = None
) -> tuple[Event, ...]:
    """What the calendar has made true of a trial since the rules last ran; ``changed`` is the check that gave a new record."""
    assert known.current is not None
    return calendar_events(
        record,
        label=label_of(record, known.key, context),
        since=max(last, known.first_seen_at) if last else known.first_seen_at,
        now=context.now,
        seen=_seen_staged(changed.snapshot) if changed and changed.snapshot else seen(known.current),
        before=changed.before if changed else None,
        overrides=context.overrides,
    )


def lagging(trial: str, record: TrialRecord, home: mirrors.Home, context: TrialContext) -> Event | None:
    """The event of a page that says otherwise than its registry does, None where they agree."""
    lag = mirrors.lag(record, home.record, home.earlier)
    if lag is None:
        return None
    return listing_event(
        "mirror_lags" if lag.behind else "registries_disagree",
        trial=trial,
        label=label_of(record, trial, context),
        record=record,
        detected_at=context.now,
        seen_between=(home.current.first_seen_at, context.now),
        details={
            "home": home.record.trial,
            "fields": {name: {"page": mine, "registry": theirs} for name, (mine, theirs) in lag.fields.items()},
        },
        data_version=home.current.data_version,
        key=home.current.sha256,
        overrides=context.overrides,
    )


def stories_of(events: Sequence[Event], story: Story | None = None) -> tuple[tuple[Event, ...], tuple[Story, ...]]:
    """Events with their story's id, and the story: the given one, led by events that stand in none yet, or a new one."""
    if not events:
        return (), ()
    if story is None:
        story = Story(id=events[0].id, trial=events[0].trial, severity=events[0].severity, parts=())
    parts = tuple(event.id for event in events if not event.story) + story.parts
    severity = max((event.severity for event in events), key=rank)
    whole = msgspec.structs.replace(story, parts=parts, severity=severity)
    return tuple(msgspec.structs.replace(event, story=whole.id) for event in events), (whole,)


def versions(known: TrackedTrial, snapshot: StagedSnapshot | None = None) -> tuple[Version | None, Version | None]:
    """The pair of versions that an event of a trial rests on: the current one and the one just staged, if there is one."""
    current = known.current.id if known.current else None
    return current, snapshot.version if snapshot else current


def _seen_staged(snapshot: StagedSnapshot) -> Seen:
    return Seen(
        sha256=snapshot.sha256,
        first_seen_at=snapshot.seen_at,
        last_seen_at=snapshot.seen_at,
        data_version=snapshot.document.data_version,
    )


def _result(
    known: TrackedTrial,
    context: TrialContext,
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
) -> CheckResult:
    events, stories = stories_of(events, story)
    old, new = versions(known, snapshot)
    return CheckResult(
        staged=StagedCheck(
            check=Check(trial=known.key, status=status, error=error, emptied=emptied),
            checked_at=context.now,
            validators=validators,
            nct_number=record.nct_number if record else None,
            merged_into=merged_into,
        ),
        snapshot=snapshot,
        events=tuple(StagedEvent(event=event, old=old, new=new) for event in events),
        stories=stories,
        issues=issues,
        record=record,
        before=before,
    )
