"""The ``channel`` command: a test message."""

from __future__ import annotations

import click

from tracker import clock
from tracker.cli.app import App
from tracker.cli.options import Shared, shared_options


@click.command("channel")
@click.argument("action", type=click.Choice(["test"]), expose_value=False)
@click.argument("name")
@shared_options
def channel_command(shared: Shared, name: str) -> int:
    """Send a test message through a channel: `tracker channel test NAME`."""
    from tracker import deliver
    from tracker.errors import DeliveryError

    app = App(shared)
    try:
        deliver.send_test(app.settings, app.channel(name), clock.now())
    except DeliveryError as error:
        if not shared.json:
            raise
        app.emit({"channel": name, "ok": False, "error": str(error)})
        return 1
    if shared.json:
        app.emit({"channel": name, "ok": True, "error": ""})
    else:
        app.print(f"Channel {name} took a test message.")
    return 0
