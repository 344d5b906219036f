"""Are two texts the same thing in other words? Likeness, pairs, and the time points that a time frame names."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TypeVar

from tracker.events.spelling import same_words
from tracker.events.terms import singular, telling, words

CONTAINED = 0.75
OVERLAPPING = 0.5

# Words that many measures share whatever they measure: alone they do not make two of them the same.
_GENERIC = frozenset(
    singular(word)
    for word in words(
        "absolute adverse after arm assessed baseline change changes cohort count day days defined determined dose during each "
        "evaluated event events experience experiencing first frequency group hour hours incidence index last level levels "
        "mean measure measured median month months number occurrence part participant participants patient patients percent "
        "percentage phase post proportion questionnaire rate rates ratio scale score scores study subject subjects time total "
        "treatment value values week weeks year years"
    )
)
_AGGREGATIONS = {
    "number": "count",
    "count": "count",
    "incidence": "count",
    "frequency": "count",
    "occurrence": "count",
    "percentage": "share",
    "percent": "share",
    "proportion": "share",
    "rate": "share",
    "mean": "mean",
    "average": "mean",
    "median": "median",
    "change": "change",
}
_NEGATIONS = frozenset({"without", "not", "no", "non"})

_NUMBERS = {
    word: number for number, word in enumerate(words("one two three four five six seven eight nine ten eleven twelve"), 1)
}
_UNITS = {
    "hour": 1 / 24,
    "hr": 1 / 24,
    "day": 1.0,
    "week": 7.0,
    "wk": 7.0,
    "month": 30.44,
    "mo": 30.44,
    "year": 365.25,
    "yr": 365.25,
}
_UNIT = "|".join(_UNITS)
_AMOUNT = rf"\d+(?:\.\d+)?|{'|'.join(_NUMBERS)}"
_NUMBER = r"\d+(?:\.\d+)?"
# "Weeks 4, 8 and 12" goes on to 12; in "Day 1, 30 minutes" the second number counts something else.
_NEXT_NUMBER = rf"(?:,|\s|-|–|/|&|and|or|to|through)+{_NUMBER}(?![\d.]|[\s-]*(?:(?:{_UNIT})s?\b|min|sec|times|mg|%))"
_DURATION = re.compile(rf"\b({_AMOUNT})[\s-]*({_UNIT})s?\b|\b({_UNIT})s?[\s-]*({_NUMBER}(?:{_NEXT_NUMBER})*)", re.IGNORECASE)

MOVED_PERCENT = 20
MOVED_DAYS = 28

_Item = TypeVar("_Item")
_Other = TypeVar("_Other")


def likeness(one: str, other: str, contained: float = CONTAINED) -> float:
    """0 when two texts are not the same thing; else how alike they are, up to 1.

    The same thing: three quarters (``contained``) of the shorter one's words are in the longer, or they share half of
    all their words; and the same holds when the words that any measure may have are left out.
    """
    if same_words(one, other):
        return 1.0
    left, right = telling(one, other), telling(other, one)
    if not _alike(left, right, contained):
        return 0.0
    core_left, core_right = left - _GENERIC, right - _GENERIC
    core_left, core_right = _without_numbers(core_left), _without_numbers(core_right)
    if (core_left or core_right) and not _alike(core_left, core_right, contained, small=True):
        return 0.0
    return len(left & right) / len(left | right)


def _without_numbers(tokens: frozenset[str]) -> frozenset[str]:
    return frozenset(token for token in tokens if not token.isdigit())


def _alike(left: frozenset[str], right: frozenset[str], share: float, *, small: bool = False) -> bool:
    shared, smaller = len(left & right), min(len(left), len(right))
    if not shared:
        return False
    contained = (smaller >= 2 or small) and shared >= share * smaller
    return contained or shared >= OVERLAPPING * len(left | right)


def paired(
    olds: Sequence[_Item], news: Sequence[_Other], score: Callable[[_Item, _Other], float]
) -> list[tuple[_Item, _Other, float]]:
    """One-to-one pairs, the most alike first; what has no likeness above 0 stays alone."""
    scored = [
        (likeness_, left, right)
        for left, old in enumerate(olds)
        for right, new in enumerate(news)
        if (likeness_ := score(old, new)) > 0
    ]
    pairs: list[tuple[_Item, _Other, float]] = []
    lefts: set[int] = set()
    rights: set[int] = set()
    for value, left, right in sorted(scored, key=lambda item: (-item[0], item[1], item[2])):
        if left not in lefts and right not in rights:
            lefts.add(left)
            rights.add(right)
            pairs.append((olds[left], news[right], value))
    return pairs


def measures_otherwise(old: str, new: str) -> bool:
    """Whether two wordings of a measure aggregate differently (mean for median, share for count) or negate one another."""
    before, after = words(old), words(new)
    one = {_AGGREGATIONS[word] for word in before if word in _AGGREGATIONS}
    other = {_AGGREGATIONS[word] for word in after if word in _AGGREGATIONS}
    if one and other and not (one <= other or other <= one):
        return True
    return (_NEGATIONS & set(before)) != (_NEGATIONS & set(after))


def time_point(text: str) -> float | None:
    """The latest time point a time frame names, in days; None when it names none."""
    found = []
    for amount, unit, unit_first, numbers in _DURATION.findall(text):
        value = float(_NUMBERS.get(amount.lower(), 0) or amount) if amount else max(map(float, re.findall(_NUMBER, numbers)))
        found.append(value * _UNITS[(unit or unit_first).lower()])
    return max(found, default=None)


def time_point_moved(old: str, new: str) -> tuple[int, bool] | None:
    """Days by which the latest time point moved, and whether by a fifth and four weeks or more; None if unknown."""
    before, after = time_point(old), time_point(new)
    if before is None or after is None:
        return None
    moved = after - before
    far = abs(moved) >= MOVED_DAYS and 100 * abs(moved) >= MOVED_PERCENT * before
    return round(moved), far


def edit_span(old: str, new: str) -> tuple[str, str]:
    """The words that differ, without what both texts begin and end with; a word of context where one side is empty."""
    before, after = old.split(), new.split()
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
        end += 1
    if start + end >= min(len(before), len(after)):  # something was only inserted or only taken out
        start, end = max(0, start - 2), max(0, end - 1)
    elif end and before[-end].casefold().strip("(.,;:)").removesuffix("s") in _UNITS:  # "59 months", not "59"
        end -= 1
    return _bare(before[start : len(before) - end]), _bare(after[start : len(after) - end])


def _bare(parts: list[str]) -> str:
    """Words as one text, without the brackets and stops of the sentence around them."""
    return " ".join(parts).strip("(.,;:)")
