"""Ledgers of one trial: the days in each status, each planned date as it moved, enrollment over time. Pure.

What the change log says of its stored versions, and what the registry's own index says of all of them, are one account: the
index knows every day on which a version was submitted; the log knows what no version tells, such as a trial that the registry
began to show as UNKNOWN. The views ``status_timeline`` and ``slips`` follow the same rules in SQL.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby, pairwise

import msgspec

from tracker.model.dates import RegistryDate
from tracker.model.history import RegistryVersion, StoredHistory
from tracker.model.ledgers import (
    COUNT,
    COUNT_TYPE,
    DATE_PATHS,
    STATUS,
    DateMove,
    EnrollmentStep,
    MovedValue,
    StatusSpan,
)
from tracker.model.record import Enrollment

LAG = timedelta(days=30)
"""A change that the index dates is seen once it is posted: at most so many days later."""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What the ledgers of a trial are made of.

    ``moved`` is in the order in which it was so. ``began`` is since when the first stored version was valid; ``status`` and
    ``enrollment`` are those of the last. ``history`` is the registry's index. ``removed_at`` ends what still stands.
    """

    trial: str
    moved: tuple[MovedValue, ...] = ()
    began: datetime | None = None
    status: str | None = None
    enrollment: Enrollment | None = None
    history: StoredHistory | None = None
    removed_at: datetime | None = None

    @property
    def indexed(self) -> tuple[RegistryVersion, ...]:
        """The versions that the registry's index lists, oldest first."""
        return self.history.history.versions if self.history else ()

    def of(self, *paths: str) -> list[MovedValue]:
        """What moved at these places."""
        return [one for one in self.moved if one.path in paths]


class _Point(msgspec.Struct, frozen=True, kw_only=True):
    """A status that began; those of the registry's index stand before others of the same moment."""

    since: datetime
    told: int
    nth: int
    status: str | None


def statuses(facts: Facts) -> tuple[StatusSpan, ...]:
    """The times in each status, oldest first and without overlap; the last one still stands unless the trial was removed.

    A status that is not known (a version that the registry withholds) leaves a gap.
    """
    points = sorted(_points(facts), key=lambda one: (one.since, one.told, one.nth))
    begun = [one for index, one in enumerate(points) if index == 0 or one.status != points[index - 1].status]
    ends = [*(one.since for one in begun[1:]), facts.removed_at] if begun else []
    return tuple(
        StatusSpan(
            trial=facts.trial,
            status=one.status,
            since=one.since,
            until=end,
            at_least=index == 0 and (one.told == 1 or one.nth > 0),
        )
        for index, (one, end) in enumerate(zip(begun, ends, strict=True))
        if one.status is not None
    )


def _points(facts: Facts) -> Iterator[_Point]:
    moves = facts.of(STATUS)
    for version in facts.indexed:
        yield _Point(since=version.valid_from, told=0, nth=version.number, status=version.recruitment_status)
    dated = [(old.recruitment_status, new.recruitment_status, new.valid_from) for old, new in pairwise(facts.indexed)]
    for nth, move in enumerate(moves, start=1):
        if not _is_dated(move, dated, facts.history):
            yield _Point(since=move.valid_from, told=1, nth=nth, status=move.new)
    if facts.began is not None and not any(version.valid_from <= facts.began for version in facts.indexed):
        yield _Point(since=facts.began, told=1, nth=0, status=moves[0].old if moves else facts.status)


def _is_dated(
    move: MovedValue, dated: Sequence[tuple[str | None, str | None, datetime]], history: StoredHistory | None
) -> bool:
    """Whether the index dates the same step: then that is its day, and the day on which it was seen is not another one."""
    if history is None or move.valid_from > history.read_at or move.old is None or move.new is None:
        return False
    first = (move.valid_from - LAG).date()
    return any(
        (old, new) == (move.old, move.new) and since <= move.valid_from and since.date() >= first for old, new, since in dated
    )


def slips(facts: Facts) -> tuple[DateMove, ...]:
    """Each planned date as it moved, by the day on which it did; moves to earlier days are told as well."""
    found: list[DateMove] = []
    for path in DATE_PATHS:
        moves = [one for one in facts.of(path) if one.days is not None]
        directions: Counter[bool] = Counter()
        for move in moves:
            assert move.old is not None
            assert move.new is not None
            assert move.days is not None
            if not move.days:
                continue
            directions[move.days > 0] += 1
            found.append(
                DateMove(
                    trial=facts.trial,
                    field=path.removesuffix(".date"),
                    old=move.old,
                    new=move.new,
                    days=move.days,
                    cumulative_days=certain_days(moves[0].old or "", move.new),
                    nth=directions[move.days > 0],
                    severity=move.severity,
                    valid_from=move.valid_from,
                    seen_at=move.seen_at,
                    event=move.event,
                )
            )
    return tuple(sorted(found, key=lambda one: one.valid_from))


def certain_days(old: str, new: str) -> int:
    """How many days a date moved for certain, later positive."""
    low, high = RegistryDate(old).shift_to(RegistryDate(new)) or (0, 0)
    return low if low > 0 else high if high < 0 else 0


def enrollment(facts: Facts) -> tuple[EnrollmentStep, ...]:
    """The number of participants over time, oldest first; with the number at registration where the index tells it."""
    moved = facts.of(COUNT, COUNT_TYPE)
    now = facts.enrollment or Enrollment(count=None, type=None)
    stated = Enrollment(
        count=_whole(next((one.old for one in moved if one.path == COUNT), _text(now.count))),
        type=next((one.old for one in moved if one.path == COUNT_TYPE), now.type),
    )
    steps: list[EnrollmentStep] = []
    registered = facts.history.history.original.enrollment if facts.history else None
    if registered is not None and facts.indexed and (facts.began is None or facts.indexed[0].valid_from < facts.began):
        steps.append(_step(facts.trial, registered, facts.indexed[0].valid_from))
    if facts.began is not None:
        known = facts.indexed[:1] and facts.indexed[0].number == 0 and facts.indexed[0].valid_from == facts.began
        steps.append(_step(facts.trial, stated, facts.began, at_least=not known))
    for (since, _), parts in groupby(moved, key=lambda one: (one.valid_from, one.event)):
        for part in parts:
            if part.path == COUNT:
                stated = msgspec.structs.replace(stated, count=_whole(part.new))
            else:
                stated = msgspec.structs.replace(stated, type=part.new)
        steps.append(_step(facts.trial, stated, since))
    told = [one for one in steps if (one.count, one.type) != (None, None)]
    said = [None, *((one.count, one.type) for one in told)]
    return tuple(one for one, before in zip(told, said, strict=False) if (one.count, one.type) != before)


def _step(trial: str, given: Enrollment, since: datetime, *, at_least: bool = False) -> EnrollmentStep:
    return EnrollmentStep(trial=trial, count=given.count, type=given.type, since=since, at_least=at_least)


def _text(count: int | None) -> str | None:
    return None if count is None else str(count)


def _whole(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdecimal() else None
