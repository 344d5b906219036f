"""Results on their way: submitted, returned, posted, amended; the duty to post them; documents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tracker.duties.results import has_results
from tracker.events.entries import entries_added, entries_removed, entry_effects
from tracker.events.kinds import Comparison, Context, Finding, change_kind
from tracker.model.details import (
    ComplianceNoticeDetails,
    DelayCertifiedDetails,
    DocumentEntry,
    DocumentsDetails,
    ResultsAmendedDetails,
    ResultsPostedDetails,
    ResultsSubmissionDetails,
    SubmissionStep,
)
from tracker.model.event import Change
from tracker.model.record import StudyDocument

_STEPS = {"RELEASE": "submitted", "RESET": "returned", "UNRELEASE": "cancelled"}
_RESULTS_FIELDS = ("results_state", "results_first_posted", "results_digests")


def _when_posted(comparison: Comparison) -> Iterator[Change]:
    if has_results(comparison.new) and not has_results(comparison.old):
        # Posting ends the quality control: its steps leave the record together with it.
        yield from comparison.changes_of(*_RESULTS_FIELDS, "results_submissions")
        yield from _of_review(comparison)


def _of_review(comparison: Comparison) -> Iterator[Change]:
    """What the source adds of results that it shows before they passed its review."""
    yield from comparison.echoes_of("results")


def _when_already_posted(comparison: Comparison) -> Iterator[Change]:
    if has_results(comparison.old):
        yield from comparison.changes_of(*_RESULTS_FIELDS)


@change_kind(
    "results_posted",
    owns=("results_first_posted",),
    claims=_when_posted,
    description="Results were posted with the record for the first time.",
    weight=95,
)
def _results_posted(context: Context) -> Finding | None:
    posted = context.new.results_first_posted
    if not has_results(context.new):
        return Finding(severity="notable", rule="a posting date of results was stated or cleared", details=_posted(context))
    return Finding(
        severity="major",
        rule="results were posted",
        details=ResultsPostedDetails(
            posted_on=posted.date if posted else None, days_after_primary_completion=_days_since_completion(context)
        ),
    )


def _posted(context: Context) -> ResultsPostedDetails:
    old, new = context.old.results_first_posted, context.new.results_first_posted
    return ResultsPostedDetails(posted_on=None, old=old.date if old else None, new=new.date if new else None)


def _days_since_completion(context: Context) -> int | None:
    completed, posted = context.new.primary_completion_date, context.new.results_first_posted
    if completed is None or posted is None or (shift := completed.shift_to(posted)) is None:
        return None
    return shift[0]


@change_kind(
    "results_amended",
    owns=("results_digests",),
    claims=_when_already_posted,
    effects=("participant_flow", "baseline", "outcome_measures", "adverse_events", "more_info", "posting_date", "removed"),
    description="Posted results were amended or taken away.",
    weight=75,
)
def _results_amended(context: Context) -> Finding | None:
    parts = [change.path[1] for change in context.changes_under("results_digests") if len(change.path) > 1]
    if has_results(context.old) and not has_results(context.new):
        return Finding(
            severity="major",
            rule="results that were posted are no longer posted",
            effects=("removed",),
            details=ResultsAmendedDetails(),
        )
    if context.changes_under("results_first_posted"):
        parts.append("posting_date")
    return Finding(
        severity="notable",
        rule="posted results were amended",
        effects=tuple(dict.fromkeys(parts)),
        details=ResultsAmendedDetails(parts=tuple(parts)),
    )


@change_kind(
    "results_submission_changed",
    owns=("results_state", "results_submissions", "results_waived"),
    claims=_of_review,
    effects=("submitted", "returned", "cancelled", "resubmitted", "waived", "other"),
    description="Results were submitted to the registry, returned for correction, cancelled or submitted again.",
    weight=72,
)
def _results_submission(context: Context) -> Finding | None:
    order = {(step.type, step.date): number for number, step in enumerate(context.new.results_submissions or ())}
    steps = entries_added(context.changes_under("results_submissions"), SubmissionStep)
    steps = tuple(sorted(steps, key=lambda step: order.get((step.type, step.date), 0)))
    effects = _step_effects([step.type for step in context.old.results_submissions or ()], steps)
    if not effects and context.changes_under("results_state"):
        effects = [{"SUBMITTED": "submitted", "RETURNED": "returned"}.get(context.new.results_state or "", "other")]
    if context.changes_under("results_waived"):
        effects.append("waived" if context.new.results_waived else "other")
    return Finding(
        severity="notable",
        rule="a step of the registry's quality control of results",
        effects=tuple(reversed(dict.fromkeys(reversed(effects)))) or ("other",),  # the last one is how it stands
        details=ResultsSubmissionDetails(steps=steps, state=context.new.results_state),
    )


def _step_effects(earlier: Sequence[str], steps: Sequence[SubmissionStep]) -> list[str]:
    """What each new step means; a submission after an earlier one is another one."""
    before = bool({"RELEASE", "RESET"} & set(earlier))
    effects = []
    for step in steps:
        effect = _STEPS.get(step.type, "other")
        effects.append("resubmitted" if before and effect == "submitted" else effect)
        before = before or effect in {"submitted", "returned"}
    return effects


@change_kind(
    "results_delay_certified",
    owns=("delay_certified_on",),
    effects=("certified", "date_changed", "cleared"),
    description="A certification that results may come later was submitted, or its date changed.",
    weight=74,
)
def _delay_certified(context: Context) -> Finding | None:
    old, new = context.old.delay_certified_on, context.new.delay_certified_on
    effect = "cleared" if new is None else "certified" if old is None else "date_changed"
    return Finding(
        severity="major" if effect != "date_changed" else "notable",
        rule="a certification of delayed results was submitted or withdrawn"
        if effect != "date_changed"
        else "the date of the certification changed",
        effects=(effect,),
        details=DelayCertifiedDetails(old=old.date if old else None, new=new.date if new else None),
    )


@change_kind(
    "compliance_notice_changed",
    owns=("compliance_notices",),
    effects=("added", "changed", "removed"),
    description="A notice of noncompliance, its correction or a penalty was posted on the record.",
    weight=85,
)
def _compliance_notice(context: Context) -> Finding | None:
    return Finding(
        severity="major",
        rule="a compliance notice on the record changed",
        effects=entry_effects(context.changes),
        details=ComplianceNoticeDetails(notices=context.new.compliance_notices or ()),
    )


@change_kind(
    "documents_changed",
    owns=("documents",),
    effects=("protocol", "sap", "icf", "added", "removed", "replaced"),
    description="A protocol, statistical analysis plan or consent form was published, replaced or removed.",
    weight=45,
)
def _documents(context: Context) -> Finding | None:
    types = {word for name in _document_types(context) for word in name.lower().split("+")}
    effects = entry_effects(context.changes, changed="replaced")
    return Finding(
        severity="notable",
        rule="documents published with the record changed",
        effects=(*(word for word in ("protocol", "sap", "icf") if word in types), *effects),
        details=DocumentsDetails(
            added=entries_added(context.changes, DocumentEntry),
            removed=entries_removed(context.changes, DocumentEntry),
            replaced=tuple(sorted({change.path[1] for change in context.changes if len(change.path) > 2})),
        ),
    )


def _document_types(context: Context) -> set[str]:
    """Types of the documents that came, went or were replaced."""
    keys = {change.path[1] for change in context.changes if len(change.path) > 2}
    documents: tuple[StudyDocument, ...] = (*(context.old.documents or ()), *(context.new.documents or ()))
    types = {document.type for document in documents if any(document.type in key for key in keys)}
    for change in context.changes:
        if len(change.path) == 2:
            types |= {value.get("type", "") for value in (change.old, change.new) if value}
    return types
