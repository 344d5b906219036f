"""The three milestones of a trial: start, primary completion, completion."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tracker.model.dates import RegistryDate
from tracker.model.details import DateDetails
from tracker.model.event import Event
from tracker.render import times
from tracker.render.kinds.kind_words import first_effect, headline_of, inside, kind_words
from tracker.render.phrases import day_of, days, on, quote
from tracker.render.vocabulary import enumerated, field_title, field_word, first_capital

COMPLETIONS = ("primary_completion_date_changed", "completion_date_changed")
"""Kinds whose dates often move together."""

_REACHED = {
    "start_date": "Started",
    "primary_completion_date": "Primary completion reached",
    "completion_date": "Completion reached",
}


def both_completions(events: Sequence[Event]) -> str:
    """Both completion dates in one phrase, where the same happened to both; else empty."""
    effects = {event.effects[:1] for event in events}
    if effects == {("happened",)}:
        return "both completion dates now actual"
    moves = {event.details.days or 0 for event in events if isinstance(event.details, DateDetails)}
    if effects not in ({("slipped",)}, {("advanced",)}) or len(moves) > 1:
        return ""
    return f"both completion dates {_moved(moves.pop())}"


def _headline(event: Event, details: DateDetails) -> str:
    what = field_title(details.field)
    old, new, moved = day_of(details.old), day_of(details.new), details.days or 0
    match first_effect(event):
        case "happened":
            return _happened(details, moved, old, new)
        case "slipped" if "moved_after_passing" in event.effects:
            return f"{what} slips by {days(moved)} to {new}; the old date {old} had already passed"
        case "slipped":
            return f"{what} slips by {days(moved)} to {new} (was {old})"
        case "advanced":
            return f"{what} moves {days(moved)} earlier to {new} (was {old})"
        case "corrected":
            return f"{what}: actual date corrected to {new}, {days(moved)} {'later' if moved > 0 else 'earlier'} (was {old})"
        case "back_to_estimated":
            again = "is an estimate again" if details.new and details.new.type else "is no longer marked as actual"
            return f"{what} {again}: {new} (was {old}, actual)"
        case "type_stated":
            kind = details.new.type if details.new else None
            return f"{what} {new} is now marked as {enumerated(kind) if kind else 'neither estimated nor actual'}"
        case "given":
            return f"{what} now given: {new}"
        case "cleared":
            return f"{what} no longer given (was {old})"
        case "unreadable":
            return f"{what} now reads “{_as_given(details.new)}” (was “{_as_given(details.old)}”)"
        case _:
            return f"{what} now given as {new} (was {old})"


def _as_given(date: RegistryDate | None) -> str:
    return quote(date.date, 60) if date else ""


def _happened(details: DateDetails, moved: int, old: str, new: str) -> str:
    """What came to pass; a date before that was marked neither as estimated nor as actual was no plan."""
    reached = f"{_REACHED.get(details.field, field_title(details.field))} {on(details.new.date if details.new else '')}"
    planned = details.old is not None and details.old.type == "ESTIMATED"
    if moved:
        than = f"than planned ({old})" if planned else f"than given before ({old})"
        return f"{reached}, {days(moved)} {'later' if moved > 0 else 'earlier'} {than}"
    if old == new:
        return reached
    return f"{reached} (planned {old})" if planned else f"{reached} (given as {old} before)"


def _short(event: Event, details: DateDetails) -> str:
    what = field_word(details.field)
    if "happened" in event.effects:
        return f"started {day_of(details.new)}" if event.kind == "start_date_changed" else f"{what} now actual"
    if first_effect(event) in {"slipped", "advanced"}:
        return f"{what} {_moved(details.days or 0)}"
    return inside(event, headline_of(event))


def _news(event: Event, details: DateDetails) -> str:
    """The move, or that the day is reached; else what the headline says."""
    if first_effect(event) == "happened":
        return _REACHED.get(details.field, field_title(details.field))
    return first_capital(_short(event, details))


def _tally(event: Event, details: DateDetails) -> str:
    what = field_word(details.field)
    ends = {"slipped": f"{what} later", "advanced": f"{what} earlier", "happened": f"{what} reached"}
    return ends.get(first_effect(event), f"{what} changed")


def _moved(by: int) -> str:
    return f"{'+' if by > 0 else '−'}{days(by)}"


def _lines(_event: Event, details: DateDetails) -> Iterator[str]:
    if details.nth and details.nth > 1 and details.cumulative_days:
        coverage = quote(times.restyled(details.coverage or ""))
        yield f"{days(details.cumulative_days)} in total, move {details.nth} in this direction ({coverage})"


kind_words(
    "start_date_changed",
    DateDetails,
    title="Start date",
    headline=_headline,
    short=_short,
    lines=_lines,
    news=_news,
    tally=_tally,
    compared=("start_date",),
)
kind_words(
    "primary_completion_date_changed",
    DateDetails,
    title="Primary completion date",
    headline=_headline,
    short=_short,
    lines=_lines,
    news=_news,
    tally=_tally,
    compared=("primary_completion_date",),
)
kind_words(
    "completion_date_changed",
    DateDetails,
    title="Completion date",
    headline=_headline,
    short=_short,
    lines=_lines,
    news=_news,
    tally=_tally,
    compared=("completion_date",),
)
