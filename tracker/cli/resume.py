"""The ``resume`` command: a series of messages that its reader has stopped, taken up again."""

from __future__ import annotations

import click

from tracker import clock
from tracker.cli.app import App
from tracker.cli.options import Shared, shared_options
from tracker.errors import UsageError
from tracker.model.vocabulary import When
from tracker.model.watch import Sending


@click.command("resume")
@click.argument("channel", required=False)
@click.option("--when", type=click.Choice(["immediate", "daily", "weekly"]), help="Only its alerts, daily or weekly digest.")
@click.option("--watch", metavar="WATCH", help="Only the messages that are of this watch alone.")
@shared_options
def resume_command(shared: Shared, channel: str | None, when: When | None, watch: str | None) -> None:
    """Take messages up again that a reader has stopped by the link in them; without arguments, list what is stopped.

    What changed in the meantime stands in the change log; it is not sent later.
    """
    from tracker.deliver import pausing
    from tracker.render import notices

    app, now = App(shared), clock.now()
    if channel is None and (when or watch):
        raise UsageError("Which channel is meant?", remedy="Name it: tracker resume CHANNEL.")
    with app.store() as store:
        archive = app.archive_of(store)
        chosen = [
            one.sending
            for one in archive.paused()
            if one.sending.channel == channel and when in (None, one.sending.when) and watch in (None, one.sending.watch)
        ]
        if channel is not None and not chosen:
            raise UsageError(f"No such messages to {channel} are stopped.", remedy="`tracker resume` lists what is.")
        resumed = [sending for sending in chosen if pausing.resume(app.settings, store, sending, now)]
        left = archive.paused()
    if shared.json:
        paused = [{**_named(one.sending), "since": one.since} for one in left]
        app.emit({"resumed": [_named(one) for one in resumed], "paused": paused})
        return
    for sending in resumed:
        app.print(f"The {notices.sending_name(sending)} to “{sending.channel}” goes on with what changes from now on.")
    for one in left:
        app.print(notices.paused(one, app.timezone))
    if channel is None and not left:
        app.print("Nothing is stopped.")


def _named(sending: Sending) -> dict[str, object]:
    return {"channel": sending.channel, "when": sending.when, "watch": sending.watch or None}
