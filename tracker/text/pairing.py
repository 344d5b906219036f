"""Which entries of two lists belong together.

Short lists are compared each with each. An entry of a long list is compared only with those it shares its rarest words with,
so two lists of thousands cost thousands of comparisons, not millions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import TypeVar

from tracker.text.limits import LONGEST_READ, beginning
from tracker.text.similarity import measure_likeness
from tracker.text.stem import stem
from tracker.text.tokens import keywords, tokens

ALL_COMPARED = 2_500
"""Up to this many pairs each entry is compared with each."""
FEW_COMPARED = 400
"""The same for outcome measures, which cost more to compare."""
MOST_CHARACTERS = 2_000_000
"""Characters that comparing each with each may read: of long texts fewer pairs are compared."""
CANDIDATES = 8
_RAREST = 6
_COMMON = 50
"""A word of more entries than this tells none of them apart."""

_Item = TypeVar("_Item")
Matcher = Callable[[list[_Item], list[_Item]], list[tuple[_Item, _Item]]]
"""Finds pairs among what went and what came."""


def pair_in_turn(
    olds: Sequence[_Item], news: Sequence[_Item], matchers: Iterable[Matcher[_Item]]
) -> tuple[list[tuple[_Item, _Item]], list[_Item], list[_Item]]:
    """The pairs that the matchers find, each among what those before it left, and what stays alone on either side."""
    pairs, gone, came = [], list(olds), list(news)
    for match in matchers:
        if not gone or not came:
            break
        found = match(gone, came)
        pairs += found
        lefts, rights = {id(old) for old, _ in found}, {id(new) for _, new in found}
        gone = [item for item in gone if id(item) not in lefts]
        came = [item for item in came if id(item) not in rights]
    return pairs, gone, came


def match_by_section(
    olds: Sequence[_Item],
    news: Sequence[_Item],
    *,
    section: Callable[[_Item], str],
    same: Callable[[_Item], Hashable],
    score: Callable[[_Item, _Item], float],
    text: Callable[[_Item], str],
) -> tuple[list[tuple[_Item, _Item]], list[_Item], list[_Item]]:
    """Which entry that went is which that came: the pairs, in the order found, and what stays alone on either side.

    Entries are paired that are the ``same``, then those with the highest ``score``; either way, entries of one section
    before those of two.
    """

    def alike(gone: list[_Item], came: list[_Item]) -> list[tuple[_Item, _Item]]:
        """The highest scores of all sections together, so that the order of the pairs is that of their scores."""
        before, after = _places(gone, section), _places(came, section)
        candidates = (
            (before[name][left], after[name][right])
            for name in before.keys() & after.keys()
            for left, right in _worth_comparing(
                [text(gone[place]) for place in before[name]], [text(came[place]) for place in after[name]], ALL_COMPARED
            )
        )
        return _highest_first(gone, came, candidates, score)

    def alike_elsewhere(gone: list[_Item], came: list[_Item]) -> list[tuple[_Item, _Item]]:
        def scored(old: _Item, new: _Item) -> float:
            return 0.0 if section(old) == section(new) else score(old, new)

        return best_pairs(gone, came, scored, text)

    return pair_in_turn(
        olds,
        news,
        (
            lambda gone, came: pair_equal(gone, came, lambda item: (section(item), same(item))),
            lambda gone, came: pair_equal(gone, came, same),
            alike,
            alike_elsewhere,
        ),
    )


def _places(items: Sequence[_Item], section: Callable[[_Item], str]) -> dict[str, list[int]]:
    places: dict[str, list[int]] = defaultdict(list)
    for place, item in enumerate(items):
        places[section(item)].append(place)
    return places


def best_pairs(
    olds: Sequence[_Item], news: Sequence[_Item], score: Callable[[_Item, _Item], float], text: Callable[[_Item], str]
) -> list[tuple[_Item, _Item]]:
    """One-to-one pairs, the highest score first; what scores 0 with all others stays alone.

    Of long lists those entries are scored that share the rarest words of their ``text``.
    """
    candidates = _worth_comparing([text(old) for old in olds], [text(new) for new in news], ALL_COMPARED)
    return _highest_first(olds, news, candidates, score)


def pair_equal(olds: Sequence[_Item], news: Sequence[_Item], key: Callable[[_Item], Hashable]) -> list[tuple[_Item, _Item]]:
    """Entries with one key, one to one, in the order of both lists."""
    waiting: dict[Hashable, list[_Item]] = defaultdict(list)
    for new in reversed(news):
        waiting[key(new)].append(new)
    return [(old, waiting[found].pop()) for old in olds if waiting.get(found := key(old))]


def pair_alike(olds: Sequence[_Item], news: Sequence[_Item], text: Callable[[_Item], str]) -> list[tuple[_Item, _Item]]:
    """Entries whose texts are the same thing in other words, one to one, the most alike first."""
    candidates = _worth_comparing([text(old) for old in olds], [text(new) for new in news], FEW_COMPARED)
    return _highest_first(olds, news, candidates, lambda old, new: measure_likeness(text(old), text(new)))


def _highest_first(
    olds: Sequence[_Item],
    news: Sequence[_Item],
    candidates: Iterable[tuple[int, int]],
    score: Callable[[_Item, _Item], float],
) -> list[tuple[_Item, _Item]]:
    """One-to-one pairs among candidates, given by their places in both lists; of equal scores the first in the lists."""
    scored = sorted((-value, left, right) for left, right in candidates if (value := score(olds[left], news[right])) > 0)
    lefts: set[int] = set()
    rights: set[int] = set()
    pairs = []
    for _, left, right in scored:
        if left not in lefts and right not in rights:
            lefts.add(left)
            rights.add(right)
            pairs.append((olds[left], news[right]))
    return pairs


def _worth_comparing(before: Sequence[str], after: Sequence[str], all_compared: int) -> Iterator[tuple[int, int]]:
    """The pairs worth comparing: all of short lists, of long ones those that share their rarest words."""
    if len(before) * len(after) <= all_compared and _characters(before, after) <= MOST_CHARACTERS:
        yield from ((left, right) for left in range(len(before)) for right in range(len(after)))
        return
    places: dict[str, list[int]] = defaultdict(list)
    for right, text in enumerate(after):
        for word in _words(text):
            places[word].append(right)
    for left, text in enumerate(before):
        known = sorted((word for word in _words(text) if word in places), key=lambda word: (len(places[word]), word))
        shared: dict[int, float] = defaultdict(float)
        for word in known[:_RAREST]:
            for right in places[word][:_COMMON]:
                shared[right] += 1 / len(places[word])  # a word of two entries says more than one of fifty
        likeliest = sorted(shared, key=lambda right: (-shared[right], right))
        yield from ((left, right) for right in likeliest[:CANDIDATES])


def _characters(before: Sequence[str], after: Sequence[str]) -> int:
    """How many characters are read when each text is compared with each."""
    old, new = (sum(min(len(text), LONGEST_READ) for text in texts) for texts in (before, after))
    return old * len(after) + new * len(before)


def _words(text: str) -> frozenset[str]:
    """The stems of a text as it stands and with its own short forms written out."""
    text = beginning(text)
    return keywords(text, text) | frozenset(map(stem, tokens(text)))
