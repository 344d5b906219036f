"""The ``copy`` command: the whole database into another one."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from tracker import clock
from tracker.cli.app import App
from tracker.cli.options import Shared, shared_options

EVERY = 20.0
"""Seconds between two lines about how far the copy is, where there is no terminal for a bar."""

Told = Callable[[str, int, int], None]


@click.command("copy")
@click.option(
    "--to", "target", metavar="URL", required=True, help="The database to fill: sqlite:///FILE or postgresql+psycopg://…"
)
@shared_options
def copy_command(shared: Shared, target: str) -> None:
    """Copy the whole database into another one that is empty: from SQLite to PostgreSQL, back, or between two of a kind.

    Stopped or killed, the same command goes on where it was. In the end both are compared. Nothing may be at work on the
    database meanwhile; it is left as it is, and so is the configuration.
    """
    from tracker.store import Store, copy

    app = App(shared)
    app.require_known_database()
    with Store.open(app.settings.store_url, reading=True) as source, _progress(app) as told:
        report = copy(source, target, now=clock.now(), progress=told)
    indexed = _index(app, target)
    if shared.json:
        app.emit({"copy": report, "indexed": indexed})
        return
    rows = sum(table.rows for table in report.tables)
    app.print(f"Copied {rows:,} rows of {len(report.tables)} tables from {report.source} to {report.target}.")
    if report.resumed:
        app.print(f"{report.resumed:,} of them were there from an earlier try.")
    app.print(
        "Both hold the same, by number and hash of their rows.",
        f"The words of {indexed:,} trials were written for the search.",
        f"To work with the copy, name it in {app.config_path}: [store] url. Let no daemon run on the old one any more.",
    )


def _index(app: App, url: str) -> int:
    """Write the words by which trials are found in the copy; the next sync would do the same."""
    from tracker.store import Store
    from tracker.sync.search import note_all_words

    with Store.open(url) as store:
        return note_all_words(store, app.sources)


@contextmanager
def _progress(app: App) -> Iterator[Told]:
    """A bar on a terminal, else a line now and then."""
    if sys.stderr.isatty() and not app.shared.json:
        from rich.console import Console
        from rich.progress import Progress

        with Progress(console=Console(stderr=True), transient=True) as bars:
            task = bars.add_task("rows")
            yield lambda table, done, total: bars.update(task, description=table, completed=done, total=total)
        return
    last = clock.monotonic()

    def line(table: str, done: int, total: int) -> None:
        nonlocal last
        if clock.monotonic() - last >= EVERY:
            last = clock.monotonic()
            app.say(f"{done:,} of {total:,} rows are over; at {table}.")

    yield line
