"""Recruitment status and the reason why a trial stopped."""

from __future__ import annotations

from collections.abc import Iterator

from tracker.events.due_dates import unknown_after
from tracker.events.kinds import Comparison, Context, Finding, change_kind
from tracker.model.details import RecruitmentStatusDetails, WhyStoppedDetails
from tracker.model.event import Change
from tracker.model.record import TrialRecord
from tracker.model.vocabulary import ENDED_STATUSES, OPEN_STATUSES, PUBLIC_STATUSES

_ENROLLING = frozenset({"RECRUITING", "ENROLLING_BY_INVITATION"})
_NAMED = {
    "UNKNOWN": "went_unknown",
    "COMPLETED": "completed",
    "SUSPENDED": "suspended",
    "TERMINATED": "terminated",
    "WITHDRAWN": "withdrawn",
}
_ACCESS_CLOSED = frozenset({"NO_LONGER_AVAILABLE", "TEMPORARILY_NOT_AVAILABLE", "APPROVED_FOR_MARKETING"})
_VAGUE = frozenset({"NOT_RECRUITING_UNSPECIFIED", "OTHER", "WITHHELD", None})
_PAUSED_OR_OVER = frozenset({"ACTIVE_NOT_RECRUITING", *ENDED_STATUSES})
_STOPPED = frozenset({"terminated", "withdrawn", "suspended"})
_STOPPED_STATUSES = frozenset({"TERMINATED", "WITHDRAWN", "SUSPENDED"})
_QUIETER = frozenset({"went_unknown", "other"})


def status_effect(old: str | None, new: str | None) -> str:
    """The sense of a step from one status to another; ``other`` where the words do not carry one."""
    if new in _NAMED:
        return _NAMED[new]
    if old == "UNKNOWN":
        return "other" if new in _VAGUE else "revived"
    if new == "AVAILABLE":
        return "access_opened"
    if new in _ACCESS_CLOSED:
        return "access_closed" if old == "AVAILABLE" else "other"
    if old in OPEN_STATUSES and new not in _ENROLLING:
        return "closed" if new in {"ACTIVE_NOT_RECRUITING", "NOT_RECRUITING_UNSPECIFIED", "NOT_YET_RECRUITING"} else "other"
    if old in _VAGUE or new in _VAGUE:
        return "other"
    return _opening_effect(old, new)


def _opening_effect(old: str | None, new: str | None) -> str:
    match old, new:
        case "RECRUITING", "ENROLLING_BY_INVITATION":
            return "closed"  # to the public
        case "ENROLLING_BY_INVITATION" | "NOT_YET_RECRUITING", "RECRUITING":
            return "started"
        case "NOT_YET_RECRUITING", "ENROLLING_BY_INVITATION":
            return "started_by_invitation"
        case "NOT_YET_RECRUITING", "ACTIVE_NOT_RECRUITING":
            return "started_and_closed"
        case "SUSPENDED", "RECRUITING" | "ENROLLING_BY_INVITATION" | "ACTIVE_NOT_RECRUITING":
            return "resumed"
        case _, "RECRUITING" | "ENROLLING_BY_INVITATION" if old in _PAUSED_OR_OVER:
            return "reopened"
        case _, "ACTIVE_NOT_RECRUITING" if old in ENDED_STATUSES:
            return "resumed"
        case _:
            return "other"


def follows_trial_status(comparison: Comparison) -> Iterator[Change]:
    """Site statuses that are shown or hidden because the trial as a whole enters or leaves recruitment, or is over."""
    before, after = comparison.old.recruitment_status, comparison.new.recruitment_status
    if before == after:
        return
    opens, ends = after in OPEN_STATUSES and before not in OPEN_STATUSES, after not in OPEN_STATUSES
    for change in comparison.changes_of("sites"):
        # A trial of unknown status still shows what its sites once said; that goes when it is completed.
        follows = (change.old is None and opens) or (change.new is None and ends)
        if follows and len(change.path) == 3 and change.path[2] == "recruitment_status":
            yield change


