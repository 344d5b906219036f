"""The ``run`` command: the daemon."""

from __future__ import annotations

import click

from tracker import clock, log
from tracker.cli.app import App
from tracker.cli.options import Shared, shared_options


@click.command("run")
@shared_options
def run_command(shared: Shared) -> None:
    """The daemon: syncs, delivers and sends digests by the clock, until SIGTERM.

    SIGHUP rereads the configuration; a wrong one is refused and the old one kept. A second daemon on the same database stands
    by. Logs go to stderr; -v logs what is done.
    """
    from tracker.daemon import Daemon, serve

    app = App(shared)
    log.setup(max(shared.verbosity, 1))
    app.migrate(app.settings.store_url)
    serve(Daemon(app.settings, app.sources, clock.now, lambda: app.load(app.config_path)))
