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


OPEN: tuple[Open, ...] = (
    Open("test_a_pass_ends_whatever_its_host", "a pass has no limit", every_form=False),
    Open("test_a_slow_first_load", "a pass has no limit"),
    Open("test_a_search_whose_pages_never_end", "fresh page tokens are followed for ever"),
    Open("test_a_signal_ends_the_program", "a signal waits for the host", every_form=False),
    Open("test_large_answers", "an answer is kept several times", every_form=False),
    Open("test_a_hostile_robots_file", "robots.txt has no limits of its own", every_form=False),
)
