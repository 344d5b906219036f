"""The ``changes`` command: the change log."""

from __future__ import annotations

import click

from tracker import clock
from tracker.cli import arguments
from tracker.cli.app import App
from tracker.cli.options import Shared, shared_options
from tracker.errors import UsageError


@click.command("changes")
@click.option("--since", metavar="7d|DATE", help="From this day, or so far back, on.")
@click.option("--watch", metavar="WATCH", help="Only what this watch follows.")
@click.option("--trial", metavar="TRIAL", help="Only this trial.")
@click.option("--kind", "kinds", metavar="KIND", multiple=True, help="Only this kind; may be repeated.")
@click.option(
    "--min-severity", type=click.Choice(["minor", "notable", "major"]), default="minor", help="Only this or weightier."
)
@click.option("--format", "form", type=click.Choice(["table", "json", "csv", "md"]), default="table", help="How it is written.")
@shared_options
def changes_command(
    shared: Shared,
    since: str | None,
    watch: str | None,
    trial: str | None,
    kinds: tuple[str, ...],
    min_severity: str,
    form: str,
) -> None:
    """The change log, oldest first."""
    from tracker import events
    from tracker.model.event import EventFilter
    from tracker.render import machine, tables

    app = App(shared)
    app.require_watches([watch] if watch else [])
    unknown = set(kinds) - set(events.KINDS)
    if unknown:
        raise UsageError(f"There is no kind {', '.join(sorted(unknown))}.", remedy="docs/changes.md lists them all.")
    wanted = EventFilter(
        since=arguments.moment(since, app.timezone, clock.now()) if since else None,
        watch=watch,
        trial=arguments.trial_key(app, trial) if trial else None,
        kinds=frozenset(kinds),
        min_severity=min_severity,  # type: ignore[arg-type]  # click allows these three words only
    )
    with app.archive() as archive:
        found = archive.changes(wanted)
        match "json" if shared.json else form:
            case "json":
                app.write(machine.changes_json(found, contacts=app.settings.contacts))
            case "csv":
                app.write(tables.changes_csv(found))
            case "md":
                app.write(tables.changes_markdown(found, app.timezone))
            case _:
                grid = tables.changes_grid(found, app.timezone, grouped=True)
                if grid.rows:
                    app.show(grid)
                else:
                    app.print("No changes in this log.")
