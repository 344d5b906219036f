"""The ``demo`` command: three invented days."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tracker.cli.app import App
from tracker.cli.options import Shared, shared_options

if TYPE_CHECKING:
    from tracker.config import Settings
    from tracker.model.event import Event
    from tracker.store import Store


@click.command("demo")
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), help="Where to leave the database and the digest.")
@click.option("--serve", "with_pages", is_flag=True, help="Then serve the pages of these days, until Ctrl-C.")
@shared_options
def demo_command(shared: Shared, folder: Path | None, with_pages: bool) -> int:
    """The whole job on three invented days against a registry and a mail server on this machine; no network."""
    from tracker.cli.list import print_present
    from tracker.cli.output import print_changes, print_delivery, print_source_reports
    from tracker.demo.run import DayReport, run
    from tracker.model.event import EventFilter
    from tracker.render import tables

    app = App(shared)
    days: list[DayReport] = []
    told: list[list[Event]] = []

    def show(day: DayReport, settings: Settings, store: Store) -> None:
        days.append(day)
        app.settings = settings
        archive = app.archive_of(store)
        if shared.json:
            told.append(list(archive.run_events(day.synced.accepted_runs)))
            return
        app.print("" if day.number > 1 else "A registry, two trial sites and a mail server now run on this machine.\n")
        app.print(f"Day {day.number}: {day.at:%d %B %Y}", "")
        if day.number == 1:
            print_present(app, archive)
        print_changes(app, archive, day.synced.accepted_runs)
        print_source_reports(app, day.synced)
        print_delivery(app, day.delivered)
        if day.number == 3:
            app.print("", "The change log, major changes only (tracker changes --min-severity major):", "")
            found = archive.changes(EventFilter(min_severity="major"))
            app.show(tables.changes_grid(found, app.timezone, grouped=True))

    report = run(folder, load=app.load, show=show)
    if shared.json:
        shown = zip(days, told, strict=True)
        app.emit({"days": [{"at": day.at, "events": events, "messages": day.delivered.tried} for day, events in shown]})
    else:
        app.print("", "The mails, to open in a browser:")
        for page in report.mails:
            app.print(f"  {_short(page)}")
        config = _short(report.config)
        app.print(f"The database: {_short(report.database)}")
        app.print(f"Look around:  tracker --config {config} changes | show NCT07177911 | diff NCT09900007")
        app.print(f"See the pages: tracker --config {config} serve")
    if with_pages:
        from tracker.cli.serve import serve_until_stopped

        app.config_path = report.config
        app.settings = app.load(report.config)
        serve_until_stopped(app)
    return 0 if all(day.synced.state == "done" and day.delivered.clean for day in days) else 1


def _short(path: Path) -> Path:
    """A path as a user in this folder would type it."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
