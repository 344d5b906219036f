"""Second witnesses: a linked registry says within 30 days what another one told first. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from tracker.model.dates import RegistryDate
from tracker.model.details import DateDetails, RecruitmentStatusDetails, ResultsPostedDetails
from tracker.model.event import Event

WITHIN = timedelta(days=30)

WITNESSED = frozenset(
    {
        "recruitment_status_changed",
        "start_date_changed",
        "primary_completion_date_changed",
        "completion_date_changed",
        "results_posted",
    }
)
"""Kinds whose news is one of the trial, whichever registry has it first. Every other change is its registry's own."""


def firsts(event: Event, others: Mapping[str, Sequence[Event]]) -> tuple[Event, ...]:
    """The events of linked registrations that told before what an event tells, as far as that stood when it came.

    ``others`` are the past events of each of them.
    """
    return tuple(first for past in others.values() if (first := _last_before(event, past)) and _same_news(first, event))


def seconds(event: Event, own: Sequence[Event], others: Iterable[Event]) -> tuple[Event, ...]:
    """The events of linked registrations that say again what an event told; ``own`` are the past events of its own trial."""
    found = (one for one in others if _same_news(event, one))
    return tuple(one for one in found if (last := _last_before(one, own)) and last.id == event.id)


def _last_before(event: Event, past: Iterable[Event]) -> Event | None:
    earlier = (one for one in past if one.kind == event.kind and _order(one) < _order(event))
    return max(earlier, key=_order, default=None)


def _order(event: Event) -> tuple[object, str]:
    return event.detected_at, event.id


def _same_news(first: Event, second: Event) -> bool:
    if first.kind != second.kind or first.kind not in WITNESSED or {first.origin, second.origin} != {"live"}:
        return False
    if not first.detected_at <= second.detected_at <= first.detected_at + WITHIN:
        return False
    match first.details, second.details:
        case RecruitmentStatusDetails(new=str(told)), RecruitmentStatusDetails(new=again):
            return told == again
        case DateDetails(new=RegistryDate() as told), DateDetails(new=RegistryDate() as again):
            return _same_date(told, again)
        case ResultsPostedDetails(posted_on=str()), ResultsPostedDetails(posted_on=str()):
            return True
    return False


def _same_date(told: RegistryDate, again: RegistryDate) -> bool:
    """Dates on their common precision; an actual one is news after an estimate."""
    same_type = told.type == again.type or None in (told.type, again.type)
    return same_type and (told.date == again.date or told.contains(again) or again.contains(told))
