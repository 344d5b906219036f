"""The tables of ``list``, ``changes``, ``outbox``, ``runs`` and ``doctor``: values in, a grid of words out."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Literal

import msgspec

from tracker.model.alert import Message
from tracker.model.dates import RegistryDate
from tracker.model.deadline import Deadline
from tracker.model.event import Event, Story
from tracker.model.ids import recognise, split_key
from tracker.model.present import Nearest, trial_label
from tracker.model.record import Enrollment, TrialRecord
from tracker.model.run import Run
from tracker.model.vocabulary import rank
from tracker.render import kinds, times, vocabulary
from tracker.render.grid import SEVERITY_STYLES, Grid, csv_text, grid_csv, grid_markdown, grid_table, grid_text, terminal
from tracker.render.safe_text import one_line, plural
from tracker.render.story_view import event_label

__all__ = [
    "SEVERITY_STYLES",
    "Finding",
    "Grid",
    "PresentRow",
    "changes_csv",
    "changes_grid",
    "changes_markdown",
    "findings_grid",
    "grid_csv",
    "grid_markdown",
    "grid_table",
    "grid_text",
    "outbox_grid",
    "present_grid",
    "present_rows",
    "runs_grid",
    "terminal",
]


class PresentRow(msgspec.Struct, frozen=True, kw_only=True):
    """One trial as it stands, in words."""

    trial: str
    label: str
    recruitment_status: str
    start: str
    primary_completion: str
    enrollment: str
    results: str
    last_update: str
    nearest: str


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One line of ``doctor`` or ``check``: what was looked at, how it is, and the remedy when something is amiss."""

    subject: str
    state: Literal["ok", "warning", "problem"]
    text: str
    remedy: str = ""


def present_rows(
    records: Iterable[TrialRecord],
    *,
    labels: Mapping[str, str] | None = None,
    nearest: Mapping[str, Nearest] | None = None,
    removed: Container[str] = (),
) -> tuple[PresentRow, ...]:
    """Each record in words; ``labels`` and ``nearest`` are by trial key, ``removed`` are gone from their registry."""
    named, near = labels or {}, nearest or {}
    rows = (_present_row(record, named.get(record.trial, ""), near.get(record.trial)) for record in records)
    gone = "Gone from the registry"
    return tuple(msgspec.structs.replace(row, recruitment_status=gone) if row.trial in removed else row for row in rows)


def shown_number(trial: str) -> str:
    """A registry's number as it is; the whole key where the number is another registry's (a page's NCT number) or none."""
    found = recognise(split_key(trial).number)
    return found.number if found and found.key == trial else trial


def present_grid(rows: Sequence[PresentRow]) -> Grid:
    """``list``: a row a trial; the column of the nearest place stands only when one is known."""
    columns = ("Trial", "Name", "Status", "Start", "Primary completion", "Enrollment", "Results", "Updated")
    cells = [
        (
            shown_number(row.trial),
            row.label,
            row.recruitment_status,
            row.start,
            row.primary_completion,
            row.enrollment,
            row.results,
            row.last_update,
            row.nearest,
        )
        for row in rows
    ]
    near = any(row.nearest for row in rows)
    return Grid(
        columns=(*columns, "Nearest") if near else columns,
        rows=tuple(line if near else line[:-1] for line in cells),
        flexible="Name",
        widest={"Status": 14, "Nearest": 22},
        optional=("Start", "Results", "Updated", "Enrollment", "Primary completion"),
        numbers=frozenset({"Enrollment"}),
        caption=plural(len(rows), "trial"),
    )


def in_story_order(events: Sequence[Event], stories: Mapping[str, Story]) -> list[Event]:
    """Day by day, the weightiest story first; within a story its events as they are ranked there."""

    def position(event: Event) -> tuple[datetime, int, str, int]:
        story = stories.get(event.story)
        weight = rank(story.severity if story else event.severity)
        part = story.parts.index(event.id) if story and event.id in story.parts else 0
        return event.effective_at, -weight, event.story or event.id, part

    return sorted(events, key=position)


