"""The ``evidence`` command: what an event is proved by."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from tracker.cli import arguments
from tracker.cli.app import App
from tracker.cli.options import Shared, shared_options
from tracker.errors import UsageError


@click.command("evidence")
@click.argument("trial")
@click.option("--event", metavar="ID", help="The event to prove; the latest change of the trial by default.")
@click.option("--out", metavar="FILE", type=click.Path(path_type=Path), help="The zip to write; else standard output.")
@shared_options
def evidence_command(shared: Shared, trial: str, event: str | None, out: Path | None) -> None:
    """The raw bytes of both versions of a change, with times, events, citation and SHA256SUMS, as a zip."""
    from tracker.export import evidence

    app = App(shared)
    key = arguments.trial_key(app, trial)
    if out is None and sys.stdout.isatty():
        raise UsageError("A zip is no text for a terminal.", remedy="Name a file: --out evidence.zip")
    with app.archive() as archive:
        found = archive.evidence(key, event)
        app.output(out, lambda to: evidence.write(found, to))
    app.say(evidence.WARNING)
