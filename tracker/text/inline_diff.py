"""What differs within a text, word by word."""

from __future__ import annotations

from tracker.text.durations import UNITS


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
