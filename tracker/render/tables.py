"""The tables of ``list``, ``changes``, ``outbox``, ``runs`` and ``doctor``: values in, a grid of words out."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from datetime import tzinfo
from itertools import compress, islice
from typing import Literal

import msgspec

from tracker.model.alert import Message
from tracker.model.dates import RegistryDate
from tracker.model.event import Event
from tracker.model.ids import recognise, split_key
from tracker.model.record import Enrollment
from tracker.model.search import SearchAnswer
from tracker.model.views import DeadlineRow, Nearest, PresentRow
from tracker.render import kinds, registrations, search, times, vocabulary
from tracker.render.grid import (
    SEVERITY_STYLES,
    Grid,
    csv_lines,
    grid_csv,
    grid_markdown,
    grid_table,
    grid_text,
    long_text,
    markdown_lines,
    terminal,
)
from tracker.render.phrases import whereabouts
from tracker.render.safe_text import one_line, plural
from tracker.render.story_view import event_label

__all__ = [
    "SEVERITY_STYLES",
    "ChangesTable",
    "Finding",
    "Grid",
    "PresentLine",
    "PresentTable",
    "changes_csv",
    "changes_grid",
    "changes_markdown",
    "deadlines_grid",
    "findings_grid",
    "grid_csv",
    "grid_markdown",
    "grid_table",
    "grid_text",
    "long_text",
    "outbox_grid",
    "present_csv",
    "present_grid",
    "present_line",
    "search_grid",
    "terminal",
]

SEARCH_COLUMNS = ("Trial", "Name", "Status", "Found in")
PRESENT_COLUMNS = (
    "Trial",
    "Name",
    "Status",
    "Start",
    "Primary completion",
    "Enrollment",
    "Results",
    "Updated",
    "Nearest",
)
ALSO = "Also"
"""The column of the other registrations of a trial."""

DEADLINE_COLUMNS = ("Day", "State", "Trial", "Name", "What")
CHANGE_COLUMNS = ("Day", "Severity", "Trial", "Name", "What changed")


class PresentLine(msgspec.Struct, frozen=True, kw_only=True):
    """One trial as it stands, in words."""

    trial: str
    name: str
    recruitment_status: str
    start: str
    primary_completion: str
    enrollment: str
    results: str
    last_update: str
    nearest: str
    also: str = ""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One line of ``doctor`` or ``check``: what was looked at, how it is, and the remedy when something is amiss."""

    subject: str
    state: Literal["ok", "warning", "problem"]
    text: str
    remedy: str = ""


def shown_number(trial: str) -> str:
    """A registry's number as it is; the whole key where the number is another registry's (a page's NCT number) or none."""
    found = recognise(split_key(trial).number)
    return found.number if found and found.key == trial else trial


class PresentTable:
    """``list``: one row per trial; columns of the nearest place and of other registrations stand only where there are any.

    ``rows`` are made as they are read; ``caption`` counts those read so far.
    """

    beyond = "more"

    def __init__(self, lines: Iterable[PresentLine], *, near: bool = True) -> None:
        self.count = 0
        self._near = near
        self.rows = self._rows(lines)

    def _rows(self, lines: Iterable[PresentLine]) -> Iterator[tuple[str, ...]]:
        for line in lines:
            self.count += 1
            yield _present_cells(line)

    def page(self, size: int) -> list[tuple[str, ...]]:
        """The first rows; all are counted."""
        first = list(islice(self.rows, size))
        for _ in self.rows:
            pass
        return first

    @property
    def caption(self) -> str:
        """How many there are."""
        return plural(self.count, "trial")

    def grid(self, rows: Sequence[tuple[str, ...]], *, more: bool = False) -> Grid:
        """Some of the rows; with ``more`` to come, each column that may be filled stands."""
        near = (more and self._near) or any(row[-2] for row in rows)
        also = any(row[-1] for row in rows)
        kept = [True] * (len(PRESENT_COLUMNS) - 1) + [near, also]
        return Grid(
            columns=tuple(compress((*PRESENT_COLUMNS, ALSO), kept)),
            rows=tuple(tuple(compress(row, kept)) for row in rows),
            flexible="Name",
            widest={"Status": 14, "Nearest": 28, ALSO: 20},
            optional=("Start", "Results", "Updated", "Enrollment", "Primary completion", *([ALSO] if also else [])),
            numbers=frozenset({"Enrollment"}),
            more=more,
        )


def present_grid(lines: Iterable[PresentLine]) -> Grid:
    """The table of the present as a whole."""
    return _whole(PresentTable(lines))


