"""Records held against a day: which deadlines a trial has, and which of them have become news since the rules last ran.

What is already true when a trial is first read is no news: it belongs to the list of deadlines and the welcome message.
A rule that becomes true later is told once for each trial, kind and due date, whenever and however often one looks.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tracker.events.detection import evidence_links, identity, named_hash, overridden
from tracker.events.due_dates import DueDate, due_dates
from tracker.model.deadline import Deadline, DeadlineState
from tracker.model.event import Event, Evidence, Seen
from tracker.model.record import TrialRecord
from tracker.model.vocabulary import Severity

_NOTICES = frozenset({"results_due_soon", "will_go_unknown"})
"""Kinds that tell of a day ahead."""


def deadlines(record: TrialRecord, today: dt.date) -> tuple[Deadline, ...]:
    """Every deadline known of a trial, ahead or passed, in order of their days. Results stand in one row."""
    known = due_dates(record)
    overdue = any(due_date.kind == "results_overdue" and due_date.true_on(today) for due_date in known)
    hidden = "results_due_soon" if overdue else "results_overdue"
    rows = (_deadline(record, due_date, today) for due_date in known if due_date.kind != hidden)
    return tuple(sorted(rows, key=lambda row: (row.due, row.kind)))


def already_true(record: TrialRecord, today: dt.date) -> tuple[Deadline, ...]:
    """The deadlines that are news no more, soon or passed: what the welcome message tells of a trial, and no alert will."""
    return tuple(row for row in deadlines(record, today) if row.told_on and row.told_on <= today)


def calendar_events(
    record: TrialRecord,
    *,
    label: str,
    since: datetime | None,
    now: datetime,
    seen: Seen,
    before: TrialRecord | None = None,
    overrides: Mapping[str, Severity] | None = None,
) -> tuple[Event, ...]:
    """What has become true of a trial after ``since`` and by ``now``, both aware, counted in UTC days.

    ``since`` is when the rules last ran for this trial, or when it was first read; None, on the first reading, gives
    nothing. ``seen`` is the current version. ``before`` is the record as it stood at ``since`` where it has changed: what
    was true of it is no news, what its change made true at once is. Headlines stay empty: words are ``render``'s business.
    """
    if since is None:
        return ()
    settled, today = _day(since), _day(now)
    known = {due_date.key for due_date in due_dates(before or record) if due_date.true_on(settled)}
    news = [due_date for due_date in due_dates(record) if due_date.true_on(today) and due_date.key not in known]
    return tuple(_event(record, due_date, label, since, now, seen, overrides or {}) for due_date in news)


def _deadline(record: TrialRecord, due_date: DueDate, today: dt.date) -> Deadline:
    return Deadline(
        kind=due_date.kind,
        effects=due_date.effects,
        trial=record.trial,
        due=due_date.due,
        told_on=due_date.told_on,
        state=_state(record, due_date, today),
        severity=due_date.severity,
        rule=due_date.rule,
        details=_details(due_date, today),
    )


def _state(record: TrialRecord, due_date: DueDate, today: dt.date) -> DeadlineState:
    if due_date.told_on is None:
        return "returned" if record.results_state == "RETURNED" else "submitted"
    if today < due_date.told_on:
        return "ahead"
    if due_date.kind not in _NOTICES:
        return "passed"
    if due_date.kind == "results_due_soon":
        return "soon" if today <= due_date.due else "grace"
    return "soon" if today < due_date.due else "passed"


def _details(due_date: DueDate, today: dt.date) -> dict[str, Any]:
    return {
        "due": due_date.due.isoformat(),
        "days": (due_date.due - today).days,
        "reasons": list(due_date.reasons),
        "estimate": True,
        **due_date.facts,
    }


def _event(
    record: TrialRecord,
    due_date: DueDate,
    label: str,
    since: datetime,
    now: datetime,
    seen: Seen,
    overrides: Mapping[str, Severity],
) -> Event:
    severity, rule = overridden(due_date.severity, due_date.rule, due_date.kind, due_date.effects, overrides)
    posted = record.last_update_posted
    return Event(
        id=identity(record.trial, due_date.kind, due_date.due.isoformat()),
        kind=due_date.kind,
        effects=due_date.effects,
        trial=record.trial,
        label=label,
        severity=severity,
        rule=rule,
        cause="calendar",
        details=_details(due_date, _day(now)),
        detected_at=now,
        seen_between=(since, now),
        effective_at=now,
        updated_on=posted.date if posted else None,
        data_version=seen.data_version,
        evidence=Evidence(old=named_hash(seen.sha256), new=named_hash(seen.sha256), links=evidence_links(record.url)),
    )


def _day(moment: datetime) -> dt.date:
    return moment.astimezone(UTC).date()
