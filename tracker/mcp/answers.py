"""An answer in JSON of at most 4 kB: what does not fit comes with the next call, and a single entry is shortened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import msgspec

LIMIT = 4_000
"""Bytes of an answer, an error included."""

_CURSOR = 160
"""Bytes that are kept free for saying where to go on."""

_SAID, _REMEDY = 900, 2_500
"""Bytes of the two parts of an error, so that what to ask instead is always there."""

_CHOICE, _CHOICES = 100, 2_000
"""Characters of a choice that an error names, and bytes of all of them."""

_STEPS = ((400, 12), (160, 6), (80, 3), (40, 1))
"""Characters of a text and entries of a list that an entry too long is cut to, one after the other until it fits."""

Fields = dict[str, Any]


def encoded(value: object) -> bytes:
    """The JSON of an answer."""
    return msgspec.json.encode(value, enc_hook=str)


def page(head: Mapping[str, object], name: str, entries: Iterable[tuple[str, Fields]]) -> str:
    """The head, and under ``name`` as many entries as fit, each given with its cursor. ``more`` says how to go on.

    At least one entry is in each page, shortened if it must be, so that asking on comes to an end.
    """
    head = _fitted(dict(head), LIMIT // 2)
    room = LIMIT - _CURSOR - len(encoded({**head, name: [], "more": None}))
    shown: list[Fields] = []
    last, more = "", None
    for cursor, entry in entries:
        fitting = _fitted(entry, room) if not shown else entry
        size = len(encoded(fitting)) + 1
        if shown and size > room:
            more = {"after": last}
            break
        shown.append(fitting)
        room -= size
        last = cursor
    return encoded({**head, name: shown, "more": more}).decode()


def whole(fields: Mapping[str, object]) -> str:
    """An answer without entries; long texts and lists in it are cut if they must be."""
    return encoded(_fitted(dict(fields), LIMIT)).decode()


def part(head: Mapping[str, object], name: str, text: str, start: int) -> str:
    """The head, and as much of a long text, quoted under its name, as fits from a place on."""
    head = _fitted(dict(head), LIMIT // 2)
    room = LIMIT - _CURSOR - len(encoded({**head, "quoted": {name: ""}, "more": None}))
    shown = text[start : start + room]
    while len(encoded(shown)) > room:
        shown = shown[: len(shown) * 9 // 10]
    end = start + len(shown)
    more = {"after": str(end)} if end < len(text) else None
    return encoded({**head, "quoted": {name: shown}, "more": more}).decode()


def error(said: str, remedy: str) -> str:
    """A wrong call's answer: what is wrong, which may quote a long argument, and what to ask instead."""
    return f"{_clipped(said, _SAID)} {_clipped(remedy, _REMEDY)}".strip()


def choices(names: Sequence[str], given: str = "") -> str:
    """Names in a sentence; of too many those most like the one given, and how many more there are."""
    shown = [_cut(name, _CHOICE, 1) for name in names]
    if len(", ".join(shown).encode()) <= _CHOICES:
        return ", ".join(shown) or "none"
    like = get_close_matches(given[:_CHOICE], shown, n=10, cutoff=0.4)
    kept: list[str] = []
    room = _CHOICES
    for name in [*like, *(name for name in shown if name not in like)]:
        room -= len(name.encode()) + 2
        if room < 0:
            break
        kept.append(name)
    return f"{', '.join(kept)} and {len(shown) - len(kept):,} more"


def _clipped(text: str, room: int) -> str:
    cut = text.encode()
    return text if len(cut) <= room else cut[: room - 3].decode(errors="ignore") + "…"


def _fitted(entry: Fields, room: int) -> Fields:
    if len(encoded(entry)) <= room:
        return entry
    for characters, count in _STEPS:
        shortened: Fields = {**_cut(entry, characters, count), "shortened": True}
        if len(encoded(shortened)) <= room:
            return shortened
    return shortened


def _cut(value: Any, characters: int, count: int) -> Any:
    match value:
        case str() if len(value) > characters:
            return value[:characters] + "…"
        case dict():
            return {key: _cut(inner, characters, count) for key, inner in value.items()}
        case list() | tuple() if len(value) > count:
            return [*(_cut(inner, characters, count) for inner in value[:count]), f"… {len(value) - count} more"]
        case list() | tuple():
            return [_cut(inner, characters, count) for inner in value]
    return value