def changes_grid(events: Sequence[Event], timezone: tzinfo, *, grouped: bool = False) -> Grid:
    """``changes``: a row an event, in the order given; days in the zone ``timezone``.

    ``grouped`` leaves day and trial out where a row goes on with the story of the row above.
    """
    rows: tuple[tuple[str, ...], ...] = tuple(
        (
            "" if follows else times.day(event.effective_at, timezone),
            event.severity,
            "" if follows else split_key(event.trial).number,
            "" if follows or not event.label else event_label(event),
            kinds.headline(event),
        )
        for event, follows in zip(events, _follows(events, grouped=grouped), strict=True)
    )
    trials = plural(len({event.trial for event in events}), "trial")
    columns: tuple[str, ...] = ("Day", "Severity", "Trial", "Name", "What changed")
    if not any(name for *_, name, _ in rows):
        columns, rows = (*columns[:3], columns[4]), tuple((*row[:3], row[4]) for row in rows)
    return Grid(
        columns=columns,
        rows=rows,
        flexible="What changed",
        widest={"Name": 18},
        caption=f"{plural(len(events), 'change')} in {trials}",
    )


def _follows(events: Sequence[Event], *, grouped: bool) -> list[bool]:
    stories = [event.story for event in events]
    return [grouped and bool(story) and story == above for story, above in zip(stories, ["", *stories], strict=False)]


def deadlines_grid(rows: Sequence[Deadline], labels: Mapping[str, str]) -> Grid:
    """``deadlines``: a row a day, in the order given."""
    cells = tuple(
        (row.due.isoformat(), row.state, shown_number(row.trial), one_line(labels.get(row.trial, ""), 48), kinds.deadline(row))
        for row in rows
    )
    columns = ("Day", "State", "Trial", "Name", "What")
    return Grid(
        columns=columns,
        rows=cells,
        flexible="What",
        widest={"Name": 18},
        optional=("Name",),
        caption=f"{plural(len(rows), 'deadline')}; estimates, not legal findings",
    )


def changes_csv(events: Sequence[Event]) -> str:
    """``changes --format csv``: a row an event with its evidence; times are ISO 8601 in UTC."""
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
    return csv_text([columns, *(_change_cells(event) for event in events)])


def changes_markdown(events: Sequence[Event], timezone: tzinfo) -> str:
    """``changes --format md``: a table that a document or an issue can take in."""
    return grid_markdown(changes_grid(events, timezone))


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


def runs_grid(runs: Sequence[Run], timezone: tzinfo) -> Grid:
    """The passes over the sources, and what health or an error said of them."""
    rows = tuple(
        (
            str(run.id),
            run.source,
            times.moment(run.started_at, timezone),
            run.state,
            f"{run.counts.checked:,}",
            f"{run.counts.changed:,}",
            f"{run.counts.failed:,}",
            one_line(run.verdict.sick or run.error, 300),
        )
        for run in runs
    )
    columns = ("Run", "Source", "Started", "State", "Checked", "Changed", "Failed", "Why")
    numbers = frozenset({"Run", "Checked", "Changed", "Failed"})
    return Grid(columns=columns, rows=rows, flexible="Why", optional=("Changed", "Checked"), numbers=numbers)


def findings_grid(findings: Sequence[Finding]) -> Grid:
    """``doctor`` and ``check``: a line each, remedy behind the fault."""
    rows = tuple(
        (finding.state, one_line(finding.subject), one_line(f"{finding.text} {finding.remedy}".strip())) for finding in findings
    )
    return Grid(columns=("State", "What", "How it is"), rows=rows, flexible="How it is")


def _present_row(record: TrialRecord, label: str, nearest: Nearest | None) -> PresentRow:
    return PresentRow(
        trial=record.trial,
        label=one_line(trial_label(record.trial, record, label), 60),
        recruitment_status=vocabulary.status(record.recruitment_status) if record.recruitment_status else "",
        start=_date(record.start_date),
        primary_completion=_date(record.primary_completion_date),
        enrollment=_enrollment(record.enrollment),
        results=vocabulary.enumerated(record.results_state or ""),
        # Whether a posting date is estimated is the registry's bookkeeping, not news.
        last_update=one_line(record.last_update_posted.date) if record.last_update_posted else "",
        nearest=_nearest(nearest),
    )


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
    own = f", {vocabulary.status(given.recruitment_status).lower()}" if given.recruitment_status else ""
    away = f"{given.km:.0f} km" if given.km >= 1 else "under 1 km"
    return one_line(f"{given.place}, {away}{own}", 60)


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
