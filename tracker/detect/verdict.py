"""What one answer means for one trial: a pure decision, from the answer and what is stored to what is to be staged.

Every event of a sync is made here, and so is every story.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from types import MappingProxyType

import msgspec

from tracker.compare import compare
from tracker.detect import age, drift, kept, mirrors, other_trial, second_opinion, unread
from tracker.detect.disagreement import Disagreement, Side
from tracker.errors import AnswerError, LayoutError, SourceError
from tracker.events import Detected, Hashes, TrialContext, calendar_events, detect, listing_event
from tracker.events.making import identity
from tracker.geo.watched import named_countries
from tracker.model.details import (
    Details,
    MergedDetails,
    MirrorDetails,
    RegistryWord,
    RemovedDetails,
    TwoSides,
    WatchDetails,
)
from tracker.model.event import Event, Seen, Story, Version
from tracker.model.labels import trial_label
from tracker.model.record import TrialRecord
from tracker.model.run import Check, CheckStatus
from tracker.model.snapshot import TrackedTrial
from tracker.model.source import (
    Absent,
    DataVersion,
    Document,
    Failed,
    FollowsCalendar,
    Found,
    Issue,
    Parsed,
    Source,
    SourceInfo,
    Validators,
)
from tracker.model.staging import StagedCheck, StagedEvent, StagedSnapshot, VersionRef
from tracker.model.vocabulary import ListingKind, Severity, rank
from tracker.model.watch import Watch

ONE_OF_TWO = "one of two sites"
"""The claim of a record that lost a site without a new version."""


class CheckContext(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer is judged with: the registry's data, the time, and the watches that follow the trial.

    For a page ``home`` is the record of the registry that it repeats. ``silent`` are watches that were not told of the trial.
    """

    source: SourceInfo
    data: DataVersion | None
    now: datetime
    label: str = ""
    tracking_since: datetime | None = None
    registered_at: datetime | None = None
    past: tuple[Event, ...] = ()
    told: frozenset[str] | None = None
    watches: tuple[Watch, ...] = ()
    silent: frozenset[str] = frozenset()
    by_link: bool = False
    overrides: Mapping[str, Severity] = {}
    home: TrialRecord | None = None

    @property
    def stamp(self) -> str:
        """What tells two events of one kind and trial apart that rest on different data: their version, else the day."""
        return self.data.timestamp if self.data else self.now.date().isoformat()


class CheckResult(msgspec.Struct, frozen=True, kw_only=True):
    """What one check found and what is to be staged for its trial.

    ``record`` is the one just read, None when nothing new was read; ``before`` the one that it was compared with.
    ``older`` says why an answer counts as older than what is stored.
    """

    staged: StagedCheck
    older: str = ""
    snapshot: StagedSnapshot | None = None
    events: tuple[StagedEvent, ...] = ()
    stories: tuple[Story, ...] = ()
    issues: tuple[Issue, ...] = ()
    record: TrialRecord | None = None
    before: TrialRecord | None = None


def label_of(record: TrialRecord | None, trial: str, context: CheckContext) -> str:
    """The name people call a trial by."""
    site = context.source.title if context.source.kind != "registry" else ""
    return trial_label(trial, record, own=context.label, site=site)


def unchanged(
    known: TrackedTrial, context: CheckContext, validators: Validators | None = None, data_version: str | None = None
) -> CheckResult:
    """The answer says what is stored already. A trial that had been removed, or merged into another, is back."""
    status: CheckStatus = "unchanged"
    events: tuple[Event, ...] = ()
    if away := _away_since(known):
        status = "restored"
        events = (_listing("restored", known, context, seen_from=away),)
    return _result(known, context, status, events=events, validators=validators, data_version=data_version)


