"""The ``list`` command: the present."""

from __future__ import annotations

import click

from tracker.archive import Archive
from tracker.cli import arguments
from tracker.cli.app import App
from tracker.cli.options import Shared, json_lines, shared_options


@click.command("list")
@click.option("--watch", metavar="WATCH", help="Only the trials of this watch.")
@click.option("--status", metavar="STATUS", help="Only this recruitment status, such as RECRUITING.")
@click.option("--near", is_flag=True, help="Only trials with a place within their watch's radius.")
@click.option("--format", "form", type=click.Choice(["table", "csv", "json"]), default="table", help="How it is written.")
@json_lines
@shared_options
def list_command(shared: Shared, watch: str | None, status: str | None, near: bool, form: str, lines: bool) -> None:
    """The present: status, dates, enrollment, results, last update and nearest place of every followed trial."""
    app = App(shared)
    app.require_watches([watch] if watch else [])
    wanted = arguments.recruitment_status(status) if status else None
    with app.archive() as archive:
        print_present(
            app, archive, watch=watch, status=wanted, near=near, form="jsonl" if lines else "json" if shared.json else form
        )


def print_present(
    app: App,
    archive: Archive,
    *,
    watch: str | None = None,
    status: str | None = None,
    near: bool = False,
    form: str = "table",
) -> None:
    """The table of the present."""
    from tracker.render import machine, tables

    if paused := archive.paused():
        from tracker.render import notices

        for one in paused:
            app.say(notices.paused(one, app.timezone))
    rows = archive.present(watch=watch, status=status, near=near)
    measured = any(one.near for one in archive.watches if watch in (None, one.name))
    match form:
        case "jsonl":
            app.write(machine.json_lines(machine.present_values(rows)))
        case "json":
            app.write(machine.present_json(rows))
        case "csv":
            app.write(tables.present_csv(rows, near=measured))
        case _:
            app.show_rows(tables.PresentTable(map(tables.present_line, rows), near=measured), whole="tracker list | less")
