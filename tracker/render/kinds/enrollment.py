"""The number of participants, planned and actual."""

from __future__ import annotations

from tracker.model.details import EnrollmentDetails
from tracker.model.event import Event
from tracker.render.kinds.kind_words import first_effect, headline_of, inside, kind_words, silent
from tracker.render.phrases import people, percent
from tracker.render.vocabulary import enumerated

_TOO_FAR = 300
"""Percent from which on a percentage says less than the two numbers."""


def _headline(event: Event, details: EnrollmentDetails) -> str:
    text = _change(event, details)
    if details.planned is None or details.planned == details.old:
        return text
    return f"{text}; {details.planned:,} were planned"


def _change(event: Event, details: EnrollmentDetails) -> str:
    old, new, moved = f"{details.old or 0:,}", f"{details.new or 0:,}", details.percent
    was = f"was {old}" if details.old_type == "ACTUAL" or "raised" in event.effects else f"planned {old}"
    if "zeroed" in event.effects:
        return f"No one enrolled ({was})"
    match first_effect(event):
        case "given":
            return f"Enrollment now given: {new}"
        case "cleared":
            return f"Enrollment no longer given ({was})"
        case "type_stated":
            return f"Enrollment {new} is now marked as {enumerated(details.new_type or '')}"
        case "back_to_estimated":
            return f"Enrollment is an estimate again: {new} ({was})"
        case "actual_reported":
            return _reported(details)
    if moved is None or abs(moved) >= _TOO_FAR:
        return f"Enrollment now {new} ({was})"
    return f"Enrollment {'raised' if moved > 0 else 'cut'} by {percent(moved)} % to {new} ({was})"


def _reported(details: EnrollmentDetails) -> str:
    enrolled, moved = f"{people(details.new or 0)} enrolled", details.percent or 0
    if not details.old:
        return enrolled
    if not moved:
        return f"{enrolled}, as planned"
    return f"{enrolled}, {percent(moved)} % {'more' if moved > 0 else 'fewer'} than the {details.old:,} planned"


def _short(event: Event, details: EnrollmentDetails) -> str:
    if details.old is None or details.new is None:
        return inside(event, headline_of(event))
    if "actual_reported" in event.effects:
        return f"{details.old:,} planned → {details.new:,} enrolled"
    return f"enrollment {details.old:,} → {details.new:,}"


kind_words(
    "enrollment_changed",
    EnrollmentDetails,
    title="Enrollment",
    headline=_headline,
    short=_short,
    lines=silent,
    compared=("enrollment",),
)