def _told_with_status(comparison: Comparison) -> Iterator[Change]:
    """What a change of status brings with it: the statuses of sites, and a reason for stopping that comes or goes with it."""
    yield from follows_trial_status(comparison)
    old, new = comparison.old.recruitment_status, comparison.new.recruitment_status
    for change in comparison.changes_of("why_stopped"):
        stops = not change.old and status_effect(old, new) in _STOPPED
        goes_on = not change.new and old in _STOPPED_STATUSES and new not in _STOPPED_STATUSES
        if old != new and (stops or goes_on):
            yield change


@change_kind(
    "recruitment_status_changed",
    owns=("recruitment_status", "recruitment_status_as_given", "last_known_status"),
    claims=_told_with_status,
    effects=(
        "started",
        "started_by_invitation",
        "started_and_closed",
        "reopened",
        "closed",
        "suspended",
        "resumed",
        "terminated",
        "withdrawn",
        "completed",
        "went_unknown",
        "revived",
        "access_opened",
        "access_closed",
        "other",
    ),
    description="The trial's recruitment status changed.",
    weight=100,
)
def _recruitment_status(context: Context) -> Finding | None:
    old, new = context.old.recruitment_status, context.new.recruitment_status
    if old == new:
        return Finding(
            severity="minor",
            rule="the source's own word for the status changed, its meaning did not",
            effects=("other",),
            details=RecruitmentStatusDetails(
                old=old,
                new=new,
                old_as_given=context.old.recruitment_status_as_given,
                new_as_given=context.new.recruitment_status_as_given,
                spelling_only=not context.changes_under("last_known_status"),
            ),
        )
    effect = status_effect(old, new)
    sites_open, sites_total = _open_sites(context.new) if new in OPEN_STATUSES else (None, None)
    details = RecruitmentStatusDetails(
        old=old,
        new=new,
        last_known_status=_last_known(context, effect),
        unknown_since=_unknown_since(context) if old == "UNKNOWN" else None,
        why_stopped=(context.new.why_stopped or None) if effect in _STOPPED else None,
        sites_open=sites_open,
        sites_total=sites_total,
    )
    if effect in _QUIETER and not _opens_to_public(old, new):
        return Finding(
            severity="notable", rule="a status that says little about recruitment", effects=(effect,), details=details
        )
    return Finding(severity="major", rule="the trial's recruitment status changed", effects=(effect,), details=details)


def _opens_to_public(old: str | None, new: str | None) -> bool:
    """Whether a trial recruits that did not, where nobody says whether for the first time: an aggregator's words are coarse."""
    return old == "NOT_RECRUITING_UNSPECIFIED" and new in PUBLIC_STATUSES


def _last_known(context: Context, effect: str) -> str | None:
    if effect == "went_unknown":
        return context.new.last_known_status or context.old.recruitment_status
    return context.old.last_known_status if context.old.recruitment_status == "UNKNOWN" else None


def _unknown_since(context: Context) -> str | None:
    """The day on which the trial went unknown: as it was seen, else by the registry's rule; None where neither can tell."""
    known, today = context.comparison.known, context.comparison.effective_at.date()
    for event in reversed(known.past):
        if event.kind == context.kind and "went_unknown" in event.effects:
            return event.effective_at.date().isoformat()
    since = unknown_after(context.old) if known.source.fades_to_unknown else None
    return since.isoformat() if since and since <= today else None


def _open_sites(record: TrialRecord) -> tuple[int | None, int | None]:
    """How many sites are open, and how many there are, where the registry states it site by site."""
    stated = [site.recruitment_status for site in record.sites or () if site.recruitment_status]
    if not stated:
        return None, None
    return sum(status in OPEN_STATUSES for status in stated), len(record.sites or ())


@change_kind(
    "why_stopped_changed",
    owns=("why_stopped",),
    effects=("added", "changed", "removed"),
    description="The reason given for stopping the trial was added, changed or removed.",
    weight=70,
)
def _why_stopped(context: Context) -> Finding | None:
    old, new = context.old.why_stopped, context.new.why_stopped
    effect = "removed" if not new else "changed" if old else "added"
    return Finding(
        severity="notable",
        rule=f"the reason for stopping was {effect}",
        effects=(effect,),
        details=WhyStoppedDetails(old=old, new=new, recruitment_status=context.new.recruitment_status),
    )
