"""A search over what is followed: the words of records, what is asked, and what was found."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

Words = Sequence[str]
"""Folded words in order. A `BREAK` stands between two texts: no phrase goes over it."""

BREAK = "¶"
WHOLE = "№"
"""Begins a word that is a whole number without its hyphens: such a word is found by that number alone."""


class SearchTexts(msgspec.Struct, frozen=True, kw_only=True):
    """The words by which a record is found, those that say most of it first. Contact persons are not among them."""

    numbers: Words = ()
    names: Words = ()
    subjects: Words = ()
    sponsors: Words = ()
    criteria: Words = ()


class SearchEntry(msgspec.Struct, frozen=True, kw_only=True):
    """The words of a stored version, and by which ``reader`` they were read; ``kept``: with fields of an earlier version."""

    snapshot: int
    texts: SearchTexts
    reader: str
    kept: bool = False


class SearchTerm(msgspec.Struct, frozen=True, kw_only=True):
    """Words that stand side by side in this order; the last may go on where ``prefix`` is set.

    ``joined`` is another way to write the same in one word (``pd1`` for ``PD-1``), empty where there is none.
    """

    words: tuple[str, ...]
    prefix: bool = False
    joined: str = ""


class SearchQuery(msgspec.Struct, frozen=True, kw_only=True):
    """All ``terms`` are to be found, or the number ``whole``. Without terms nothing is found."""

    terms: tuple[SearchTerm, ...] = ()
    whole: str = ""


class Ranked(msgspec.Struct, frozen=True, kw_only=True):
    """A trial that was found, and its place in the order of all: a lower rank is a better match."""

    trial: str
    rank: float


class FoundTrials(msgspec.Struct, frozen=True, kw_only=True):
    """A page of what was found, the best first, and how many trials were found in all."""

    total: int
    page: tuple[Ranked, ...] = ()


class FoundText(msgspec.Struct, frozen=True, kw_only=True):
    """Where the words stand: a field of the record, a passage of its text, and the places in it as (start, end)."""

    field: str
    text: str
    marks: tuple[tuple[int, int], ...] = ()


class SearchHit(msgspec.Struct, frozen=True, kw_only=True):
    """A trial that was found. ``removed_at`` and ``merged_into`` say that its registry no longer has it as it was."""

    trial: str
    name: str
    brief_title: str | None = None
    recruitment_status: str | None = None
    lead_sponsor: str | None = None
    watches: tuple[str, ...] = ()
    removed_at: datetime | None = None
    merged_into: str | None = None
    url: str | None = None
    found: tuple[FoundText, ...] = ()


class SearchAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What was found: ``trials`` of ``total``, the best first; ``next`` is the ``after`` of the next page.

    ``unindexed`` followed trials could not be searched yet: the next sync writes their words.
    """

    total: int
    trials: tuple[SearchHit, ...] = ()
    next: str = ""
    unindexed: int = 0
