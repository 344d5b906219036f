"""The ``changes`` command: the change log."""

from __future__ import annotations

from itertools import chain
from typing import Any

import click

from tracker.cli import arguments
from tracker.cli.app import App
from tracker.cli.options import Shared, json_lines, shared_options
from tracker.cli.output import print_log


@click.command("changes")
@click.option("--watch", metavar="WATCH", help="Only what this watch follows.")
@click.option("--group", metavar="GROUP", help="Only trials of this group of a trials_file.")
@click.option("--trial", "trials", metavar="TRIAL", multiple=True, help="Only this trial; may be repeated.")
@arguments.log_options
@click.option("--format", "form", type=click.Choice(["table", "json", "csv", "md"]), default="table", help="How it is written.")
@json_lines
@shared_options
def changes_command(
    shared: Shared, watch: str | None, group: str | None, trials: tuple[str, ...], form: str, lines: bool, **log: Any
) -> None:
    """The change log, oldest first."""
    import msgspec

    from tracker.render import machine, tables

    app = App(shared)
    app.require_watches([watch] if watch else [])
    wanted = arguments.event_filter(app, watch=watch, trials=trials, **log)
    with app.archive() as archive:
        if group is not None:
            keys = arguments.group_members(archive, group)
            kept = keys & wanted.trials if wanted.trials else keys
            wanted = msgspec.structs.replace(wanted, trials=kept)
        found = archive.changes(wanted) if group is None or wanted.trials else iter(())
        match "jsonl" if lines else "json" if shared.json else form:
            case "jsonl":
                app.write(machine.json_lines(machine.events_values(found, contacts=app.settings.contacts)))
            case "json":
                app.write(machine.changes_json(found, contacts=app.settings.contacts))
            case "csv":
                app.write(tables.changes_csv(found))
            case "md":
                app.write(tables.changes_markdown(found, app.timezone))
            case _:
                first = next(found, None)
                if first is None:
                    app.print("No changes in this log.")
                else:
                    print_log(app, chain([first], found))
