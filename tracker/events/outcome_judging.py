"""Is a changed outcome measure another outcome? A named verdict with the reason for it.

The question is whether somebody who trusted the earlier text would be misled about what the trial set out to measure.
Whole texts are read, never a registry's own flag. More detail leaves an outcome the same; a different threshold does not.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from enum import StrEnum

import msgspec

from tracker.events.outcome_wording import Wording, instruments, joints, numbers, statements, wording
from tracker.text.durations import all_times, durations, names_period
from tracker.text.limits import beginning
from tracker.text.normalize import same_words
from tracker.text.similarity import measured_words, telling_words
from tracker.text.stem import stem
from tracker.text.tokens import tokens

MOVED_PERCENT = 20
LONGEST_JUDGED = 4_000
"""Characters of a measure that is judged, and of what is said around it. Registries allow a quarter of that."""


class Verdict(StrEnum):
    """What a changed wording makes of an outcome."""

    SAME = "SAME"
    """The same quantity: spelling, inflection, house style, units, order."""
    REFINED = "REFINED"
    """The same quantity, said more exactly or more shortly."""
    DIFFERENT = "DIFFERENT"
    """Another threshold, aggregation, population, member or time: what is judged is something else."""
    UNCLEAR = "UNCLEAR"
    """The texts do not carry a judgement."""


HARMLESS = frozenset({Verdict.SAME, Verdict.REFINED})


class Judgement(msgspec.Struct, frozen=True):
    """A verdict and its reason: a word of `_TESTS`, or spelling, inflection, time_points, detail, length or placeholder."""

    verdict: Verdict
    reason: str


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """An outcome as one version states it."""

    measure: str
    time_frame: str = ""
    description: str = ""
    trial: str = ""
    """What the trial is about: its title and conditions narrow no outcome where they are repeated in a measure."""

    @property
    def whole(self) -> str:
        """All that is said of it."""
        return "\n".join(beginning(part, LONGEST_JUDGED) for part in (self.measure, self.time_frame, self.description))

    @property
    def known_words(self) -> frozenset[str]:
        """The words that need no saying again."""
        return wording(self.whole).words | wording(self.trial).words


class Pair(msgspec.Struct, frozen=True):
    """Two statements of an outcome, and how the measures' texts are read."""

    old: Said
    new: Said
    before: Wording
    after: Wording


def judge(old: Said, new: Said) -> Judgement:
    """The verdict on two wordings of what may be one outcome."""
    if same_words(old.measure, new.measure):
        return Judgement(Verdict.SAME, "spelling")
    if is_placeholder(old.measure):
        return Judgement(Verdict.UNCLEAR, "placeholder")
    if max(len(old.measure), len(new.measure)) > LONGEST_JUDGED:
        return Judgement(Verdict.UNCLEAR, "length")
    pair = Pair(old, new, wording(old.measure), wording(new.measure))
    for reason, differs in _TESTS:
        if differs(pair):
            return Judgement(Verdict.DIFFERENT, reason)
    if time_points_differ(old.measure, new.whole) or time_points_differ(new.measure, old.whole):
        return Judgement(Verdict.REFINED, "time_points")
    left, right = measured_words(old.measure, new.measure), measured_words(new.measure, old.measure)
    numbered = numbers(pair.after.text) - numbers(old.whole) or numbers(pair.before.text) - numbers(new.whole)
    if telling_words(left) == telling_words(right) and not numbered:
        return Judgement(Verdict.SAME, "inflection")
    return Judgement(Verdict.REFINED, "detail")


_EMPTY = frozenset(
    map(
        stem,
        tokens(
            "primary secondary other outcome outcomes measure measures endpoint endpoints parameter parameters objective "
            "efficacy variable pd pk main study tbd none not applicable na to be determined the of and defined yet"
        ),
    )
)


def is_placeholder(text: str) -> bool:
    """Whether a measure names nothing that could be measured ("Primary outcome measure")."""
    return set(map(stem, tokens(text))) <= _EMPTY


def _negated(pair: Pair) -> bool:
    return pair.before.negations != pair.after.negations


def _aggregated(pair: Pair) -> bool:
    """Mean for median, a number of participants for a time to an event; a word that only comes or goes is detail."""
    one, other = pair.before.aggregations, pair.after.aggregations
    if one and other and not (one <= other or other <= one):
        return True
    return _landmark(pair.before, pair.after) or _landmark(pair.after, pair.before)


def _landmark(timed: Wording, counted: Wording) -> bool:
    """Time to an event on one side, how many had it (by a day) on the other."""
    if not timed.time_to_event or timed.counted_event or not counted.counted_event:
        return False
    return not counted.time_to_event or (bool(counted.times) and not timed.times)


def _opposed(pair: Pair) -> bool:
    return pair.before.opposed(pair.after)


def _ended_otherwise(pair: Pair) -> bool:
    """Survival until another event: overall, progression-free, disease-free."""
    one, other = pair.before.survivals, pair.after.survivals
    return bool(one and other) and not one & other


