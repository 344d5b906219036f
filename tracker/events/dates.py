"""The three milestones of a trial: start, primary completion, completion. What moved, by how much, and how often before.

Shifts are the smallest that are certain on common precision: 2026-03 to 2026-03-31 moved nothing.
"""

from __future__ import annotations

import msgspec

from tracker.events.kinds import Context, Finding, change_kind
from tracker.model.dates import RegistryDate
from tracker.model.details import DateDetails
from tracker.model.event import Event
from tracker.model.vocabulary import Severity

MAJOR_DAYS = 90
MAJOR_CORRECTION_DAYS = 30
NOTABLE_DAYS = 14
_EFFECTS = (
    "slipped",
    "advanced",
    "happened",
    "corrected",
    "refined",
    "widened",
    "given",
    "cleared",
    "unreadable",
    "back_to_estimated",
    "moved_after_passing",
    "type_stated",
)


@change_kind(
    "start_date_changed",
    owns=("start_date",),
    effects=_EFFECTS,
    description="The start date moved, happened, was corrected, refined or cleared.",
    weight=50,
)
def _start_date(context: Context) -> Finding | None:
    return _judge(context, "start_date")


@change_kind(
    "primary_completion_date_changed",
    owns=("primary_completion_date",),
    effects=_EFFECTS,
    description="The date of the last data for the primary outcome moved, happened, was corrected, refined or cleared.",
    weight=66,
)
def _primary_completion_date(context: Context) -> Finding | None:
    return _judge(context, "primary_completion_date")


@change_kind(
    "completion_date_changed",
    owns=("completion_date",),
    effects=_EFFECTS,
    description="The date of the last visit moved, happened, was corrected, refined or cleared.",
    weight=64,
)
def _completion_date(context: Context) -> Finding | None:
    return _judge(context, "completion_date")


def _judge(context: Context, field: str) -> Finding | None:
    old: RegistryDate | None = getattr(context.old, field)
    new: RegistryDate | None = getattr(context.new, field)
    details = DateDetails(field=field, old=old, new=new)
    if old is None or not old.date:
        return Finding(severity="notable", rule="a date was given where there was none", effects=("given",), details=details)
    if new is None or not new.date:
        return Finding(severity="notable", rule="the date was cleared", effects=("cleared",), details=details)
    shift = old.shift_to(new)
    if shift is None:
        return Finding(
            severity="notable", rule="one of the dates cannot be read as a date", effects=("unreadable",), details=details
        )
    days = _certain(shift)
    effects = _effects(context, old, new, days)
    details = msgspec.structs.replace(details, days=days, days_at_most=max(shift, key=abs))
    details = _with_history(details, context, effects)
    severity, rule = _severity(context, field, old, new, effects, days)
    return Finding(severity=severity, rule=rule, effects=effects, details=details)


def _effects(context: Context, old: RegistryDate, new: RegistryDate, days: int) -> tuple[str, ...]:
    direction = ("slipped",) if days > 0 else ("advanced",) if days < 0 else ()
    if new.type == "ACTUAL" and old.type == "ACTUAL":
        return ("corrected",) if days else _precision(old, new)
    if new.type == "ACTUAL":
        return ("happened", *direction)
    if old.type == "ACTUAL":
        return ("back_to_estimated", *direction)
    if not direction:
        return _precision(old, new)
    passed = old.last is not None and old.last < context.comparison.on
    return (*direction, "moved_after_passing") if passed and days > 0 else direction


def _precision(old: RegistryDate, new: RegistryDate) -> tuple[str, ...]:
    if len(new.date) == len(old.date):
        return ("type_stated",)
    return ("refined",) if len(new.date) > len(old.date) else ("widened",)


def _severity(
    context: Context, field: str, old: RegistryDate, new: RegistryDate, effects: tuple[str, ...], days: int
) -> tuple[Severity, str]:
    if effects[0] in {"refined", "widened"}:
        return "minor", "the same date, given more or less exactly"
    if effects[0] == "type_stated":
        return "minor", "the same date; only whether it is actual or estimated was stated"
    if effects[0] == "corrected":
        if abs(days) >= MAJOR_CORRECTION_DAYS:
            return "major", f"an actual date was corrected by {MAJOR_CORRECTION_DAYS} days or more"
        return "notable", f"an actual date was corrected by less than {MAJOR_CORRECTION_DAYS} days"
    base, since = _last_major(context, field) or (_baseline(context, field) or old, context.comparison.reaches_to)
    moved = _certain(base.shift_to(new) or (0, 0))
    if days and abs(moved) >= MAJOR_DAYS and (moved > 0) == (days > 0):
        word = "slipped" if moved > 0 else "advanced"
        return "major", f"{word} {MAJOR_DAYS} days or more since {since}"
    if effects[0] == "happened":
        return "notable", "the date became actual"
    if effects[0] == "back_to_estimated":
        return "notable", "an actual date became an estimate again"
    told, known_since = _last_told(context, field) or (_baseline(context, field) or old, context.comparison.reaches_to)
    if "moved_after_passing" not in effects and abs(_certain(told.shift_to(new) or (0, 0))) < NOTABLE_DAYS:
        return "minor", f"moved less than {NOTABLE_DAYS} days since {known_since}"
    return "notable", f"moved less than {MAJOR_DAYS} days since {since}"


def _with_history(details: DateDetails, context: Context, effects: tuple[str, ...]) -> DateDetails:
    """The details with how far this date has moved since we know the trial, and which move of its kind this is."""
    move = next((effect for effect in effects if effect in {"slipped", "advanced"}), None)
    base = _baseline(context, details.field) or details.old
    if move is None or base is None or details.new is None:
        return details
    return msgspec.structs.replace(
        details,
        cumulative_days=_certain(base.shift_to(details.new) or (0, 0)),
        nth=1 + sum(move in event.effects for event in _past(context)),
        coverage=context.comparison.coverage,
    )


def _past(context: Context) -> list[Event]:
    """Earlier events of this kind, oldest first."""
    return sorted(
        (event for event in context.comparison.known.past if event.kind == context.kind), key=lambda event: event.effective_at
    )


def _baseline(context: Context, field: str) -> RegistryDate | None:
    """The date as it stood when tracking began, if it moved since."""
    return next((date for event in _past(context) if (date := _stated(event, field, "old")) is not None), None)


def _last_major(context: Context, field: str) -> tuple[RegistryDate, str] | None:
    """The date that the last major event of this kind moved to: slips are counted afresh from there."""
    for event in reversed(_past(context)):
        if event.severity == "major" and (date := _stated(event, field, "new")) is not None:
            return date, "the last major change"
    return None


def _last_told(context: Context, field: str) -> tuple[RegistryDate, str] | None:
    """The date that the last event worth a word moved to: small slips are added up from there."""
    for event in reversed(_past(context)):
        if event.severity != "minor" and (date := _stated(event, field, "new")) is not None:
            return date, "the date last told as notable"
    return None


def _stated(event: Event, field: str, side: str) -> RegistryDate | None:
    for change in event.changes:
        value = change.old if side == "old" else change.new
        if change.path == (field,) and value is not None:
            date = msgspec.convert(value, RegistryDate)
            return date if date.first is not None else None
    return None


def _certain(shift: tuple[int, int]) -> int:
    """The smallest move that is certain, signed: positive is later."""
    low, high = shift
    return low if low > 0 else high if high < 0 else 0
