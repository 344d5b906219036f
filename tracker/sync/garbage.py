"""How often Python looks for garbage while a pass reads thousands of records."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

YOUNG = 20_000
"""New objects after which Python looks for cycles among them: some megabytes. A record is freed without it."""

_USUAL = gc.get_threshold()


@contextmanager
def rarely_collected() -> Iterator[None]:
    """Look at new objects seldom, and at what was there before not at all: modules and settings are no garbage.

    Each full look at them takes some 60 ms, and a first reading of 2,000 trials made five. Afterwards all is as it was.
    """
    gc.freeze()
    gc.set_threshold(YOUNG, *_USUAL[1:])
    try:
        yield
    finally:
        gc.set_threshold(*_USUAL)
        gc.unfreeze()
