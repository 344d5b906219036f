"""Commands that read: list, changes, show, diff, parse."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tracker import clock
from tracker.cli import arguments
from tracker.cli.app import App
from tracker.cli.options import Shared, shared_options
from tracker.errors import UsageError

if TYPE_CHECKING:
    from tracker.events import Detected
    from tracker.model.event import Seen
    from tracker.model.present import Nearest
    from tracker.model.record import TrialRecord
    from tracker.model.snapshot import SnapshotMeta
    from tracker.model.source import Document, Source
    from tracker.store import Store


@click.command("list")
@click.option("--watch", metavar="WATCH", help="Only the trials of this watch.")
@click.option("--status", metavar="STATUS", help="Only this recruitment status, such as RECRUITING.")
@click.option("--near", is_flag=True, help="Only trials with a place within their watch's radius.")
@click.option("--format", "form", type=click.Choice(["table", "csv", "json"]), default="table", help="How it is written.")
@shared_options
def list_command(shared: Shared, watch: str | None, status: str | None, near: bool, form: str) -> None:
    """The present: status, dates, enrollment, results, last update and nearest place of every followed trial."""
    app = App(shared)
    app.require_watches([watch] if watch else [])
    wanted = arguments.recruitment_status(status) if status else None
    with app.store() as store:
        print_present(app, store, watch=watch, status=wanted, near_only=near, form="json" if shared.json else form)


def print_present(
    app: App, store: Store, *, watch: str | None = None, status: str | None = None, near_only: bool = False, form: str = "table"
) -> None:
    """The table of the present. A trial that is gone from its registry is shown as gone, and has no recruitment status."""
    from tracker import records
    from tracker.render import machine, tables

    known: list[TrialRecord] = []
    nearest: dict[str, Nearest] = {}
    removed: dict[str, datetime] = {}
    watches = {one.name: one for one in app.settings.watches}
    members = [member for member in store.memberships() if watch in (None, member.watch)]
    radius = {}
    for member in members:
        if member.watch in watches and watches[member.watch].near:
            radius[member.trial] = watches[member.watch].near
    for followed, record in records.current(store, app.sources, sorted({member.trial for member in members})):
        if status and (followed.removed_at or record.recruitment_status != status):
            continue
        near = radius.get(record.trial)
        place = records.nearest_site(record, near)
        if near_only and (near is None or place is None or place.km > near.km):
            continue
        if place:
            nearest[record.trial] = place
        if followed.removed_at:
            removed[record.trial] = followed.removed_at
        known.append(record)
    labels = records.labels(app.settings.watches, app.sources, known)
    if form == "json":
        click.echo(machine.present_json(known, labels=labels, nearest=nearest, removed=removed), nl=False)
        return
    grid = tables.present_grid(tables.present_rows(known, labels=labels, nearest=nearest, removed=removed))
    if form == "csv":
        click.echo(tables.grid_csv(grid), nl=False)
    else:
        app.show(grid)


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
    with app.store() as store:
        stories = store.stories(sorted({event.story for event in store.events(wanted)}))
        found = tables.in_story_order(store.events(wanted), stories)
    match "json" if shared.json else form:
        case "json":
            click.echo(machine.changes_json(found, contacts=app.settings.contacts), nl=False)
        case "csv":
            click.echo(tables.changes_csv(found), nl=False)
        case "md":
            click.echo(tables.changes_markdown(found, app.timezone), nl=False)
        case _ if found:
            app.show(tables.changes_grid(found, app.timezone, grouped=True))
        case _:
            app.print("No changes in this log.")


@click.command("show")
@click.argument("trial")
@click.option("--at", metavar="DATE", help="As it stood at the end of this day.")
@click.option("--all", "everything", is_flag=True, help="Lists to their end.")
@shared_options
def show_command(shared: Shared, trial: str, at: str | None, everything: bool) -> None:
    """A record as it stands, or stood, and the timeline of its changes. Contact persons are left out."""
    from tracker import records
    from tracker.model.event import EventFilter
    from tracker.render import machine, record_view

    app = App(shared)
    key = arguments.trial_key(app, trial)
    with app.store() as store:
        meta = arguments.version(app, store, key, at, default=-1)
        record = records.read(app.sources, store.document(meta.id))
        until = arguments.moment(at, app.timezone, clock.now(), end_of_day=True) if at else None
        timeline = store.events(EventFilter(trial=key, until=until))
        versions = store.timeline(key)
    if shared.json:
        click.echo(machine.record_json(record, contacts=app.settings.contacts), nl=False)
        return
    app.show(record_view.record_view(record, timeline[::-1], timezone=app.timezone, everything=everything))
    first, last = (at.astimezone(app.timezone) for at in (meta.first_seen_at, meta.last_seen_at))
    seen = f"{first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M}"
    app.print(
        "", f"Version {[one.id for one in versions].index(meta.id) + 1} of {len(versions)}, seen {seen}, sha256 {meta.sha256}"
    )


@click.command("diff")
@click.argument("trial", required=False)
@click.option("--from", "old", metavar="DATE|N", help="A stored version; the one before the latest by default.")
@click.option("--to", "new", metavar="DATE|N", help="A stored version; the latest by default.")
@click.option("--files", nargs=2, type=click.Path(path_type=Path), metavar="OLD NEW", help="Compare two saved files instead.")
@click.option("--source", metavar="SOURCE", help="Whose files they are, when that is not recognised.")
@shared_options
def diff_command(
    shared: Shared, trial: str | None, old: str | None, new: str | None, files: tuple[Path, Path] | None, source: str | None
) -> None:
    """What changed between two stored versions of a trial, or two saved files."""
    from tracker.render import machine, record_view

    app = App(shared)
    if (trial is None) == (files is None):
        raise UsageError(
            "diff compares either versions of a trial or two files.", remedy="tracker diff TRIAL, or --files OLD NEW."
        )
    if (files and (old or new)) or (trial and source):
        raise UsageError("--from and --to go with a trial, --source with --files.", remedy="See `tracker diff --help`.")
    if files:
        (reader, before), (other, after) = (arguments.saved(app, file, source) for file in files)
        if (reader.info.key, before.trial) != (other.info.key, after.trial):
            raise UsageError(
                f"{files[0]} is of {before.trial}, {files[1]} of {after.trial}.", remedy="Name two files of one trial."
            )
        found = _detect(reader, before, after, *(_saved(document) for document in (before, after)))
        title, timezone = reader.info.title, clock.now().tzinfo
    else:
        assert trial is not None
        from tracker.sync.weigh import seen

        key = arguments.trial_key(app, trial)
        with app.store() as store:
            first, second = (
                arguments.version(app, store, key, text, default=default) for text, default in ((old, -2), (new, -1))
            )
            if second.first_seen_at < first.first_seen_at:
                raise UsageError("The version of --from is newer than that of --to.", remedy="Exchange them.")
            before, after = (store.document(meta.id) for meta in (first, second))
            known = _known(app, store, key, first)
        reader = app.sources[before.source]
        found = _detect(reader, before, after, seen(first), seen(second), **known)
        title, timezone = reader.info.title, app.timezone
    assert timezone is not None
    if shared.json:
        click.echo(machine.diff_json(found.story, found.events, after.trial), nl=False)
    else:
        app.show(record_view.diff_view(found.story, found.events, timezone=timezone, source_title=title))


def _known(app: App, store: Store, trial: str, version: SnapshotMeta) -> dict[str, Any]:
    """What a sync that found the next version knew, so that `diff` rates and words its changes alike."""
    from tracker.model.event import EventFilter

    timeline = store.timeline(trial)
    later = next((meta.first_seen_at for meta in timeline if meta.first_seen_at > version.first_seen_at), None)
    following = {member.watch for member in store.memberships() if member.trial == trial}
    return {
        "past": tuple(store.events(EventFilter(trial=trial, until=later))),
        "near": {watch.name: watch.near for watch in app.settings.watches if watch.near and watch.name in following},
        "overrides": app.settings.severities,
        "tracking_since": timeline[0].first_seen_at,
    }


def _saved(document: Document) -> Seen:
    """A saved file as a version that was seen once, when it was saved."""
    from hashlib import sha256

    from tracker.model.event import Seen

    at = document.fetched_at
    return Seen(sha256=sha256(document.body).hexdigest(), first_seen_at=at, last_seen_at=at)


def _detect(source: Source, before: Document, after: Document, seen_old: Seen, seen_new: Seen, **known: Any) -> Detected:
    """The events of a step; one that was met in a sync has the ids that it has in the change log."""
    from tracker import events
    from tracker.compare import compare
    from tracker.model.event import Version
    from tracker.model.present import trial_label

    old, new = source.parse(before).record, source.parse(after).record
    return events.detect(
        Version(record=old, seen=seen_old),
        Version(record=new, seen=seen_new),
        compare(old, new),
        at=seen_new.first_seen_at,
        known=events.TrialContext(source=source.info, label=trial_label(new.trial, new), **known),
    )


@click.command("parse")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--source", metavar="SOURCE", help="Whose payload or page it is, when that is not recognised.")
@shared_options
def parse_command(shared: Shared, file: Path, source: str | None) -> int:
    """The record read from a saved payload or page, as JSON. Exit code 3 when something in it could not be read."""
    app = App(shared)
    reader, document = arguments.saved(app, file, source)
    parsed = reader.parse(document)
    app.emit({"record": parsed.record, "issues": parsed.issues})
    return 3 if parsed.issues else 0
