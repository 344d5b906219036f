"""A sign of life of a daemon that stands by: its port belongs to the daemon it stands by for, so it touches a file instead.

`deploy/healthcheck.py` looks for the file when nobody answers on the port, and believes it while it is fresh.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def sign(port: int) -> Path:
    """The file of this user's daemon with this port."""
    return Path(tempfile.gettempdir()) / f"tracker-standby-{getattr(os, 'getuid', int)()}-{port}"


def show(port: int) -> None:
    """Say that we stand by, now. Raises OSError where it cannot be written, or where another's file or a link is in the way."""
    file = os.open(sign(port), os.O_WRONLY | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
    try:
        os.utime(file)
    finally:
        os.close(file)


def clear(port: int) -> None:
    """We stand by no more."""
    sign(port).unlink(missing_ok=True)
