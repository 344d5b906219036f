"""Who can join: ages, sex, healthy volunteers, and the criteria line by line."""

from __future__ import annotations

from typing import Any

from tracker.events.kinds import Context, Finding, change_kind
from tracker.events.spelling import same_words
from tracker.events.wording import likeness, paired
from tracker.model.record import Criteria

_PARTS = {
    "minimum_age": "age",
    "maximum_age": "age",
    "std_ages": "age",
    "sex": "sex",
    "gender_based": "sex",
    "gender_description": "sex",
    "healthy_volunteers": "healthy_volunteers",
    "criteria": "criteria",
    "study_population": "population",
    "sampling_method": "population",
}
_HEADINGS = ("inclusion", "exclusion", "other")


@change_kind(
    "eligibility_changed",
    owns=("eligibility",),
    effects=("age", "sex", "healthy_volunteers", "criteria", "population"),
    description="Who can join changed: age, sex, healthy volunteers, or lines of the criteria.",
    weight=58,
)
def _eligibility(context: Context) -> Finding | None:
    touched = {_PARTS.get(change.path[1], "criteria") for change in context.changes}
    effects = tuple(effect for effect in dict.fromkeys(_PARTS.values()) if effect in touched)
    details: dict[str, Any] = {
        change.path[1]: {"from": change.old, "to": change.new}
        for change in context.changes
        if len(change.path) == 2 and change.path[1] != "criteria"
    }
    if "criteria" in touched:
        details["criteria"] = _criteria(context)
        if effects == ("criteria",) and _rearranged(context):
            return Finding(
                severity="minor",
                rule="the criteria hold the same words, set in other lines or with other punctuation",
                effects=effects,
                details=details | {"spelling_only": True},
            )
    return Finding(severity="notable", rule="who can join changed", effects=effects, details=details)


def _criteria(context: Context) -> dict[str, dict[str, list[Any]]]:
    """Lines added, removed and reworded, under each heading."""
    found: dict[str, dict[str, list[Any]]] = {}
    for heading in _HEADINGS:
        changes = context.under("eligibility", "criteria", heading)
        removed = [change.old for change in changes if change.old is not None]
        added = [change.new for change in changes if change.new is not None]
        pairs = paired(removed, added, _line_likeness)
        taken_old, taken_new = {old for old, _, _ in pairs}, {new for _, new, _ in pairs}
        parts = {
            "added": [line for line in added if line not in taken_new],
            "removed": [line for line in removed if line not in taken_old],
            "reworded": [{"from": old, "to": new} for old, new, _ in pairs if not same_words(old, new)],
            "respelt": [{"from": old, "to": new} for old, new, _ in pairs if same_words(old, new)],
        }
        if changes:
            found[heading] = parts
    return found


def _line_likeness(old: str, new: str) -> float:
    """Lines under one heading: two thirds of the shorter one's words are enough, since either way both are shown."""
    return likeness(old, new, contained=2 / 3)


def _rearranged(context: Context) -> bool:
    """Whether each heading still holds the same words in the same order, however they are cut into lines."""
    before = context.old.eligibility.criteria if context.old.eligibility else None
    after = context.new.eligibility.criteria if context.new.eligibility else None
    if before is None or after is None:
        return False
    return all(same_words(_text_of(before, heading), _text_of(after, heading)) for heading in _HEADINGS)


def _text_of(criteria: Criteria, heading: str) -> str:
    lines: tuple[str, ...] = getattr(criteria, heading)
    return "\n".join(lines)
