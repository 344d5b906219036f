"""The ``search`` command: words over everything that is followed."""

from __future__ import annotations

import click

from tracker.cli.app import App
from tracker.cli.options import Shared, shared_options


@click.command("search")
@click.argument("words", nargs=-1, required=True)
@click.option("--watch", metavar="WATCH", help="Only the trials of this watch.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="How many at most.")
@shared_options
def search_command(shared: Shared, words: tuple[str, ...], watch: str | None, limit: int) -> None:
    """Followed trials that hold all these words, the best first.

    Searched are titles, conditions, interventions, sponsors, numbers and criteria.

    A word of three letters or more also finds what begins with it: pembro finds pembrolizumab. Words in quotation marks stand
    side by side: tracker search '"lupus nephritis"'.
    """
    from tracker.render import machine, search, tables

    app = App(shared)
    app.require_watches([watch] if watch else [])
    with app.archive() as archive:
        found = archive.search(" ".join(words), watch=watch, limit=limit)
    if shared.json:
        app.emit(machine.search_json(found))
        return
    if found.trials:
        app.show(tables.search_grid(found))
    for sentence in search.remarks(found):
        app.print(sentence)
