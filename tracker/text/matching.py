"""Which parts of two sequences of words are the same, found in bounded work.

Short texts are compared as `difflib` does it. Where that would take too many steps, passages that stand once in either text
anchor the comparison, and only what lies between two anchors is compared word by word. What the steps do not suffice for
counts as replaced, so the answer is coarser and never wrong.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from difflib import Match, SequenceMatcher
from itertools import accumulate

STEPS_PER_WORD = 300
"""Steps that each word of two texts allows for: enough for texts of a registry's size, however they are edited."""

MOST_STEPS = 1_500_000
"""Steps that one comparison may take, however long the texts are: about a tenth of a second."""

_PASSAGE = 4
"""Words of a passage that can be an anchor."""

Words = Sequence[str]


class BoundedMatcher(SequenceMatcher[str]):
    """`difflib`'s matcher with a number of steps that it may take; it finds nothing more once they are used up.

    A step is one place of the new text that is looked at for one element of the old text.
    """

    def __init__(self, old: Words, new: Words, steps: int) -> None:
        super().__init__(None, old, new, autojunk=False)
        places = Counter(new)
        self._costs = list(accumulate((1 + places[word] for word in old), initial=0))
        self.cost = self._costs[-1]
        """Steps that the first look at both texts takes."""
        self.left = steps
        self.exhausted = False

    def find_longest_match(self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None) -> Match:
        """As `difflib` has it, at the cost of its steps."""
        cost = self._costs[len(self._costs) - 1 if ahi is None else ahi] - self._costs[alo]
        if cost > self.left:
            self.exhausted = True
            return Match(alo, blo, 0)
        self.left -= cost
        return super().find_longest_match(alo, ahi, blo, bhi)


def same_blocks(old: Words, new: Words) -> list[Match]:
    """The runs of words that are the same in both texts, in order and never overlapping; the last one is empty, at the ends."""
    steps = min(STEPS_PER_WORD * (len(old) + len(new)), MOST_STEPS)
    matcher = BoundedMatcher(old, new, steps)
    if matcher.cost <= steps:
        blocks = matcher.get_matching_blocks()
        if not matcher.exhausted:
            return blocks
    return [*_joined(_anchored(old, new, steps)), Match(len(old), len(new), 0)]


def _anchored(old: Words, new: Words, steps: int) -> Iterator[Match]:
    """The runs around passages that stand once in either text, and those that the steps suffice for between them."""
    i = j = 0
    for run in [*_anchors(old, new), Match(len(old), len(new), 0)]:
        if i < run.a and j < run.b:
            between = BoundedMatcher(old[i : run.a], new[j : run.b], steps)
            yield from (Match(i + found.a, j + found.b, found.size) for found in between.get_matching_blocks() if found.size)
            steps = between.left
        if run.size:
            yield run
        i, j = run.a + run.size, run.b + run.size


def _anchors(old: Words, new: Words) -> Iterator[Match]:
    """Runs of the same words that begin both texts, end both, or hold a passage that stands once in either, in order."""
    limit = min(len(old), len(new))
    start = next((index for index in range(limit) if old[index] != new[index]), limit)
    end = next((index for index in range(limit - start) if old[-1 - index] != new[-1 - index]), limit - start)
    ahi, bhi = len(old) - end, len(new) - end
    if start:
        yield Match(0, 0, start)
    i, j = start, start
    for a, b in _in_order(_single_passages(old, start, ahi), _single_passages(new, start, bhi)):
        if a < i or b < j:
            continue  # within the run before
        while a > i and b > j and old[a - 1] == new[b - 1]:
            a, b = a - 1, b - 1
        size = 0
        while a + size < ahi and b + size < bhi and old[a + size] == new[b + size]:
            size += 1
        yield Match(a, b, size)
        i, j = a + size, b + size
    if end:
        yield Match(ahi, bhi, end)


def _single_passages(words: Words, start: int, end: int) -> dict[tuple[str, ...], int]:
    """Where the passages stand that occur only once."""
    places: dict[tuple[str, ...], int] = {}
    for index in range(start, end - _PASSAGE + 1):
        passage = tuple(words[index : index + _PASSAGE])
        places[passage] = -1 if passage in places else index
    return {passage: index for passage, index in places.items() if index >= 0}


def _in_order(old: Mapping[tuple[str, ...], int], new: Mapping[tuple[str, ...], int]) -> list[tuple[int, int]]:
    """The places of passages of both texts, the most of them that stand in the same order in both."""
    pairs = [(index, new[passage]) for passage, index in old.items() if passage in new]  # in the order of the old text
    ends: list[int] = []  # the least place at which a series of each length ends, and which pair that is
    last: list[int] = []
    before: list[int] = []
    for number, (_, place) in enumerate(pairs):
        length = bisect_left(ends, place)
        before.append(last[length - 1] if length else -1)
        ends[length : length + 1] = [place]
        last[length : length + 1] = [number]
    series = []
    number = last[-1] if last else -1
    while number >= 0:
        series.append(pairs[number])
        number = before[number]
    return series[::-1]


def _joined(blocks: Iterator[Match]) -> Iterator[Match]:
    """Blocks that follow directly on one another as one."""
    held: Match | None = None
    for block in blocks:
        if held is not None and (held.a + held.size, held.b + held.size) == (block.a, block.b):
            held = Match(held.a, held.b, held.size + block.size)
            continue
        if held is not None:
            yield held
        held = block
    if held is not None:
        yield held
