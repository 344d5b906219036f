"""The ``release`` command: the end of a held run."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import click

from tracker import clock
from tracker.cli.app import App
from tracker.cli.options import Shared, shared_options
from tracker.errors import StoreError, UsageError

if TYPE_CHECKING:
    from tracker.archive import Archive


@click.command("release")
@click.argument("which", required=False, metavar="[RUN|SOURCE]")
@click.option("--discard", is_flag=True, help="Drop the run instead.")
@shared_options
def release_command(shared: Shared, which: str | None, discard: bool) -> int:
    """Let a held run go: its changes were true. With --discard, drop it: they were not.

    Named by its number, or by its source such as ctgov; nothing need be named while one source alone has a run held.
    """
    from tracker import deliver
    from tracker.cli.output import print_delivery

    app = App(shared)
    with app.store() as store:
        run = _chosen(app.archive_of(store), which, app.sources)
        if discard:
            dropped = store.discard(run, clock.now())
            store.forget_incident(f"held:{dropped.source}")  # who decided needs no word that it is over
            if shared.json:
                app.emit({"run": dropped})
            else:
                app.print(f"Run {run} is discarded; nothing of it was kept or told.")
            return 0
        report = store.release(run, clock.now())
        store.forget_incident(f"held:{report.run.source}")
        delivery = deliver.deliver(app.settings, store, app.judging_sources, clock.now)
        if shared.json:
            app.emit({"run": report.run, "events": report.events, "alerts": report.alerts, "messages": delivery.tried})
        else:
            app.print(f"Run {run} is released: {report.events} events accepted, {report.alerts} alerts ready.")
            print_delivery(app, delivery)
    return 0 if delivery.clean else 3


def _chosen(archive: Archive, which: str | None, sources: Collection[str]) -> int:
    """The number of the run that is meant."""
    if which is not None and which.isdecimal():
        return int(which)
    if which is not None and which not in sources:
        raise UsageError(f'"{which}" is neither the number of a run nor a source.', remedy=f"Sources: {', '.join(sources)}.")
    held = [run for run in archive.held_runs() if which in (None, run.source)]
    if not held:
        raise StoreError(f"no run{f' of {which}' if which else ''} is held.")
    if len(held) > 1:
        runs = ", ".join(f"run {run.id} of {run.source}" for run in held)
        raise UsageError(f"Several runs are held: {runs}.", remedy="Name one by its number or source.")
    return held[0].id
