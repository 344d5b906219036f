"""`tracker completion`: real shells complete commands, options and their values."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.cli.program import inside
from tests.shipping.shipped import Installed, run

BASH = """
eval "$(tracker completion bash)"
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
$(complete -p tracker | sed 's/.*-F \\([^ ]*\\) .*/\\1/') tracker
printf '%s\\n' "${COMPREPLY[@]}"
"""


def needs(shell: str) -> str:
    found = shutil.which(shell)
    if found is None:
        pytest.skip(f"{shell} is not installed")
    return found


def on_path(installed: Installed) -> dict[str, str]:
    return {"PATH": f"{installed.scripts}:{os.environ['PATH']}"}


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        (["tracker", "sy"], ["sync"]),
        (["tracker", "comp"], ["completion"]),
        (["tracker", "sync", "--dr"], ["--dry-run"]),
        (["tracker", "changes", "--format", ""], ["table", "json", "csv", "md"]),
        (["tracker", "completion", ""], ["bash", "zsh", "fish"]),
    ],
    ids=lambda value: " ".join(value),
)
def test_a_real_bash_completes(installed: Installed, tmp_path: Path, typed: Sequence[str], offered: Sequence[str]) -> None:
    """The script is evaluated as ~/.bashrc would, and the function it registers is called as readline would."""
    script = tmp_path / "complete.sh"
    script.write_text(BASH, encoding="utf-8")
    told = run(needs("bash"), "--norc", script, *typed, cwd=tmp_path, env=on_path(installed)).stdout
    assert told.split() == list(offered)


def test_bash_offers_every_command(installed: Installed, tmp_path: Path) -> None:
    from tracker.cli import COMMANDS

    script = tmp_path / "complete.sh"
    script.write_text(BASH, encoding="utf-8")
    told = run(needs("bash"), "--norc", script, "tracker", "", cwd=tmp_path, env=on_path(installed)).stdout
    assert told.split() == list(COMMANDS)


def test_a_real_fish_completes(installed: Installed, tmp_path: Path) -> None:
    fish = needs("fish")
    program = 'tracker completion fish | source; complete --do-complete "tracker sync --dr"'
    told = run(fish, "--no-config", "-c", program, cwd=tmp_path, env={**on_path(installed), "HOME": str(tmp_path)}).stdout
    assert told.split()[0] == "--dry-run"


def test_a_real_zsh_accepts_the_script(installed: Installed, tmp_path: Path) -> None:
    """Its completion needs a keyboard; that it registers a function for tracker can be seen without one."""
    program = 'autoload -Uz compinit; compinit -u -d dump; eval "$(tracker completion zsh)"; print $_comps[tracker]'
    told = run(needs("zsh"), "--no-rcs", "-c", program, cwd=tmp_path, env=on_path(installed)).stdout
    assert told.strip() == "_tracker_completion"


def test_another_shell_is_refused_by_name() -> None:
    ended = inside("completion", "tcsh")
    assert ended.code == 2
    assert "'bash', 'zsh', 'fish'" in ended.err
