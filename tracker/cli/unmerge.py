"""The ``unmerge`` command: a trial that its registry merged into another, followed by itself again."""

from __future__ import annotations

import click

from tracker.cli import arguments
from tracker.cli.app import App
from tracker.cli.options import Shared, shared_options
from tracker.errors import UsageError


@click.command("unmerge")
@click.argument("trials", nargs=-1, required=True, metavar="TRIAL…")
@shared_options
def unmerge_command(shared: Shared, trials: tuple[str, ...]) -> None:
    """Follow trials under their own numbers again, although their registry says that they were merged into others.

    The same merge is not believed again until the registry has shown a record of the trial's own.
    """
    app = App(shared)
    with app.store() as store:
        undone = store.unmerge([arguments.trial_key(app, trial) for trial in trials])
    for key, into in undone.items():
        if into is None:
            raise UsageError(f"{key} is not merged into another trial.", remedy="Leave it out; nothing was undone.")
    if shared.json:
        app.emit({"unmerged": [{"trial": key, "was_followed_as": into} for key, into in undone.items()]})
        return
    for key, into in undone.items():
        app.print(f"{key} is followed by itself again, no longer as {into}. The next sync asks for it.")
