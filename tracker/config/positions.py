"""Where each key of a TOML file stands, which the standard library's reader does not report.

The text is known to be valid TOML when it gets here, so this walks it without judging it.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from typing import NamedTuple

KeyPath = tuple[str | int, ...]
"""Keys and, inside arrays, positions counted from 0: ``("watch", 0, "trials", 1)``."""

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_KEY = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'[^']*'|[A-Za-z0-9_-]+")
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"""(?:"{0,2})' r"|'''.*?'''(?:'{0,2})" r'|"(?:[^"\\]|\\.)*"' r"|'[^']*'",
    re.DOTALL,
)
_SCALAR = re.compile(r"[^,\]}#\n]+")


class Place(NamedTuple):
    """Where a table header, a key with its value, or an array entry stands: from offset ``start`` up to ``end``.

    ``line`` counts from 1. ``value`` is where the value begins; None for headers and for the first parts of dotted keys.
    """

    line: int
    start: int
    end: int
    value: int | None


def places(text: str) -> dict[KeyPath, Place]:
    """The place of every table header, key and array entry of a valid TOML text."""
    return _Walk(text).run()


class _Walk:
    """One pass over the text; ``at`` is the next character to read."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.found: dict[KeyPath, Place] = {}
        self._ends = [match.start() for match in re.finditer("\n", text)]
        self._counts: dict[KeyPath, int] = {}

    def run(self) -> dict[KeyPath, Place]:
        base: KeyPath = ()
        self._skip()
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                base = self._header()
            else:
                self._pair(base)
            self._skip()
        return self.found

    def _header(self) -> KeyPath:
        is_array = self.text.startswith("[[", self.at)
        start = self.at
        self.at += 2 if is_array else 1
        keys = self._keys()
        self.at = self.text.index("]", self.at) + (2 if is_array else 1)
        path: KeyPath = ()
        for position, key in enumerate(keys):
            path = (*path, key)
            self._note(path, start)
            if is_array and position == len(keys) - 1:
                self._counts[path] = self._counts.get(path, 0) + 1
            if path in self._counts:  # further keys belong to the last entry of an array of tables
                path = (*path, self._counts[path] - 1)
                self._note(path, start)
        return path

    def _pair(self, base: KeyPath) -> None:
        start = self.at
        path = base
        for key in self._keys():
            path = (*path, key)
            self._note(path, start)
        self.at = self.text.index("=", self.at) + 1
        self._value(path, start)

    def _value(self, path: KeyPath, start: int) -> None:
        value = self._skip()
        self._note(path, start)  # before what is inside it, so that a path stands before the paths below it
        opening = self.text[value]
        if opening == "[":
            self._array(path)
        elif opening == "{":
            self._inline_table(path)
        else:
            pattern = _STRING if opening in "\"'" else _SCALAR
            match = pattern.match(self.text, self.at)
            self.at = value + len(match[0].rstrip()) if match else len(self.text)
        self.found[path] = self.found[path]._replace(end=self.at, value=value)

    def _array(self, path: KeyPath) -> None:
        self.at += 1
        for position in range(len(self.text)):
            self._skip()
            if self.text[self.at] == "]":
                break
            self._value((*path, position), self.at)
            self._comma()
        self.at += 1

    def _inline_table(self, path: KeyPath) -> None:
        self.at += 1
        self._skip()
        while self.text[self.at] != "}":
            self._pair(path)
            self._comma()
            self._skip()
        self.at += 1

    def _keys(self) -> list[str]:
        keys: list[str] = []
        while match := _KEY.match(self.text, self._skip()):
            self.at = match.end()
            keys.append(_plain(match[0]))
            if self.text[self._skip()] != ".":
                break
            self.at += 1
        return keys

    def _comma(self) -> None:
        if self.text[self._skip()] == ",":
            self.at += 1

    def _skip(self) -> int:
        match = _BLANK.match(self.text, self.at)
        if match:
            self.at = match.end()
        return self.at

    def _note(self, path: KeyPath, start: int) -> None:
        line = bisect_right(self._ends, start - 1) + 1
        self.found.setdefault(path, Place(line=line, start=start, end=self.at, value=None))


def _plain(key: str) -> str:
    """The key without quotes and escapes."""
    if key[0] not in "\"'":
        return key
    return str(tomllib.loads(f"key = {key}")["key"])
