"""Rows to be read by people, drawn by a seed: the same seed draws the same rows of the same audit."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

_Row = TypeVar("_Row")


def drawn(rows: Sequence[_Row], number: int, seed: int) -> list[_Row]:
    """So many rows in their order, or all where there are no more."""
    places = random.Random(seed).sample(range(len(rows)), min(number, len(rows)))
    return [rows[place] for place in sorted(places)]
