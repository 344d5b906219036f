"""How much of a text is read, and which answers are kept: work and memory stay in proportion whatever a registry serves."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar

LONGEST_READ = 20_000
"""Characters of a text that say how much it is like another. The longest texts of real records are of this size."""

_LONGEST_KEPT = 4_000
_LONG_ONES_KEPT = 16  # a few, because one text is asked about several times in a row

_Answer = TypeVar("_Answer")


def beginning(text: str, limit: int = LONGEST_READ) -> str:
    """The text, or as much of its beginning as is read of a very long one."""
    return text if len(text) <= limit else text[:limit]


def remembered(most: int) -> Callable[[Callable[..., _Answer]], Callable[..., _Answer]]:
    """A cache for functions of texts: ``most`` answers about texts of usual length, and the last few about long ones."""

    def decorate(function: Callable[..., _Answer]) -> Callable[..., _Answer]:
        usual, long = lru_cache(maxsize=most)(function), lru_cache(maxsize=_LONG_ONES_KEPT)(function)

        @wraps(function)
        def answer(*texts: str) -> _Answer:
            for text in texts:
                if len(text) > _LONGEST_KEPT:
                    return long(*texts)
            return usual(*texts)

        return answer

    return decorate