def moved(
    source: Source,
    known: TrackedTrial,
    answer: Found,
    digest: str,
    parsed: Parsed,
    old: Document | None,
    context: CheckContext,
    stated: str | None,
    believed: Mapping[int, Document] = MappingProxyType({}),
) -> CheckResult:
    """A document that differs from the stored one, or the first of its trial; ``parsed`` is what was read of it.

    ``stated`` is the data version that it states itself.
    ``believed`` are the versions that the stored one is read from where it is not believed itself. While one of its fields
    is doubted, the same document is compared as well: it may be the second opinion.
    Raises AnswerError when it carries another registry number than was pinned at first read, SourceError when today's
    parser cannot read the stored document, unless that is so by a new map of the configuration.
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
    result = functools.partial(_result, known, context, validators=answer.validators, data_version=stated)
    if known.current is None or old is None:
        _require_anchors(source, known, parsed, answer.document.url)
        return result("baseline", record=record, snapshot=snapshot, issues=parsed.issues)
    try:
        earlier = source.parse(old)
    except LayoutError:
        if not source.info.described:
            raise
        # A new map cannot read what an older one read: begun anew, since it would never be compared otherwise.
        unreadable = Issue(code="missing_shape", path="the version before, by the map that the configuration has now")
        return result("baseline", record=record, snapshot=snapshot, issues=(*parsed.issues, unreadable))
    dates = age.record_dates(source, answer.document, record)
    gone_back = age.gone_back(age.record_dates(source, old, earlier.record), dates)
    if gone_back and not _says_again(known, age.claim(dates), context):
        return _dated_back(known, gone_back, age.claim(dates), context, stated)
    base = kept.restored(earlier.record, known.current.kept, _records(source, believed))
    keep = unread.to_keep(source, old, earlier, parsed, known.current, context.now)
    words, held = source.info.path_words, known.current.kept
    old_issues, new_issues = unread.with_lost(earlier, held), unread.with_lost(parsed, keep)
    first = unread.new_to_us(source, answer.document, earlier, parsed, held)
    before, after = unread.readable(base, record, old_issues, new_issues, words, keep=keep, known=held, new_to_us=first)
    other_trial.refuse(source.info, known, before, after)
    fewer = other_trial.one_of_two(source.info, before, after)
    if fewer and not _says_again(known, ONE_OF_TWO, context):
        return _result(known, context, "doubted", older=fewer, claim=ONE_OF_TWO)
    is_new = digest != known.current.digest
    staged = msgspec.structs.replace(snapshot, kept=keep) if is_new else None
    result = functools.partial(result, record=after, snapshot=staged)
    detected = _detected(known, before, after, staged, context, believed)
    events = detected.events
    status: CheckStatus = "changed" if any(event.kind != "record_updated" for event in events) else "quiet"
    status = status if events or is_new else "unchanged"
    if away := _away_since(known):
        status = "restored"
        story = detected.story.id if detected.story else ""
        back = _listing("restored", known, context, seen_from=away, record=record, story=story)
        events = (back, *events)
    lost = drift.lost(
        drift.Reading(document=old, record=earlier.record, issues=old_issues),
        drift.Reading(document=answer.document, record=after, issues=new_issues),
        anchors=unread.anchors(source.info, unread.places(parsed)),
    )
    issues = unread.no_longer(old_issues, new_issues, held)
    return result(status, events=events, story=detected.story, emptied=lost, before=before, issues=issues)


def _records(source: Source, documents: Mapping[int, Document]) -> dict[int, TrialRecord]:
    """What stored versions say; one that today's parser refuses is left out."""
    found = {}
    for snapshot, document in documents.items():
        with suppress(SourceError):
            found[snapshot] = source.parse(document).record
    return found


def absent(known: TrackedTrial, answer: Absent, last: TrialRecord | None, context: CheckContext) -> CheckResult:
    """The registry lacks the trial. It counts as removed only when two data versions, 20 hours apart, say so.

    ``last`` is the record as it was last seen.
    """
    if known.current is None and context.by_link:  # it may not be public yet, and nobody who could check it wrote it down
        return _result(known, context, "absent")
    if known.current is None:
        why = answer.why.rstrip(".")
        error = f"There is no such trial at {context.source.title}: {known.number} ({why}). Check the number."
        return _result(known, context, "absent", error=error)
    if known.removed_at or known.merged_into:
        return _result(known, context, "absent")
    lost = (drift.RECORD,)
    if not is_gone(known, context):
        return _result(known, context, "absent", emptied=lost)
    event = _listing(
        "removed", known, context, seen_from=known.current.last_seen_at, record=last, details=RemovedDetails(why=answer.why)
    )
    return _result(known, context, "removed", events=(event,), emptied=lost)


