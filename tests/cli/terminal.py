"""A pseudo-terminal on which the program asks and a test answers."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.cli.program import command, environment

PATIENCE = 60
"""Seconds without a word after which the program counts as hung."""


class Conversation:
    """The program at a terminal of its own: `until` waits for words, `answer` types a line."""

    def __init__(self, *args: str | Path, folder: Path, environ: Mapping[str, str] | None = None) -> None:
        self.mine, theirs = pty.openpty()
        surroundings = {**environment(environ), "TERM": "xterm", "COLUMNS": "200"}
        self.process = subprocess.Popen(
            command(args), cwd=folder, env=surroundings, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
        )
        os.close(theirs)
        self.shown = ""
        self._seen = 0

    def until(self, words: str) -> str:
        """What was shown since the last words, up to and with these."""
        while (found := self.shown.find(words, self._seen)) < 0:
            assert self._read(), f"{words!r} was not shown:\n{self.shown}"
        before, self._seen = self._seen, found + len(words)
        return self.shown[before : self._seen]

    def answer(self, line: str) -> None:
        """Type a line."""
        os.write(self.mine, f"{line}\n".encode())

    def interrupt(self) -> None:
        """Ctrl-C."""
        self.process.send_signal(signal.SIGINT)

    def end(self) -> int:
        """Read on until it ends; its exit code."""
        while self._read():
            pass
        os.close(self.mine)
        return self.process.wait(PATIENCE)

    def _read(self) -> bool:
        ready, _, _ = select.select([self.mine], [], [], PATIENCE)
        try:
            some = os.read(self.mine, 65_536) if ready else b""
        except OSError:  # Linux says so when the other side has closed
            some = b""
        self.shown += some.decode("utf-8", "replace").replace("\r\n", "\n")
        return bool(some)


def talk(folder: Path, answers: Sequence[tuple[str, str]], *args: str | Path, environ: Mapping[str, str] | None = None) -> str:
    """Answer each question as it comes; all that was shown. The program must end well."""
    conversation = Conversation(*args, folder=folder, environ=environ)
    for question, line in answers:
        conversation.until(question)
        conversation.answer(line)
    assert conversation.end() == 0, conversation.shown
    return conversation.shown
