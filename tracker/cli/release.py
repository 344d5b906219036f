"""The ``release`` command: the end of a held run."""

from __future__ import annotations

import click

from tracker import clock
from tracker.cli.app import App
from tracker.cli.options import Shared, shared_options


@click.command("release")
@click.argument("run", type=int)
@click.option("--discard", is_flag=True, help="Drop the run instead.")
@shared_options
def release_command(shared: Shared, run: int, discard: bool) -> int:
    """Let a held run go: its changes were true. With --discard, drop it: they were not."""
    from tracker import deliver
    from tracker.cli.output import print_delivery

    app = App(shared)
    with app.store() as store:
        if discard:
            dropped = store.discard(run, clock.now())
            if shared.json:
                app.emit({"run": dropped})
            else:
                app.print(f"Run {run} is discarded; nothing of it was kept or told.")
            return 0
        report = store.release(run, clock.now())
        delivery = deliver.deliver(app.settings, store, app.sources, clock.now)
        if shared.json:
            app.emit({"run": report.run, "events": report.events, "alerts": report.alerts, "messages": delivery.tried})
        else:
            app.print(f"Run {run} is released: {report.events} events accepted, {report.alerts} alerts ready.")
            print_delivery(app, delivery)
    return 0 if delivery.clean else 3
