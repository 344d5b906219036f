"""Entries of keyed lists: which came, which went, and what that amounts to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import msgspec

from tracker.model.details import read
from tracker.model.event import Change

_Entry = TypeVar("_Entry", bound=msgspec.Struct)


def entries_added(changes: Sequence[Change], type_: type[_Entry]) -> tuple[_Entry, ...]:
    """The entries that came, as ``type_``."""
    return tuple(read(type_, change.new) for change in changes if len(change.path) == 2 and change.old is None)


def entries_removed(changes: Sequence[Change], type_: type[_Entry]) -> tuple[_Entry, ...]:
    """The entries that went, as ``type_``."""
    return tuple(read(type_, change.old) for change in changes if len(change.path) == 2 and change.new is None)


def entry_effects(changes: Sequence[Change], *, changed: str = "changed") -> tuple[str, ...]:
    """Which of the three happened to the entries of a keyed list; ``changed`` is what the kind calls the third."""
    whole = [change for change in changes if len(change.path) == 2]
    effects = [
        ("added", any(change.old is None for change in whole)),
        ("removed", any(change.new is None for change in whole)),
        (changed, any(len(change.path) != 2 or (change.old is not None and change.new is not None) for change in changes)),
    ]
    return tuple(effect for effect, happened in effects if happened)
