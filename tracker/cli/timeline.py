"""The ``timeline`` command: what became of a trial, or of all trials of a watch, over time."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from tracker import clock
from tracker.cli import arguments
from tracker.cli.app import App
from tracker.cli.options import Shared, shared_options
from tracker.errors import UsageError

if TYPE_CHECKING:
    from tracker.archive import Archive
    from tracker.model.ledgers import TrialPast

PARTS = ("versions", "statuses", "own_history", "slips", "enrollment")
MOST_ROWS = 300
"""Rows of one part that are shown as a table; the other forms have all."""


@click.command("timeline")
@click.argument("trial", required=False)
@click.option("--watch", metavar="WATCH", help="All trials of this watch, and how often such trials change.")
@click.option(
    "--show", "part", type=click.Choice(PARTS), help="Only this part; csv and xlsx hold one, by default the versions."
)
@click.option(
    "--format", "form", type=click.Choice(["table", "csv", "xlsx", "json"]), default="table", help="How it is written."
)
@click.option("--out", metavar="FILE", type=click.Path(path_type=Path), help="The file to write csv or xlsx to.")
@shared_options
def timeline_command(
    shared: Shared, trial: str | None, watch: str | None, part: str | None, form: str, out: Path | None
) -> None:
    """Versions and what each changed, days in each status, dates that moved, enrollment over time."""
    app = App(shared)
    if (trial is None) == (watch is None):
        raise UsageError("timeline shows either one trial or a watch.", remedy="tracker timeline TRIAL, or --watch WATCH.")
    form = "json" if shared.json else form
    if out is not None and form not in ("csv", "xlsx"):
        raise UsageError("--out goes with csv and xlsx.", remedy="Name one: --format csv")
    app.require_watches([watch] if watch else [])
    key = arguments.trial_key(app, trial) if trial else ""
    with app.archive() as archive:
        if key and not archive.is_kept(key):
            raise UsageError(f"Nothing is stored of {key}.", remedy="`tracker list` shows what is followed.")
        if form in ("csv", "xlsx"):
            _write_table(app, archive, key, watch, part or "versions", form, out)
        elif form == "json":
            _write_json(app, archive, key, watch, part)
        else:
            _print_parts(app, archive, key, watch, [part] if part else list(PARTS))


def _pasts(archive: Archive, key: str, watch: str | None, *, events: bool = True) -> Iterator[TrialPast]:
    return archive.pasts(trials=[key], events=events) if key else archive.pasts(watch=watch, events=events)


def _print_parts(app: App, archive: Archive, key: str, watch: str | None, parts: list[str]) -> None:
    """Each part as a table under its heading, and how far back all of it reaches."""
    from tracker.render import past

    now = clock.now()
    if key:
        found = next(_pasts(archive, key, watch, events=False), None)
        if found is not None:
            app.print(f"{found.name} ({found.trial.partition(':')[2]})", past.known(found.known))
    read = _pasts(archive, key, watch, events="versions" in parts)
    for part, shown in past.grids(parts, read, now, app.timezone, most=MOST_ROWS, several=not key).items():
        if part == "own_history" and not shown.rows and len(parts) > 1:
            continue  # most registries date nothing in a record
        app.print("", past.HEADINGS[part])
        if shown.rows:
            app.show(shown)
        else:
            app.print(past.NOTHING[part])
    if watch:
        app.print("", "How often such things happen", *_rates(app, archive, watch, now))


def _rates(app: App, archive: Archive, watch: str, now: datetime) -> list[str]:
    """The base rates of a watch in sentences, or why there is none."""
    from tracker.archive.rates import FEWEST, SHORTEST
    from tracker.render import past

    found = archive.rates(watch, archive.standing(archive.followed_by(watch)), now)
    if found.found:
        return [past.rate(one, app.timezone) for one in found.found]
    return [f"Too little is known: a rate rests on at least {FEWEST} trials over {SHORTEST.days} days."]


def _write_json(app: App, archive: Archive, key: str, watch: str | None, part: str | None) -> None:
    from tracker.render import machine, past

    now = clock.now()
    parts = [part] if part else list(PARTS)
    read = (past.values(one, now, parts) for one in _pasts(archive, key, watch, events="versions" in parts))
    if key:
        app.write([machine.document(next(read, None))])
        return
    assert watch is not None
    rates = archive.rates(watch, archive.standing(archive.followed_by(watch)), now)
    app.write(machine.with_list({"watch": watch}, "trials", read, {"rates": [past.rate_values(one) for one in rates.found]}))


def _write_table(app: App, archive: Archive, key: str, watch: str | None, part: str, form: str, out: Path | None) -> None:
    """One part as `tracker export` writes it."""
    from tracker.export import formats, tables
    from tracker.model.event import EventFilter

    if form == "xlsx" and out is None and sys.stdout.isatty():
        raise UsageError("xlsx is no text for a terminal.", remedy=f"Name a file: --out {part}.xlsx")
    wanted = tables.Wanted(watch=watch, log=EventFilter(trials=frozenset([key] if key else [])))
    table = tables.TABLES["timeline" if part == "versions" else part](archive, wanted)

    def write(to: IO[bytes]) -> None:
        formats.FORMATS[form](table, to)

    app.output(out, write)
