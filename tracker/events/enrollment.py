"""The number of participants: planned, then actual."""

from __future__ import annotations

from tracker.events.kinds import Context, Finding, change_kind
from tracker.model.details import EnrollmentDetails
from tracker.model.record import Enrollment
from tracker.model.vocabulary import Severity

MAJOR_PERCENT = 20
MAJOR_PEOPLE = 20
_NONE = Enrollment()


@change_kind(
    "enrollment_changed",
    owns=("enrollment",),
    effects=(
        "raised",
        "lowered",
        "corrected",
        "actual_reported",
        "zeroed",
        "given",
        "cleared",
        "back_to_estimated",
        "type_stated",
    ),
    description="The planned number of participants changed, or the actual number was reported.",
    weight=68,
)
def _enrollment(context: Context) -> Finding | None:
    old, new = context.old.enrollment or _NONE, context.new.enrollment or _NONE
    effects = _effects(old, new)
    details = EnrollmentDetails(
        old=old.count,
        new=new.count,
        old_type=old.type,
        new_type=new.type,
        percent=round(100 * (new.count - old.count) / old.count, 1) if old.count and new.count is not None else None,
        planned=_missed_plan(context, old, new),
    )
    severity, rule = _severity(old, new, effects)
    return Finding(severity=severity, rule=rule, effects=effects, details=details)


def _missed_plan(context: Context, old: Enrollment, new: Enrollment) -> int | None:
    """The plan, where an actual number is now first under 80 % of it and at least 20 people short of it."""
    planned = old.count if old.type == "ESTIMATED" else _last_plan(context)
    if new.type != "ACTUAL" or new.count is None or planned is None or not _short_of(planned, new.count):
        return None
    known = old.type == "ACTUAL" and old.count is not None and _short_of(planned, old.count)
    return None if known else planned


def _short_of(planned: int, count: int) -> bool:
    return planned - count >= MAJOR_PEOPLE and 100 * count < (100 - MAJOR_PERCENT) * planned


def _last_plan(context: Context) -> int | None:
    """The estimate that stood last, as far as earlier changes of the trial tell of one."""
    past = (event for event in context.comparison.known.past if event.kind == context.kind)
    for event in sorted(past, key=lambda event: event.effective_at, reverse=True):
        for change in event.changes:
            for value in (change.new, change.old):
                if isinstance(value, dict) and value.get("type") == "ESTIMATED" and isinstance(value.get("count"), int):
                    return int(value["count"])
    return None


def _effects(old: Enrollment, new: Enrollment) -> tuple[str, ...]:
    if new.count is None:
        return ("cleared",) if old.count is not None else ("type_stated",)
    effects: list[str] = []
    if new.type == "ACTUAL" and old.type != "ACTUAL":
        effects.append("actual_reported")
    elif old.type == "ACTUAL" and new.type != "ACTUAL":
        effects.append("back_to_estimated")
    if old.count is None:
        effects.append("given")
    elif new.count == 0 and old.count > 0:
        effects.append("zeroed")
    elif new.count != old.count and old.type == new.type == "ACTUAL":
        effects.append("corrected")
    elif new.count != old.count:
        effects.append("raised" if new.count > old.count else "lowered")
    return tuple(effects) or ("type_stated",)


def _severity(old: Enrollment, new: Enrollment, effects: tuple[str, ...]) -> tuple[Severity, str]:
    if "zeroed" in effects:
        return "major", "enrollment became zero"
    if effects == ("type_stated",):
        return "minor", "the same number; only whether it is actual or estimated was stated"
    if old.count == new.count:
        return "notable", "the same number, reported as actual or as an estimate again"
    if old.count is not None and new.count is not None:
        moved = abs(new.count - old.count)
        if moved >= MAJOR_PEOPLE and 100 * moved >= MAJOR_PERCENT * old.count:
            return "major", f"enrollment moved by {MAJOR_PERCENT} % and {MAJOR_PEOPLE} people or more"
        return "notable", f"enrollment moved by less than {MAJOR_PERCENT} % or {MAJOR_PEOPLE} people"
    return "notable", "an enrollment was given or cleared"
