"""What differs within a text, word by word."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

import msgspec

from tracker.text.durations import UNITS
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
    found: list[Stretch] = []
    codes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    for index, (operation, start, stop, left, right) in enumerate(codes):
        here = Stretch(tuple(old[start:stop]), tuple(new[left:right]))
        lone = stop - start == 1 and 0 < index < len(codes) - 1
        same = operation == "equal" and not lone
        if not same and found and not found[-1].same:
            last = found.pop()
            here = Stretch(last.old + here.old, last.new + here.new)
        found.append(here)
    return found


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
