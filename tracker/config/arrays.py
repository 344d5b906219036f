"""Text surgery on the lists of a TOML file: entries come and go, everything else stays as its owner wrote it.

Own code because editing with a TOML library was tried and would not do: a new entry after a last one without comma but
with a comment went into that comment, and a new key went below commented-out tables that it did not belong to.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from tracker.config.positions import KeyPath, Place, places

_REST_OF_LINE = re.compile(r"[ \t]*(?:#[^\r\n]*)?(?=\r?\n)")
_BLANK = re.compile(r"(?:\s|#[^\n]*)*")


def append(text: str, path: KeyPath, entries: Sequence[str]) -> str:
    """Add texts at the end of the list at ``path``, one per line if the list is written that way."""
    found = places(text)
    before = _entries(found, path)
    array = found[path]
    written = [json.dumps(entry, ensure_ascii=False) for entry in entries]
    if not before:
        return _fill(text, array, written)
    last = before[-1]
    comma = _comma(text, last)
    if comma is None:
        text = f"{text[: last.end]},{text[last.end :]}"
    after = last.end + 1 if comma is None else comma + 1
    indent = _indent(text, last.start)
    if indent is None:
        joined = " " + ", ".join(written) + ("" if comma is None else ",")
        return text[:after] + joined + text[after:]
    rest = _REST_OF_LINE.match(text, after)
    at = rest.end() if rest else after
    lines = f",{_newline(text)}{indent}".join(written) + ("" if comma is None else ",")
    return f"{text[:at]}{_newline(text)}{indent}{lines}{text[at:]}"


def delete(text: str, path: KeyPath, index: int) -> str:
    """Take one entry out of the list at ``path``, with its line and the comment there when it has a line of its own."""
    found = places(text)
    entry = found[(*path, index)]
    comma = _comma(text, entry)
    end = entry.end if comma is None else comma + 1
    rest = _REST_OF_LINE.match(text, end)
    if _indent(text, entry.start) is not None and rest:
        return text[: _line_start(text, entry.start)] + text[text.index("\n", rest.end()) + 1 :]
    if comma is not None:
        blanks = len(text[end:]) - len(text[end:].lstrip(" \t"))
        return text[: entry.start] + text[end + blanks :]
    start = entry.start
    if index and re.fullmatch(r"[ \t]*,[ \t]*", between := text[found[(*path, index - 1)].end : start]):
        start -= len(between)
    return text[:start] + text[end:]


def add_key(text: str, table: KeyPath, key: str, entries: Sequence[str]) -> str:
    """Give a table a new list, after the last of its keys that are written on one level with it."""
    found = places(text)
    own = [place for path, place in found.items() if path[:-1] == table and place.value is not None]
    anchor = max(own, key=lambda place: place.end, default=found[table])
    pair = f"{key} = [{', '.join(json.dumps(entry, ensure_ascii=False) for entry in entries)}]"
    if text[found[table].start] == "{":  # a table written in one line
        return f"{text[: anchor.end]}, {pair}{text[anchor.end :]}"
    line_end = text.find("\n", anchor.end)
    if line_end < 0:
        return f"{text}{_newline(text)}{pair}{_newline(text)}"
    return f"{text[: line_end + 1]}{_indent(text, anchor.start) or ''}{pair}{_newline(text)}{text[line_end + 1 :]}"


def delete_key(text: str, path: KeyPath) -> str:
    """Take a key out with its lines; one that shares its line with others stays."""
    place = places(text)[path]
    rest = _REST_OF_LINE.match(text, place.end)
    if _indent(text, place.start) is None or not rest:
        return text
    return text[: _line_start(text, place.start)] + text[text.index("\n", rest.end()) + 1 :]


def _fill(text: str, array: Place, written: Sequence[str]) -> str:
    """The text with entries in a list that had none."""
    start, closing = array.value or array.start, array.end - 1
    if "\n" not in text[start:closing]:
        return text[: start + 1] + ", ".join(written) + text[closing:]
    line = _line_start(text, closing)
    indent = f"{_indent(text, array.start) or ''}    "
    added = "".join(f"{indent}{entry},{_newline(text)}" for entry in written)
    return text[:line] + added + text[line:]


def _entries(found: dict[KeyPath, Place], path: KeyPath) -> list[Place]:
    return [place for entry, place in found.items() if entry[:-1] == path]


def _comma(text: str, entry: Place) -> int | None:
    """Where the comma after an entry stands."""
    blank = _BLANK.match(text, entry.end)
    at = blank.end() if blank else entry.end
    return at if text[at] == "," else None


def _indent(text: str, start: int) -> str | None:
    """The blanks before something that begins its line; None when other things stand before it."""
    before = text[_line_start(text, start) : start]
    return None if before.strip() else before


def _line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"
