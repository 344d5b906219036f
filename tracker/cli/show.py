"""The ``show`` command: a record as it stands or stood."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

from tracker import clock
from tracker.archive.asked import moment
from tracker.cli import arguments
from tracker.cli.app import App
from tracker.cli.options import Shared, shared_options
from tracker.model.ledgers import DatedDay, IndexedVersion

if TYPE_CHECKING:
    from tracker.archive import Archive
    from tracker.model.views import TrialView


@click.command("show")
@click.argument("trial")
@click.option("--at", metavar="DATE", help="As it stood at the end of this day.")
@click.option("--all", "everything", is_flag=True, help="Lists to their end.")
@shared_options
def show_command(shared: Shared, trial: str, at: str | None, everything: bool) -> None:
    """A record as it stands, or stood, and the timeline of its changes. Contact persons are left out."""
    from tracker.archive.due import TrialDuties
    from tracker.model.event import EventFilter
    from tracker.render import duties, machine, record_view

    app = App(shared)
    key = arguments.trial_key(app, trial)
    when = moment(at, timezone=app.timezone, now=clock.now(), end_of_day=True).astimezone(app.timezone) if at else None
    with app.archive() as archive:
        found = archive.at(key, when) if when else archive.trial(key)
        if isinstance(found, IndexedVersion):
            _show_indexed(app, found)
            return
        if isinstance(found, DatedDay):
            _show_dated(app, found)
            return
        until = _end(archive, found, when) if when else None
        if shared.json:
            app.write([machine.record_json(found.record, contacts=app.settings.contacts)])
            return
        also = () if when else archive.registrations([key]).get(key, ())
        owed = TrialDuties() if when else archive.duties(found.record, clock.now().date(), also)
        by_link = () if when else archive.followed_by_link([key]).get(key, ())
        stories = tuple(archive.story_changes(EventFilter(trials=frozenset({key}), until=until)))
    timeline = [event for story in reversed(stories) for event in story.events]
    lines = tuple(duties.lines(owed.rows, owed.where))
    app.show(
        record_view.record_view(found.record, timeline, timezone=app.timezone, everything=everything, also=also, duties=lines)
    )
    seen = (found.version.first_seen_at, found.version.last_seen_at)
    first, last = (f"{moment.astimezone(app.timezone):%Y-%m-%d %H:%M}" for moment in seen)
    app.print("", f"Version {found.number} of {found.versions}, seen {first} to {last}, sha256 {found.version.sha256}")
    if by_link:
        from tracker.render.registrations import followed_by_link

        app.print(followed_by_link(by_link))
    if found.version.registry_version is not None:
        app.print(f"Registry version {found.version.registry_version} of {found.version.valid_from:%Y-%m-%d}")


def _end(archive: Archive, found: TrialView, when: datetime) -> datetime:
    """Changes up to the time that is asked for are shown, and none of a later version."""
    versions = list(archive.timeline(found.record.trial))
    return min(when, versions[found.number].valid_from) if found.number < len(versions) else when


def _show_dated(app: App, found: DatedDay) -> None:
    """What the record itself dates of a day before its first stored version; the rest is refused with the reason."""
    from tracker.render import machine, past

    if app.shared.json:
        app.write([machine.document(past.dated_day_values(found))])
        return
    app.print(*past.dated_day(found), "")
    app.print("The overall status and the rest of the record are not known for that day: no version of it is stored.")


def _show_indexed(app: App, found: IndexedVersion) -> None:
    """The status and dates of a day of which only the registry's index tells; the rest is refused with the reason."""
    from tracker.render import machine, past

    if app.shared.json:
        app.write([machine.document(past.indexed_values(found))])
        return
    number = found.trial.partition(":")[2]
    app.print(*past.indexed(found), "")
    app.print(
        "The rest of the record is not known for that day: only the registry's index of versions was read. "
        f"`tracker backfill {number} --versions all` brings the texts."
    )
