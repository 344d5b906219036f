"""From two versions to events: each change goes to exactly one kind, each kind judges its own, the story ranks them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from tracker.events.changed_back import changed_back
from tracker.events.kinds import REGISTERED, ChangeKind, Comparison, Context, Detected, Finding, TrialContext
from tracker.events.making import Hashes, identity, make_event
from tracker.events.spelling import SPELLING_RULE, only_spelling
from tracker.model.details import ResultsSubmissionDetails
from tracker.model.event import Change, Event, Story, Version
from tracker.model.vocabulary import KindName, Origin, rank

CATCH_ALL: KindName = "other_fields_changed"
_LED = frozenset({"eligibility_changed", "start_date_changed", "primary_completion_date_changed", "completion_date_changed"})
"""Kinds that stand behind a finding that leads (`Finding.leads`), even where they are louder.

A story's first event need not be its loudest: a dropped drug is the news, and the dates follow from it."""
ECHO_RULE = "the registry's record said so before"


def detect(
    old: Version,
    new: Version,
    changes: tuple[Change, ...],
    *,
    at: datetime,
    known: TrialContext,
    origin: Origin = "live",
) -> Detected:
    """The events of the step from ``old`` to ``new``, and their story; ``changes`` are what `tracker.compare` says."""
    comparison = Comparison(before=old, after=new, changes=changes, at=at, known=known, origin=origin)
    shares = _shared_out(comparison)
    findings: list[tuple[ChangeKind, tuple[Change, ...], Finding]] = []
    for name, kind in REGISTERED.items():
        share = shares.get(name, ())
        read = (*share, *comparison.changes_of(*kind.also_reads))
        if kind.judge is None or (not read and kind.info.owns):
            continue
        finding = kind.judge(Context(comparison=comparison, changes=share, kind=name))
        if finding is not None:
            finding = _marked(_echoed(_quieter(finding, share), read, known), comparison)
            findings.append((kind, share, changed_back(finding, name, share, comparison)))
    if not findings:
        return Detected()
    trial = new.record.trial
    story_id = identity(trial, *_versions(comparison))
    made = [(_event(comparison, kind.info.name, share, finding, story_id), kind, finding) for kind, share, finding in findings]
    events = _ranked(made)
    severity = max((event.severity for event in events), key=rank)
    story = Story(id=story_id, trial=trial, severity=severity, parts=tuple(event.id for event in events))
    return Detected(events=events, story=story)


def _ranked(made: Sequence[tuple[Event, ChangeKind, Finding]]) -> tuple[Event, ...]:
    """The events by severity and weight, but what leads (a drug that came or went) before eligibility and dates."""
    loudest = max((rank(event.severity) for event, _, _ in made if event.kind in _LED), default=0)

    def place(entry: tuple[Event, ChangeKind, Finding]) -> tuple[int, int, str]:
        event, kind, finding = entry
        standing = max(rank(event.severity), loudest) if finding.leads else rank(event.severity)
        return -standing, -(kind.info.weight if finding.weight is None else finding.weight), event.kind

    return tuple(event for event, _, _ in sorted(made, key=place))


def _shared_out(comparison: Comparison) -> Mapping[KindName, tuple[Change, ...]]:
    """Each change with the one kind that reports it: claims first, then the owner of its field, then the catch-all."""
    owner = {field: name for name, kind in REGISTERED.items() for field in kind.info.owns}
    claimed: dict[int, KindName] = {}
    for name, kind in REGISTERED.items():
        for change in kind.claims(comparison) if kind.claims else ():
            claimed.setdefault(id(change), name)
    shares: dict[KindName, list[Change]] = defaultdict(list)
    for change in comparison.changes:
        shares[claimed.get(id(change)) or owner.get(change.path[0], CATCH_ALL)].append(change)
    return {name: tuple(changes) for name, changes in shares.items()}


def _quieter(finding: Finding, changes: tuple[Change, ...]) -> Finding:
    """An edit of case and punctuation alone is a trifle in any kind, and is marked as one."""
    if not changes or not only_spelling(changes):
        return finding
    details = msgspec.structs.replace(finding.details, spelling_only=True)
    return msgspec.structs.replace(finding, severity="minor", rule=SPELLING_RULE, details=details, weight=None, leads=False)


def _echoed(finding: Finding, changes: tuple[Change, ...], known: TrialContext) -> Finding:
    """A page's change that the registry's record made before weighs little and is marked as an echo."""
    home = known.echo_of(changes) if changes and known.echo_of else None
    if home is None:
        return finding
    details = msgspec.structs.replace(finding.details, echo_of=home)
    return msgspec.structs.replace(finding, severity="minor", rule=ECHO_RULE, details=details, weight=None, leads=False)


def _marked(finding: Finding, comparison: Comparison) -> Finding:
    """Marks what the registry changed by itself: the sponsor sent no new version of the record."""
    if not comparison.without_new_version or isinstance(finding.details, ResultsSubmissionDetails):
        return finding  # submitted results are no version of the record, and yet the sponsor sent them
    return msgspec.structs.replace(finding, details=msgspec.structs.replace(finding.details, registry_edit=True))


def _event(comparison: Comparison, kind: KindName, changes: tuple[Change, ...], finding: Finding, story_id: str) -> Event:
    before, after, trial = comparison.before.seen, comparison.after.seen, comparison.new.trial
    return make_event(
        kind,
        finding,
        comparison.known,
        id=identity(*_versions(comparison), kind, trial),
        trial=trial,
        record=comparison.new,
        at=comparison.at,
        seen_between=(before.last_seen_at, after.first_seen_at),
        hashes=Hashes(old=before.sha256, new=after.sha256),
        data_version=after.data_version,
        story=story_id,
        changes=changes,
        # The same bytes read on another day: nobody edited the record, a date in it passed.
        cause="calendar" if before.sha256 == after.sha256 else None,
        origin=comparison.origin,
        effective_at=comparison.effective_at,
    )


def _versions(comparison: Comparison) -> tuple[str, ...]:
    """What makes the step from old to new unique.

    A record that flips back and forth has the same bytes again, so the old version is named with the time it was first
    seen. Equal bytes read on two days differ by what changed.
    """
    since = comparison.before.seen.first_seen_at.isoformat()
    old, new = comparison.before.seen.sha256, comparison.after.seen.sha256
    if old != new:
        return old, since, new
    changes = msgspec.json.encode(comparison.changes, order="deterministic").decode()
    return old, since, new, str(comparison.at.date()), changes
