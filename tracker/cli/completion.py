"""The ``completion`` command: the shell's own script."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from tracker.cli.options import Shared, shared_options

PROGRAM = "tracker"
VARIABLE = "_TRACKER_COMPLETE"
"""The environment variable by which the script asks the program; click derives it from the program's name."""


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@shared_options
def completion_command(shared: Shared, shell: str) -> None:  # noqa: ARG001 - every command understands the shared options
    """Print the script that lets a shell complete commands, options and their values.

    bash:  eval "$(tracker completion bash)" in ~/.bashrc

    zsh:   eval "$(tracker completion zsh)" in ~/.zshrc, after compinit

    fish:  tracker completion fish > ~/.config/fish/completions/tracker.fish
    """
    writer = get_completion_class(shell)
    assert writer is not None, f"click writes no script for {shell}"
    click.echo(writer(click.get_current_context().find_root().command, {}, PROGRAM, VARIABLE).source())
