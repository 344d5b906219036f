"""Effects that too many trials have at once without a new version of their own: a registry's mistake looks like that. Pure.

A registry sets a few trials to unknown or links a paper on some days; the same of many sponsors' trials on one day is its
fault, or an event of its own. Such effects wait for a second opinion, and nothing else does.
"""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from tracker.detect import second_opinion
from tracker.model.event import Event
from tracker.model.snapshot import KeptField, TrackedTrial
from tracker.model.staging import StagedFinding

MEASURED_DAYS = 5411
"""Days of trials in the recorded sightings (docs/reliability.md): 211 trials, each from its first day to the last."""

_SEEN: Mapping[str, int] = {
    "recruitment_status_changed": 2,
    "recruitment_status_changed.went_unknown": 2,
    "references_changed": 2,
    "references_changed.added": 2,
}
"""How often a registry changed this without a new version in these days; whatever was seen less often counts as once."""

IMPROBABLE = 1e-6
HELD_LEAST, HELD_SPONSORS = 8, 4
MANY_LEAST = 3


class Like(msgspec.Struct, frozen=True, kw_only=True):
    """Trials that have one effect at once; ``name`` is the kind with its effect. ``held``: it waits for a second opinion."""

    name: str
    events: tuple[str, ...]
    trials: int
    held: bool


class Suspicion(msgspec.Struct, frozen=True, kw_only=True):
    """What is doubted of a run: events to set aside, with the fields that are kept, by trial; and how many have the like.

    ``many`` maps events that are told to the number of trials; ``confirmed`` are trials that a second opinion speaks for.
    ``keep`` gives for each trial the version that is doubted.
    """

    held: frozenset[str] = frozenset()
    keep: Mapping[str, tuple[int, tuple[KeptField, ...]]] = {}
    many: Mapping[str, int] = {}
    confirmed: frozenset[str] = frozenset()
    likes: tuple[Like, ...] = ()


def rate(name: str) -> float:
    """How often a trial has this effect in a day without a new version of its own, as measured."""
    return _SEEN.get(name, 1) / MEASURED_DAYS


def tail(least: int, trials: int, chance: float) -> float:
    """The probability that at least so many of the trials have what each has with this chance; 1 for no more than expected."""
    if least <= trials * chance:
        return 1.0
    if least > trials or chance <= 0:
        return 0.0
    total, term = 0.0, math.exp(_log_term(least, trials, chance))
    for count in range(least, trials + 1):
        total += term
        term *= (trials - count) / (count + 1) * chance / (1 - chance)
        if term < total * 1e-12:
            break
    return min(1.0, total)


def _log_term(count: int, trials: int, chance: float) -> float:
    ways = math.lgamma(trials + 1) - math.lgamma(count + 1) - math.lgamma(trials - count + 1)
    return ways + count * math.log(chance) + (trials - count) * math.log1p(-chance)


def counts(event: Event) -> bool:
    """Whether an event can be a lie: an edit of spelling says nothing, and what takes an earlier change back mends one."""
    return not event.details.spelling_only and event.details.changed_back is None


def names(event: Event) -> tuple[str, ...]:
    """What an event is counted as: its kind, and its kind with each effect."""
    return event.kind, *(f"{event.kind}.{effect}" for effect in event.effects)


def improbable(findings: Iterable[StagedFinding], checked: int, pause: timedelta) -> dict[str, list[StagedFinding]]:
    """The findings that more trials have than the days passed explain, by name; the same finding may stand under several."""
    by_name: dict[str, list[StagedFinding]] = defaultdict(list)
    for finding in findings:
        for name in names(finding.event):
            by_name[name].append(finding)
    days = max(1.0, pause / timedelta(days=1))
    found = {}
    for name, those in by_name.items():
        count = len({finding.event.trial for finding in those})
        chance = 1 - (1 - rate(name)) ** days
        if count >= MANY_LEAST and tail(count, max(checked, count), chance) < IMPROBABLE:
            found[name] = those
    return found


