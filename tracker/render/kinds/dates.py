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


def together(events: Sequence[Event]) -> str:
    """Both completion dates in one headline, where the same happened to both and nothing else is to be said; else empty."""
    found = {event.kind: event for event in events}
    if set(found) != set(COMPLETIONS) or any(_noted(event) for event in found.values()):
        return ""
    primary, study = (found[kind].details for kind in COMPLETIONS)
    effect, other = (first_effect(found[kind]) for kind in COMPLETIONS)
    if effect != other or not isinstance(primary, DateDetails) or not isinstance(study, DateDetails):
        return ""
    match effect:
        case "slipped" | "advanced":
            return _both_moved(primary, study, later=effect == "slipped")
        case "happened":
            return _both_happened(primary, study)
        case _:
            return ""


def _noted(event: Event) -> bool:
    """Whether a headline says more of the event than its dates."""
    details = event.details
    noted = details.registry_edit or details.many_at_once or details.changed_back or details.echo_of
    return bool(noted) or "moved_after_passing" in event.effects


def _both_moved(primary: DateDetails, study: DateDetails, *, later: bool) -> str:
    first, second = (f"to {day_of(one.new)} (was {day_of(one.old)})" for one in (primary, study))
    by, then = days(primary.days or 0), days(study.days or 0)
    if by == then:
        moved = f"slip by {by}" if later else f"move {by} earlier"
        return f"Both completion dates {moved}: primary {first}, study {second}"
    if later:
        return f"Primary completion slips by {by} {first}, completion by {then} {second}"
    return f"Primary completion moves {by} earlier {first}, completion {then} earlier {second}"


def _both_happened(primary: DateDetails, study: DateDetails) -> str:
    """Empty unless both were planned before, or given as the same days."""
    planned = [day_of(one.old) for one in (primary, study) if one.old is not None and one.old.type == "ESTIMATED"]
    reached = [on(one.new.date if one.new else "") for one in (primary, study)]
    if len(planned) != len(reached):
        return ""
    if reached[0] == reached[1]:
        plans = f"planned {planned[0]}" if planned[0] == planned[1] else f"planned {planned[0]} and {planned[1]}"
        return f"Primary completion and completion reached {reached[0]} ({plans})"
    return f"Primary completion reached {reached[0]} (planned {planned[0]}), completion {reached[1]} (planned {planned[1]})"


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
    match first_effect(event):
        case "happened":
            return _REACHED.get(details.field, field_title(details.field))
        case "corrected":
            return f"{field_title(details.field)} corrected to {day_of(details.new)}"
        case "back_to_estimated":
            return f"{field_title(details.field)} is an estimate again"
    return first_capital(_short(event, details))


def _tally(event: Event, details: DateDetails) -> str:
    what = f"{field_word(details.field)}(s)"
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
