"""Are two texts the same thing in other words? How similar they are, and which of many belong together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from tracker.text.normalize import same_words
from tracker.text.tokens import keywords, singular, tokens

CONTAINED = 0.75
OVERLAPPING = 0.5

# Words that many measures share whatever they measure: alone they do not make two of them the same.
_GENERIC = frozenset(
    singular(word)
    for word in tokens(
        "absolute adverse after arm assessed baseline change changes cohort count day days defined determined dose during each "
        "evaluated event events experience experiencing first frequency group hour hours incidence index last level levels "
        "mean measure measured median month months number occurrence part participant participants patient patients percent "
        "percentage phase post proportion questionnaire rate rates ratio scale score scores study subject subjects time total "
        "treatment value values week weeks year years"
    )
)
_Item = TypeVar("_Item")
_Old = TypeVar("_Old")
_New = TypeVar("_New")


def similarity(one: str, other: str, contained: float = CONTAINED) -> float:
    """0 when two texts are not the same thing; else how similar they are, up to 1.

    The same thing: three quarters (``contained``) of the shorter one's words are in the longer, or they share half of
    all their words; and the same holds when the words that any measure may have are left out.
    """
    if same_words(one, other):
        return 1.0
    left, right = keywords(one, other), keywords(other, one)
    if not _alike(left, right, contained):
        return 0.0
    core_left, core_right = left - _GENERIC, right - _GENERIC
    core_left, core_right = _without_numbers(core_left), _without_numbers(core_right)
    if (core_left or core_right) and not _alike(core_left, core_right, contained, small=True):
        return 0.0
    return len(left & right) / len(left | right)


def _without_numbers(words: frozenset[str]) -> frozenset[str]:
    return frozenset(word for word in words if not word.isdigit())


def _alike(left: frozenset[str], right: frozenset[str], share: float, *, small: bool = False) -> bool:
    shared, smaller = len(left & right), min(len(left), len(right))
    if not shared:
        return False
    contained = (smaller >= 2 or small) and shared >= share * smaller
    return contained or shared >= OVERLAPPING * len(left | right)


def best_pairs(
    olds: Sequence[_Old], news: Sequence[_New], score: Callable[[_Old, _New], float]
) -> list[tuple[_Old, _New, float]]:
    """One-to-one pairs, the highest score first; what scores 0 with all others stays alone."""
    scored = [
        (value, left, right)
        for left, old in enumerate(olds)
        for right, new in enumerate(news)
        if (value := score(old, new)) > 0
    ]
    pairs: list[tuple[_Old, _New, float]] = []
    lefts: set[int] = set()
    rights: set[int] = set()
    for value, left, right in sorted(scored, key=lambda item: (-item[0], item[1], item[2])):
        if left not in lefts and right not in rights:
            lefts.add(left)
            rights.add(right)
            pairs.append((olds[left], news[right], value))
    return pairs


def match_by_section(
    removed: Sequence[_Item],
    added: Sequence[_Item],
    *,
    section: Callable[[_Item], str],
    scores: Sequence[Callable[[_Item, _Item], float]],
) -> tuple[list[tuple[_Item, _Item]], list[_Item], list[_Item]]:
    """Which entry that went is which that came: the pairs, in the order found, and what stays alone on either side.

    ``scores`` go from the surest to the weakest; by each, entries of the same section are paired before those of any.
    """
    matched: list[tuple[_Item, _Item]] = []
    for score in scores:
        for same in (True, False):
            pairs = best_pairs(removed, added, _in_section(score, section, same=same))
            matched += [(old, new) for old, new, _ in pairs]
            gone, came = {id(old) for old, _, _ in pairs}, {id(new) for _, new, _ in pairs}
            removed = [item for item in removed if id(item) not in gone]
            added = [item for item in added if id(item) not in came]
    return matched, list(removed), list(added)


def _in_section(
    score: Callable[[_Item, _Item], float], section: Callable[[_Item], str], *, same: bool
) -> Callable[[_Item, _Item], float]:
    """The score of entries of the same section, or of different ones; 0 for all others."""

    def scored(old: _Item, new: _Item) -> float:
        return score(old, new) if (section(old) == section(new)) is same else 0.0

    return scored
