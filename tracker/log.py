"""Logging: lines are ``event key=value``; error = someone must act, warning = look this week, info = what a run did."""

from __future__ import annotations

import logging
import sys
import time


def get(name: str) -> logging.Logger:
    """The logger of one module, below ``tracker``."""
    return logging.getLogger(name if name.startswith("tracker") else f"tracker.{name}")


def pairs(event: str, **fields: object) -> str:
    """``event key=value`` on one line, with values that hold blanks in quotes; registry texts cannot steer a terminal."""
    parts = [event]
    for key, value in fields.items():
        text = " ".join("".join(char if char.isprintable() else " " for char in str(value)).split())
        parts.append(f'{key}="{text}"' if " " in text else f"{key}={text}")
    return " ".join(parts)


def hush(library: str) -> None:
    """Keep a library's own log lines from stderr, where they would come without a handler. We log what its errors mean."""
    logger = logging.getLogger(library)
    logger.handlers[:] = [logging.NullHandler()]
    logger.propagate = False


def setup(verbosity: int) -> None:
    """Send the tracker's log to stderr: warnings by default, info with -v, debug with -vv."""
    level = {0: logging.WARNING, 1: logging.INFO}.get(verbosity, logging.DEBUG)
    handler = logging.StreamHandler(sys.stderr)
    formatter = logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%SZ")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    root = logging.getLogger("tracker")
    root.handlers[:] = [handler]
    root.setLevel(level)
    root.propagate = False
