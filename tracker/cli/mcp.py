"""The ``mcp`` command: read-only tools for an assistant, over standard input and output."""

from __future__ import annotations

import click

from tracker import clock
from tracker.cli.app import App
from tracker.cli.options import Shared, shared_options


@click.command("mcp")
@shared_options
def mcp_command(shared: Shared) -> None:
    """Answer an assistant's questions over standard input and output (Model Context Protocol). Nothing is written.

    An assistant's program starts it; docs/assistants.md says how.
    """
    from tracker import mcp

    app = App(shared)
    with app.archive() as archive:
        mcp.serve(archive, clock.now)
