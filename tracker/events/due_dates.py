"""What a record's dates lead to: the calendar kinds, each a small rule from a record to the days that matter.

A due date follows from the record alone, so it is the same whenever one looks; `tracker.events.calendar` holds it
against a day. A date given to the month or year counts to its last day.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from datetime import timedelta

import msgspec

from tracker.duties import ResultsDuty, duties_of
from tracker.duties.results import has_results, last_day, milestone, years_later
from tracker.events.kinds import calendar_kind
from tracker.model.dates import RegistryDate
from tracker.model.details import DueDetails, MilestoneDetails, ResultsDueDetails, VerificationDetails
from tracker.model.record import TrialRecord
from tracker.model.source import SourceInfo
from tracker.model.vocabulary import OPEN_STATUSES, CalendarKind, DutyBasis, Severity

RESULTS_NOTICE = timedelta(days=30)
"""Results are announced as due soon this long before the day."""
UNKNOWN_NOTICE = timedelta(days=60)
"""Time enough to ask the sponsor for an update."""

_FADING = frozenset({"RECRUITING", "NOT_YET_RECRUITING", "ENROLLING_BY_INVITATION", "ACTIVE_NOT_RECRUITING"})
_WAITING = frozenset({"SUBMITTED", "RETURNED"})
_MILESTONES = ("start_date", "primary_completion_date", "completion_date")
_BASES: tuple[DutyBasis, ...] = ("legal_duty", "good_practice", "registry_practice", "projected")

calendar_kind(
    "results_due_soon",
    description="By our estimate, results of an interventional trial are due within 30 days.",
    effects=_BASES,
    weight=46,
)
calendar_kind(
    "results_overdue",
    description="By our estimate, results of an interventional trial are overdue, and the time a registry may take has passed.",
    effects=_BASES[:-1],
    weight=78,
)
calendar_kind(
    "milestone_passed",
    description="A planned start or completion date has passed and is still marked as estimated.",
    effects=("start", "primary_completion", "completion"),
    weight=40,
)
calendar_kind("verification_lapsed", description="The record of an open trial has not been verified for 12 months.", weight=12)
calendar_kind(
    "will_go_unknown",
    description="Within 60 days the registry will show the trial's status as unknown, unless the record is updated.",
    weight=48,
)


class DueDate(msgspec.Struct, frozen=True, kw_only=True):
    """A day that matters. It is true from ``true_from`` on; None when it is known but never news.

    ``details`` are those of its own day; `details_on` gives those of another.
    """

    kind: CalendarKind
    effects: tuple[str, ...] = ()
    due: dt.date
    true_from: dt.date | None
    severity: Severity
    rule: str
    details: DueDetails

    @property
    def key(self) -> tuple[str, dt.date]:
        """What makes it one of its trial: a date that moves makes another."""
        return self.kind, self.due

    def true_on(self, day: dt.date) -> bool:
        """Whether it is true on a day."""
        return self.true_from is not None and self.true_from <= day

    def is_near(self, day: dt.date) -> bool:
        """Whether the time in which results are announced as due has begun."""
        return self.due - RESULTS_NOTICE <= day

    def details_on(self, day: dt.date) -> DueDetails:
        """The details as they read on a day."""
        return msgspec.structs.replace(self.details, days=(self.due - day).days)


def due_dates(record: TrialRecord, source: SourceInfo) -> tuple[DueDate, ...]:
    """All that follows from a record's dates. A page that repeats a registry's record has no due dates of its own."""
    if source.kind != "registry":
        return ()
    fading = _unknown(record) if source.fades_to_unknown else ()
    return (*_results(record, source), *_milestones(record), *_verification(record), *fading)


def results_days(record: TrialRecord, source: SourceInfo) -> dict[str, tuple[DueDate, ...]]:
    """The days of each legal duty on its own, by its rule: when results are due, and unless they wait when they are overdue."""
    duties = duties_of(record, source.duties)
    return {duty.law.rule: tuple(_days((duty,), record.results_state)) for duty in duties if duty.legal and duty.law}


def _results(record: TrialRecord, source: SourceInfo) -> Iterator[DueDate]:
    """What several laws ask for by one day is one day that matters."""
    if has_results(record):
        return
    by_day: dict[dt.date, list[ResultsDuty]] = {}
    for duty in duties_of(record, source.duties):
        by_day.setdefault(duty.due, []).append(duty)
    for together in by_day.values():
        yield from _days(together, record.results_state)


def _days(duties: Sequence[ResultsDuty], results_state: str | None) -> Iterator[DueDate]:
    """The days of duties that are due together: the weightiest of them says what they are."""
    basis = min((duty.basis for duty in duties), key=_BASES.index)
    telling = [duty for duty in duties if duty.basis == basis or duty.basis == "good_practice"]
    first = next(duty for duty in telling if duty.basis == basis)
    waiting, grace = results_state in _WAITING, max(duty.grace for duty in telling)
    laws = tuple(duty.law for duty in telling if duty.law and basis != "registry_practice")
    details = ResultsDueDetails(
        due=first.due,
        days=0,
        reasons=tuple(dict.fromkeys(reason for duty in telling for reason in duty.reasons)),
        estimate=True,
        counted_from=first.counted_from,
        results_state=results_state,
        laws=laws,
    )
    behind = _behind(basis, [law.title for law in laws])
    yield DueDate(
        kind="results_due_soon",
        effects=(basis,),
        due=first.due,
        true_from=None if waiting or basis == "projected" else first.due - RESULTS_NOTICE,
        severity="notable",
        rule=f"the estimated due date of results is {RESULTS_NOTICE.days} days away; {behind}",
        details=details,
    )
    if not waiting and basis != "projected":
        yield DueDate(
            kind="results_overdue",
            effects=(basis,),
            due=first.due,
            true_from=first.due + grace + timedelta(days=1),
            severity="major" if basis == "legal_duty" else "notable",
            rule=f"no results {grace.days} days after the estimated due date; {behind}; not a legal finding",
            details=details,
        )


def _behind(basis: DutyBasis, titles: Sequence[str]) -> str:
    """What the day rests on, in a rule."""
    named = " and ".join(titles)
    match basis:
        case "legal_duty":
            return f"a legal duty ({named}) probably applies"
        case "projected":
            return f"a legal duty ({named}) would apply once the trial has ended"
        case "good_practice":
            return f"expected by good practice ({named}), not by a recognised duty"
    return "expected by registry practice, not by a recognised duty"


def _milestones(record: TrialRecord) -> Iterator[DueDate]:
    """Planned dates, those of one day together: primary completion and completion often are the same."""
    if record.recruitment_status == "WITHDRAWN":
        return
    planned: dict[dt.date, dict[str, str]] = {}
    for field in _MILESTONES:
        date: RegistryDate | None = getattr(record, field)
        day = last_day(date)
        if date and day and date.type == "ESTIMATED":
            planned.setdefault(day, {})[field] = date.date
    for day, dates in planned.items():
        yield DueDate(
            kind="milestone_passed",
            effects=tuple(field.removesuffix("_date") for field in dates),
            due=day,
            true_from=day + timedelta(days=1),
            severity="notable",
            rule="a planned date has passed and is still marked as estimated",
            details=MilestoneDetails(
                due=day,
                days=0,
                reasons=tuple(f"{milestone(field)} {text} is marked as estimated" for field, text in dates.items()),
                estimate=True,
                dates=dates,
            ),
        )


def _verification(record: TrialRecord) -> Iterator[DueDate]:
    verified = last_day(record.verified_on)
    if verified is None or record.verified_on is None or record.recruitment_status not in OPEN_STATUSES:
        return
    due = years_later(verified, 1)
    yield DueDate(
        kind="verification_lapsed",
        due=due,
        true_from=due + timedelta(days=1),
        severity="minor",
        rule="the record of an open trial was not verified for 12 months",
        details=VerificationDetails(
            due=due,
            days=0,
            reasons=(f"last verified {record.verified_on.date}", "open trials are to be brought up to date every 12 months"),
            estimate=True,
            verified_on=record.verified_on.date,
        ),
    )


def unknown_after(record: TrialRecord) -> dt.date | None:
    """The day after which the registry shows a trial as unknown: its completion, or two years after it was verified."""
    verified = last_day(record.verified_on)
    if verified is None:
        return None
    stale = years_later(verified, 2)
    return max(stale, last_day(_end(record)) or stale)


def _end(record: TrialRecord) -> RegistryDate | None:
    return record.completion_date if last_day(record.completion_date) else record.primary_completion_date


def _unknown(record: TrialRecord) -> Iterator[DueDate]:
    """The registry's own rule: past completion, and not verified for two years; the status turns on the day after both."""
    last = unknown_after(record)
    if last is None or record.verified_on is None or record.recruitment_status not in _FADING:
        return
    ends, due = _end(record), last + timedelta(days=1)
    stated = f"completion {ends.date}" if ends and last_day(ends) else "no completion date given"
    yield DueDate(
        kind="will_go_unknown",
        due=due,
        true_from=due - UNKNOWN_NOTICE,
        severity="notable",
        rule=f"the registry shows trials as unknown that are past completion and unverified for two years; told"
        f" {UNKNOWN_NOTICE.days} days before",
        details=VerificationDetails(
            due=due,
            days=0,
            reasons=(f"last verified {record.verified_on.date}", stated),
            estimate=True,
            verified_on=record.verified_on.date,
        ),
    )
