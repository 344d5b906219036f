"""From a comparison to its events: each change goes to exactly one kind, each kind judges its own, the story ranks them."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping

import msgspec

from tracker.events.kinds import REGISTERED, ChangeKind, Comparison, Context, Detected, Finding
from tracker.events.spelling import SPELLING_RULE, only_spelling
from tracker.model.event import Change, Event, Evidence, Story
from tracker.model.vocabulary import Severity, rank

CATCH_ALL = "other_fields_changed"


def detect(comparison: Comparison) -> Detected:
    """The events of a comparison and their story. Headlines stay empty: words are ``render``'s business."""
    shares = _shared_out(comparison)
    findings: list[tuple[ChangeKind, tuple[Change, ...], Finding]] = []
    for name, kind in REGISTERED.items():
        changes = shares.get(name, ())
        if kind.judge is None or (not changes and kind.info.owns):
            continue
        finding = kind.judge(Context(comparison=comparison, changes=changes, kind=name))
        if finding is not None:
            findings.append((kind, changes, _quieter(finding, changes)))
    if not findings:
        return Detected()
    story_id = identity(comparison.new.trial, *_versions(comparison))
    events = [_event(comparison, kind, changes, finding, story_id) for kind, changes, finding in findings]
    events.sort(key=lambda event: (-rank(event.severity), -REGISTERED[event.kind].info.weight, event.kind))
    story = Story(
        id=story_id,
        trial=comparison.new.trial,
        headline="",
        severity=events[0].severity,
        parts=tuple(event.id for event in events),
    )
    return Detected(events=tuple(events), story=story)


def _shared_out(comparison: Comparison) -> Mapping[str, tuple[Change, ...]]:
    """Each change with the one kind that tells it: claims first, then the owner of its field, then the catch-all."""
    owner = {field: name for name, kind in REGISTERED.items() for field in kind.info.owns}
    teller: dict[int, str] = {}
    for name, kind in REGISTERED.items():
        for change in kind.claims(comparison) if kind.claims else ():
            teller.setdefault(id(change), name)
    shares: dict[str, list[Change]] = defaultdict(list)
    for change in comparison.changes:
        shares[teller.get(id(change)) or owner.get(change.path[0], CATCH_ALL)].append(change)
    return {name: tuple(changes) for name, changes in shares.items()}


def _quieter(finding: Finding, changes: tuple[Change, ...]) -> Finding:
    """Of any kind: an edit of case and punctuation alone is a trifle, and is marked as one."""
    if not changes or not only_spelling(changes):
        return finding
    details = finding.details | {"spelling_only": True}
    return msgspec.structs.replace(finding, severity="minor", rule=SPELLING_RULE, details=details)


def _event(comparison: Comparison, kind: ChangeKind, changes: tuple[Change, ...], finding: Finding, story_id: str) -> Event:
    name = kind.info.name
    severity, rule = overridden(finding.severity, finding.rule, name, finding.effects, comparison.overrides)
    seen_old, seen_new = comparison.seen_old, comparison.seen_new
    posted = comparison.new.last_update_posted
    return Event(
        id=identity(*_versions(comparison), name, comparison.new.trial),
        kind=name,
        effects=finding.effects,
        trial=comparison.new.trial,
        label=comparison.label,
        severity=severity,
        rule=rule,
        # The same bytes read on another day: nobody edited the record, a date in it passed.
        cause="calendar" if seen_old.sha256 == seen_new.sha256 else kind.info.cause,
        details=finding.details,
        changes=changes,
        detected_at=comparison.detected_at,
        seen_between=(seen_old.last_seen_at, seen_new.first_seen_at),
        effective_at=comparison.detected_at,
        updated_on=posted.date if posted else None,
        data_version=seen_new.data_version,
        evidence=Evidence(
            old=named_hash(seen_old.sha256),
            new=named_hash(seen_new.sha256),
            links=evidence_links(comparison.new.url, comparison.links),
        ),
        story=story_id,
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


def evidence_links(url: str | None, more: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Where one can see for oneself: what the caller knows, the record's page, and its history where it has one."""
    links = [*more]
    if url:
        links.append(url)
        if url.startswith("https://clinicaltrials.gov/study/"):
            links.append(url.split("?")[0] + "?tab=history")
    return tuple(dict.fromkeys(links))


def _versions(comparison: Comparison) -> tuple[str, ...]:
    """What makes the step from old to new unique.

    A record that flips back and forth has the same bytes again, so the old version is named with the time it was first
    seen. Equal bytes read on two days are told apart by what changed.
    """
    since = comparison.seen_old.first_seen_at.isoformat()
    old, new = comparison.seen_old.sha256, comparison.seen_new.sha256
    if old != new:
        return old, since, new
    return (
        old,
        since,
        new,
        str(comparison.detected_at.date()),
        msgspec.json.encode(comparison.changes, order="deterministic").decode(),
    )


def named_hash(sha256: str | None) -> str | None:
    """The hash as evidence quotes it, with the name of its algorithm."""
    return f"sha256:{sha256}" if sha256 and ":" not in sha256 else sha256


def identity(*parts: str) -> str:
    """The id of an event or a story: 32 hex digits of the SHA-256 of what makes it unique."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
