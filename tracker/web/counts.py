"""Counts of the change log: what its accepted events are counted by is kept in memory and read once for each run."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping
from datetime import datetime
from itertools import chain
from typing import Generic, TypeVar

import msgspec

from tracker.archive import Archive
from tracker.model.ids import split_key
from tracker.model.watch import FollowingTime
from tracker.web.kept import Kept

Item = TypeVar("Item", bound=Hashable)

Group = tuple[int, int, int]
"""Events that are counted alike: the number of their trial, of their class, and of the watches that heard of them."""

Classified = tuple[str, tuple[str, ...], int]
"""A kind of change, the effects of an event, and the rank of its severity."""

RANGES = 20
"""Spans of time for which groups are kept."""


BY_TRIAL = ("trial", "group", "source", "country", "status")
"""Filters that choose trials."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of the log; None, an empty text or a missing key asks for everything.

    ``trials`` has the trials that a filter by trial lets through, by the filter's name.
    """

    since: datetime | None = None
    until: datetime | None = None
    watch: str = ""
    kind: str = ""
    effect: str = ""
    rank: int = 0
    source: str = ""
    trials: Mapping[str, frozenset[str]] = {}


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """How many events there would be of each value of a filter, all other filters being as they are.

    Of filters by trial it has the events of each trial: ``of_all`` that all filters let through, and ``by_trial`` those that
    the named filter alone keeps out.
    """

    kinds: Counter[str]
    effects: Counter[str]
    ranks: Counter[int]
    watches: Counter[str]
    of_all: Mapping[str, int]
    by_trial: Mapping[str, Mapping[str, int]]

    def trials(self, name: str) -> Iterator[tuple[str, int]]:
        """The events of each trial with a filter by trial taken off."""
        return chain(self.of_all.items(), self.by_trial[name].items())


class Numbered(Generic[Item]):
    """Gives each value a small number."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self._numbers: dict[Item, int] = {}

    def number(self, item: Item) -> int:
        """The number of a value, a new one for a new value."""
        found = self._numbers.setdefault(item, len(self.items))
        if found == len(self.items):
            self.items.append(item)
        return found


