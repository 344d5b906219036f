"""When an outcome became what it is: between which versions, and in which window of the trial's life."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec

from tracker.audit.baselines import Baseline, Held, touches_outcomes
from tracker.audit.findings import LEVELS, Audited, Finding, Level, Window
from tracker.model.dates import RegistryDate
from tracker.model.history import RegistryVersion, StoredHistory
from tracker.model.record import OutcomeMeasure, TrialRecord
from tracker.text.normalize import normalized

NEAR_DAYS = 31
"""Changes so near the day on which results were posted are counted apart."""


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """After which day and by which a change came, and the number of the version that brought it, as far as known."""

    after: dt.date
    by: dt.date
    number: int | None = None


class _Stated(NamedTuple):
    """A version and what it states: the words of measure and time frame of each outcome, with its level."""

    version: Held
    outcomes: frozenset[tuple[tuple[str, str], Level]]


def timed(
    findings: Sequence[Finding], begins: Baseline, versions: Sequence[Held], index: StoredHistory | None
) -> tuple[Audited, ...]:
    """The findings with their times; an outcome that is the same has none."""
    later = versions[0 if begins.place is None else begins.place + 1 :]
    stated = [_Stated(version, _outcomes(version.record)) for version in later]
    return tuple(_timed(finding, begins, stated, versions[-1], index) for finding in findings)


def _timed(finding: Finding, begins: Baseline, later: Sequence[_Stated], latest: Held, index: StoredHistory | None) -> Audited:
    if finding.found == "same":
        return Audited(finding=finding)
    when = _narrowed(_between(finding, begins, later, latest), begins, index)
    record = latest.record
    by, after = window(record, when.by), window(record, when.after + dt.timedelta(days=1))
    posted = record.results_first_posted.first if record.results_first_posted else None
    return Audited(
        finding=finding,
        window=by,
        certain=by == after,
        near_posting=posted is not None and abs((when.by - posted).days) <= NEAR_DAYS,
        changed_after=when.after,
        changed_by=when.by,
        changed_number=when.number,
    )


def window(record: TrialRecord, day: dt.date) -> Window:
    """Where a day falls in a trial's life by its dates as now known; uncertain within a month that is all that is stated."""
    start, completed, posted = record.start_date, record.primary_completion_date, record.results_first_posted
    if posted and posted.last and day >= posted.last:
        return "after results"
    if start is None or start.first is None or start.last is None:
        return "uncertain"
    if day < start.first:
        return "before start"
    if _is_within(day, start) or (completed and _is_within(day, completed)):
        return "uncertain"
    if completed and completed.last and day > completed.last:
        return "after primary completion"
    return "during"


def _is_within(day: dt.date, given: RegistryDate) -> bool:
    return given.precision != "day" and bool(given.first and given.last and given.first <= day <= given.last)


def _between(finding: Finding, begins: Baseline, later: Sequence[_Stated], latest: Held) -> Timing:
    """The days of the version that first was as it is now in this point, and of the one before it."""
    stands = _test(finding)
    after, brought = begins.day, latest
    for stated in reversed(later):
        if not stands(stated):
            after = stated.version.day
            break
        brought = stated.version
    return Timing(after=min(after, brought.day), by=brought.day, number=brought.number)


def _test(finding: Finding) -> Callable[[_Stated], bool]:
    """Whether a version is as the newest one in the point that the finding is about."""
    if finding.now is None or finding.reason == "merged":
        assert finding.before is not None
        assert finding.level_before is not None
        gone = _said(finding.before), finding.level_before
        return lambda stated: gone not in stated.outcomes
    said, level = finding.now, finding.level_now
    assert level is not None
    if finding.reason == "description":
        return lambda stated: said in (getattr(stated.version.record, f"{level}_outcomes") or ())
    now = _said(said), level
    return lambda stated: now in stated.outcomes


def _said(entry: OutcomeMeasure) -> tuple[str, str]:
    return normalized(entry.measure), normalized(entry.time_frame or "")


def _outcomes(record: TrialRecord) -> frozenset[tuple[tuple[str, str], Level]]:
    return frozenset((_said(entry), level) for level in LEVELS for entry in getattr(record, f"{level}_outcomes") or ())


def _narrowed(when: Timing, begins: Baseline, index: StoredHistory | None) -> Timing:
    """The version that brought a change, where the index marks just one in the time as touching outcomes."""
    if index is None:
        return when
    touching = [version for version in index.history.versions if _may_have_brought(version, when, begins)]
    if len(touching) != 1:
        return when
    only = touching[0]
    return Timing(after=only.date - dt.timedelta(days=1), by=only.date, number=only.number)


def _may_have_brought(version: RegistryVersion, when: Timing, begins: Baseline) -> bool:
    is_later = begins.number is None or version.number > begins.number
    return is_later and touches_outcomes(version) and when.after < version.date <= when.by
