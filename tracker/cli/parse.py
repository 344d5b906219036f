"""The ``parse`` command: a saved payload or page, read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tracker.cli import arguments
from tracker.cli.app import App
from tracker.cli.options import Shared, shared_options
from tracker.errors import UsageError

if TYPE_CHECKING:
    from tracker.model.source import Document, Source


@click.command("parse")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--source", metavar="SOURCE", help="Whose payload or page it is, when that is not recognised.")
@click.option("--labels", is_flag=True, help="Of a trial page: which label each field was found under, and its words there.")
@shared_options
def parse_command(shared: Shared, file: Path, source: str | None, labels: bool) -> int:
    """The record read from a saved payload or page, as JSON. Exit code 3 when something in it could not be read."""
    app = App(shared)
    reader, document = arguments.saved(app, file, source)
    if labels:
        return _show_labels(app, reader, document)
    parsed = reader.parse(document)
    app.emit({"record": parsed.record, "issues": parsed.issues})
    return 3 if parsed.issues else 0


def _show_labels(app: App, reader: Source, document: Document) -> int:
    """What a page was found to say under which label, and what could not be read, to make a map by."""
    from tracker.model.source import Labelled
    from tracker.render.tables import Grid

    if not isinstance(reader, Labelled):
        remedy = "Leave out --labels, or name a site of a [[page]] table, or `page`, with --source."
        raise UsageError(f"{reader.info.title} is not read by labels that a map could name.", remedy=remedy)
    found, issues = reader.labels(document)
    if app.shared.json:
        app.emit({"labels": found, "issues": issues})
        return 3 if issues else 0
    app.show(Grid(columns=("Field", "Label", "On the page"), rows=tuple((one.field, one.label, one.value) for one in found)))
    for issue in issues:
        app.print(f"{issue.code}: {issue.path}{issue.value and f': {issue.value}'}")
    return 3 if issues else 0
