"""The ``import`` command: files that a person downloaded."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tracker import clock
from tracker.cli.app import App
from tracker.cli.options import Shared, shared_options
from tracker.errors import UsageError
from tracker.render.safe_text import plural

if TYPE_CHECKING:
    from tracker.deliver import DeliveryReport
    from tracker.importing import Import, ImportReport, Wanted
    from tracker.store import Store
    from tracker.sync import SyncReport

SHOWN = 20
"""Troubles that are named to a person; --json names all."""


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE…")
@click.option(
    "--follow",
    "watch",
    metavar="WATCH",
    help="Let this watch follow every trial of the files; else those followed already are read.",
)
@click.option("--as-of", metavar="DATE", help="When the files were made, where they do not say so.")
@click.option("--dry-run", is_flag=True, help="Say what would be told; keep and send nothing.")
@click.option("--no-deliver", is_flag=True, help="Keep what changed, but send nothing now.")
@click.option("--exit-code", is_flag=True, help="Exit with 10 when changes were found.")
@shared_options
def import_command(
    shared: Shared,
    files: tuple[Path, ...],
    watch: str | None,
    as_of: str | None,
    dry_run: bool,
    no_deliver: bool,
    exit_code: bool,
) -> int:
    """Read exports and saved records that you downloaded: what changed is compared and told as after a sync.

    Files are taken in the order given: name the oldest first. Exit codes: 0 done, 1 nothing could be read, 2 a file is not
    read, 3 parts could not be read, a run is held or a file is older than what was read before.
    """
    from tracker.cli.sync import working_store
    from tracker.cli.waiting import waiting_told
    from tracker.importing import Import, Wanted
    from tracker.importing.work import day_of
    from tracker.passes import tell_imported
    from tracker.sync import SyncReport

    app = App(shared)
    app.require_watches((watch,) if watch else ())
    wanted = Wanted(watch=watch, as_of=day_of(as_of) if as_of else None)
    with working_store(app, dry_run) as (settings, store):
        with waiting_told(app) as (progress, _):
            work = Import(settings=settings, store=store, sources=app.sources, clock=clock.now, progress=progress)
            store.sync_watches(settings.watches, {channel.name for channel in settings.channels}, clock.now())
            reports, refused = _imported(work, files, wanted)
        synced = SyncReport(sources=tuple(report.run for report in reports if report.run))
        delivery = tell_imported(settings, store, app.sources, clock.now, synced, send=not (dry_run or no_deliver))
        _emit(app, store, reports, refused, delivery) if shared.json else _print(app, store, reports, refused, delivery)
    code = _code(reports, refused)
    return 10 if code == 0 and exit_code and synced.events else code


def _imported(work: Import, files: Sequence[Path], wanted: Wanted) -> tuple[list[ImportReport], list[str]]:
    """What came of each file, and why others were refused: one that is not read keeps no other from being read."""
    from tracker.importing import import_file
    from tracker.importing.opening import opened

    reports, refused = [], []
    for path in files:
        try:
            for name, file in opened(path):
                reports.append(import_file(work, name, file, wanted))
        except UsageError as error:
            refused.append(str(error))
    return reports, refused


def _code(reports: Sequence[ImportReport], refused: Sequence[str]) -> int:
    if refused and not reports:
        return 2
    runs = [report.run for report in reports if report.run]
    if runs and all(run.in_vain for run in runs):
        return 1
    clean = all(run.state == "accepted" and not run.failures for run in runs) and not any(one.troubles for one in reports)
    return 0 if clean and not refused else 3


def _synced(reports: Sequence[ImportReport]) -> SyncReport:
    from tracker.sync import SyncReport

    return SyncReport(sources=tuple(report.run for report in reports if report.run))


def _print(
    app: App, store: Store, reports: Sequence[ImportReport], refused: Sequence[str], delivery: DeliveryReport | None
) -> None:
    from tracker.cli.output import print_changes, print_delivery, print_source_reports

    print_changes(app, app.archive_of(store), _synced(reports).accepted_runs)
    for report in reports:
        made = f", made {report.made_at[:10]}" if report.made_at else ""
        joined = f", {report.joined:,} new in a watch" if report.joined else ""
        app.print(f"{report.name}{made}: {plural(report.held, 'trial')}, {report.wanted:,} of them followed{joined}.")
        app.print(*(f"  not read: {one.name}: {one.what}" for one in report.troubles[:SHOWN]))
        if len(report.troubles) > SHOWN:
            app.print(f"  and {len(report.troubles) - SHOWN:,} more; --json names them all.")
        if report.run:
            print_source_reports(app, _synced([report]))
        elif report.held:
            app.print("  None of its trials is followed: add their numbers to a watch, or name one with --follow.")
    for message in refused:
        app.say(f"error: {message}")
    if delivery:
        print_delivery(app, delivery)


def _emit(
    app: App, store: Store, reports: Sequence[ImportReport], refused: Sequence[str], delivery: DeliveryReport | None
) -> None:
    from tracker.cli.sync import run_and_counts
    from tracker.render import machine

    synced = _synced(reports)
    found = app.archive_of(store).run_events(synced.accepted_runs)
    files = [
        {
            "name": report.name,
            "source": report.source,
            "made_at": report.made_at,
            "held": report.held,
            "followed": report.wanted,
            "joined": report.joined,
            "troubles": [{"name": one.name, "what": one.what} for one in report.troubles],
        }
        for report in reports
    ]
    app.write(
        machine.with_list(
            {"files": files, "refused": list(refused), **run_and_counts(synced)},
            "events",
            (machine.event_json(event, contacts=app.settings.contacts) for event in found),
            {"messages": delivery.tried if delivery else []},
        )
    )
