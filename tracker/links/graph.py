"""The links of a trial: from what records say of each other's numbers, what the user says, and what the held records are of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from tracker.links.numbers import registration_of
from tracker.model.ids import split_key
from tracker.model.links import Doubt, How, Identity, Link, LinkRule, NamedNumber

STEPS = 3
"""From record to number, from number to record, and to one number more: no chain of links is followed further."""

MOST = 20
"""No trial has more registrations, and no number is named by more records: what has more is a mistake or stands for nothing."""


class LinkGraph:
    """What records name, in both directions. ``held`` are the records that are at hand, by trial."""

    def __init__(
        self, named: Iterable[NamedNumber], held: Mapping[str, Identity] | None = None, rules: Sequence[LinkRule] = ()
    ) -> None:
        self._held = held or {}
        self._names: dict[str, dict[str, NamedNumber]] = defaultdict(dict)
        self._named_by: dict[str, dict[str, NamedNumber]] = defaultdict(dict)
        for one in named:
            self._names[one.trial][one.other] = one
            self._named_by[one.other][one.trial] = one
        pairs = [(frozenset(map(registration_of, rule.trials)), rule.refuse) for rule in rules]
        self._refused = {pair for pair, refuse in pairs if refuse}
        self._added = {pair for pair, refuse in pairs if not refuse}

    def links(self, trial: str) -> tuple[Link, ...]:
        """The links of a trial, nearest first. What lies behind a doubtful one is not looked at."""
        found: dict[str, Link] = {}
        edge: list[tuple[str, str | None]] = [(trial, None)]
        for _ in range(STEPS):
            further: list[tuple[str, str | None]] = []
            for at, via in edge:
                for other in self._around(at):
                    if other in found or other == trial or len(found) == MOST or self._is_refused(trial, other):
                        continue
                    direct = at == trial
                    if not direct and (self._same_registry(trial, other) or self._link(at, other, None).doubtful):
                        continue
                    link = self._link(trial, other, None if direct else via or at)
                    found[other] = link
                    if not link.doubtful:
                        further.append((other, None if direct else link.via))
            edge = further
        return tuple(found.values())

    def neighbours(self, trials: Iterable[str]) -> set[str]:
        """What lies one step from these trials and numbers."""
        return {other for trial in trials for other in self._around(trial)}

    def _around(self, at: str) -> Iterator[str]:
        """What a record names, what names it, and what the user adds; never what he refuses."""
        named_by = self._named_by.get(at, {})
        near = [*self._names.get(at, {}), *(sorted(named_by) if len(named_by) <= MOST else ())]
        for pair in sorted(self._added, key=sorted):
            if registration_of(at) in pair:
                near += pair - {registration_of(at)}
        return (other for other in near if not self._is_refused(at, other))

    def _link(self, trial: str, other: str, via: str | None) -> Link:
        if {registration_of(trial), registration_of(other)} in self._added:
            return Link(trial=trial, other=other, how="configured", confidence="sure")
        mine, theirs = self._names.get(trial, {}).get(other), self._names.get(other, {}).get(trial)
        how: How = "both" if mine and theirs else "names" if mine else "named_by" if theirs else "through"
        given = mine or theirs
        why = None if how == "both" and not self._same_registry(trial, other) else self._doubt(trial, other, how)
        return Link(
            trial=trial,
            other=other,
            how=how,
            confidence="doubtful" if why else "sure" if how == "both" else "stated",
            evidence=given.evidence if given else "",
            via=via,
            doubt=why,
        )

    def _doubt(self, trial: str, other: str, how: How) -> Doubt | None:
        if self._same_registry(trial, other):
            return Doubt(reason="same_registry")
        if different := self._differ(trial, other):
            return different
        # A number that several trials of one registry give as theirs is of one of them, or of a protocol over all of them.
        rivals = self._rivals(trial, other) if how == "names" else self._rivals(other, trial) if how == "named_by" else ()
        return Doubt(reason="shared_number", trials=rivals) if rivals else None

    def _rivals(self, trial: str, number: str) -> tuple[str, ...]:
        """Other trials of a trial's registry that name the same number, and not plainly by mistake."""
        others = (one for one in self._named_by.get(number, {}) if self._same_registry(one, trial))
        return tuple(sorted(one for one in others if not self._is_refused(one, number) and not self._differ(one, number)))

    def _differ(self, one: str, other: str) -> Doubt | None:
        mine, theirs = self._held.get(one), self._held.get(other)
        if mine is None or theirs is None:
            return None
        from tracker.links.doubt import doubt  # its words are not needed where nothing is linked

        return doubt(mine, theirs)

    def _same_registry(self, one: str, other: str) -> bool:
        """Whether two numbers are of one registry and not of one trial: a trial has one number at each."""
        same = split_key(one).source == split_key(other).source
        return same and registration_of(one) != registration_of(other)

    def _is_refused(self, one: str, other: str) -> bool:
        return frozenset((registration_of(one), registration_of(other))) in self._refused
