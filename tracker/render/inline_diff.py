"""Two versions of a text as one, with the edits marked so that each medium shows them in its own way.

Marks travel inside the strings of a sentence, as three of Unicode's noncharacters: they are reserved for use within a
program, and `safe_text.one_line` takes them out of whatever a registry sends. ``spans`` reads them; no string with marks
leaves ``render``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from tracker.render.phrases import quote
from tracker.render.safe_text import one_line, plural, size
from tracker.text.inline_diff import Stretch, stretches

LONGEST_CHANGE = 300
LONGEST_COMPARED = 50_000
"""Characters from which two texts that have little in common are told by their size, and not by how they begin."""
_CONTEXT = 4
_IN_COMMON = 0.4
"""Share of the shorter text's words that must stay for edits to be shown one by one; below it one text replaces another."""

_GONE, _CAME, _END = "\ufdd0", "\ufdd1", "\ufdd2"
_PIECES = re.compile(f"([{_GONE}{_CAME}])([^{_GONE}{_CAME}{_END}]*){_END}|([^{_GONE}{_CAME}]+)")
_MARKS: dict[str, Literal["gone", "came"]] = {_GONE: "gone", _CAME: "came"}


class Span(msgspec.Struct, frozen=True):
    """A stretch of a line: words that stayed, went or came."""

    text: str
    mark: Literal["", "gone", "came"] = ""


Line = tuple[Span, ...]
"""A line for people. Words that came stand right behind those whose place they take."""


def edit(old: str, new: str) -> str:
    """``old`` marked as gone and ``new`` as come, in one string; an empty side is left out."""
    return (f"{_GONE}{old}{_END}" if old else "") + (f"{_CAME}{new}{_END}" if new else "")


def spans(text: str, limit: int | None = None) -> Line:
    """The marked text as a line, made fit to be shown; what is longer than ``limit`` characters ends in an ellipsis."""
    found = (Span(_cleaned(plain or marked), _MARKS.get(mark, "")) for mark, marked, plain in _PIECES.findall(text))
    line = tuple(span for span in found if span.text)
    return line if limit is None else tuple(_cut(line, limit))


def plain(line: Line) -> str:
    """The line as plain text: ``Arm [6 → 8] of [−all] the [+pilot] trial``."""
    return "".join(piece.text for piece in pieces(line))


def pieces(line: Line) -> Iterable[Span]:
    """The line as plain text in pieces that keep their mark: for a medium that has colours, yet not always."""
    for before, span, after in zip((None, *line), line, (*line[1:], None), strict=False):
        if not span.mark:
            yield span
        elif span.mark == "gone":
            replaced = after is not None and after.mark == "came"
            yield Span("[" if replaced else "[−")
            yield span
            yield Span(" → " if replaced else "]")
        else:
            if before is None or before.mark != "gone":
                yield Span("[+")
            yield span
            yield Span("]")


def _cleaned(text: str) -> str:
    """One line, with the blank kept that sets the stretch apart from the next."""
    line = one_line(text)
    return (" " if line and text[:1].isspace() else "") + line + (" " if text[-1:].isspace() else "")


def _cut(line: Line, limit: int) -> Iterable[Span]:
    left = limit
    for span in line:
        if len(span.text) > left:
            yield Span(one_line(span.text, max(left, 1)), span.mark)
            return
        yield span
        left -= len(span.text)


def difference(old: str, new: str, limit: int = LONGEST_CHANGE) -> str:
    """One text with its edits in place, word by word, each marked (`marks`); of long texts what is around the edits.

    As plain text: ``… in Arm 5 [and Arm 6 → Arm 6, and Arm 8] at …``. Very long texts that have little in common, as far as
    bounded work can tell, are not shown at all.
    """
    before, after = one_line(old).split(), one_line(new).split()
    if not before or not after:
        return f"“{quote(old, limit // 2)}” → “{quote(new, limit // 2)}”"
    found = stretches(before, after)
    kept = sum(len(stretch.old) for stretch in found if stretch.same)
    if kept < _IN_COMMON * min(len(before), len(after)):
        if max(len(old), len(new)) > LONGEST_COMPARED:
            return f"text replaced, {size(old)} → {size(new)}, open the record"
        return f"“{edit(quote(old, limit // 2), quote(new, limit // 2))}”"
    parts = [_part(found, index, longest=limit) for index in range(len(found))]
    if len(shown := " ".join(part for part in parts if part)) <= limit:
        return f"“{shown}”"
    return _first_edits(found, limit)


def _part(found: Sequence[Stretch], index: int, longest: int) -> str:
    """One stretch of the texts: a marked edit, or the words between two."""
    stretch = found[index]
    if stretch.same:
        return _context(stretch.old, first=index == 0, last=index == len(found) - 1)
    return edit(one_line(" ".join(stretch.old), longest), one_line(" ".join(stretch.new), longest))


def _first_edits(found: Sequence[Stretch], limit: int) -> str:
    """As many changes from the beginning as there is room for, long ones shortened, and how many are left out."""
    shown, left = "", sum(not stretch.same for stretch in found)
    for index, stretch in enumerate(found):
        part = _part(found, index, longest=max(10, limit // 2 - 30))
        longer = f"{shown} {part}".strip()
        if shown and len(longer) > limit:
            break
        shown, left = longer, left - (not stretch.same)
    if not left:
        return f"“{shown}”"
    return f"“{shown}” … and {plural(left, 'more edit')}"


def _context(words: Sequence[str], *, first: bool, last: bool) -> str:
    """A few words next to a change; an ellipsis for the rest, where it stands for more than two words."""
    if len(words) <= 2 * _CONTEXT + 2:
        return " ".join(words)
    head = [] if first else words[:_CONTEXT]
    tail = [] if last else words[-_CONTEXT:]
    return " ".join([*head, "…", *tail])
