"""What every command needs: the settings, the store and a way to print, each made when first asked for."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from datetime import tzinfo
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
    from tracker.store.values import MigrationReport


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
        from tracker import config

        return config.load(path, **self._surroundings())

    def check(self, text: str, path: Path) -> Settings:
        """The settings of a text that is to be written to ``path``."""
        from tracker import config

        return config.check(text, path, **self._surroundings())

    def _surroundings(self) -> Any:
        """What a configuration is checked against: config itself knows neither sources nor kinds."""
        from tracker import events, sources

        return {
            "sources": {key: source.info for key, source in self.sources.items()},
            "kinds": {name: frozenset(kind.effects) for name, kind in events.KINDS.items()},
            "environ": os.environ,
            "page_of": sources.page_of,
        }

    def migrate(self, url: str) -> MigrationReport:
        """Bring a database up to date; an existing one is backed up first, and the user is told where."""
        from tracker.store import migrate

        report = migrate(url, now=clock.now())
        if report.backup:
            self.say(f"The database as it was before its schema changed is in {report.backup}")
        if report.note:
            self.say(report.note)
        return report

    def store(self) -> Store:
        """The database, its schema as this program needs it."""
        from tracker.store import Store

        return Store.open(self.settings.store_url)

    def fresh_store(self) -> Store:
        """The database, brought up to date first."""
        self.migrate(self.settings.store_url)
        return self.store()

    @cached_property
    def console(self) -> Console:
        """stdout, for people."""
        from rich.console import Console

        return Console(highlight=False, soft_wrap=not sys.stdout.isatty())

    def print(self, *renderables: RenderableType) -> None:
        """Tables and texts for people, on stdout."""
        for renderable in renderables:
            self.console.print(renderable, markup=False)

    def say(self, text: str) -> None:
        """Progress and asides, on stderr."""
        click.echo(text, err=True)

    def emit(self, value: Any) -> None:
        """Machine output: one JSON document on stdout."""
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(value, enc_hook=str), indent=2).decode())

    @property
    def width(self) -> int:
        """Columns of the terminal; 120 on a pipe, where nobody counts them."""
        return self.console.width if sys.stdout.isatty() else 120

    @property
    def place(self) -> tzinfo:
        """The time zone in which days are told."""
        from zoneinfo import ZoneInfo

        return ZoneInfo(self.settings.digest.timezone)

    def show(self, renderable: object) -> None:
        """A table or view for people, as wide as the terminal, without colours on a pipe."""
        from tracker.render import tables

        drawn = tables.grid_table(renderable, width=self.width) if isinstance(renderable, tables.Grid) else renderable
        click.echo(tables.terminal(drawn, width=self.width, colour=sys.stdout.isatty()), nl=False)