def present_csv(rows: Iterable[PresentRow], *, near: bool) -> Iterator[str]:
    """``list --format csv``, line by line; ``near``: with the column of the nearest place."""
    columns = len(PRESENT_COLUMNS) - (not near)
    yield from csv_lines([PRESENT_COLUMNS[:columns]])
    yield from csv_lines(_present_cells(present_line(row))[:columns] for row in rows)


def present_line(row: PresentRow) -> PresentLine:
    """One trial in words; one that is gone from its registry says so instead of a status."""
    status = vocabulary.status(row.recruitment_status) if row.recruitment_status else ""
    return PresentLine(
        trial=row.trial,
        name=one_line(_beside_number(row.name, row.trial)),
        recruitment_status="Gone from the registry" if row.removed_at else status,
        start=_date(row.start_date),
        primary_completion=_date(row.primary_completion_date),
        enrollment=_enrollment(row.enrollment),
        results=vocabulary.enumerated(row.results_state or ""),
        # Whether a posting date is estimated is the registry's bookkeeping, not news.
        last_update=one_line(row.last_update_posted.date) if row.last_update_posted else "",
        nearest=_nearest(row.nearest),
        also=registrations.short(row.registrations, by_link=bool(row.linked)),
    )


def _present_cells(line: PresentLine) -> tuple[str, ...]:
    return (
        shown_number(line.trial),
        line.name,
        line.recruitment_status,
        line.start,
        line.primary_completion,
        line.enrollment,
        line.results,
        line.last_update,
        line.nearest,
        line.also,
    )


def search_grid(found: SearchAnswer) -> Grid:
    """``search``: one row per trial, the best first, with the passage that holds the words."""
    rows = tuple(
        (
            shown_number(hit.trial),
            one_line(_beside_number(hit.name, hit.trial)),
            search.status(hit),
            "; ".join(f"{search.place(one)}: {one_line(one.text, 120)}" for one in hit.found[:1]),
        )
        for hit in found.trials
    )
    return Grid(
        columns=SEARCH_COLUMNS,
        rows=rows,
        flexible="Found in",
        widest={"Status": 14, "Name": 28},
        optional=("Status",),
        caption=plural(found.total, "trial"),
    )


class ChangesTable:
    """``changes``: one row per event, in the order given; days in the zone ``timezone``.

    ``grouped`` leaves day and trial out where a row goes on with the story of the row above.
    """

    beyond = "earlier"

    def __init__(self, events: Iterable[Event], timezone: tzinfo, *, grouped: bool = False) -> None:
        self.count = 0
        self._trials: set[str] = set()
        self._timezone = timezone
        self._grouped = grouped
        self._events = self._counted(events)
        self.rows = self._rows(self._events)

    def page(self, size: int) -> list[tuple[str, ...]]:
        """The last rows; all are counted."""
        return list(self._rows(deque(self._events, size)))

    def _counted(self, events: Iterable[Event]) -> Iterator[Event]:
        for event in events:
            self.count += 1
            self._trials.add(event.trial)
            yield event

    def _rows(self, events: Iterable[Event]) -> Iterator[tuple[str, ...]]:
        above = ""
        for event in events:
            row = _change_row(event, self._timezone)
            follows = self._grouped and bool(event.story) and event.story == above
            yield ("", row[1], "", "", row[4]) if follows else row
            above = event.story

    @property
    def caption(self) -> str:
        """How many there are."""
        return f"{plural(self.count, 'change')} in {plural(len(self._trials), 'trial')}"

    def grid(self, rows: Sequence[tuple[str, ...]], *, more: bool = False) -> Grid:
        """Some of the rows; with ``more`` to come, each column that may be filled stands."""
        named = more or any(row[3] for row in rows)
        return Grid(
            columns=CHANGE_COLUMNS if named else (*CHANGE_COLUMNS[:3], CHANGE_COLUMNS[4]),
            rows=tuple(rows) if named else tuple((*row[:3], row[4]) for row in rows),
            flexible="What changed",
            widest={"Name": 18},
            more=more,
        )


def changes_grid(events: Iterable[Event], timezone: tzinfo, *, grouped: bool = False) -> Grid:
    """The table of changes as a whole."""
    return _whole(ChangesTable(events, timezone, grouped=grouped))


def _whole(table: PresentTable | ChangesTable) -> Grid:
    grid = table.grid(list(table.rows))
    return msgspec.structs.replace(grid, caption=table.caption)


def _change_row(event: Event, timezone: tzinfo) -> tuple[str, str, str, str, str]:
    return (
        times.day(event.effective_at, timezone),
        event.severity,
        split_key(event.trial).number,
        event_label(event) if event.label else "",
        kinds.headline(event),
    )


