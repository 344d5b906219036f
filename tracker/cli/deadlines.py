"""The ``deadlines`` command: days that matter, ahead and passed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from tracker import clock
from tracker.archive.asked import span
from tracker.cli.app import App
from tracker.cli.options import Shared, shared_options
from tracker.duties import DUTIES
from tracker.errors import UsageError
from tracker.model.deadline import Deadline
from tracker.model.details import ResultsDueDetails
from tracker.model.vocabulary import CALENDAR_KINDS

if TYPE_CHECKING:
    from tracker.model.views import DeadlineRow

AHEAD = timedelta(days=90)
"""How far the list looks ahead when nothing is said."""
RECENT = timedelta(days=365)
"""What passed longer ago is counted, and shown when asked for."""
_BASES = {"legal": "legal_duty", "practice": "registry_practice"}
DUTY_CHOICES = (*_BASES, *DUTIES)


@click.command("deadlines")
@click.option("--overdue", is_flag=True, help="Only what has passed, however long ago, the latest first.")
@click.option("--within", metavar="60d", help="Only what is ahead, up to so many days (60d, 8w).")
@click.option(
    "--kind", "kinds", type=click.Choice(sorted(CALENDAR_KINDS)), multiple=True, help="Only this kind; may be repeated."
)
@click.option(
    "--duty",
    metavar="legal|practice|LAW",
    type=click.Choice(DUTY_CHOICES),
    help="Results: by a legal duty, by registry practice only, or by one law (eu_ctr; see docs/duties.md).",
)
@click.option("--sponsor", metavar="WORDS", help="Only trials whose lead sponsor's name holds these words.")
@click.option("--watch", metavar="WATCH", help="Only the trials of this watch.")
@click.option(
    "--format", "form", type=click.Choice(["table", "csv", "xlsx", "json", "ics"]), default="table", help="How it is written."
)
@click.option("--out", metavar="FILE", type=click.Path(path_type=Path), help="The file to write; else standard output.")
@shared_options
def deadlines_command(
    shared: Shared,
    overdue: bool,
    within: str | None,
    kinds: tuple[str, ...],
    duty: str | None,
    sponsor: str | None,
    watch: str | None,
    form: str,
    out: Path | None,
) -> None:
    """Results due and overdue, planned dates that passed, lapses of verification: estimates, not legal findings.

    Without --overdue or --within, the table holds what passed within a year and what the next 90 days bring, a calendar
    what is ahead, and csv, xlsx and json hold everything.
    """
    from tracker.export import formats
    from tracker.export import tables as exports
    from tracker.render import ics, machine, tables

    app = App(shared)
    app.require_watches([watch] if watch else [])
    if overdue and within:
        raise UsageError(
            "--overdue and --within ask for the past and the future.", remedy="Give one of them, or none for both."
        )
    now = clock.now()
    today = now.date()
    ahead = span(within) if within else AHEAD
    with app.archive() as archive:
        every = [row for row in archive.deadlines(today, watch=watch) if _wanted(row, kinds, duty, (sponsor or "").casefold())]
        form = "json" if shared.json else form
        chosen = _chosen(every, today, ahead, form, overdue=overdue, within=within is not None)
        rows = chosen.rows
        match form:
            case "json":
                text = "".join(machine.listed("deadlines", (row.deadline for row in rows)))
                app.output(out, lambda to: to.write(text.encode()))
            case "ics":
                app.output(out, lambda to: to.write(ics.calendar(rows, stamp=now)))
            case "csv" | "xlsx" as written:
                if written == "xlsx" and out is None and sys.stdout.isatty():
                    raise UsageError("xlsx is no text for a terminal.", remedy="Name a file: --out deadlines.xlsx")
                app.output(out, lambda to: formats.FORMATS[written](exports.deadlines(archive, rows), to))
            case _:
                if rows:
                    app.show(tables.deadlines_grid(rows))
                else:
                    app.print("No deadline of the followed trials falls into this time.")
                if chosen.left_out:
                    app.print(chosen.left_out)


def _wanted(row: DeadlineRow, kinds: Sequence[str], duty: str | None, sponsor: str) -> bool:
    found = row.deadline
    if kinds and found.kind not in kinds:
        return False
    if duty and not _by(duty, found):
        return False
    return sponsor in (row.lead_sponsor or "").casefold()


def _by(duty: str, found: Deadline) -> bool:
    """Whether results are due by what is asked for: a kind of duty, or one law."""
    if duty in _BASES:
        return _BASES[duty] in found.effects
    return isinstance(found.details, ResultsDueDetails) and any(law.rule == duty for law in found.details.laws)


class _Chosen(NamedTuple):
    """The rows that are shown, and a sentence on what is not."""

    rows: Sequence[DeadlineRow]
    left_out: str = ""


def _chosen(rows: Sequence[DeadlineRow], today: date, ahead: timedelta, form: str, *, overdue: bool, within: bool) -> _Chosen:
    """The rows of the time that is asked for: what has passed, the latest first, then what is ahead, the nearest first."""
    passed = [row for row in reversed(rows) if row.deadline.due < today]
    coming = [row for row in rows if row.deadline.due >= today]
    soon = [row for row in coming if row.deadline.due <= today + ahead]
    if overdue:
        return _Chosen(passed)
    if within or form == "ics":
        return _Chosen(soon if within else coming)
    if form != "table":
        return _Chosen((*passed, *coming))
    recent = [row for row in passed if row.deadline.due >= today - RECENT]
    older, later = len(passed) - len(recent), len(coming) - len(soon)
    parts = [
        f"{older:,} that passed more than a year ago (--overdue)" if older else "",
        f"{later:,} further ahead (--within 365d)" if later else "",
    ]
    left_out = " and ".join(part for part in parts if part)
    return _Chosen((*recent, *soon), f"Not shown: {left_out}." if left_out else "")
