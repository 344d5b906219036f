"""The program itself: ``serve`` and ``run --web`` say where, answer, and end when they are asked to."""

from __future__ import annotations

import re
import signal
import subprocess
import urllib.request
from pathlib import Path

import pytest

from tests.cli.conftest import own_demo
from tests.cli.program import command, environment

__all__ = ["own_demo"]


@pytest.mark.parametrize("words", [("serve", "--bind", "127.0.0.1:0"), ("run", "--web")])
def test_the_pages_are_served_until_the_program_is_asked_to_end(own_demo: Path, words: tuple[str, ...]) -> None:
    config = own_demo / "config.toml"
    config.write_text(config.read_text("utf-8") + '\n[web]\nbind = "127.0.0.1:0"\n', "utf-8")
    program = subprocess.Popen(
        command(("--config", str(config), *words)), cwd=own_demo, env=environment(None), stderr=subprocess.PIPE, text=True
    )
    assert program.stderr is not None
    try:
        said = next(line for line in program.stderr if "The pages are at" in line)
        found = re.search(r"http://\S+", said)
        assert found is not None
        with urllib.request.urlopen(found[0], timeout=60) as answer:
            assert answer.status == 200
            assert b"Latest changes" in answer.read()
    finally:
        program.send_signal(signal.SIGTERM)
        program.communicate(timeout=60)
    assert program.returncode == 0