def deadlines_grid(rows: Iterable[DeadlineRow]) -> Grid:
    """``deadlines``: one row per day, in the order given."""
    cells = tuple(_deadline_cells(row) for row in rows)
    return Grid(
        columns=DEADLINE_COLUMNS,
        rows=cells,
        flexible="What",
        widest={"Name": 18},
        optional=("Name",),
        caption=f"{plural(len(cells), 'deadline')}; estimates, not legal findings",
    )


def _deadline_cells(row: DeadlineRow) -> tuple[str, ...]:
    found = row.deadline
    name = one_line(_beside_number(row.name, found.trial), 48)
    return (found.due.isoformat(), found.state, shown_number(found.trial), name, kinds.deadline(found))


def _beside_number(name: str, trial: str) -> str:
    """A trial's name for a table that shows its number: nothing where the number is all there is."""
    return "" if name == split_key(trial).number else name


def changes_csv(events: Iterable[Event]) -> Iterator[str]:
    """``changes --format csv``: one row per event with its evidence, as they come; times are ISO 8601 in UTC."""
    columns = (
        "effective_at",
        "detected_at",
        "trial",
        "label",
        "kind",
        "effects",
        "severity",
        "headline",
        "rule",
        "cause",
        "origin",
        "last_seen_unchanged_at",
        "first_seen_changed_at",
        "updated_on",
        "data_version",
        "old_sha256",
        "new_sha256",
        "link",
        "story",
        "id",
    )
    yield from csv_lines([columns])
    yield from csv_lines(_change_cells(event) for event in events)


def changes_markdown(events: Iterable[Event], timezone: tzinfo) -> Iterator[str]:
    """``changes --format md``: a table that a document or an issue can take in, line by line."""
    return markdown_lines(CHANGE_COLUMNS, (_change_row(event, timezone) for event in events))


def outbox_grid(messages: Sequence[Message], timezone: tzinfo) -> Grid:
    """``outbox``: what was sent or is waiting, and why."""
    rows = tuple(
        (
            times.moment(message.created_at, timezone),
            message.state,
            message.channel,
            message.kind,
            str(message.attempts),
            one_line(message.subject, 120),
            _why_waiting(message, timezone),
        )
        for message in messages
    )
    columns = ("Made", "State", "Channel", "Kind", "Tries", "Subject", "Why")
    widest = {"Why": 30}
    return Grid(
        columns=columns,
        rows=rows,
        flexible="Subject",
        widest=widest,
        optional=("Kind", "Tries", "Made"),
        numbers=frozenset({"Tries"}),
    )


def findings_grid(findings: Sequence[Finding]) -> Grid:
    """``doctor`` and ``check``: a line each, remedy behind the fault."""
    rows = tuple(
        (finding.state, one_line(finding.subject), one_line(f"{finding.text} {finding.remedy}".strip())) for finding in findings
    )
    return Grid(columns=("State", "What", "How it is"), rows=rows, flexible="How it is")


def _date(given: RegistryDate | None) -> str:
    """The date as the registry gives it, planned ones marked: a table has no room for more."""
    if given is None:
        return ""
    return f"{one_line(given.date)} est." if given.type == "ESTIMATED" else one_line(given.date)


def _enrollment(given: Enrollment | None) -> str:
    if given is None:
        return ""
    count = "unknown" if given.count is None else f"{given.count:,}"
    return f"{count} est." if given.type == "ESTIMATED" else count


def _nearest(given: Nearest | None) -> str:
    if given is None:
        return ""
    text = _site_away(given)
    if given.km is None:
        text += ", cannot be placed"
    if given.closer:
        text += f"; closer: {_site_away(given.closer)}"
    return one_line(text, 120)


def _site_away(given: Nearest) -> str:
    own = f", {vocabulary.status(given.recruitment_status).lower()}" if given.recruitment_status else ""
    return whereabouts(given.place, given.km, in_city=given.in_city) + own


def _change_cells(event: Event) -> tuple[str, ...]:
    before, seen = event.seen_between
    return (
        event.effective_at.isoformat(),
        event.detected_at.isoformat(),
        event.trial,
        event.label,
        event.kind,
        " ".join(event.effects),
        event.severity,
        kinds.headline(event),
        event.rule,
        event.cause,
        event.origin,
        before.isoformat() if before else "",
        seen.isoformat(),
        event.updated_on or "",
        event.data_version or "",
        event.evidence.old or "",
        event.evidence.new or "",
        event.evidence.links[0] if event.evidence.links else "",
        event.story,
        event.id,
    )


def _why_waiting(message: Message, timezone: tzinfo) -> str:
    if message.state == "sent" and message.sent_at:
        return f"sent {times.moment(message.sent_at, timezone)}"
    again = f"next try {times.moment(message.next_attempt_at, timezone)}" if message.next_attempt_at else ""
    return "; ".join(part for part in (one_line(message.last_error, 160), again) if part)
