"""The ``changes`` command: the change log."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import chain
from typing import TYPE_CHECKING, Any

import click

from tracker.cli import arguments
from tracker.cli.app import App
from tracker.cli.options import Shared, json_lines, shared_options
from tracker.cli.output import print_log

if TYPE_CHECKING:
    from tracker.model.event import Event


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

    app = App(shared)
    app.require_watches([watch] if watch else [])
    wanted = arguments.event_filter(app, watch=watch, trials=trials, **log)
    with app.archive() as archive:
        if group is not None:
            keys = arguments.group_members(archive, group)
            kept = keys & wanted.trials if wanted.trials else keys
            wanted = msgspec.structs.replace(wanted, trials=kept)
        written = "jsonl" if lines else "json" if shared.json else form
        brief = _with_values if written in ("table", "md") else None
        found = archive.changes(wanted, brief=brief) if group is None or wanted.trials else iter(())
        if written == "table":
            first = next(found, None)
            if first is None:
                app.print("No changes in this log.")
            else:
                print_log(app, chain([first], found))
        else:
            _write(app, found, written)


def _with_values() -> Collection[str]:
    from tracker.render import kinds

    return kinds.WITH_VALUES


def _write(app: App, found: Iterator[Event], form: str) -> None:
    """The change log for another program."""
    from tracker.render import machine, tables

    match form:
        case "jsonl":
            app.write(machine.json_lines(machine.events_values(found, contacts=app.settings.contacts)))
        case "json":
            app.write(machine.changes_json(found, contacts=app.settings.contacts))
        case "csv":
            app.write(tables.changes_csv(found))
        case _:
            app.write(tables.changes_markdown(found, app.timezone))
