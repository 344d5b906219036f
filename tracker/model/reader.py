"""Which reader made the plain columns of a version: they are made anew by another one."""

from __future__ import annotations

from tracker import __version__

RULES = 1
"""Raised whenever the same record leads to other days: those that are stored are then made anew."""

READER = f"{__version__}/{RULES}"
"""The release, and the rules of its calendar."""
