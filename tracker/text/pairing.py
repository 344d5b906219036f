"""Which entries of two long lists belong together, in about as many steps as there are entries.

`pair_alike` compares an entry only with those it shares its rarest words with, so two lists of thousands cost thousands
of comparisons, not millions.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import TypeVar

from tracker.text.similarity import measure_likeness
from tracker.text.stem import stem
from tracker.text.tokens import keywords, tokens

ALL_COMPARED = 400
"""Up to this many pairs each entry is compared with each."""
CANDIDATES = 8
_RAREST = 6
_COMMON = 50
"""A word of more entries than this tells none of them apart."""

_Item = TypeVar("_Item")


def pair_equal(olds: Sequence[_Item], news: Sequence[_Item], key: Callable[[_Item], Hashable]) -> list[tuple[_Item, _Item]]:
    """Entries with one key, one to one, in the order of both lists."""
    waiting: dict[Hashable, list[_Item]] = defaultdict(list)
    for new in reversed(news):
        waiting[key(new)].append(new)
    return [(old, waiting[found].pop()) for old in olds if waiting.get(found := key(old))]


def pair_alike(olds: Sequence[_Item], news: Sequence[_Item], text: Callable[[_Item], str]) -> list[tuple[_Item, _Item]]:
    """Entries whose texts are the same thing in other words, one to one, the most alike first."""
    before, after = [text(old) for old in olds], [text(new) for new in news]
    scored = sorted(
        (-likeness, left, right)
        for left, right in _candidates(before, after)
        if (likeness := measure_likeness(before[left], after[right])) > 0
    )
    lefts: set[int] = set()
    rights: set[int] = set()
    pairs = []
    for _, left, right in scored:
        if left not in lefts and right not in rights:
            lefts.add(left)
            rights.add(right)
            pairs.append((olds[left], news[right]))
    return pairs


def _candidates(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[int, int]]:
    """The pairs worth comparing: all of short lists, of long ones those that share their rarest words."""
    if len(before) * len(after) <= ALL_COMPARED:
        yield from ((left, right) for left in range(len(before)) for right in range(len(after)))
        return
    places: dict[str, list[int]] = defaultdict(list)
    for right, text in enumerate(after):
        for word in _words(text):
            places[word].append(right)
    for left, text in enumerate(before):
        known = sorted((word for word in _words(text) if word in places), key=lambda word: (len(places[word]), word))
        shared: Counter[int] = Counter()
        for word in known[:_RAREST]:
            for right in places[word][:_COMMON]:
                shared[right] += 1
        yield from ((left, right) for right, _ in shared.most_common(CANDIDATES))


def _words(text: str) -> frozenset[str]:
    """The stems of a text as it stands and with its own short forms written out."""
    return keywords(text, text) | frozenset(map(stem, tokens(text)))
