"""The ``deadlines`` command: days that matter, ahead and passed."""

from __future__ import annotations

import click

from tracker import clock
from tracker.cli.app import App
from tracker.cli.options import Shared, shared_options


@click.command("deadlines")
@click.option("--watch", metavar="WATCH", help="Only the trials of this watch.")
@click.option(
    "--format", "form", type=click.Choice(["table", "csv", "json", "ics"]), default="table", help="How it is written."
)
@shared_options
def deadlines_command(shared: Shared, watch: str | None, form: str) -> None:
    """Results due and overdue, planned dates that passed, lapses of verification: estimates, not legal findings."""
    from tracker.render import ics, machine, tables

    app = App(shared)
    app.require_watches([watch] if watch else [])
    now = clock.now()
    with app.archive() as archive:
        rows = archive.deadlines(now.date(), watch=watch)
        match "json" if shared.json else form:
            case "json":
                app.write(machine.listed("deadlines", (row.deadline for row in rows)))
            case "ics":
                click.echo(ics.calendar(rows, now), nl=False)
            case "csv":
                app.write(tables.deadlines_csv(rows))
            case _:
                grid = tables.deadlines_grid(rows)
                if grid.rows:
                    app.show(grid)
                else:
                    app.print("No deadline is known of the followed trials.")
