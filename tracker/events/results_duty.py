"""Whether an update ends the duty to post results or brings it back, and why.

The duty of each law stands where `Standing` says on a day. An update that moves a trial into "due" or "overdue", or out of it,
is told with its reason from a closed list. A day that passes is told by the calendar's kinds, and so is a due date that moved
into the past of a trial whose results were not due before.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

import msgspec

from tracker.duties import DUTIES, Rule, judgements
from tracker.duties.results import has_results
from tracker.events.due_dates import DueDate, due_dates, results_days
from tracker.events.kinds import Comparison, Context, Finding, change_kind
from tracker.model.details import DutyMove, ResultsDueDetails, ResultsDutyDetails
from tracker.model.record import TrialRecord
from tracker.model.source import SourceInfo
from tracker.model.vocabulary import DutyStanding

_RESULTS = ("results_state", "results_first_posted", "results_submissions")
_REASONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "results": _RESULTS,
        "delay_certified": ("delay_certified_on",),
        "waived": ("results_waived",),
        "withdrawn": ("recruitment_status",),
        "completion_date_changed": ("primary_completion_date", "completion_date", "regulatory_events"),
        "start_date_changed": ("start_date",),
        "phase_changed": ("phases",),
        "study_type_changed": ("study_type",),
        "intervention_changed": ("interventions",),
        "purpose_changed": ("primary_purpose",),
        "fda_flag_changed": ("oversight",),
        "country_changed": ("countries", "sites", "country_status", "recruitment_status_as_given"),
        "ages_changed": ("eligibility",),
        "category_changed": ("rest",),
    }
)
"""Why a duty begins or ends, and the record's fields that decide it; of each law only those that it reads."""

_STEPS = {"SUBMITTED": "results_submitted", "RETURNED": "submission_returned", "POSTED": "results_posted"}
_OWED = frozenset({"due", "overdue"})
_PRESSING: tuple[DutyStanding, ...] = ("none", "posted", "submitted", "ahead", "due", "overdue")
_DATE_ALONE = ("completion_date_changed",)
"""The reason of a due date that moves into the past: where results were never due before, the calendar's kinds tell of it."""
_TOLD_ELSEWHERE = frozenset(
    {"results_submitted", "submission_returned", "submission_cancelled", "results_posted", "results_removed", "delay_certified"}
)
"""Reasons that a kind of their own tells."""

