"""What every command needs: the settings, the store and a way to print, each made when first asked for."""

from __future__ import annotations

import logging
import os
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import tzinfo
from functools import cached_property
from itertools import chain, islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click
import msgspec

from tracker import clock, log
from tracker.cli.options import Shared
from tracker.errors import ConfigError, DatabaseMissingError, TrackerError, UsageError

if TYPE_CHECKING:
    from tracker.archive import Archive
    from tracker.config import Settings
    from tracker.model.page_site import PageSite
    from tracker.model.source import Source
    from tracker.model.upkeep import MigrationReport
    from tracker.model.watch import Channel
    from tracker.render.tables import ChangesTable, PresentTable
    from tracker.store import Store


PART = 65_536
"""Characters written at once."""

AT_ONCE = 500
"""Rows of a table by which its columns are laid out; a pipe gets those beyond as they come."""

PAGE = 100
"""Rows of a table that a terminal shows."""


class App:
    """What one command works with."""

    def __init__(self, shared: Shared) -> None:
        self.shared = shared
        log.setup(shared.verbosity)
        if not shared.verbosity and sys.stdout.isatty() and sys.stderr.isatty():
            # The command itself says what the log would warn of; on a terminal it would stand there twice.
            log.get("tracker").setLevel(logging.CRITICAL)

    @cached_property
    def sources(self) -> Mapping[str, Source]:
        """Every source by key, those among them that the configuration describes under ``[[page]]``."""
        from tracker import sources

        return sources.load(self.page_sites)

    @cached_property
    def page_sites(self) -> tuple[PageSite, ...]:
        """The sites of the configuration's ``[[page]]`` tables; none where there is no configuration."""
        from tracker import config, sources

        try:
            path = self.config_path
        except ConfigError:
            return ()
        return config.page_sites(path, {key: source.info for key, source in sources.load().items()}, os.environ)

    @cached_property
    def judging_sources(self) -> Mapping[str, Source]:
        """Every source by key, its records judged by the rules that the configuration asks for too."""
        from tracker import sources

        return sources.load(self.page_sites, good_practice=self.settings.good_practice)

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
        from tracker import loading

        return loading.settings(path)

    def check(self, text: str, path: Path) -> Settings:
        """The settings of a text that is to be written to ``path``."""
        from tracker import config, loading

        return config.check(text, path, **loading.known())

    def require_watches(self, names: Iterable[str]) -> None:
        """Raise UsageError, naming those there are, unless every one of these watches is in the configuration."""
        known = [watch.name for watch in self.settings.watches]
        if unknown := sorted(set(names) - set(known)):
            there = ", ".join(known) or "none"
            raise UsageError(f"There is no watch {', '.join(unknown)}.", remedy=f"Watches in {self.config_path}: {there}.")

    def migrate(self, url: str, *, new: bool = False) -> MigrationReport:
        """Bring a database up to date; an existing one is backed up first, and the user is told where.

        One that this configuration used and that is missing is made anew only where ``new`` asks for it.
        """
        from tracker.config import memory
        from tracker.store import migrate

        if not new:
            self.require_known_database()
        report = migrate(url, now=clock.now())
        if report.backup:
            self.say(f"The database as it was before its schema changed is in {report.backup}")
        if report.note and report.before != report.after:
            self.say(report.note)
        known = memory.recall(self.config_path, os.environ)
        kept = msgspec.structs.replace(known, database=self.settings.shown_store_url, told="")
        memory.keep(self.config_path, os.environ, kept)
        return report

    def require_known_database(self) -> None:
        """Raise DatabaseMissingError where this configuration has used a database and none is there."""
        from tracker.config import memory
        from tracker.store import schema_state

        known = memory.recall(self.config_path, os.environ).database
        if known and schema_state(self.settings.store_url) == "absent":
            shown = self.settings.shown_store_url
            moved = f" This configuration used {known} until now." if known != shown else ""
            raise DatabaseMissingError(
                f"the database {shown} is missing, which this configuration has used.{moved} "
                "No new one is begun: it would know nothing of what was seen and told.",
                remedy="Put the database or a backup in its place, mount its disk, or correct [store] url. To begin anew: "
                "tracker init --new",
            )

    def store(self) -> Store:
        """The database, its schema as this program needs it."""
        from tracker.store import Store

        self.require_known_database()
        return Store.open(self.settings.store_url)

    def fresh_store(self) -> Store:
        """The database, brought up to date first."""
        self.migrate(self.settings.store_url)
        return self.store()

    @contextmanager
    def archive(self) -> Iterator[Archive]:
        """What is kept, to be read while the context lasts."""
        with self.store() as store:
            yield self.archive_of(store)

    def archive_of(self, store: Store) -> Archive:
        """What an open database keeps, to be read."""
        from tracker.archive import Archive

        settings = self.settings
        return Archive(
            store=store,
            sources=self.judging_sources,
            watches=settings.watches,
            severities=settings.severities,
            links=settings.links,
        )

    def channel(self, name: str) -> Channel:
        """The channel of that name. Raises UsageError, naming those there are."""
        for channel in self.settings.channels:
            if channel.name == name:
                return channel
        names = ", ".join(channel.name for channel in self.settings.channels) or "none"
        raise UsageError(f"There is no channel {name}.", remedy=f"Channels in {self.config_path}: {names}.")

    def write(self, pieces: Iterable[str]) -> None:
        """Texts on stdout as they come, in larger parts: a long log is never held as a whole."""
        part: list[str] = []
        size = 0
        for piece in pieces:
            part.append(piece)
            size += len(piece)
            if size >= PART:
                click.echo("".join(part), nl=False)
                part, size = [], 0
        click.echo("".join(part), nl=False)

    def output(self, out: Path | None, write: Callable[[IO[bytes]], object]) -> None:
        """Bytes to a file, which appears when it is whole, or without one to stdout."""
        if out is None:
            write(sys.stdout.buffer)
            return
        part = out.with_name(f"{out.name}.part")
        with writing(out):
            try:
                with part.open("wb") as to:
                    write(to)
                part.replace(out)
            finally:
                part.unlink(missing_ok=True)
        self.say(f"Written: {out}")

    def print(self, *texts: str) -> None:
        """Texts for people, on stdout. On a terminal they are wrapped between words; addresses stay whole, to be copied."""
        for line in (line for text in texts for line in text.split("\n")):
            click.echo(_wrapped(line, self.width) if sys.stdout.isatty() else line)

    def say(self, text: str) -> None:
        """Progress and asides, on stderr."""
        click.echo(text, err=True)

    def emit(self, value: Any) -> None:
        """Machine output: one JSON document on stdout."""
        from tracker.render import machine

        click.echo(machine.document(value), nl=False)

    @property
    def width(self) -> int:
        """Columns of the terminal; 120 on a pipe, where nobody counts them."""
        return shutil.get_terminal_size().columns if sys.stdout.isatty() else 120

    @property
    def timezone(self) -> tzinfo:
        """The reader's time zone, in which days are shown."""
        from zoneinfo import ZoneInfo

        return ZoneInfo(self.settings.digest.timezone)

    def show(self, renderable: object) -> None:
        """A table or view for people, as wide as the terminal, without colours on a pipe."""
        from tracker.render import tables

        drawn = tables.grid_table(renderable, width=self.width) if isinstance(renderable, tables.Grid) else renderable
        click.echo(tables.terminal(drawn, width=self.width, colour=sys.stdout.isatty()), nl=False)

    def show_rows(self, table: PresentTable | ChangesTable, *, whole: str) -> None:
        """A table of any length. A pipe gets all as it is read; a terminal a page, and the command that shows the ``whole``."""
        from tracker.render import tables

        if sys.stdout.isatty():
            self._show_page(table, whole)
            return
        first = list(islice(table.rows, AT_ONCE))
        beyond = next(table.rows, None)
        if beyond is None:
            self.show(msgspec.structs.replace(table.grid(first), caption=table.caption))
            return
        grid = table.grid(first, more=True)
        self.write(tables.long_text(grid, chain([beyond], table.rows), lambda: table.caption, width=self.width))

    def _show_page(self, table: PresentTable | ChangesTable, whole: str) -> None:
        page = table.page(PAGE)
        self.show(msgspec.structs.replace(table.grid(page), caption=table.caption))
        if more := table.count - len(page):
            self.print(f"… and {more:,} {table.beyond}: {whole} shows all.")


def _wrapped(line: str, width: int) -> str:
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    return textwrap.fill(line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Report a file or folder that cannot be written in one sentence."""
    try:
        yield
    except OSError as error:
        raise TrackerError(
            f"{path} cannot be written: {error.strerror}.", remedy="Name another place, or correct owner and mode of this one."
        ) from error
