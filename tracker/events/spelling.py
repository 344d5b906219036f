"""Changes of spelling only: case, punctuation, spacing, ligatures, patients for participants.

Numbers and signs carry meaning (`tracker.text.normalize`).
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from typing import Any

from tracker.model.details import Edit
from tracker.model.event import Change
from tracker.text.normalize import normalized, same_words

SPELLING_RULE = "only the spelling differs"
"""How a rule ends where nothing but the spelling of texts differs."""


def respelt(old: Any, new: Any) -> bool:
    """Whether two values are texts in the same words. A text that came or went is not."""
    return isinstance(old, str) and isinstance(new, str) and same_words(old, new)


def only_spelling(changes: Iterable[Change]) -> bool:
    """Whether each change, or each pair of an entry that went and one that came in its place, is one of spelling."""
    gone: list[Change] = []
    come: list[Change] = []
    for change in changes:
        if change.new is None:
            gone.append(change)
        elif change.old is None:
            come.append(change)
        elif not respelt(change.old, change.new):
            return False
    if len(gone) != len(come):
        return False
    went = sorted(repr((change.path[:-1], _normalized_entry(change.old))) for change in gone)
    return went == sorted(repr((change.path[:-1], _normalized_entry(change.new))) for change in come)


def respelt_pairs(removed: Sequence[str], added: Sequence[str]) -> tuple[list[str], list[str], list[Edit[str]]]:
    """What really went, what really came, and the texts that stand in both in another spelling, one for one."""
    came: dict[str, deque[int]] = defaultdict(deque)
    for place, text in enumerate(added):
        came[normalized(text)].append(place)
    left, pairs, taken = list[str](), list[Edit[str]](), set[int]()
    for text in removed:
        if waiting := came.get(normalized(text)):
            taken.add(place := waiting.popleft())
            pairs.append(Edit(old=text, new=added[place]))
        else:
            left.append(text)
    return left, [text for place, text in enumerate(added) if place not in taken], pairs


def _normalized_entry(value: Any) -> Any:
    """An entry of a list with all its texts reduced to their words."""
    match value:
        case str():
            return normalized(value)
        case dict():
            return {key: _normalized_entry(part) for key, part in sorted(value.items())}
        case list() | tuple():
            return sorted((_normalized_entry(part) for part in value), key=repr)
        case _:
            return value
