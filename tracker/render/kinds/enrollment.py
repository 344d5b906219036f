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
    old, new, moved = f"{details.old or 0:,}", f"{details.new or 0:,}", _moved(details)
    was = f"planned {old}" if details.old_type == "ESTIMATED" and "raised" not in event.effects else f"was {old}"
    if "zeroed" in event.effects:
        return f"No one enrolled ({was})"
    match first_effect(event):
        case "given":
            return f"Enrollment now given: {new}"
        case "cleared":
            return f"Enrollment no longer given ({was})"
        case "type_stated":
            return f"Enrollment {new} is now marked as {_type(details.new_type)}"
        case "back_to_estimated":
            return f"Enrollment is {'an estimate again' if details.new_type else 'no longer marked as actual'}: {new} ({was})"
        case "corrected":
            return f"Actual enrollment corrected to {new} ({was})"
        case "actual_reported":
            return _reported(details)
    if moved is None or abs(moved) >= _TOO_FAR:
        return f"Enrollment now {new} ({was})"
    return f"Enrollment {'raised' if moved > 0 else 'cut'} by {percent(moved)} % to {new} ({was})"


def _type(given: str | None) -> str:
    return enumerated(given) if given else "neither planned nor actual"


def _moved(details: EnrollmentDetails) -> float | None:
    """The change in percent, from the numbers themselves: one that was rounded before would be rounded twice."""
    if not details.old or details.new is None:
        return None
    return 100 * (details.new - details.old) / details.old


def _reported(details: EnrollmentDetails) -> str:
    enrolled, moved = f"{people(details.new or 0)} enrolled", _moved(details)
    planned = details.old_type == "ESTIMATED"
    if not moved:
        return f"{enrolled}, as planned" if details.old and planned else enrolled
    before = f"the {details.old:,} planned" if planned else f"the {details.old:,} given before"
    if abs(moved) >= _TOO_FAR:
        return f"{enrolled}, more than {before}"
    return f"{enrolled}, {percent(moved)} % {'more' if moved > 0 else 'fewer'} than {before}"


def _short(event: Event, details: EnrollmentDetails) -> str:
    if details.old is None or details.new is None:
        return inside(event, headline_of(event))
    if "actual_reported" in event.effects:
        return f"{details.old:,} {'planned ' if details.old_type == 'ESTIMATED' else ''}→ {details.new:,} enrolled"
    if "corrected" in event.effects:
        return f"actual enrollment {details.old:,} → {details.new:,}"
    return f"enrollment {details.old:,} → {details.new:,}"


kind_words(
    "enrollment_changed",
    EnrollmentDetails,
    title="Enrollment",
    headline=_headline,
    short=_short,
    lines=silent,
    compared=("enrollment",),
    from_details=True,
)
