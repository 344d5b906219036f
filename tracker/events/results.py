"""Results on their way: submitted, returned, posted, amended; the duty to post them; documents."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from tracker.events.kinds import Comparison, Context, Finding, change_kind
from tracker.model.event import Change
from tracker.model.record import StudyDocument, TrialRecord

_STEPS = {"RELEASE": "submitted", "RESET": "returned", "UNRELEASE": "cancelled"}
_RESULTS_FIELDS = ("results_state", "results_first_posted", "results_digests")
_UNDER_REVIEW = re.compile(r"\.submissionTracking\..*(?:firstMcpInfo|mcpReleaseN)")


def has_results(record: TrialRecord) -> bool:
    """Whether results are posted with the record."""
    return record.results_state == "POSTED" or (record.results_state is None and record.results_first_posted is not None)


def _when_posted(comparison: Comparison) -> Iterator[Change]:
    if has_results(comparison.new) and not has_results(comparison.old):
        # Posting ends the quality control: its steps leave the record together with it.
        yield from comparison.of(*_RESULTS_FIELDS, "results_submissions")
        yield from _of_review(comparison)


def _of_review(comparison: Comparison) -> Iterator[Change]:
    """What ClinicalTrials.gov adds of results that it posted with major comments, before they passed its review."""
    for change in comparison.of("rest"):
        if len(change.path) > 1 and _UNDER_REVIEW.search(change.path[1]):
            yield change


def _when_already_posted(comparison: Comparison) -> Iterator[Change]:
    if has_results(comparison.old):
        yield from comparison.of(*_RESULTS_FIELDS)


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
        details={"posted_on": posted.date if posted else None} | _days_since_completion(context),
    )


def _posted(context: Context) -> dict[str, Any]:
    old, new = context.old.results_first_posted, context.new.results_first_posted
    return {"from": old.date if old else None, "to": new.date if new else None, "posted_on": None}


def _days_since_completion(context: Context) -> dict[str, Any]:
    completed, posted = context.new.primary_completion_date, context.new.results_first_posted
    if completed is None or posted is None or (shift := completed.shift_to(posted)) is None:
        return {}
    return {"days_after_primary_completion": shift[0]}


@change_kind(
    "results_amended",
    owns=("results_digests",),
    claims=_when_already_posted,
    effects=("participant_flow", "baseline", "outcome_measures", "adverse_events", "more_info", "posting_date", "removed"),
    description="Posted results were amended or taken away.",
    weight=75,
)
def _results_amended(context: Context) -> Finding | None:
    parts = [change.path[1] for change in context.under("results_digests") if len(change.path) > 1]
    if has_results(context.old) and not has_results(context.new):
        return Finding(severity="major", rule="results that were posted are no longer posted", effects=("removed",))
    if context.under("results_first_posted"):
        parts.append("posting_date")
    return Finding(
        severity="notable", rule="posted results were amended", effects=tuple(dict.fromkeys(parts)), details={"parts": parts}
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
    order = {(step.type, step.date): place for place, step in enumerate(context.new.results_submissions or ())}
    steps = [change.new for change in context.under("results_submissions") if change.old is None]
    steps.sort(key=lambda step: order.get((step.get("type", ""), step.get("date")), 0))
    effects = _step_effects([step.type for step in context.old.results_submissions or ()], steps)
    if not effects and context.under("results_state"):
        effects = [{"SUBMITTED": "submitted", "RETURNED": "returned"}.get(context.new.results_state or "", "other")]
    if context.under("results_waived"):
        effects.append("waived" if context.new.results_waived else "other")
    return Finding(
        severity="notable",
        rule="a step of the registry's quality control of results",
        effects=tuple(reversed(dict.fromkeys(reversed(effects)))) or ("other",),  # the last one is how it stands
        details={"steps": steps, "state": context.new.results_state},
    )


def _step_effects(earlier: Sequence[str], steps: list[dict[str, Any]]) -> list[str]:
    """What each new step means; a submission after an earlier one is another one."""
    before = bool({"RELEASE", "RESET"} & set(earlier))
    effects = []
    for step in steps:
        effect = _STEPS.get(step.get("type", ""), "other")
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
        details={"from": old.date if old else None, "to": new.date if new else None},
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
        effects=added_removed_changed(context.changes, added="added", removed="removed", changed="changed"),
        details={"notices": [msgspec.to_builtins(notice) for notice in context.new.compliance_notices or ()]},
    )


def added_removed_changed(
    changes: tuple[Change, ...], *, added: str = "added", removed: str = "removed", changed: str = "changed"
) -> tuple[str, ...]:
    """Which of the three happened to the entries of a keyed list."""
    whole = [change for change in changes if len(change.path) == 2]
    effects = [
        (added, any(change.old is None for change in whole)),
        (removed, any(change.new is None for change in whole)),
        (changed, any(len(change.path) != 2 or (change.old is not None and change.new is not None) for change in changes)),
    ]
    return tuple(effect for effect, happened in effects if happened)


@change_kind(
    "documents_changed",
    owns=("documents",),
    effects=("protocol", "sap", "icf", "added", "removed", "replaced"),
    description="A protocol, statistical analysis plan or consent form was published, replaced or removed.",
    weight=45,
)
def _documents(context: Context) -> Finding | None:
    types = {word for name in _document_types(context) for word in name.lower().split("+")}
    effects = added_removed_changed(context.changes, changed="replaced")
    return Finding(
        severity="notable",
        rule="documents published with the record changed",
        effects=(*(word for word in ("protocol", "sap", "icf") if word in types), *effects),
        details={
            "added": [change.new for change in context.changes if len(change.path) == 2 and change.old is None],
            "removed": [change.old for change in context.changes if len(change.path) == 2 and change.new is None],
            "replaced": sorted({change.path[1] for change in context.changes if len(change.path) > 2}),
        },
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
