"""The ``export`` command: what is kept, for analysis elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import click

from tracker.cli import arguments
from tracker.cli.app import App
from tracker.cli.options import Shared, shared_options
from tracker.errors import UsageError

TABLES = (
    *("changes", "trials", "timeline", "statuses", "own_history", "slips", "enrollment"),
    *("outcomes", "sites", "duties", "snapshots", "registrations"),
)
FORMATS = ("csv", "xlsx", "jsonl", "parquet", "ris")


@click.command("export")
@click.option("--table", "name", type=click.Choice(TABLES), default="changes", help="Which table.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="csv", help="How it is written.")
@click.option("--out", metavar="FILE", type=click.Path(path_type=Path), help="The file to write; else standard output.")
@click.option("--excel", is_flag=True, help="CSV with the byte order mark by which Excel reads umlauts.")
@click.option("--watch", metavar="WATCH", help="Only the trials of this watch.")
@click.option("--trial", "trials", metavar="TRIAL", multiple=True, help="Only this trial; may be repeated.")
@arguments.log_options
@shared_options
def export_command(
    shared: Shared,
    name: str,
    form: str,
    out: Path | None,
    excel: bool,
    watch: str | None,
    trials: tuple[str, ...],
    **log: Any,
) -> None:
    """Typed tables for spreadsheets, notebooks and databases: csv, xlsx, jsonl, parquet; ris for reference managers."""
    from tracker.export import formats, ris, tables

    app = App(shared)
    app.require_watches([watch] if watch else [])
    if form == "ris" and name not in ("changes", "trials"):
        raise UsageError(f"The table {name} has no form as references.", remedy="--format ris writes the followed trials.")
    if out is None and form in formats.BINARY and sys.stdout.isatty():
        raise UsageError(f"{form} is no text for a terminal.", remedy=f"Name a file: --out {name}.{form}")
    if excel and form != "csv":
        raise UsageError("--excel is for csv alone.", remedy="Leave it out: Excel reads the umlauts of xlsx without it.")
    if (name != "changes" or form == "ris") and (narrowing := _of_the_log(log)):
        raise UsageError(
            f"{narrowing} narrows the change log alone, not {'references' if form == 'ris' else f'the table {name}'}.",
            remedy="--watch and --trial narrow every table.",
        )
    log_wanted = arguments.event_filter(app, watch=watch, trials=trials, **log)
    with app.archive() as archive:
        wanted = tables.Wanted(watch=watch, log=log_wanted, own=True)

        def write(to: IO[bytes]) -> None:
            if form == "ris":
                ris.write(archive, wanted, to)
            elif form == "csv":
                formats.write_csv(tables.TABLES[name](archive, wanted), to, mark=excel)
            else:
                formats.FORMATS[form](tables.TABLES[name](archive, wanted), to)

        app.output(out, write)


def _of_the_log(log: Mapping[str, Any]) -> str:
    """The first option given that only the change log is narrowed by."""
    options = {"since": "--since", "until": "--until", "kinds": "--kind", "about": "--about", "min_severity": "--min-severity"}
    return next((option for name, option in options.items() if log[name] and log[name] != "minor"), "")
