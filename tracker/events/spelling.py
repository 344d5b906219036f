"""Do two texts hold the same words? Case, punctuation and spacing are spelling; numbers and signs carry meaning.

"Hb > 9" and "Hb < 9", "1.5 mg" and "15 mg", "10² cells" and "102 cells" differ in punctuation only to a careless reader.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from tracker.model.details import Edit
from tracker.model.event import Change

SPELLING_RULE = "only case and punctuation differ"
"""How a rule ends where nothing but the spelling of texts differs."""

_SIGNS = str.maketrans(
    {"≥": ">=", "⩾": ">=", "≤": "<=", "⩽": "<=", "−": "-", "‐": "-", "‑": "-", "–": "-", "—": "-", "μ": "u", "µ": "u"}
)
_RAISED = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉]+")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
# A number with its decimals; letters; signs of comparison and measure; a minus that stands before a number by itself.
# Vowel signs of Indic and other scripts are no letters to ``re`` and stand in the range at the end.
_TOKEN = re.compile(r"\d+(?:\.\d+)*|[^\W\d_]+|[<>=≠±+%×÷~^]|(?<![\w)])-(?=\d)|[\u0300-\u036f\u0900-\u1aff]")


def same_words(one: str, other: str) -> bool:
    """Whether two texts differ in case, punctuation and spacing only, and no number or sign is touched."""
    return one == other or spelt(one) == spelt(other)


@lru_cache(maxsize=4096)
def spelt(text: str) -> str:
    """The text without what is only spelling; numbers that stand side by side stay apart."""
    parts: list[str] = []
    for token in _TOKEN.findall(_plain(text)):
        if parts and parts[-1][-1].isdigit() and token[0].isdigit():
            parts.append(" ")
        parts.append(token)
    return "".join(parts)


def _plain(text: str) -> str:
    if not text.isascii():
        text = _RAISED.sub(lambda found: "^" + found[0], text).translate(_SIGNS)
        text = unicodedata.normalize("NFKC", text)
    return _THOUSANDS.sub("", text.casefold())


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
    went = sorted(repr((change.path[:-1], _spelt_entry(change.old))) for change in gone)
    return went == sorted(repr((change.path[:-1], _spelt_entry(change.new))) for change in come)


def respelt_pairs(removed: Sequence[str], added: Sequence[str]) -> tuple[list[str], list[str], list[Edit[str]]]:
    """What really went, what really came, and the texts that stand in both in another spelling, one for one."""
    left, came = [], list(added)
    pairs: list[Edit[str]] = []
    for text in removed:
        found = next((place for place, other in enumerate(came) if same_words(text, other)), None)
        if found is None:
            left.append(text)
        else:
            pairs.append(Edit(old=text, new=came.pop(found)))
    return left, came, pairs


def _spelt_entry(value: Any) -> Any:
    """An entry of a list with all its texts reduced to their words."""
    match value:
        case str():
            return spelt(value)
        case dict():
            return {key: _spelt_entry(part) for key, part in sorted(value.items())}
        case list() | tuple():
            return sorted((_spelt_entry(part) for part in value), key=repr)
        case _:
            return value