def judge(
    findings: Sequence[StagedFinding],
    followed: Mapping[str, TrackedTrial],
    sponsors: Mapping[str, str],
    checked: int,
    pause: timedelta,
    data: str | None,
    at: datetime,
) -> Suspicion:
    """What of a run's findings is held, and what is told as many at once.

    ``sponsors`` are the lead sponsors of the trials that `improbable` finds. What was held before stays so until a second
    opinion says the same; it is told then, whatever else is doubted.
    """
    waiting = {one.event.id: _waiting(one.event, followed) for one in findings}
    confirmed = {one.event.id for one in findings if _is_confirmed(waiting[one.event.id], data, at)}
    held = {event for event, fields in waiting.items() if fields and event not in confirmed}
    likes = []
    many: dict[str, int] = {}
    fresh = [one for one in findings if one.event.id not in confirmed]
    for name, those in improbable(fresh, checked, pause).items():
        trials = {one.event.trial for one in those}
        known = {sponsors[trial] for trial in trials if sponsors.get(trial)}
        ids = tuple(one.event.id for one in those)
        is_held = len(trials) >= HELD_LEAST and len(known) >= HELD_SPONSORS
        likes.append(Like(name=name, events=ids, trials=len(trials), held=is_held))
        if is_held:
            held.update(ids)
        else:
            many.update({event: max(len(trials), many.get(event, 0)) for event in ids})
    return Suspicion(
        held=frozenset(held),
        keep=_keep((one for one in findings if one.event.id in held), followed, waiting, data, at),
        many={event: count for event, count in many.items() if event not in held},
        confirmed=frozenset(one.event.trial for one in findings if one.event.id in confirmed),
        likes=tuple(likes),
    )


def _said(event: Event) -> str:
    """A hash of what an event says changed."""
    return hashlib.sha256(msgspec.json.encode(event.changes, order="deterministic")).hexdigest()[:32]


def _waiting(event: Event, followed: Mapping[str, TrackedTrial]) -> tuple[KeptField, ...]:
    """The doubted fields that an event speaks of again, in the same words."""
    current = followed[event.trial].current if event.trial in followed else None
    said = _said(event)
    return tuple(field for field in (current.doubted if current else ()) if field.said == said)


def _is_confirmed(waiting: Collection[KeptField], data: str | None, at: datetime) -> bool:
    return bool(waiting) and all(second_opinion.is_second(field.data_timestamp, field.since, data, at) for field in waiting)


def _keep(
    held: Iterable[StagedFinding],
    followed: Mapping[str, TrackedTrial],
    waiting: Mapping[str, tuple[KeptField, ...]],
    data: str | None,
    at: datetime,
) -> dict[str, tuple[int, tuple[KeptField, ...]]]:
    """The doubted version of each trial, with the fields to be read from the version that was last believed."""
    keep: dict[str, tuple[int, tuple[KeptField, ...]]] = {}
    for one in held:
        current = followed[one.event.trial].current
        if current is None:
            continue
        version, fields = keep.get(one.event.trial, (one.snapshot or current.id, ()))
        keep[one.event.trial] = version, (*fields, *_fields(one.event, current.id, current.kept, waiting, data, at))
    return keep


def _fields(
    event: Event,
    current: int,
    kept: Collection[KeptField],
    waiting: Mapping[str, tuple[KeptField, ...]],
    data: str | None,
    at: datetime,
) -> Iterator[KeptField]:
    before = {field.field: field for field in kept}
    same = {field.field: field for field in waiting[event.id]}
    for name in event.fields:
        if name in same:
            yield same[name]
            continue
        earlier = before[name].snapshot if name in before else current
        yield KeptField(field=name, snapshot=earlier, why="doubted", since=at, said=_said(event), data_timestamp=data)


def sentences(likes: Iterable[Like], *, held: bool) -> list[str]:
    """What is doubted in words, one sentence for each kind: the effect of a kind says more than the kind alone."""
    chosen = [like for like in likes if like.held == held]
    told: dict[tuple[str, ...], Like] = {}
    for like in chosen:
        key = tuple(sorted(like.events))
        if key not in told or len(like.name) > len(told[key].name):
            told[key] = like
    return [f"{like.name.replace('_', ' ').replace('.', ': ')} in {like.trials:,} trials at once" for like in told.values()]
