"""Which reader made the plain columns of a version: those of another one are made anew."""

from __future__ import annotations

from collections.abc import Iterable

from tracker import __version__
from tracker.duties import GOOD_PRACTICE
from tracker.model.deadline import RULES
from tracker.model.source import SourceInfo
from tracker.model.views import SHOWN

READER = f"{__version__}/{RULES}/{SHOWN}"
"""Another version of the program may read the same bytes otherwise, and other rules give other days."""


def reader_of(sources: Iterable[SourceInfo]) -> str:
    """The reader of these sources' records; rules that the configuration asks for are part of it."""
    asked = sorted({name for source in sources for name in source.duties & GOOD_PRACTICE})
    return "/".join((READER, *asked))
