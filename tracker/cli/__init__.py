"""The ``tracker`` command: a few lines per command over the layers below.

Commands are loaded when they are called, so that ``tracker --help`` stays as quick as click itself.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from tracker import __version__
from tracker.cli.options import Shared, shared_options

if TYPE_CHECKING:
    from tracker.signals import Heard

COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("setup", "Write a commented config.toml that works, and an up-to-date database."),
    "add": ("setup", "Follow more trials: edits config.toml and keeps its comments."),
    "remove": ("setup", "Stop following trials: edits config.toml and keeps its comments."),
    "check": ("setup", "Validate the configuration; all mistakes at once."),
    "doctor": ("doctor", "Look at configuration, database, disk, registries and channels."),
    "sync": ("sync", "One pass: ask the registries, say what changed, tell the right people."),
    "run": ("run", "The daemon: syncs, delivers and sends digests by the clock."),
    "serve": ("serve", "Read-only web pages, feeds and a JSON API."),
    "list": ("list", "The present: status, dates, enrollment, results of every followed trial."),
    "search": ("search", "Words over titles, conditions, interventions, sponsors, numbers and criteria."),
    "changes": ("changes", "The change log."),
    "deadlines": ("deadlines", "Results due and overdue, planned dates that passed: estimates."),
    "export": ("export", "Typed tables for analysis: csv, xlsx, jsonl, parquet, ris."),
    "audit": ("audit", "Outcomes against what was registered: for two readers, by strata."),
    "evidence": ("evidence", "The bytes that an event comes from, as a zip that sha256sum verifies."),
    "publish": ("publish", "The change log, feeds, calendar and pages as files, for git or any web host."),
    "feeds": ("publish", "Atom feeds of everything, of each watch and of each trial, as files."),
    "mcp": ("mcp", "Read-only tools for assistants, over standard input and output."),
    "show": ("show", "A record as it stands or stood, and its timeline."),
    "timeline": ("timeline", "Versions and what each changed, days in each status, dates that moved."),
    "diff": ("diff", "What changed between two versions, or two saved files."),
    "parse": ("parse", "The record read from a saved payload or page, as JSON."),
    "digest": ("digest", "The change-log digest, to read or to send."),
    "outbox": ("outbox", "What waits to be sent, and why; try again or drop."),
    "resume": ("resume", "Take messages up again that a reader has stopped."),
    "silence": ("silence", "Mute alerts for a while."),
    "channel": ("channel", "Try a channel."),
    "release": ("release", "Let a held run go, or discard it."),
    "unmerge": ("unmerge", "Follow a merged trial under its own number again."),
    "migrate": ("setup", "Bring the database schema up to date, after a backup."),
    "backup": ("setup", "A consistent copy of the database, also while the tracker runs."),
    "copy": ("copy", "The whole database into another one, as from SQLite to PostgreSQL."),
    "backfill": ("backfill", "The registry's own history of records: the index of versions first, then the records."),
    "import": ("importing", "Exports and saved records that you downloaded, compared and told as after a sync."),
    "replay": ("replay", "Today's rules over all stored versions: what they would have told."),
    "completion": ("completion", "The script that lets bash, zsh or fish complete commands and options."),
    "demo": ("demo", "The whole job on three invented days, offline."),
}


class _Lazy(click.Group):
    """A group that knows its commands' names and one-line helps without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order a user meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"tracker.cli.{COMMANDS[cmd_name][0]}")
        command = getattr(module, f"{cmd_name}_command")
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, from the table alone."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="tracker")
@shared_options
def cli(shared: Shared) -> None:
    """Follow clinical-trial registry records and be told what changed."""


def main(args: Sequence[str] | None = None) -> None:
    """Run the ``tracker`` command; errors made on purpose end in one sentence and their exit code. Always exits.

    ``args`` are those of the process unless given.
    """
    from tracker.signals import heeded
    from tracker.stopping import Stop

    with heeded(Stop(), orderly=False, words=say_stopped) as heard:
        sys.exit(_code(args, heard))


def say_stopped() -> None:
    """The last word of a command that was asked to end."""
    click.echo("stopped", err=True)


def _code(args: Sequence[str] | None, heard: Heard) -> int:
    """Run a command; its exit code."""
    from tracker.errors import ConfigError, TrackerError, UsageError

    try:
        code = cli.main(args, prog_name="tracker", standalone_mode=False)
    except click.exceptions.Abort:
        heard.said = True
        say_stopped()
        return heard.code if heard.number else 130
    except click.ClickException as error:
        error.show()
        return 2 if isinstance(error, click.UsageError) else 1
    except TrackerError as error:
        click.echo(f"error: {error}", err=True)
        return 2 if isinstance(error, ConfigError | UsageError) else 1
    return code if isinstance(code, int) else 0
