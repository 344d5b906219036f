"""The ``show`` command: a record as it stands or stood."""

from __future__ import annotations

import click

from tracker import clock
from tracker.archive.asked import moment
from tracker.cli import arguments
from tracker.cli.app import App
from tracker.cli.options import Shared, shared_options


@click.command("show")
@click.argument("trial")
@click.option("--at", metavar="DATE", help="As it stood at the end of this day.")
@click.option("--all", "everything", is_flag=True, help="Lists to their end.")
@shared_options
def show_command(shared: Shared, trial: str, at: str | None, everything: bool) -> None:
    """A record as it stands, or stood, and the timeline of its changes. Contact persons are left out."""
    from tracker.model.event import EventFilter
    from tracker.render import machine, record_view

    app = App(shared)
    key = arguments.trial_key(app, trial)
    until = moment(at, timezone=app.timezone, now=clock.now(), end_of_day=True) if at else None
    with app.archive() as archive:
        found = archive.trial(key, arguments.version(app, at) if at else -1)
        if shared.json:
            app.write([machine.record_json(found.record, contacts=app.settings.contacts)])
            return
        stories = tuple(archive.story_changes(EventFilter(trials=frozenset({key}), until=until)))
    timeline = [event for story in reversed(stories) for event in story.events]
    app.show(record_view.record_view(found.record, timeline, timezone=app.timezone, everything=everything))
    seen = (found.version.first_seen_at, found.version.last_seen_at)
    first, last = (f"{moment.astimezone(app.timezone):%Y-%m-%d %H:%M}" for moment in seen)
    app.print("", f"Version {found.number} of {found.versions}, seen {first} to {last}, sha256 {found.version.sha256}")