def _limited(pair: Pair) -> bool:
    """A limit or grade was added, changed, turned round or dropped, and the rest of the other text does not have it."""
    if any((value, -way) in pair.after.limits and (value, way) not in pair.after.limits for value, way in pair.before.limits):
        return True
    known, kept = numbers(pair.old.whole), numbers(pair.new.whole)
    added = {value for value, _ in pair.after.limits} | {value for _, value in pair.after.grades}
    dropped = {value for value, _ in pair.before.limits} | {value for _, value in pair.before.grades}
    if added - known:
        return True
    return bool(dropped - kept) and not _is_hypothesis(pair.before)


def _is_hypothesis(text: Wording) -> bool:
    """Whether limits belong to a hypothesis ("to determine whether ... is at most 40 %"), not to the measure."""
    return text.text.startswith(
        ("to determine", "to test", "to show", "to demonstrate", "to evaluate", "determine if", "whether")
    )


def _qualified(pair: Pair) -> bool:
    """A word that narrows what counts came or went ("complete clearance"), unless the other side says it elsewhere."""
    added = pair.after.qualifiers - pair.before.qualifiers - pair.old.known_words
    dropped = pair.before.qualifiers - pair.after.qualifiers - pair.new.known_words
    return bool(added or dropped)


def _joined(pair: Pair) -> bool:
    """A list gained or lost a member beside one that stayed, or one text now states outcomes of several cohorts."""
    if len(pair.after.labels) > max(1, len(pair.before.labels)):
        return True
    return any(_lone_member(pair.new.measure, pair.old.measure)) or any(_lone_member(pair.old.measure, pair.new.measure))


def _lone_member(text: str, other: str) -> Iterator[bool]:
    """For each joint of a list: whether just one of its sides is missing from the other text."""
    have = measured_words(other, text) | frozenset(map(stem, tokens(other)))
    for one, two in joints(text):
        yield (one in have) != (two in have)


def _stated_apart(pair: Pair) -> bool:
    """One text states several outcomes in a row, and the other lacks one of them."""
    return _lacks_statement(pair.old, pair.new) or _lacks_statement(pair.new, pair.old)


def _lacks_statement(text: Said, other: Said) -> bool:
    stated = statements(text.measure)
    if len(stated) < 2:
        return False
    have = measured_words(other.whole, text.measure)
    words = (telling_words(measured_words(part, other.whole)) for part in stated)
    return any(len(told & have) * 2 <= len(told) for told in words)


def _measured_otherwise(pair: Pair) -> bool:
    """Both name the test or scale, and each has one that the other does not mention at all."""
    if not instruments(pair.old.measure) and not instruments(pair.new.measure):
        return False
    before, after = instruments(pair.old.whole), instruments(pair.new.whole)
    if not before or not after or before & after:
        return False
    return not before & pair.new.known_words and not after & pair.old.known_words


def _restricted(pair: Pair) -> bool:
    """Another population: words that restrict whom the outcome is judged in came or went."""
    added = pair.after.population - pair.before.population - pair.old.known_words
    dropped = pair.before.population - pair.after.population - pair.new.known_words
    return bool(added or dropped)


def _timed(pair: Pair) -> bool:
    """The measure's own time point is another, or one came that the earlier text did not have or contradicts.

    Where the earlier text names no time at all, not even in words ("end of treatment"), an added one decides what is judged.
    """
    if pair.before.times and pair.after.times:
        return moved_far(pair.before.times[-1], pair.after.times[-1])
    if not pair.after.times or pair.after.times[-1] <= 1:  # hours belong to the test: "glucose from 0 to 4 hours"
        return False
    stated = durations(f"{pair.old.time_frame}\n{pair.old.description}")
    if not stated:
        return not pair.before.deadline and not names_period(pair.old.whole)
    return all(moved_far(time, pair.after.times[-1]) for time in stated)


def time_points_differ(text: str, other: str) -> bool:
    """Whether a text names a time from two days on that the other, which names times too, does not have."""
    known = sorted(set(all_times(other)))
    return bool(known) and any(time > 1 and moved_far(time, _nearest(known, time)) for time in set(all_times(text)))


def _nearest(known: list[float], time: float) -> float:
    place = bisect_left(known, time)
    return min(known[max(0, place - 1) : place + 1], key=lambda each: abs(each - time))


def moved_far(old: float, new: float) -> bool:
    """Whether a time, in days, is another by a fifth or more."""
    return 100 * abs(new - old) >= MOVED_PERCENT * old


_TESTS: tuple[tuple[str, Callable[[Pair], bool]], ...] = (
    ("negation", _negated),
    ("aggregation", _aggregated),
    ("opposite", _opposed),
    ("event", _ended_otherwise),
    ("threshold", _limited),
    ("qualifier", _qualified),
    ("members", _joined),
    ("members", _stated_apart),
    ("instrument", _measured_otherwise),
    ("population", _restricted),
    ("time_point", _timed),
)
"""Reasons for another outcome, the first that holds is named."""
