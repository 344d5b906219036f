"""The ``sync`` command: one pass."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from tracker import clock
from tracker.cli.app import App
from tracker.cli.options import Shared, shared_options
from tracker.errors import UsageError

if TYPE_CHECKING:
    from tracker.archive import Archive
    from tracker.config import Settings
    from tracker.deliver import DeliveryReport
    from tracker.store import Store
    from tracker.sync import SyncReport


PASS_LIMIT = timedelta(minutes=30)
"""After so long a one-shot pass asks nothing more, unless [http] pass_limit says otherwise."""


@click.command("sync")
@click.argument("watches", nargs=-1, metavar="[WATCH…]")
@click.option("--full", is_flag=True, help="Ask for every trial, also those read at the registry's present data version.")
@click.option("--dry-run", is_flag=True, help="Say what would be told; keep and send nothing.")
@click.option("--no-deliver", is_flag=True, help="Keep what changed, but send nothing now.")
@click.option("--exit-code", is_flag=True, help="Exit with 10 when changes were found.")
@shared_options
def sync_command(shared: Shared, watches: tuple[str, ...], full: bool, dry_run: bool, no_deliver: bool, exit_code: bool) -> int:
    """One pass: ask the registries, say what changed, tell the right people.

    Exit codes: 0 done, 1 nothing could be read, 3 some sources or trials failed, a run is held or the time was over before
    all was read, 10 with --exit-code when there are changes, 130 and 143 when stopped by Ctrl-C or SIGTERM.
    """
    from tracker.cli import say_stopped
    from tracker.cli.waiting import waiting_told
    from tracker.passes import one_pass
    from tracker.signals import heeded
    from tracker.stopping import Stop

    app = App(shared)
    app.require_watches(watches)
    stop = Stop()
    with heeded(stop, orderly=True, words=say_stopped) as heard, working_store(app, dry_run) as (settings, store):
        first = not app.archive_of(store).runs(1)
        send = not dry_run and not no_deliver
        with waiting_told(app) as (progress, waiting):
            done = one_pass(
                settings,
                store,
                app.judging_sources,
                clock.now,
                only=watches,
                full=full,
                send=send,
                progress=progress,
                waiting=waiting,
                stop=stop,
                limit=settings.http.pass_limit or PASS_LIMIT,
            )
        report, delivery = done.synced, done.delivered
        if shared.json:
            _emit(app, app.archive_of(store), report, delivery)
        else:
            _print(app, store, report, delivery, first=first)
        if stop():
            heard.said = True
            say_stopped()
            return heard.code
    failed_delivery = delivery is not None and not delivery.clean
    code = {"done": 0, "partly": 3, "failed": 1, "stopped": 3}[report.state]
    if code == 0 and failed_delivery:
        return 3
    return 10 if code == 0 and exit_code and report.events else code


@contextmanager
def working_store(app: App, dry_run: bool) -> Iterator[tuple[Settings, Store]]:
    """The store to work in; a dry run works in a copy that is thrown away."""
    if not dry_run:
        with app.fresh_store() as store:
            yield app.settings, store
        return
    from tracker.store import Store, migrate, schema_state

    url = app.settings.store_url
    if not url.startswith("sqlite"):
        raise UsageError("--dry-run works in a copy, which is made of SQLite databases only.", remedy="Leave it out.")
    with tempfile.TemporaryDirectory(prefix="tracker-dry-run-") as folder:
        copy = Path(folder) / "tracker.db"
        if schema_state(url) != "absent":
            with Store.open(url, must_be_current=False) as store:
                store.backup(copy)
        settings = msgspec.structs.replace(app.settings, store_url=f"sqlite:///{copy}")
        migrate(settings.store_url, now=clock.now(), backup=False)
        with Store.open(settings.store_url) as store:
            yield settings, store


def _emit(app: App, archive: Archive, report: SyncReport, delivery: DeliveryReport | None) -> None:
    from tracker.render import machine

    found = archive.run_events(report.accepted_runs)
    app.write(
        machine.with_list(
            run_and_counts(report),
            "events",
            (machine.event_json(event, contacts=app.settings.contacts) for event in found),
            {"messages": delivery.tried if delivery else []},
        )
    )


def run_and_counts(report: SyncReport) -> dict[str, object]:
    """How a pass went, as JSON: each source's run, and the counts of all."""
    return {
        "run": {
            "state": report.state,
            "sources": [
                {
                    "id": source_report.run,
                    "source": source_report.source,
                    "state": source_report.state,
                    "data_version": source_report.data_version,
                    "error": source_report.error,
                    "cut_short": source_report.cut_short,
                    "failures": source_report.failures,
                    "issues": source_report.issues,
                    "empty_searches": source_report.empty_searches,
                }
                for source_report in report.sources
            ],
        },
        "counts": report.counts,
    }


def _print(app: App, store: Store, report: SyncReport, delivery: DeliveryReport | None, *, first: bool) -> None:
    from tracker.cli.list import print_present
    from tracker.cli.output import print_changes, print_delivery, print_source_reports

    archive = app.archive_of(store)
    if report.counts.baseline and (first or not report.events):
        print_present(app, archive)
    print_changes(app, archive, report.accepted_runs)
    print_source_reports(app, report)
    if delivery:
        print_delivery(app, delivery)
