"""What every command needs: the settings, the store and a way to print, each made when first asked for."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tracker import clock, log
from tracker.cli.options import Shared

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from tracker.config import Settings
    from tracker.model.source import Source
    from tracker.store import Store


class App:
    """One command's surroundings."""

    def __init__(self, shared: Shared) -> None:
        self.shared = shared
        log.setup(shared.verbosity)

    @cached_property
    def sources(self) -> Mapping[str, Source]:
        """Every source by key."""
        from tracker import sources

        return sources.load()

    @cached_property
    def config_path(self) -> Path:
        """Where the configuration is: --config, $TRACKER_CONFIG, ./config.toml."""
        from tracker import config

        return config.find(self.shared.config, os.environ, Path.cwd())

    @cached_property
    def settings(self) -> Settings:
        """The checked configuration; raises ConfigError with all its mistakes."""
        return self.load(self.config_path)

    def load(self, path: Path) -> Settings:
        """The checked configuration in one file."""
        from tracker import config, events, sources

        return config.load(
            path,
            sources={key: source.info for key, source in self.sources.items()},
            kinds={name: frozenset(kind.effects) for name, kind in events.KINDS.items()},
            environ=os.environ,
            page_of=sources.page_of,
        )

    def store(self) -> Store:
        """The database, its schema as this program needs it."""
        from tracker.store import Store

        return Store.open(self.settings.store_url)

    def fresh_store(self) -> Store:
        """The database, brought up to date first (an existing one is backed up before)."""
        from tracker.store import Store

        report = Store.migrate(self.settings.store_url, now=clock.now())
        if report.backup:
            self.say(f"The schema was brought up to date; the database as it was is in {report.backup}")
        return Store.open(self.settings.store_url)

    @cached_property
    def console(self) -> Console:
        """stdout, for people."""
        from rich.console import Console

        return Console(highlight=False, soft_wrap=not sys.stdout.isatty())

    def print(self, *renderables: RenderableType) -> None:
        """Tables and texts for people, on stdout."""
        self.console.print(*renderables)

    def say(self, text: str) -> None:
        """Progress and asides, on stderr."""
        click.echo(text, err=True)

    def emit(self, value: Any) -> None:
        """Machine output: one JSON document on stdout."""
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(value, enc_hook=str), indent=1).decode())