def merged(known: TrackedTrial, canonical: str, context: CheckContext) -> CheckResult:
    """The registry answered with a record that names this number as a former one.

    It is believed when a second data version says so too: a wrong alias must not end the following of a trial. A number that
    never had a record of its own is followed as the other at once, as nothing can be lost.
    """
    if canonical in (known.merged_into, known.kept_apart_from):
        return _result(known, context, "still_merged")
    claim = f"merged into {canonical}"
    if known.current is not None and not _says_again(known, claim, context):
        return _result(known, context, "aliased", claim=claim)
    seen_from = known.current.last_seen_at if known.current else None
    event = _listing("merged", known, context, seen_from=seen_from, details=MergedDetails(into=canonical))
    return _result(known, context, "merged", events=(event,), merged_into=canonical)


def older(known: TrackedTrial, why: str, context: CheckContext) -> CheckResult:
    """Older data than we have: nothing is compared, nothing changes, and the trial is asked for again."""
    return _result(known, context, "older", older=why)


def failed(known: TrackedTrial, answer: Failed, context: CheckContext) -> CheckResult:
    """No usable answer: nothing is known, nothing changes."""
    return _result(known, context, "failed", error=answer.error)


def is_gone(known: TrackedTrial, context: CheckContext) -> bool:
    """Whether an answer that lacks the trial confirms an earlier one, so that it counts as removed."""
    if known.current is None or known.removed_at or known.absent_since is None:
        return False
    data = context.data.timestamp if context.data else None
    return second_opinion.is_second(known.absent_data_timestamp, known.absent_since, data, context.now)


def _says_again(known: TrackedTrial, claim: str, context: CheckContext) -> bool:
    """Whether an answer says the second time what was hard to believe the first time."""
    if known.claim != claim or known.claimed_at is None:
        return False
    data = context.data.timestamp if context.data else None
    return second_opinion.is_second(known.claim_data_timestamp, known.claimed_at, data, context.now)


def _dated_back(known: TrackedTrial, why: str, claim: str, context: CheckContext, stated: str | None) -> CheckResult:
    """A record whose own date is lower than it was: doubted under a newer data version, else older than what we have."""
    checked_at = known.checked_data_timestamp
    newer = context.data is None or checked_at is None or age.is_older_data(checked_at, context.data.timestamp, context.now)
    newer = newer or bool(stated and known.data_version and age.is_older_data(known.data_version, stated, context.now))
    if not newer:
        return older(known, why, context)
    return _result(known, context, "doubted", older=why, claim=claim)


def _away_since(known: TrackedTrial) -> datetime | None:
    """Since when a trial that was read before has had no record of its own at the registry; None for one that has."""
    if known.current is None:
        return None
    return known.removed_at or (known.current.last_seen_at if known.merged_into else None)


def _require_pinned_number(source: Source, known: TrackedTrial, record: TrialRecord, url: str) -> None:
    if known.nct_number and record.nct_number and record.nct_number != known.nct_number:
        raise AnswerError(
            f"{known.key} now carries {record.nct_number}, but was {known.nct_number} when it was first read.",
            remedy="Check the page; if it is a new listing, remove it and add it again.",
            source=source.info.key,
            trial=known.key,
            url=url,
        )


def _require_anchors(source: Source, known: TrackedTrial, parsed: Parsed, url: str) -> None:
    """A first record that cannot be read in what every record has: there is no earlier value to keep."""
    unread_anchors = sorted(unread.anchors(source.info, unread.places(parsed)))
    if unread_anchors:
        raise LayoutError(
            f"{known.key}: the first answer cannot be read in {', '.join(unread_anchors)}.",
            remedy="Nothing was stored; the next sync asks again. If it persists, look at the address in a browser.",
            source=source.info.key,
            trial=known.key,
            url=url,
        )


def _detected(
    known: TrackedTrial,
    before: TrialRecord,
    record: TrialRecord,
    snapshot: StagedSnapshot | None,
    context: CheckContext,
    believed: Mapping[int, Document],
) -> Detected:
    assert known.current is not None
    doubted_base = believed.get(_base(known) or 0)
    old = _seen_stored(doubted_base) if known.current.doubted and doubted_base else known.current.seen
    return detect(
        Version(record=before, seen=old),
        Version(record=record, seen=_seen_staged(snapshot) if snapshot else known.current.seen),
        compare(before, record),
        at=context.now,
        known=trial_context(record, known.key, context, since=known.first_seen_at),
    )


