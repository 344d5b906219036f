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
    from tracker import events, records
    from tracker.model.present import trial_label
    from tracker.render import ics, tables

    app = App(shared)
    app.require_watches([watch] if watch else [])
    now = clock.now()
    with app.store() as store:
        trials = sorted({member.trial for member in store.memberships() if watch in (None, member.watch)})
        current = [(one.source, record) for one, record in records.current(store, app.sources, trials) if not one.removed_at]
    known = [record for _, record in current]
    rows = [row for source, record in current for row in events.deadlines(record, app.sources[source].info, now.date())]
    rows.sort(key=lambda row: (row.due, row.trial, row.kind))
    named = records.labels(app.settings.watches, app.sources, known)
    labels = {record.trial: trial_label(record.trial, record, named.get(record.trial, "")) for record in known}
    match "json" if shared.json else form:
        case "json":
            app.emit({"deadlines": rows})
        case "ics":
            click.echo(ics.calendar(rows, labels, now), nl=False)
        case "csv":
            click.echo(tables.grid_csv(tables.deadlines_grid(rows, labels)), nl=False)
        case _ if rows:
            app.show(tables.deadlines_grid(rows, labels))
        case _:
            app.print("No deadline is known of the followed trials.")
