"""The ``outbox`` command: what waits to be sent, and why."""

from __future__ import annotations

import click

from tracker import clock
from tracker.cli.app import App
from tracker.cli.options import Shared, shared_options
from tracker.errors import UsageError


@click.command("outbox")
@click.argument("action", type=click.Choice(["list", "retry", "drop"]), default="list")
@click.argument("key", required=False)
@shared_options
def outbox_command(shared: Shared, action: str, key: str | None) -> int:
    """What waits to be sent, and why. `retry [KEY]` tries again now, `drop KEY` never sends it."""
    app = App(shared)
    match action:
        case "drop":
            return _drop(app, key)
        case "retry":
            return _retry(app, key)
        case _:
            return _list(app)


def _drop(app: App, key: str | None) -> int:
    if not key:
        raise UsageError("Which message is to be dropped?", remedy="`tracker outbox` lists the keys.")
    with app.store() as store:
        store.drop(key, "dropped by hand", clock.now())
    if app.shared.json:
        app.emit({"dropped": key})
    else:
        app.print(f"Dropped {key}.")
    return 0


def _retry(app: App, key: str | None) -> int:
    from tracker import deliver
    from tracker.cli.output import print_delivery

    with app.store() as store:
        store.retry(key, clock.now())
        report = deliver.deliver(app.settings, store, app.judging_sources, clock.now)
    if app.shared.json:
        app.emit({"messages": report.tried})
    elif report.tried or report.busy:
        print_delivery(app, report)
    else:
        app.print("Nothing waits: every message is on its way.")
    return 0 if report.clean else 3


def _list(app: App) -> int:
    from tracker.cli.output import counted
    from tracker.render import tables

    with app.archive() as archive:
        messages, alerts = tuple(archive.outbox()), archive.unsent_alerts()
    if app.shared.json:
        app.emit({"messages": messages, "alerts": alerts})
        return 0
    if messages:
        app.show(tables.outbox_grid(messages, app.timezone))
        app.print("", "`tracker outbox retry KEY` tries one again now, `tracker outbox drop KEY` never sends it:")
        app.print(*(f"  {message.key}" for message in messages), "")
    for tally in alerts:
        why = f" ({tally.reason})" if tally.reason else ""
        app.print(
            f"{counted(tally.count, 'alert')} of watch {tally.watch} to {tally.channel}: {tally.state}, {tally.when}{why}"
        )
    if not messages and not alerts:
        app.print("Nothing waits: every message is on its way.")
    return 0