def trial_context(record: TrialRecord | None, trial: str, context: CheckContext, since: datetime | None = None) -> TrialContext:
    """What detection needs to know around a trial; ``since`` is when it was first read, where its history says no more."""
    home = context.home
    return TrialContext(
        source=context.source,
        label=label_of(record, trial, context),
        tracking_since=context.tracking_since or since,
        registered_at=context.registered_at,
        past=context.past,
        told=context.told,
        near={watch.name: watch.near for watch in context.watches if watch.near},
        countries={watch.name: named_countries(watch) for watch in context.watches},
        silent=context.silent,
        named=frozenset(kind for watch in context.watches for kind in watch.kinds),
        overrides=context.overrides,
        echo_of=functools.partial(mirrors.echo_of, page=record, home=home) if record and home else None,
    )


def _listing(
    kind: ListingKind,
    known: TrackedTrial,
    context: CheckContext,
    *,
    seen_from: datetime | None,
    record: TrialRecord | None = None,
    details: Details | None = None,
    story: str = "",
) -> Event:
    return listing_event(
        kind,
        trial=known.key,
        record=record,
        at=context.now,
        seen_between=(seen_from, context.now),
        details=details or Details(),
        known=trial_context(record, known.key, context),
        hashes=Hashes(old=known.current.sha256 if known.current else None),
        data_version=context.data.date if context.data else None,
        key=context.stamp,
        story=story,
    )


def entered_or_left(kind: ListingKind, trial: str, record: TrialRecord, details: WatchDetails, context: CheckContext) -> Event:
    """The event of a trial that a watch's search now holds, holds again or holds no more."""
    return listing_event(
        kind,
        trial=trial,
        record=record,
        at=context.now,
        seen_between=(None, context.now),
        details=details,
        known=trial_context(record, trial, context),
        data_version=context.data.date if context.data else None,
        key=f"{details.watch} {context.stamp}",
    )


def came_true(
    known: TrackedTrial,
    record: TrialRecord,
    last: datetime | None,
    context: CheckContext,
    *,
    before: TrialRecord | None = None,
    snapshot: StagedSnapshot | None = None,
) -> tuple[Event, ...]:
    """What the calendar has made true of a trial since the rules last ran.

    ``before`` is its record as it stood then where it has changed, ``snapshot`` the new version.
    """
    assert known.current is not None
    now_seen = _seen_staged(snapshot) if snapshot else known.current.seen
    return calendar_events(
        Version(record=record, seen=now_seen),
        since=max(last, known.first_seen_at) if last else known.first_seen_at,
        at=context.now,
        known=trial_context(record, known.key, context),
        before=before,
    )


def turned(
    source: Source,
    known: TrackedTrial,
    before: TrialRecord,
    record: TrialRecord,
    last: datetime | None,
    context: CheckContext,
) -> Detected:
    """What a version says otherwise on another day: the same bytes, when the calendar ran ``last`` and now.

    The events are known by the day from which on it is so: whoever looks again, or later, finds the same ones.
    """
    assert known.current is not None
    seen = known.current.seen
    detected = detect(
        Version(record=before, seen=msgspec.structs.replace(seen, last_seen_at=known.current.told_until(last))),
        Version(record=record, seen=msgspec.structs.replace(seen, first_seen_at=context.now, last_seen_at=context.now)),
        compare(before, record),
        at=context.now,
        known=trial_context(record, known.key, context, since=known.first_seen_at),
    )
    days = source.turning_days(record) if isinstance(source, FollowsCalendar) else ()
    day = max((day for day in days if day <= context.now.date()), default=context.now.date()).isoformat()
    story_id = identity(known.key, seen.sha256, day)
    events = tuple(
        msgspec.structs.replace(event, id=identity(story_id, event.kind), story=story_id) for event in detected.events
    )
    if detected.story is None:
        return Detected(events=events)
    story = msgspec.structs.replace(detected.story, id=story_id, parts=tuple(event.id for event in events))
    return Detected(events=events, story=story)


