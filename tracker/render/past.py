"""The past of trials for people and machines: versions, days in each status, dates that moved, enrollment, base rates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, time, tzinfo
from itertools import chain

import msgspec

from tracker.model.history import DatedFact
from tracker.model.ids import split_key
from tracker.model.ledgers import (
    DatedDay,
    DateMove,
    EnrollmentStep,
    IndexedVersion,
    Known,
    Rate,
    StatusSpan,
    TimelineVersion,
    TrialPast,
)
from tracker.model.vocabulary import SEVERITIES
from tracker.render import kinds, times, vocabulary
from tracker.render.grid import Grid
from tracker.render.safe_text import one_line, plural

PARTS = ("versions", "statuses", "own_history", "slips", "enrollment")
"""What can be shown of the past, in the order in which it is."""

HEADINGS = {
    "versions": "Versions",
    "statuses": "Days in each status",
    "own_history": "What the record itself dates",
    "slips": "Dates that moved",
    "enrollment": "Enrollment",
}

NOTHING = {
    "versions": "No version is stored.",
    "statuses": "No status is known.",
    "own_history": "The records of this registry date nothing of their own past, or this one does not.",
    "slips": "None moved, as far as is known.",
    "enrollment": "No number is known.",
}

_MOST_HEADLINES = 3
_MOST_SECTIONS = 12

MIDNIGHT = time(0)

Row = tuple[str, ...]


def grids(
    parts: Sequence[str], pasts: Iterable[TrialPast], now: datetime, timezone: tzinfo, *, most: int, several: bool
) -> dict[str, Grid]:
    """Parts of the past of trials as tables of at most so many rows each; with ``several``, each row names its trial."""
    made: dict[str, list[Row]] = {part: [] for part in parts}
    beyond = dict.fromkeys(parts, 0)
    for past in pasts:
        head = (split_key(past.trial).number, one_line(past.name, 40)) if several else ()
        for part in parts:
            rows = list(_rows(part, past, now, timezone))
            room = max(most - len(made[part]), 0)
            made[part] += [(*head, *row) for row in rows[:room]]
            beyond[part] += max(len(rows) - room, 0)
    return {part: _grid(part, made[part], beyond[part], several=several) for part in parts}


def _grid(part: str, rows: Sequence[Row], beyond: int, *, several: bool) -> Grid:
    columns, flexible = _COLUMNS[part]
    return Grid(
        columns=(*(("Trial", "Name") if several else ()), *columns),
        rows=tuple(rows),
        flexible=flexible,
        widest={"Name": 30},
        optional=("Name", "Seen"),
        numbers=frozenset({"Version", "Registry's", "Days", "Sum", "Participants"}),
        caption=f"… and {plural(beyond, 'more row')}: --format csv --show {part} has all." if beyond else "",
    )


_COLUMNS = {
    "versions": (("Day", "Version", "Registry's", "Status", "What changed", "Seen"), "What changed"),
    "statuses": (("Status", "From", "Until", "Days"), "Status"),
    "own_history": (("Day", "Until", "Where", "What", "In the registry since"), "What"),
    "slips": (("Moved", "Date", "From", "To", "Days", "Sum", "Move"), "Date"),
    "enrollment": (("Since", "Participants", "Type"), "Type"),
}


def _rows(part: str, past: TrialPast, now: datetime, timezone: tzinfo) -> Iterator[Row]:
    match part:
        case "versions":
            return (_version(one, timezone) for one in past.versions)
        case "statuses":
            return chain((_span(one, now, timezone) for one in past.statuses), _country_spans(past, now))
        case "own_history":
            return (_dated(one) for one in (past.own_history.facts if past.own_history else ()))
        case "slips":
            return (_move(one, timezone) for one in past.slips)
        case _:
            return (_step(one, timezone) for one in past.enrollment)


def day(at: datetime, timezone: tzinfo) -> str:
    """A day of the past. What a registry dates begins with its day in UTC, and is that day in every time zone."""
    return times.plain_day(at.date()) if at.time() == MIDNIGHT else times.day(at, timezone)


def status_of(one: TimelineVersion) -> str:
    """The recruitment status in a version, in words; the registry's own word where it is no known status."""
    return vocabulary.status(one.recruitment_status) if one.recruitment_status else one_line(one.said, 40)


