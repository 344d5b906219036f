"""The ``parse`` command: a saved payload or page, read."""

from __future__ import annotations

from pathlib import Path

import click

from tracker.cli import arguments
from tracker.cli.app import App
from tracker.cli.options import Shared, shared_options


@click.command("parse")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--source", metavar="SOURCE", help="Whose payload or page it is, when that is not recognised.")
@shared_options
def parse_command(shared: Shared, file: Path, source: str | None) -> int:
    """The record read from a saved payload or page, as JSON. Exit code 3 when something in it could not be read."""
    app = App(shared)
    reader, document = arguments.saved(app, file, source)
    parsed = reader.parse(document)
    app.emit({"record": parsed.record, "issues": parsed.issues})
    return 3 if parsed.issues else 0
