"""Did the registry reformat its records? The same harmless edit in most of a run is one note, not thousands of events.

Harmless are events marked ``spelling_only``: case, punctuation, the cut of lines, a country's or a status's other spelling.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby

import msgspec

from tracker.model.event import Event

LEAST_TRIALS = 20
LEAST_SHARE = 0.5


class BulkEdit(msgspec.Struct, frozen=True, kw_only=True):
    """A harmless edit of most records: its kinds, how many of the checked trials it touched, and how many have nothing else.

    The same trials' other events are news as ever, and so is a louder event of the same kind.
    """

    kinds: tuple[str, ...]
    checked: int
    trials: int = 0
    alone: int = 0


class BulkEditTally:
    """How many harmless events a run has of each kind. A trial has one of a kind at most."""

    def __init__(self) -> None:
        self._harmless: Counter[str] = Counter()

    def add(self, event: Event) -> None:
        """Count an event."""
        if is_harmless(event):
            self._harmless[event.kind] += 1

    def found(self, checked: int) -> BulkEdit | None:
        """The bulk edit that the run's events show, None when there is none.

        ``checked`` is how many trials the run asked for and read. A kind counts when its harmless events touch at least 20
        trials and half of those checked.
        """
        kinds = sorted(kind for kind, trials in self._harmless.items() if _is_bulk(trials, checked))
        return BulkEdit(kinds=tuple(kinds), checked=checked) if kinds else None


def is_harmless(event: Event) -> bool:
    """Whether an event is an edit of spelling. One that the configuration made loud is the user's wish, and none."""
    return event.severity == "minor" and event.cause == "record" and event.details.spelling_only


def parted(edit: BulkEdit, events: Iterable[Event]) -> Iterator[tuple[tuple[str, ...], bool]]:
    """The trials of the edit, each by the ids of its events that belong to it, and whether it has no others.

    ``events`` are those of the run, trial by trial.
    """
    for _, of_trial in groupby(events, key=lambda event: event.trial):
        every = list(of_trial)
        own = tuple(event.id for event in every if event.kind in edit.kinds and is_harmless(event))
        if own:
            yield own, len(own) == len(every)


def _is_bulk(trials: int, checked: int) -> bool:
    return trials >= LEAST_TRIALS and trials >= LEAST_SHARE * checked