def touched(one: TimelineVersion) -> tuple[str, ...]:
    """What a version changed: our own headlines, else the sections that the registry names."""
    if one.events:
        return tuple(kinds.headline(event) for event in one.events)
    return (f"sections: {sections(one.touched)}",) if one.touched else ()


def sections(names: Sequence[str]) -> str:
    """Sections of a record as the registry names them."""
    shown = [one_line(name, 60) for name in names[:_MOST_SECTIONS]]
    return ", ".join(shown) + (f" and {len(names) - _MOST_SECTIONS} more" if len(names) > _MOST_SECTIONS else "")


def _version(one: TimelineVersion, timezone: tzinfo) -> Row:
    headlines = touched(one)
    more = len(headlines) - _MOST_HEADLINES
    shown = "; ".join(headlines[:_MOST_HEADLINES]) + (f"; and {plural(more, 'more change')}" if more > 0 else "")
    return (
        day(one.valid_from, timezone),
        "index only" if one.number is None else str(one.number),
        "" if one.registry_version is None else str(one.registry_version),
        status_of(one),
        shown,
        times.day(one.snapshot.first_seen_at, timezone) if one.snapshot else "",
    )


def _span(one: StatusSpan, now: datetime, timezone: tzinfo) -> Row:
    days = f"{int(one.days(now)):,}"  # whole days, as on the pages
    return (
        vocabulary.status(one.status),
        ("at least since " if one.at_least else "") + day(one.since, timezone),
        day(one.until, timezone) if one.until else "today",
        days,
    )


def _country_spans(past: TrialPast, now: datetime) -> Iterator[Row]:
    """The statuses of member states as the record itself dates them; who recruits does so from the first day to the last."""
    for one in past.own_history.statuses if past.own_history else ():
        until = times.plain_day(one.until) if one.until else "today"
        days = ((one.until or now.astimezone(UTC).date()) - one.date).days
        yield f"{_whose(one)}, by its own record", times.plain_day(one.date), until, f"{days:,}"


def _whose(one: DatedFact) -> str:
    said = one_line(one.said, 80)
    return f"{one_line(one.country, 40)}: {said}" if one.country else said


def _dated(one: DatedFact) -> Row:
    return (
        times.plain_day(one.date),
        times.plain_day(one.until) if one.until else "",
        one_line(one.country, 40) if one.country else "",
        one_line(one.said, 100),
        times.plain_day(one.registered) if one.registered else "",
    )


def _move(one: DateMove, timezone: tzinfo) -> Row:
    return (
        day(one.valid_from, timezone),
        vocabulary.field_title(one.field),
        times.registry_day(one.old),
        times.registry_day(one.new),
        f"{one.days:+,}",
        f"{one.cumulative_days:+,}",
        f"{one.nth}. {'slip' if one.days > 0 else 'move earlier'}",
    )


def _step(one: EnrollmentStep, timezone: tzinfo) -> Row:
    return (
        ("at least since " if one.at_least else "") + day(one.since, timezone),
        "" if one.count is None else f"{one.count:,}",
        vocabulary.enumerated(one.type) if one.type else "",
    )


def known(found: Known) -> str:
    """How far back a trial is known, in a sentence."""
    if found.registered is not None:
        since = f"Known since registration {times.plain_day(found.registered)}"
    elif found.tracked_since is not None and found.text_since == found.tracked_since:
        since = f"Known since tracking began {times.plain_day(found.tracked_since)}"
    elif found.text_since is not None:
        since = f"Known since {times.plain_day(found.text_since)}"
    else:
        return "Nothing is stored."
    if found.dated_since is not None:
        dates = f"the record itself dates its past since {times.plain_day(found.dated_since)}"
        return f"{since}: {plural(found.stored, 'version')} stored; {dates}."
    if found.listed is None:
        return f"{since}: {plural(found.stored, 'version')} stored; the registry's index of its versions was not read."
    texts = f"{found.numbered or 'none'} of them stored"
    seen = found.stored - found.numbered
    more = f"; {seen} {'more ' if found.numbered else ''}stored as they were seen" if seen else ""
    first = f", the earliest of {times.plain_day(found.text_since)}" if found.text_since else ""
    return f"{since}: the registry's index lists {plural(found.listed, 'version')}, {texts}{more}{first}."


