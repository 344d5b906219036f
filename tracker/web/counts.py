"""The change log in memory: what its accepted events are counted and chosen by, read once for each run."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Generic, NamedTuple, TypeVar

import msgspec

from tracker.archive import Archive
from tracker.model.event import LogPlace
from tracker.model.watch import FollowingTime
from tracker.web.kept import Kept

Item = TypeVar("Item", bound=Hashable)

Group = tuple[int, int, int]
"""Events that are counted alike: the numbers of their trial's traits, of their class, and of the watches that heard of them."""

Classified = tuple[str, tuple[str, ...], int]
"""A kind of change, the effects of an event, and the rank of its severity."""

Moment = tuple[datetime, str]
"""A time at which something happened to a trial."""

RANGES = 20
"""Spans of time for which groups are kept."""

BY_TRIAL = ("source", "group", "country", "status")
"""Filters that choose trials by their traits."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Traits(NamedTuple):
    """What filters know of a trial: countries and status are those of trials that are followed."""

    source: str
    groups: tuple[str, ...] = ()
    countries: frozenset[str] = frozenset()
    status: str | None = None


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of the log; None or an empty text asks for everything. ``country`` is in any case of letters."""

    since: datetime | None = None
    until: datetime | None = None
    watch: str = ""
    kind: str = ""
    effect: str = ""
    rank: int = 0
    source: str = ""
    group: str = ""
    country: str = ""
    status: str = ""
    trial: str = ""


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """How many events all filters let through, and how many of each value of one, the others being as they are."""

    total: int
    kinds: Counter[str]
    effects: Counter[str]
    ranks: Counter[int]
    watches: Counter[str]
    sources: Counter[str]
    groups: Counter[str]
    countries: Counter[str]
    statuses: Counter[str]


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

    def find(self, item: Item) -> int | None:
        """The number of a value; None for one that has none."""
        return self._numbers.get(item)


