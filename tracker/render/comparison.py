"""Two versions of a record beside each other: line by line and word by word, what is the same folded away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import Literal

import msgspec

from tracker.model.record import TrialRecord
from tracker.model.source import SourceInfo
from tracker.render.record_page import Section, sections
from tracker.text.inline_diff import stretches
from tracker.text.matching import same_blocks

MOST_WORDS = 60_000
"""Words of changed lines that are compared word by word on one page; what comes after them is shown as replaced."""

_IN_COMMON = 0.4
_FOLD_FROM = 40
_CONTEXT = 8

Mark = Literal["", "gone", "came", "fold"]


class Piece(msgspec.Struct, frozen=True):
    """Words of a line that stayed, went or came; ``fold`` are many that stayed."""

    text: str
    mark: Mark = ""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A line in both versions; an empty side has no such line. ``inline`` has both sides in one."""

    old: tuple[Piece, ...] = ()
    new: tuple[Piece, ...] = ()
    inline: tuple[Piece, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether the two sides differ."""
        return any(piece.mark in ("gone", "came") for piece in self.inline)


class ComparedField(msgspec.Struct, frozen=True, kw_only=True):
    """A field in both versions, its lines in order."""

    title: str
    rows: tuple[Row, ...]

    @property
    def changes(self) -> int:
        """How many lines differ."""
        return sum(row.changed for row in self.rows)


class ComparedSection(msgspec.Struct, frozen=True, kw_only=True):
    """A section in both versions."""

    key: str
    title: str
    fields: tuple[ComparedField, ...]

    @property
    def changes(self) -> int:
        """How many lines differ."""
        return sum(field.changes for field in self.fields)


def comparison(old: TrialRecord, new: TrialRecord, source: SourceInfo) -> tuple[ComparedSection, ...]:
    """All of two versions that everybody may read, section by section."""
    before = {section.key: section for section in sections(old, source)}
    after = {section.key: section for section in sections(new, source)}
    budget = _Budget(MOST_WORDS)
    order = [*after, *(key for key in before if key not in after)]
    return tuple(_section(before.get(key), after.get(key), budget) for key in order)


class _Budget:
    """Words that may still be compared."""

    def __init__(self, words: int) -> None:
        self._left = words

    def take(self, words: int) -> bool:
        """Whether there are so many left; they are taken."""
        self._left -= words
        return self._left >= 0


def _section(old: Section | None, new: Section | None, budget: _Budget) -> ComparedSection:
    shown = new or old
    assert shown is not None
    before = {field.title: field for field in (old.fields if old else ())}
    after = {field.title: field for field in (new.fields if new else ())}
    fields = []
    for title in [*after, *(title for title in before if title not in after)]:
        lines = [[entry.text for entry in found.entries] if (found := side.get(title)) else [] for side in (before, after)]
        fields.append(ComparedField(title=title, rows=tuple(_rows(lines[0], lines[1], budget))))
    return ComparedSection(key=shown.key, title=shown.title, fields=tuple(fields))


def _rows(old: Sequence[str], new: Sequence[str], budget: _Budget) -> Iterator[Row]:
    i = j = 0
    for a, b, size in same_blocks(old, new):
        yield from _replaced(old[i:a], new[j:b], budget)
        for line in old[a : a + size]:
            same = (Piece(line),)
            yield Row(old=same, new=same, inline=same)
        i, j = a + size, b + size


def _replaced(old: Sequence[str], new: Sequence[str], budget: _Budget) -> Iterator[Row]:
    """Lines that went and came in the same place, one beside the other where they are alike."""
    for before, after in zip_longest(old, new):
        if before is None or after is None:
            yield _one_sided(before, after)
            continue
        pieces = _edited(before, after, budget)
        if pieces is None:
            yield _one_sided(before, None)
            yield _one_sided(None, after)
        else:
            yield Row(
                old=tuple(piece for piece in pieces if piece.mark != "came"),
                new=tuple(piece for piece in pieces if piece.mark != "gone"),
                inline=pieces,
            )


def _one_sided(old: str | None, new: str | None) -> Row:
    gone = (Piece(old, "gone"),) if old is not None else ()
    came = (Piece(new, "came"),) if new is not None else ()
    return Row(old=gone, new=came, inline=gone + came)


def _edited(old: str, new: str, budget: _Budget) -> tuple[Piece, ...] | None:
    """Both lines as one with the edits marked; None when they have too little in common to be read so."""
    before, after = old.split(), new.split()
    if not budget.take(len(before) + len(after)):
        return None
    found = stretches(before, after)
    kept = sum(len(stretch.old) for stretch in found if stretch.same)
    if kept < _IN_COMMON * min(len(before), len(after)) and min(len(before), len(after)) > 2:
        return None
    pieces: list[Piece] = []
    for index, stretch in enumerate(found):
        if stretch.same:
            pieces += _unchanged(stretch.old, first=index == 0, last=index == len(found) - 1)
        else:
            pieces += [Piece(" ".join(words), mark) for words, mark in _sides(stretch.old, stretch.new) if words]
    return tuple(pieces)


def _sides(old: tuple[str, ...], new: tuple[str, ...]) -> Iterable[tuple[tuple[str, ...], Mark]]:
    return (old, "gone"), (new, "came")


def _unchanged(words: tuple[str, ...], *, first: bool, last: bool) -> list[Piece]:
    """Words that stayed; of many only those next to an edit, the others to be unfolded."""
    if len(words) < _FOLD_FROM:
        return [Piece(" ".join(words))]
    head, tail = 0 if first else _CONTEXT, len(words) - (0 if last else _CONTEXT)
    parts: tuple[tuple[tuple[str, ...], Mark], ...] = ((words[:head], ""), (words[head:tail], "fold"), (words[tail:], ""))
    return [Piece(" ".join(part), mark) for part, mark in parts if part]
