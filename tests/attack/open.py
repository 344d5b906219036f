"""Attacks that are not survived yet: what of their name, why, and whether every form of them fails.

An entry goes as soon as the program survives: where every form fails, a form that passes is a failure of the test run.
"""

from __future__ import annotations

from typing import NamedTuple


class Open(NamedTuple):
    """A pattern of test names, what the program does, and whether it does so in every form that the pattern finds."""

    pattern: str
    why: str
    every_form: bool = True


OPEN: tuple[Open, ...] = ()
