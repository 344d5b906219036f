"""The options every command understands, before and after its name: ``--config``, ``--json`` and ``-v``."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click


@dataclass
class Shared:
    """What the shared options say, from before and after the command's name together."""

    config: str | None = None
    json: bool = False
    verbosity: int = 0


json_lines = click.option("--jsonl", "lines", is_flag=True, help="JSON Lines: one object a line, as it is read.")


def shared_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the shared options and hand it a `Shared` as ``shared``."""

    @click.option("--config", metavar="FILE", help="The configuration (else $TRACKER_CONFIG, else ./config.toml).")
    @click.option("--json", "as_json", is_flag=True, help="Machine-readable output.")
    @click.option("-v", "--verbose", "verbosity", count=True, help="Log what is done (-v) and why (-vv) to stderr.")
    @functools.wraps(command)
    def wrapped(config: str | None, as_json: bool, verbosity: int, **rest: Any) -> Any:
        shared = click.get_current_context().ensure_object(Shared)
        shared.config = config or shared.config
        shared.json = as_json or shared.json
        shared.verbosity = max(verbosity, shared.verbosity)
        return command(shared=shared, **rest)

    return wrapped