EFFECTS = (
    *("left", "due", "overdue"),
    *("results_submitted", "submission_returned", "submission_cancelled", "results_posted", "results_removed"),
    *(reason for reason in _REASONS if reason != "results"),
)


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How a duty to post results stands on a day, and its due date; None where no duty is recognised."""

    state: DutyStanding
    due: DueDate | None = None

    @property
    def is_owed(self) -> bool:
        """Whether results are due now."""
        return self.state in _OWED


class _Move(msgspec.Struct, frozen=True, kw_only=True):
    """What an update made of the duty of one law, and why."""

    rule: Rule
    before: Standing
    after: Standing
    reasons: tuple[str, ...]

    @property
    def loud(self) -> bool:
        """Whether an edit of the record ended an overdue duty or made one, and no kind of its own tells of it."""
        return "overdue" in (self.before.state, self.after.state) and not _TOLD_ELSEWHERE.issuperset(self.reasons)


def standing(record: TrialRecord, source: SourceInfo, day: dt.date, rule: str = "") -> Standing:
    """How a legal duty to post results stands by a record on a day: that of one rule, or the most pressing one."""
    if has_results(record):
        return Standing(state="posted")
    found = results_days(record, source)
    states = [_standing(record, days, day) for name, days in found.items() if rule in ("", name) and _valid(name, day)]
    return max(states, key=lambda one: _PRESSING.index(one.state), default=Standing(state="none"))


def _valid(rule: str, day: dt.date) -> bool:
    """Nobody owes anything by a rule before it is in force."""
    return day >= DUTIES[rule].valid_from


def _standing(record: TrialRecord, days: Sequence[DueDate], day: dt.date) -> Standing:
    known = {found.kind: found for found in days}
    soon, overdue = known["results_due_soon"], known.get("results_overdue")
    if record.results_state == "SUBMITTED":
        return Standing(state="submitted", due=soon)
    if overdue is None:  # returned for correction: it is the sponsor's turn again
        return Standing(state="due" if soon.is_near(day) else "ahead", due=soon)
    if overdue.true_on(day):
        return Standing(state="overdue", due=overdue)
    return Standing(state="due" if soon.true_on(day) else "ahead", due=soon)


@change_kind(
    "results_duty_changed",
    effects=EFFECTS,
    description="By our estimate, an update ended the duty to post results that are due, or brought it back.",
    weight=79,
)
def _results_duty(context: Context) -> Finding | None:
    comparison = context.comparison
    if not comparison.known.source.duties or not comparison.changes:
        return None
    moves = list(_moves(context))
    if not moves:
        return None
    first, *others = sorted(moves, key=lambda move: not move.loud)
    before, after = first.before, first.after
    return Finding(
        severity="major" if first.loud else "notable",
        rule="by our estimate, an update ended the duty to post results or brought it back; not a legal finding",
        effects=(after.state if after.is_owed else "left", *first.reasons),
        details=ResultsDutyDetails(
            old=before.state,
            new=after.state,
            due=after.due.due if after.due else None,
            was_due=before.due.due if before.due else None,
            reasons=_explained(context.new, comparison.known.source, first.rule),
            estimate=True,
            law=first.rule.named,
            also=tuple(
                DutyMove(
                    law=other.rule.named,
                    old=other.before.state,
                    new=other.after.state,
                    due=other.after.due.due if other.after.due else None,
                )
                for other in others
            ),
        ),
    )


def _moves(context: Context) -> Iterator[_Move]:
    """The duties, law by law, that the update moved into due or overdue, or out of it."""
    comparison = context.comparison
    source, day = comparison.known.source, comparison.effective_at.date()
    for name in sorted(source.duties):
        rule = DUTIES[name]
        before, after = standing(context.old, source, day, name), standing(context.new, source, day, name)
        if before.state == after.state or not (before.is_owed or after.is_owed):
            continue
        reasons = _reasons(context.old, context.new, source, day, rule)
        if not before.is_owed and reasons == _DATE_ALONE and _told_by_calendar(comparison, after, day):
            continue
        yield _Move(rule=rule, before=before, after=after, reasons=reasons)


def _told_by_calendar(comparison: Comparison, after: Standing, day: dt.date) -> bool:
    """Whether the calendar tells now that the due date is here: it tells of each due date once."""
    if comparison.origin != "live" or after.due is None or not after.due.true_on(day):
        return False
    kind, due = after.due.key
    known_before = (found for found in due_dates(comparison.old, comparison.known.source) if found.true_on(day))
    if after.due.key in {found.key for found in known_before}:
        return False
    told_before = any(
        event.kind == kind and isinstance(event.details, ResultsDueDetails) and event.details.due == due
        for event in comparison.known.past
    )
    return not told_before


def _reasons(old: TrialRecord, new: TrialRecord, source: SourceInfo, day: dt.date, rule: Rule) -> tuple[str, ...]:
    """What decided it: each group of fields without whose change the duty would stand otherwise."""
    now, then = standing(new, source, day, rule.id).state, standing(old, source, day, rule.id).state
    groups = {reason: [field for field in fields if field in rule.reads] for reason, fields in _REASONS.items()}
    touched = [reason for reason, fields in groups.items() if _differ(old, new, fields)]
    decided = [reason for reason in touched if standing(_with(new, old, groups[reason]), source, day, rule.id).state != now]
    if not decided:  # either of several changes would have sufficed
        decided = [
            reason for reason in touched if standing(_with(old, new, groups[reason]), source, day, rule.id).state != then
        ]
    return tuple(_step(old, new) if reason == "results" else reason for reason in decided or touched)


def _step(old: TrialRecord, new: TrialRecord) -> str:
    """What happened to the results."""
    if has_results(old) and not has_results(new):
        return "results_removed"
    return "results_posted" if has_results(new) else _STEPS.get(new.results_state or "", "submission_cancelled")


def _differ(old: TrialRecord, new: TrialRecord, fields: Sequence[str]) -> bool:
    return any(getattr(old, field) != getattr(new, field) for field in fields)


def _with(record: TrialRecord, other: TrialRecord, fields: Sequence[str]) -> TrialRecord:
    """The record with these fields of another."""
    return msgspec.structs.replace(record, **{field: getattr(other, field) for field in fields})


def _explained(record: TrialRecord, source: SourceInfo, rule: Rule) -> tuple[str, ...]:
    """Why the duty stands as it does: the reasons of the estimate, where there is one."""
    if has_results(record):
        return ()
    return next((one.reasons for one in judgements(record, source.duties) if one.law and one.law.rule == rule.id), ())
