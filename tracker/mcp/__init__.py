"""Read-only tools for assistants, by the Model Context Protocol over standard input and output. All stands on the archive."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tracker.clock import Clock
from tracker.errors import UsageError

if TYPE_CHECKING:
    from mcp.server.mcpserver import MCPServer

    from tracker.archive import Archive

__all__ = ["serve", "server"]


def server(archive: Archive, clock: Clock) -> MCPServer[Mapping[str, object]]:
    """The server with its tools. Raises UsageError where the package ``mcp`` is not installed."""
    try:
        from tracker.mcp.tools import made
    except ImportError as error:
        raise UsageError(
            "This command needs the package mcp, which is not installed.",
            remedy="Install it with: pip install 'trial-registry-tracker[mcp]'",
        ) from error
    return made(archive, clock)


def serve(archive: Archive, clock: Clock) -> None:
    """Answer on standard input and output until the client ends."""
    server(archive, clock).run("stdio")
