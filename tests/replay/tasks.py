"""What workers are given to do in tests: a module that loads at once."""

from __future__ import annotations

import os
import signal
from pathlib import Path


def square(number: int) -> int:
    return number * number


def die_once(mark: Path, number: int) -> int:
    """The worker that gets 5 is killed, the first time."""
    if number == 5 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def die(number: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return number


def say_and_wait(folder: Path, _number: int) -> None:
    (folder / str(os.getpid())).touch()
    signal.pause()
