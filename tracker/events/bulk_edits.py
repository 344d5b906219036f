"""Did the registry reformat its records? The same harmless edit in most of a run is one note, not thousands of events.

Harmless are events marked ``spelling_only``: case, punctuation, the cut of lines, a country's or a status's other spelling.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import msgspec

from tracker.model.event import Event

LEAST_TRIALS = 20
LEAST_SHARE = 0.5


class BulkEdit(msgspec.Struct, frozen=True, kw_only=True):
    """A mass edit of no meaning: its kinds, how many of the checked trials it touched, and the events that say so.

    ``events`` are ids. The same trials' other events are news as ever, and so is a louder event of the same kind.
    """

    kinds: tuple[str, ...]
    trials: int
    checked: int
    events: tuple[str, ...]


def reformatted(events: Sequence[Event], checked: int) -> BulkEdit | None:
    """The reformatting that a run's events show, None when there is none.

    ``checked`` is how many trials the run asked for and read. A kind counts when its harmless events touch at least 20
    trials and half of those checked. A harmless edit that the configuration made loud is the user's wish, and stays.
    """
    by_kind: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        if event.severity == "minor" and event.cause == "record" and event.details.spelling_only:
            by_kind[event.kind].append(event)
    mass = {kind: found for kind, found in by_kind.items() if _is_mass({event.trial for event in found}, checked)}
    if not mass:
        return None
    found = [event for kind in sorted(mass) for event in mass[kind]]
    return BulkEdit(
        kinds=tuple(sorted(mass)),
        trials=len({event.trial for event in found}),
        checked=checked,
        events=tuple(event.id for event in found),
    )


def _is_mass(trials: set[str], checked: int) -> bool:
    return len(trials) >= LEAST_TRIALS and len(trials) >= LEAST_SHARE * checked