def indexed(found: IndexedVersion) -> list[str]:
    """What the registry's index tells of a version whose text is not stored."""
    number = split_key(found.trial).number
    known_status = vocabulary.status(found.recruitment_status) if found.recruitment_status else ""
    status = known_status or one_line(found.said, 40) or "not given"
    until = f" until {times.plain_day(found.until)}" if found.until else ""
    lines = [
        f"{number}, registry version {found.registry_version}, in force from {times.plain_day(found.date)}{until}",
        f"Status: {status}",
    ]
    if found.touched:
        lines.append(f"Sections that it changed: {sections(found.touched)}")
    return lines


def dated_day(found: DatedDay) -> list[str]:
    """What a record dates of a day on which no stored version stood: where things stood in each country, what had happened."""
    number = split_key(found.trial).number
    standing = [one for one in found.facts if one.recruitment_status is not None]
    happened = [one for one in found.facts if one.recruitment_status is None]
    lines = [
        f"{number} on {times.plain_day(found.date)}, by the dates in its own record (they begin {times.plain_day(found.since)})"
    ]
    lines += [f"{_whose(one)} since {times.plain_day(one.date)}" for one in standing]
    lines += [f"{times.plain_day(one.date)} {_whose(one)}" for one in happened]
    return lines if found.facts else [*lines, "Nothing that it dates stood on that day."]


def dated_day_values(found: DatedDay) -> dict[str, object]:
    """The same for machines; the record, and the overall status, which no record dates, are null."""
    return {**msgspec.structs.asdict(found), "recruitment_status": None, "record": None}


def rate(found: Rate, timezone: tzinfo) -> str:
    """A base rate in a sentence, with the count and the span that it rests on."""
    phase = f"{vocabulary.enumerated(found.phase)} " if found.phase else ""
    span = f"since {times.day(found.since, timezone)}" if found.since else "in the last year"
    return f"Of {found.trials:,} {phase}trials, {found.percent} % {found.what} {span} ({found.moved:,})."


def rate_values(found: Rate) -> dict[str, object]:
    """A base rate for machines; ``since`` null is a span of a year."""
    return {**msgspec.structs.asdict(found), "percent": found.percent}


def values(past: TrialPast, now: datetime, parts: Sequence[str] = PARTS) -> dict[str, object]:
    """The past of a trial for machines."""
    made: dict[str, object] = {"trial": past.trial, "name": past.name, "known": past.known}
    for part in parts:
        match part:
            case "versions":
                made[part] = [_version_values(one) for one in past.versions]
            case "statuses":
                made[part] = [{**_without_trial(one), "days": round(one.days(now), 1)} for one in past.statuses]
                made["country_statuses"] = past.own_history.statuses if past.own_history else ()
            case "own_history":
                made[part] = past.own_history.facts if past.own_history else ()
            case "slips":
                made[part] = [{**_without_trial(one), "severity": SEVERITIES[one.severity]} for one in past.slips]
            case _:
                made[part] = [_without_trial(one) for one in past.enrollment]
    return made


def indexed_values(found: IndexedVersion) -> dict[str, object]:
    """The same of a version that only the index tells of; the record is null."""
    return {**msgspec.structs.asdict(found), "record": None}


def _version_values(one: TimelineVersion) -> dict[str, object]:
    return {
        "version": one.number,
        "registry_version": one.registry_version,
        "valid_from": one.valid_from,
        "first_seen_at": one.snapshot.first_seen_at if one.snapshot else None,
        "origin": one.snapshot.origin if one.snapshot else "index",
        "recruitment_status": one.recruitment_status,
        "said": one.said,
        "changes": [
            {"id": event.id, "kind": event.kind, "severity": event.severity, "headline": kinds.headline(event)}
            for event in one.events
        ],
        "sections": one.touched,
        "sha256": one.snapshot.sha256 if one.snapshot else None,
        "link": one.link or None,
    }


def _without_trial(one: StatusSpan | DateMove | EnrollmentStep) -> dict[str, object]:
    return {name: value for name, value in msgspec.structs.asdict(one).items() if name != "trial"}
