"""What went and what came within a text, marked so that each medium shows it in its own way.

A sentence is put together from the table of words, so marks travel inside its string, as three of Unicode's
noncharacters: they are reserved for use within a program, and `safe_text.one_line` takes them out of whatever a registry
sends. ``spans`` reads them; no string with marks leaves ``render``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

import msgspec

from tracker.render.safe_text import one_line

_GONE, _CAME, _END = "\ufdd0", "\ufdd1", "\ufdd2"
_PIECES = re.compile(f"([{_GONE}{_CAME}])([^{_END}]*){_END}|([^{_GONE}{_CAME}]+)")
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
