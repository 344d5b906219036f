"""Did the registry reformat its records? The same harmless edit in most of a run is one note, not thousands of events.

Harmless are events marked ``spelling_only``: case, punctuation, the cut of lines, a country's or a status's other spelling.
"""

from __future__ import annotations

from collections import Counter, defaultdict

import msgspec

from tracker.model.event import Event

LEAST_TRIALS = 20
LEAST_SHARE = 0.5


class BulkEdit(msgspec.Struct, frozen=True, kw_only=True):
    """A harmless edit of most records: its kinds, how many of the checked trials it touched, and its events.

    ``events`` are ids. The same trials' other events are news as ever, and so is a louder event of the same kind.
    """

    kinds: tuple[str, ...]
    trials: int
    checked: int
    events: tuple[str, ...]


class BulkEditTally:
    """The harmless events of a run by kind, and how many events each of its trials has: ids and numbers only."""

    def __init__(self) -> None:
        self._harmless: dict[str, dict[str, str]] = defaultdict(dict)
        self._events: Counter[str] = Counter()

    def add(self, event: Event) -> None:
        """Count an event. A harmless edit that the configuration made loud is the user's wish, and counts as any other."""
        self._events[event.trial] += 1
        if event.severity == "minor" and event.cause == "record" and event.details.spelling_only:
            self._harmless[event.kind][event.id] = event.trial

    def found(self, checked: int) -> BulkEdit | None:
        """The bulk edit that the run's events show, None when there is none.

        ``checked`` is how many trials the run asked for and read. A kind counts when its harmless events touch at least 20
        trials and half of those checked.
        """
        kinds = sorted(kind for kind, trials in self._harmless.items() if _is_bulk(set(trials.values()), checked))
        if not kinds:
            return None
        return BulkEdit(
            kinds=tuple(kinds),
            trials=len({trial for kind in kinds for trial in self._harmless[kind].values()}),
            checked=checked,
            events=tuple(event for kind in kinds for event in self._harmless[kind]),
        )

    def trials_with_nothing_else(self, edit: BulkEdit) -> int:
        """How many trials have no events but those of the bulk edit."""
        of_edit = Counter(trial for kind in edit.kinds for trial in self._harmless[kind].values())
        return sum(self._events[trial] == count for trial, count in of_edit.items())


def _is_bulk(trials: set[str], checked: int) -> bool:
    return len(trials) >= LEAST_TRIALS and len(trials) >= LEAST_SHARE * checked
