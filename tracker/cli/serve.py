"""The ``serve`` command: the pages, until it is asked to end; and the pages beside the daemon."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click
import msgspec

from tracker import clock, log
from tracker.cli.app import App
from tracker.cli.options import Shared, shared_options
from tracker.errors import UsageError

if TYPE_CHECKING:
    from tracker.config import Settings


LOOKS_EVERY = 3600
"""Seconds of one wait: it is woken when it is asked to end."""


@click.command("serve")
@click.option("--bind", metavar="HOST:PORT", help="Where to listen, instead of [web] bind: 127.0.0.1:8760.")
@shared_options
def serve_command(shared: Shared, bind: str | None) -> None:
    """Read-only web pages, feeds and a JSON API of what is kept, until Ctrl-C or SIGTERM.

    Beyond this machine it asks for [web] token or [web] trusted_proxy. Needs the extra `web`.
    """
    app = App(shared)
    log.setup(shared.verbosity)
    serve_until_stopped(app, bind)


def serve_until_stopped(app: App, bind: str | None = None) -> None:
    """Serve the pages until somebody asks to end."""
    from tracker.signals import heeded
    from tracker.stopping import Stop

    stop = Stop()
    with heeded(stop, orderly=True, daemon=True), pages_served(app, lambda: app.settings, bind):
        while not stop.wait(LOOKS_EVERY):
            pass


@contextmanager
def pages_served(app: App, settings: Callable[[], Settings], bind: str | None = None) -> Iterator[str]:
    """Serve the pages while the context lasts and say where; ``settings`` gives them as they are at each request."""
    from tracker.config.web import split_bind
    from tracker.store import Store

    try:
        from tracker.web.app import Site, application_of
        from tracker.web.serving import require_safe, serving
    except ImportError as error:
        raise UsageError(
            f"The pages need the package {error.name}, which is not installed.",
            remedy="Install the tracker with its extra: trial-registry-tracker[web].",
        ) from error
    web = settings().web
    if bind is not None:
        found = split_bind(bind)
        if found is None:
            raise UsageError(f"{bind} is no address to listen on.", remedy="Write one such as 127.0.0.1:8760.")
        web = msgspec.structs.replace(web, host=found[0] or web.host, port=web.port if found[1] is None else found[1])
    for warning in require_safe(web, web.host):
        app.say(f"warning: {warning}")
    app.require_known_database()
    with Store.open(app.settings.store_url, reading=True) as store:
        site = Site(settings, app.judging_sources, store, clock.now)
        with serving(application_of(site), web.host, web.port) as address:
            threading.Thread(target=site.warm, name="warm", daemon=True).start()
            app.say(f"The pages are at {address}" + (f" and {web.url}/" if web.url else ""))
            yield address