def lagging(trial: str, record: TrialRecord, home: mirrors.Home, context: CheckContext) -> Event | None:
    """The event of a page that says otherwise than its registry does, None where they agree."""
    lag = mirrors.lag(record, home.record, home.earlier)
    if lag is None:
        return None
    fields = {name: TwoSides(page=mine, registry=theirs) for name, (mine, theirs) in lag.fields.items()}
    return listing_event(
        "mirror_lags" if lag.behind else "registries_disagree",
        trial=trial,
        record=record,
        at=context.now,
        seen_between=(home.current.first_seen_at, context.now),
        details=MirrorDetails(home=home.record.trial, fields=fields),
        known=trial_context(record, trial, context),
        data_version=home.current.data_version,
        key=home.current.sha256,
    )


def disagreeing(trial: str, mine: Side, theirs: Side, found: Disagreement, context: CheckContext, *, ended: bool) -> Event:
    """The event of two linked registries that disagree on a trial, or agree again; by both words and their days."""
    sides = ((mine, found.mine, found.my_word_since), (theirs, found.theirs, found.their_word_since))
    words = tuple(
        RegistryWord(trial=side.trial, said=said, since=since.date().isoformat(), updated=_updated(side.record))
        for side, said, since in sides
    )
    return listing_event(
        "registries_disagree",
        trial=trial,
        record=mine.record,
        at=context.now,
        seen_between=(found.since, context.now),
        details=MirrorDetails(
            home=theirs.trial, fields={found.field: TwoSides(page=found.mine, registry=found.theirs)}, words=words, ended=ended
        ),
        known=trial_context(mine.record, trial, context),
        key="\n".join((theirs.trial, found.field, found.since.isoformat(), "ended" if ended else "")),
    )


def _updated(record: TrialRecord) -> str | None:
    return record.last_update_posted.date if record.last_update_posted else None


def stories_of(events: Sequence[Event], story: Story | None = None) -> tuple[Story, ...]:
    """The story of events that belong together: the given one, or one of their own.

    What joins a story leads it, unless something in it is louder.
    """
    if not events:
        return ()
    parts = story.parts if story else ()
    joining = [event for event in events if event.id not in parts]
    severity = max((event.severity for event in events), key=rank)
    first, names = events[0], tuple(event.id for event in joining)
    leads = any(event.severity == severity for event in joining)
    ordered = names + parts if leads else parts + names
    return (Story(id=story.id if story else first.story, trial=first.trial, severity=severity, parts=ordered),)


def versions(known: TrackedTrial, snapshot: StagedSnapshot | None = None) -> tuple[VersionRef | None, VersionRef | None]:
    """The pair of versions that an event of a trial rests on: the current one and the one just staged, if there is one."""
    current = known.current.id if known.current else None
    return _base(known), snapshot.version if snapshot else current


def _base(known: TrackedTrial) -> int | None:
    """The version that a trial is compared with: the current one, or the last that was believed while it is doubted."""
    if known.current is None:
        return None
    return min((field.snapshot for field in known.current.doubted), default=known.current.id)


def _seen_stored(document: Document) -> Seen:
    sha256 = hashlib.sha256(document.body).hexdigest()
    first, last = document.fetched_at, document.as_of
    return Seen(sha256=sha256, first_seen_at=first, last_seen_at=last, data_version=document.data_version)


def _seen_staged(snapshot: StagedSnapshot) -> Seen:
    return Seen(
        sha256=snapshot.sha256,
        first_seen_at=snapshot.seen_at,
        last_seen_at=snapshot.seen_at,
        data_version=snapshot.document.data_version,
    )


def _result(
    known: TrackedTrial,
    context: CheckContext,
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
    older: str = "",
    merged_into: str | None = None,
    claim: str | None = None,
    data_version: str | None = None,
) -> CheckResult:
    old, new = versions(known, snapshot)
    return CheckResult(
        staged=StagedCheck(
            check=Check(trial=known.key, status=status, error=error, emptied=emptied),
            checked_at=context.now,
            validators=validators,
            nct_number=record.nct_number if record else None,
            merged_into=merged_into,
            claim=claim,
            data_version=data_version,
        ),
        older=older,
        snapshot=snapshot,
        events=tuple(StagedEvent(event=event, old=old, new=new) for event in events),
        stories=stories_of(events, story),
        issues=issues,
        record=record,
        before=before,
    )
