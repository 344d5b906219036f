"""The ``run`` command: the daemon."""

from __future__ import annotations

import os
from contextlib import nullcontext

import click
import msgspec

from tracker import clock, log
from tracker.cli.app import App
from tracker.cli.options import Shared, shared_options
from tracker.cli.serve import pages_served
from tracker.errors import StoreError


@click.command("run")
@click.option("--web", "with_pages", is_flag=True, help="Serve the pages too, where [web] says.")
@shared_options
def run_command(shared: Shared, with_pages: bool) -> None:
    """The daemon: syncs, delivers and sends digests by the clock, until SIGTERM.

    SIGHUP rereads the configuration; a wrong one is refused and the old one kept. A second daemon on the same database stands
    by. Logs go to stderr; -v logs what is done.
    """
    from tracker.daemon import Daemon, serve

    app = App(shared)
    log.setup(max(shared.verbosity, 1))
    try:
        app.migrate(app.settings.store_url)
    except StoreError as error:
        _tell_once(app, error)
        raise
    _tell_what_was_untold(app)
    daemon = Daemon(
        app.settings,
        app.judging_sources,
        clock.now,
        lambda: app.load(app.config_path),
        lambda text: _remember(app, untold=text),
    )
    with pages_served(app, lambda: daemon.settings) if with_pages else nullcontext():
        serve(daemon)


def _tell_once(app: App, error: StoreError) -> None:
    """Write to the operator that the daemon cannot begin: once, though it may be started again every few seconds."""
    from tracker.config import memory
    from tracker.deliver import direct, operator_messages

    if memory.recall(app.config_path, os.environ).told == str(error):
        return
    if direct.tell(app.settings, operator_messages.stopped(str(error), clock.now()), clock.now()):
        _remember(app, told=str(error), untold="")


def _tell_what_was_untold(app: App) -> None:
    """Put into the outbox what the last daemon could tell nobody."""
    from tracker.config import memory
    from tracker.deliver import operator_messages

    untold = memory.recall(app.config_path, os.environ).untold
    if untold:
        with app.store() as store:
            operator_messages.cut(app.settings, store, operator_messages.stopped(untold, clock.now()), clock.now())
        _remember(app, untold="")


def _remember(app: App, **changes: str) -> None:
    from tracker.config import memory

    known = memory.recall(app.config_path, os.environ)
    memory.keep(app.config_path, os.environ, msgspec.structs.replace(known, **changes))