class LogColumns:
    """The accepted events as columns of numbers, 41 bytes an event. One thread at a time asks."""

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._runs: dict[int, int] = {}
        self._trials, self._classes = Numbered[str](), Numbered[Classified]()
        self._audiences, self._traits = Numbered[frozenset[str]](), Numbered[Traits]()
        self._trial, self._class, self._audience = array("I"), array("I"), array("I")
        self._detected, self._effective = array("d"), array("d")
        self._story, self._weight, self._order = array("Q"), array("B"), array("I")
        self._traits_of: list[int] = []
        self._groups = Kept[Counter[Group]](most=RANGES)

    def renew(self, archive: Archive, traits: Callable[[str], Traits]) -> None:
        """Read the events of runs that were accepted since; all of them where fewer are there than were."""
        there = archive.count_events()
        if any(there.get(run) != count for run, count in self._runs.items()):
            self._begin()
        new = there.keys() - self._runs.keys()
        for run in sorted(new):
            for one in archive.event_classes(run):
                self._trial.append(self._trials.number(one.trial))
                self._class.append(self._classes.number((one.kind, one.effects, one.severity)))
                self._detected.append(one.detected_at.timestamp())
                self._effective.append(one.effective_at.timestamp())
                self._story.append(_first_letters(one.story))
                self._weight.append(one.weight)
        self._runs = there
        if new:
            self._put_in_order()
        self._hear(archive)
        self._traits = Numbered[Traits]()
        self._traits_of = [self._traits.number(traits(trial)) for trial in self._trials.items]
        self._groups = Kept[Counter[Group]](most=RANGES)

    def _put_in_order(self) -> None:
        """The newest first, of one moment the weightiest story."""
        order = sorted(range(len(self._story)), key=self._story.__getitem__)
        order.sort(key=self._weight.__getitem__, reverse=True)
        order.sort(key=self._effective.__getitem__, reverse=True)
        self._order = array("I", order)

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

    # --- counts -------------------------------------------------------------------------------------------------------

    def _grouped(self, wanted: Wanted) -> Counter[Group]:
        """How many events of a span of time, or of one trial in it, there are of each group."""
        key = (wanted.since, wanted.until, wanted.trial)
        return self._groups.get(key, lambda: Counter(self._rows_in_groups(wanted)))

    def _rows_in_groups(self, wanted: Wanted) -> Iterable[Group]:
        traits, trial, class_, audience = self._traits_of, self._trial, self._class, self._audience
        if not (wanted.since or wanted.until or wanted.trial):
            return zip(map(traits.__getitem__, trial), class_, audience, strict=True)
        rows: Iterable[int] = self._span(wanted, None)
        if wanted.trial:
            named = self._trials.find(wanted.trial)
            rows = (row for row in rows if trial[row] == named)
        return ((traits[trial[row]], class_[row], audience[row]) for row in rows)

    def kinds(self, watch: str, since: datetime) -> Counter[str]:
        """How many events of each kind a watch has had since a time."""
        found = Counter[str]()
        for (_, class_, audience), count in self._grouped(Wanted(since=since)).items():
            if watch in self._audiences.items[audience]:
                found[self._classes.items[class_][0]] += count
        return found

    def counted(self, wanted: Wanted) -> Counted:
        """The counts beside every filter, in one walk through the groups.

        A group that all filters let through counts for each of them; one that a single filter keeps out counts for that one.
        """
        places = {**dict.fromkeys(BY_TRIAL, 0), "kind": 1, "effect": 1, "rank": 1, "watch": 2}
        bits = {name: 1 << number for number, name in enumerate(places)}
        by_traits, by_class, by_audience = self._missed(wanted, bits)
        alone = {bit: (places[name], Counter[int]()) for name, bit in bits.items()}
        of_all = (Counter[int](), Counter[int](), Counter[int]())
        for group, count in self._grouped(wanted).items():
            missed = by_traits[group[0]] | by_class[group[1]] | by_audience[group[2]]
            if not missed:
                for place, found in enumerate(of_all):
                    found[group[place]] += count
            elif missed in alone:
                place, found = alone[missed]
                found[group[place]] += count
        return self._named({name: of_all[places[name]] + alone[bit][1] for name, bit in bits.items()}, sum(of_all[0].values()))

    def _missed(self, wanted: Wanted, bits: Mapping[str, int]) -> tuple[list[int], list[int], list[int]]:
        """The filters that keep out events of each traits, of each class and of each audience, as bits."""
        return (
            [_missed_by_traits(wanted, one, bits) for one in self._traits.items],
            [_missed_by_class(wanted, one, bits) for one in self._classes.items],
            [0 if not wanted.watch or wanted.watch in one else bits["watch"] for one in self._audiences.items],
        )

    def _named(self, found: Mapping[str, Counter[int]], total: int) -> Counted:
        classes, traits = self._classes.items, self._traits.items
        return Counted(
            total=total,
            kinds=_summed(found["kind"], lambda number: classes[number][:1]),
            effects=_summed(found["effect"], lambda number: classes[number][1]),
            ranks=_summed(found["rank"], lambda number: classes[number][2:]),
            watches=_summed(found["watch"], lambda number: self._audiences.items[number]),
            sources=_summed(found["source"], lambda number: traits[number][:1]),
            groups=_summed(found["group"], lambda number: traits[number].groups),
            countries=_summed(found["country"], lambda number: traits[number].countries),
            statuses=_summed(found["status"], lambda number: [one for one in (traits[number].status,) if one is not None]),
        )

    # --- stories ------------------------------------------------------------------------------------------------------

    def newest(self, wanted: Wanted, after: LogPlace | None, stories: int) -> frozenset[Moment]:
        """Where the newest wanted events stand, behind a place: at least those of so many stories, if there are so many.

        One trial has few events, which the database finds by itself.
        """
        left = self.counted(wanted).total
        bits = dict.fromkeys((*BY_TRIAL, "kind", "effect", "rank", "watch"), 1)
        by_traits, by_class, by_audience = self._missed(wanted, bits)
        by_trial = [by_traits[number] for number in self._traits_of]
        class_, audience, trial = self._class, self._audience, self._trial
        behind = (-after.at.timestamp(), -after.weight, _first_letters(after.story)) if after else None
        found, seen = set[tuple[float, int]](), set[tuple[float, int, int]]()
        for row in self._span(wanted, after) if left else ():
            if by_class[class_[row]] or by_trial[trial[row]] or by_audience[audience[row]]:
                continue
            place = (-self._effective[row], -self._weight[row], self._story[row])
            if behind is None or place >= behind:
                if place != behind:  # of that one most is shown already
                    seen.add(place)
                if len(seen) > stories:
                    break
                found.add((self._effective[row], trial[row]))
            left -= 1
            if not left:  # these were all
                break
        return frozenset((_moment(at), self._trials.items[number]) for at, number in found)

    def _span(self, wanted: Wanted, after: LogPlace | None) -> array[int]:
        """The events of a span of time, the newest first, from the moment of a place on."""

        def back(row: int) -> float:
            return -self._effective[row]

        begin, end = 0, len(self._order)
        if wanted.until:
            begin = bisect_right(self._order, -wanted.until.timestamp(), key=back)
        if after:
            begin = max(begin, bisect_left(self._order, -after.at.timestamp(), key=back))
        if wanted.since:
            end = bisect_right(self._order, -wanted.since.timestamp(), key=back)
        return self._order[begin:end]


def _span(one: FollowingTime) -> tuple[str, float, float]:
    return one.watch, one.joined_at.timestamp(), one.ended_at.timestamp() if one.ended_at else float("inf")


def _moment(seconds: float) -> datetime:
    return _EPOCH + timedelta(microseconds=round(seconds * 1_000_000))


def _first_letters(story: str) -> int:
    """The beginning of an id as a number, in the order of ids: what it does not tell apart is read together."""
    return int.from_bytes(story.encode()[:8].ljust(8, b"\0"))


def _missed_by_traits(wanted: Wanted, one: Traits, bits: Mapping[str, int]) -> int:
    missed = bits["source"] if wanted.source and one.source != wanted.source else 0
    missed |= bits["group"] if wanted.group and wanted.group not in one.groups else 0
    if wanted.country and not any(wanted.country.casefold() == country.casefold() for country in one.countries):
        missed |= bits["country"]
    return missed | (bits["status"] if wanted.status and one.status != wanted.status else 0)


def _missed_by_class(wanted: Wanted, one: Classified, bits: Mapping[str, int]) -> int:
    kind, effects, rank = one
    missed = bits["kind"] if wanted.kind and kind != wanted.kind else 0
    missed |= bits["effect"] if wanted.effect and wanted.effect not in effects else 0
    return missed | (bits["rank"] if rank < wanted.rank else 0)


def _summed(found: Mapping[int, int], values: Callable[[int], Iterable[Item]]) -> Counter[Item]:
    """Counts of numbers as counts of the values that each number stands for."""
    summed = Counter[Item]()
    for number, count in found.items():
        for value in values(number):
            summed[value] += count
    return summed
