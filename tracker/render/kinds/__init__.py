"""The words of the change kinds, one place each: headline, short form, lines, and what stays silent.

To give words to a kind, call `kind_words` in a module of this folder: every module is imported here. A kind without words
fails at import, as do words for a name that is no kind. Words are made when they are shown and never stored.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module

from tracker.model.event import Event
from tracker.model.vocabulary import KIND_NAMES
from tracker.render.kinds.calendar import already_true, deadline
from tracker.render.kinds.dates import together
from tracker.render.kinds.kind_words import BY_REGISTRY, LONGEST, WORDS, KindWords, inside, kind_words, words_of
from tracker.render.kinds.kind_words import headline_of as headline
from tracker.render.kinds.news import counted, matter, story_news, story_tally
from tracker.render.kinds.stories import story_headline

for _module in pkgutil.iter_modules(__path__, f"{__name__}."):
    import_module(_module.name)

if WORDS.keys() != KIND_NAMES:
    raise TypeError(f"Change kinds without words of their own: {sorted(KIND_NAMES - WORDS.keys())}.")

WITH_VALUES = frozenset(name for name, words in WORDS.items() if not words.from_details)
"""Kinds whose headline needs the values that changed."""

__all__ = [
    "BY_REGISTRY",
    "LONGEST",
    "WITH_VALUES",
    "WORDS",
    "KindWords",
    "already_true",
    "counted",
    "deadline",
    "headline",
    "inside",
    "kind_title",
    "kind_words",
    "lines",
    "matter",
    "story_headline",
    "story_news",
    "story_tally",
    "together",
    "words_of",
]

LIMIT = 12
"""Lines below a headline."""


def lines(event: Event, limit: int = LIMIT) -> list[str]:
    """What stands below the headline, at most ``limit`` lines; the last says how many were left out. Persons are never named.

    Edits within a text are marked: `inline_diff.spans` reads a line.
    """
    found = list(dict.fromkeys(words_of(event.kind).lines(event)))
    if len(found) <= limit:
        return found
    return [*found[: limit - 1], f"… and {len(found) - limit + 1} more"]


def kind_title(kind: str) -> str:
    """A kind's name as a heading."""
    return words_of(kind).title
