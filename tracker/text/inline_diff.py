"""What differs within a text, word by word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from tracker.text.durations import UNITS
from tracker.text.matching import same_blocks
from tracker.text.normalize import without_ligatures


class Stretch(msgspec.Struct, frozen=True):
    """Words that follow one another in two texts: the same ones, or those that went and those that came in their place."""

    old: tuple[str, ...]
    new: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether both texts hold these words."""
        return self.old == self.new


def stretches(old: Sequence[str], new: Sequence[str]) -> list[Stretch]:
    """Two texts, given as words, as stretches that are the same and stretches that differ, in turn.

    A word with a ligature is the word without, and is given in its plain letters.
    A single word that is the same between two that differ is read more easily as part of the change.
    """
    old, new = [without_ligatures(word) for word in old], [without_ligatures(word) for word in new]
    parts = list(_parts(old, new))
    found: list[Stretch] = []
    before, after = list[str](), list[str]()  # what differs since the last words that are the same
    for index, (same, here) in enumerate(parts):
        lone = len(here.old) == 1 and 0 < index < len(parts) - 1
        if same and not lone:
            found += [Stretch(tuple(before), tuple(after)), here] if before or after else [here]
            before, after = [], []
        else:
            before += here.old
            after += here.new
    return [*found, Stretch(tuple(before), tuple(after))] if before or after else found


def _parts(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[bool, Stretch]]:
    """The texts in turn as parts that are the same and parts that differ, as far as bounded work finds them."""
    i = j = 0
    for a, b, size in same_blocks(old, new):
        if i < a or j < b:
            yield False, Stretch(tuple(old[i:a]), tuple(new[j:b]))
        if size:
            yield True, Stretch(tuple(old[a : a + size]), tuple(new[b : b + size]))
        i, j = a + size, b + size


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
    elif end and before[-end].casefold().strip("(.,;:)").removesuffix("s") in UNITS:  # "59 months", not "59"
        end -= 1
    return _bare(before[start : len(before) - end]), _bare(after[start : len(after) - end])


def _bare(parts: list[str]) -> str:
    """Words as one text, without the brackets and stops of the sentence around them."""
    return " ".join(parts).strip("(.,;:)")
