"""Records held against a day: which deadlines a trial has, and which of them have become news since the rules last ran.

What is already true when a trial is first read is not news: it belongs to the list of deadlines and the welcome message.
A rule that becomes true later makes one event for each trial, kind and due date, whenever and however often one looks.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from datetime import UTC, datetime

from tracker.events.due_dates import DueDate, due_dates
from tracker.events.kinds import Finding, TrialContext
from tracker.events.making import Hashes, identity, make_event
from tracker.model.deadline import Deadline, DeadlineState
from tracker.model.event import Event, Version
from tracker.model.record import TrialRecord
from tracker.model.source import SourceInfo

_NOTICES = frozenset({"results_due_soon", "will_go_unknown"})
"""Kinds of a day that is still ahead."""
_WAITS: Mapping[str, DeadlineState] = {"RETURNED": "returned", "SUBMITTED": "submitted"}


def deadlines(record: TrialRecord, source: SourceInfo, today: dt.date) -> tuple[Deadline, ...]:
    """Every deadline known of a trial, ahead or passed, in order of their days. Results of one due day stand in one row.

    A day that is only projected, since the trial has not ended, is no deadline any more once it has passed.
    """
    known = due_dates(record, source)
    overdue = {due_date.due for due_date in known if due_date.kind == "results_overdue" and due_date.true_on(today)}
    hidden = {("results_due_soon" if one.due in overdue else "results_overdue", one.due) for one in known}
    rows = (_deadline(record, due_date, today) for due_date in known if due_date.key not in hidden)
    return tuple(sorted((row for row in rows if row.state != "projected" or row.due >= today), key=_order))


def _order(row: Deadline) -> tuple[dt.date, str]:
    return row.due, row.kind


def already_true(record: TrialRecord, source: SourceInfo, today: dt.date) -> tuple[Deadline, ...]:
    """The deadlines that are not news any more, soon or passed: the welcome message names them, and no alert will."""
    return tuple(row for row in deadlines(record, source, today) if row.true_from and row.true_from <= today)


def calendar_events(
    version: Version,
    *,
    since: datetime | None,
    at: datetime,
    known: TrialContext,
    before: TrialRecord | None = None,
) -> tuple[Event, ...]:
    """What has become true of a trial after ``since`` and by ``at``, both aware, counted in UTC days.

    ``since`` is when the rules last ran for this trial, or when it was first read; None, on the first reading, gives
    nothing. ``version`` is the current one. ``before`` is the record as it stood at ``since`` where it has changed: what was
    true of it is not news, what its change made true at once is. Results that are overdue are not also due soon.
    """
    if since is None:
        return ()
    settled, today = _day(since), _day(at)
    source = known.source
    true_before = {due_date.key for due_date in due_dates(before or version.record, source) if due_date.true_on(settled)}
    news = [
        due_date
        for due_date in due_dates(version.record, source)
        if due_date.true_on(today) and due_date.key not in true_before
    ]
    overdue = {due_date.due for due_date in news if due_date.kind == "results_overdue"}
    told = [due_date for due_date in news if due_date.kind != "results_due_soon" or due_date.due not in overdue]
    return tuple(_event(version, due_date, since, at, known) for due_date in told)


def _deadline(record: TrialRecord, due_date: DueDate, today: dt.date) -> Deadline:
    return Deadline(
        kind=due_date.kind,
        effects=due_date.effects,
        trial=record.trial,
        due=due_date.due,
        true_from=due_date.true_from,
        state=_state(record, due_date, today),
        severity=due_date.severity,
        rule=due_date.rule,
        details=due_date.details_on(today),
    )


def _state(record: TrialRecord, due_date: DueDate, today: dt.date) -> DeadlineState:
    if due_date.true_from is None:
        return _WAITS.get(record.results_state or "", "projected")
    if today < due_date.true_from:
        return "ahead"
    if due_date.kind not in _NOTICES:
        return "passed"
    if due_date.kind == "results_due_soon":
        return "soon" if today <= due_date.due else "grace"
    return "soon" if today < due_date.due else "passed"


def _event(version: Version, due_date: DueDate, since: datetime, at: datetime, known: TrialContext) -> Event:
    record, seen = version.record, version.seen
    finding = Finding(
        severity=due_date.severity, rule=due_date.rule, effects=due_date.effects, details=due_date.details_on(_day(at))
    )
    return make_event(
        due_date.kind,
        finding,
        known,
        id=identity(record.trial, due_date.kind, due_date.due.isoformat()),
        trial=record.trial,
        record=record,
        at=at,
        seen_between=(since, at),
        hashes=Hashes(old=seen.sha256, new=seen.sha256),
        data_version=seen.data_version,
    )


def _day(moment: datetime) -> dt.date:
    return moment.astimezone(UTC).date()