class LogCounts:
    """The accepted events as columns of numbers, 28 bytes an event. One thread at a time asks."""

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._runs: dict[int, int] = {}
        self._trials, self._classes = Numbered[str](), Numbered[Classified]()
        self._audiences = Numbered[frozenset[str]]()
        self._trial, self._class, self._audience = array("I"), array("I"), array("I")
        self._detected, self._effective = array("d"), array("d")
        self._groups = Kept[Counter[Group]](most=RANGES)

    def renew(self, archive: Archive) -> None:
        """Read the events of runs that were accepted since; all of them where fewer are there than were."""
        there = archive.count_events()
        if any(there.get(run) != count for run, count in self._runs.items()):
            self._begin()
        for run in sorted(there.keys() - self._runs.keys()):
            for one in archive.event_classes(run):
                self._trial.append(self._trials.number(one.trial))
                self._class.append(self._classes.number((one.kind, one.effects, one.severity)))
                self._detected.append(one.detected_at.timestamp())
                self._effective.append(one.effective_at.timestamp())
        self._runs = there
        self._hear(archive)
        self._groups = Kept[Counter[Group]](most=RANGES)

    def _hear(self, archive: Archive) -> None:
        """Note which watches followed the trial of each event when it was seen."""
        times: dict[str, list[FollowingTime]] = {}
        for one in archive.following_times():
            times.setdefault(one.trial, []).append(one)
        spans = [[_span(one) for one in times.get(trial, ())] for trial in self._trials.items]
        self._audiences = Numbered[frozenset[str]]()
        self._audience = array("I")
        for trial, at in zip(self._trial, self._detected, strict=True):
            heard = frozenset(watch for watch, since, until in spans[trial] if since <= at <= until)
            self._audience.append(self._audiences.number(heard))

    def _grouped(self, since: datetime | None, until: datetime | None) -> Counter[Group]:
        """How many events of a span of time there are of each group."""

        def group() -> Counter[Group]:
            every = zip(self._trial, self._class, self._audience, strict=True)
            if since is None and until is None:
                return Counter(every)
            first = since.timestamp() if since else float("-inf")
            end = until.timestamp() if until else float("inf")
            return Counter(one for one, at in zip(every, self._effective, strict=True) if first <= at < end)

        return self._groups.get((since, until), group)

    def kinds(self, watch: str, since: datetime) -> Counter[str]:
        """How many events of each kind a watch has had since a time."""
        found = Counter[str]()
        for (_, class_, audience), count in self._grouped(since, None).items():
            if watch in self._audiences.items[audience]:
                found[self._classes.items[class_][0]] += count
        return found

    def counted(self, wanted: Wanted) -> Counted:
        """The counts beside every filter, in one walk through the groups.

        A group that all filters let through counts for each of them; one that a single filter keeps out counts for that one.
        """
        places = {**dict.fromkeys(BY_TRIAL, 0), "kind": 1, "effect": 1, "rank": 1, "watch": 2}
        bits = {name: 1 << number for number, name in enumerate(places)}
        by_class = [self._class_misses(wanted, one, bits) for one in self._classes.items]
        by_audience = [0 if not wanted.watch or wanted.watch in one else bits["watch"] for one in self._audiences.items]
        by_trial = self._trial_misses(wanted, bits)
        alone = {bit: (places[name], Counter[int]()) for name, bit in bits.items()}
        of_all = (Counter[int](), Counter[int](), Counter[int]())
        for group, count in self._grouped(wanted.since, wanted.until).items():
            missed = by_trial[group[0]] | by_class[group[1]] | by_audience[group[2]]
            if not missed:
                for place, found in enumerate(of_all):
                    found[group[place]] += count
            elif missed in alone:
                place, found = alone[missed]
                found[group[place]] += count
        return self._named(of_all, {name: alone[bit][1] for name, bit in bits.items()})

    def _trial_misses(self, wanted: Wanted, bits: Mapping[str, int]) -> list[int]:
        missed = [0] * len(self._trials.items)
        for name, trials in wanted.trials.items():
            for number, trial in enumerate(self._trials.items):
                if trial not in trials:
                    missed[number] |= bits[name]
        if wanted.source:
            for number, trial in enumerate(self._trials.items):
                if split_key(trial).source != wanted.source:
                    missed[number] |= bits["source"]
        return missed

    @staticmethod
    def _class_misses(wanted: Wanted, one: Classified, bits: Mapping[str, int]) -> int:
        kind, effects, rank = one
        missed = bits["kind"] if wanted.kind and kind != wanted.kind else 0
        missed |= bits["effect"] if wanted.effect and wanted.effect not in effects else 0
        return missed | (bits["rank"] if rank < wanted.rank else 0)

    def _named(self, of_all: tuple[Counter[int], Counter[int], Counter[int]], alone: Mapping[str, Counter[int]]) -> Counted:
        trials, classes, audiences = of_all
        kinds, effects, ranks, watches = Counter[str](), Counter[str](), Counter[int](), Counter[str]()
        for number, count in (classes + alone["kind"]).items():
            kinds[self._classes.items[number][0]] += count
        for number, count in (classes + alone["effect"]).items():
            for effect in self._classes.items[number][1]:
                effects[effect] += count
        for number, count in (classes + alone["rank"]).items():
            ranks[self._classes.items[number][2]] += count
        for number, count in (audiences + alone["watch"]).items():
            for watch in self._audiences.items[number]:
                watches[watch] += count
        by_trial = {name: self._by_trial(alone[name]) for name in BY_TRIAL}
        return Counted(
            kinds=kinds, effects=effects, ranks=ranks, watches=watches, of_all=self._by_trial(trials), by_trial=by_trial
        )

    def _by_trial(self, counted: Counter[int]) -> dict[str, int]:
        return {self._trials.items[number]: count for number, count in counted.items()}


def _span(one: FollowingTime) -> tuple[str, float, float]:
    return one.watch, one.joined_at.timestamp(), one.ended_at.timestamp() if one.ended_at else float("inf")
