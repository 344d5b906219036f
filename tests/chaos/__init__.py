"""The promises of docs/reliability.md, each broken on purpose: kills, faults of registries and channels, full disks.

Every run takes a part of the points, chosen by seed, so that the whole stays quick; ``make chaos`` takes them all.
``TRACKER_CHAOS_SEED`` chooses another part.
"""

from __future__ import annotations

import os
import random
from collections.abc import Sequence
from typing import TypeVar

EVERYTHING = os.environ.get("TRACKER_CHAOS") == "all"
SEED = int(os.environ.get("TRACKER_CHAOS_SEED") or "1")

Point = TypeVar("Point")


def part(points: Sequence[Point], count: int, most: int | None = None) -> list[Point]:
    """``count`` of the points, chosen by seed and in their order; for ``make chaos`` all of them, or ``most``."""
    if EVERYTHING:
        count = len(points) if most is None else most
    if count >= len(points):
        return list(points)
    chosen = sorted(random.Random(SEED).sample(range(len(points)), count))
    return [points[place] for place in chosen]
