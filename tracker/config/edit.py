"""Adding and removing trials in config.toml while its comments and layout stay.

`read` gives the text, `add_trials` and `remove_trials` make a new one of it, the caller checks that with
`tracker.config.check`, and `write` puts it in place.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import tempfile
import tomllib
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Literal, NamedTuple

from tracker.config import arrays
from tracker.config.load import parse
from tracker.config.load import read as read_text
from tracker.config.trials import trial_number
from tracker.errors import UsageError
from tracker.text.suggest import did_you_mean

NEW_WATCH = "my trials"
"""What a watch is called when trials are added to a file that has none."""

_ListKey = Literal["trials", "pages", "exclude"]


class _Wanted(NamedTuple):
    """Something to follow: the list it belongs to and how it is written there."""

    key: Literal["trials", "pages"]
    text: str


def add_trials(text: str, watch: str | None, ids: Iterable[str]) -> str:
    """Add trial numbers, and addresses of trial pages, to the named watch, or to the first one; nothing is added twice.

    A file without a watch gets one. An id under ``exclude`` is taken out of it. Raises UsageError for text that is not a
    registry's number and for a watch that is not there.
    """
    wanted = _wanted(ids)
    watches = _watches(text)
    if not watches:
        return f"{text.rstrip()}\n\n{_new_watch(watch or NEW_WATCH, wanted)}".lstrip()
    index = 0 if watch is None else _named(watches, watch)
    for one in wanted:
        text = _drop(text, index, "exclude", one.text)
    keys: tuple[_ListKey, ...] = ("trials", "pages")
    for key in keys:
        text = _put(text, index, key, [one.text for one in wanted if one.key == key])
    return text


def remove_trials(text: str, watch: str | None, ids: Iterable[str], matched: Collection[tuple[str, str]] = ()) -> str:
    """Take trials and pages out of the named watch, or of all; entries that are not there are ignored.

    A watch with a search or query would bring a trial back, so there it is put on ``exclude``; likewise where a search that
    is gone brought it in: ``matched`` are such watches and numbers. Raises UsageError for text that is not a registry's number
    and for a watch that is not there.
    """
    wanted = _wanted(ids)
    watches = _watches(text)
    for index in range(len(watches)) if watch is None else [_named(watches, watch)]:
        for one in wanted:
            text = _drop(text, index, one.key, one.text)
        searches = "search" in watches[index] or "query" in watches[index]
        name = str(watches[index].get("name"))
        excluded = [one.text for one in wanted if one.key == "trials" and (searches or (name, one.text) in matched)]
        text = _put(text, index, "exclude", excluded)
    return text


def read(path: Path) -> str:
    """The text of the file, line ends as they are. Raises ConfigError when it cannot be read or is not TOML."""
    text = read_text(path)
    parse(text, path)
    return text


def write(path: Path, text: str) -> None:
    """Put ``text`` into the file in one step: a reader sees the old or the new file, never half of one.

    A link stays a link, and the file keeps its permissions; a new one is for its owner alone, since it may hold
    passwords. Raises OSError when the folder cannot be written.
    """
    path = path.resolve()
    mode = path.stat().st_mode & 0o7777 if path.exists() else 0o600
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:  # an interrupt too must not leave the half-written file behind
        with contextlib.suppress(FileNotFoundError):
            Path(name).unlink()
        raise


def written(ids: Iterable[str]) -> list[str]:
    """Trials and pages as a configuration writes them, each once. Raises UsageError for what is neither."""
    return [one.text for one in _wanted(ids)]


def _wanted(ids: Iterable[str]) -> list[_Wanted]:
    """The trials and pages asked for, spelled canonically, each once."""
    found: dict[_Wanted, None] = {}
    for text in ids:
        if re.match(r"https?://", text.strip(), re.IGNORECASE):
            found[_Wanted("pages", text.strip())] = None
            continue
        number = trial_number(text)
        if isinstance(number, str):
            raise UsageError(f'"{text}": {number}')
        found[_Wanted("trials", number.number)] = None
    return list(found)


def _watches(text: str) -> list[dict[str, object]]:
    """The ``[[watch]]`` tables; none when the key holds something else, which the check of the new text will report."""
    given: object = tomllib.loads(text).get("watch")
    return [watch for watch in given if isinstance(watch, dict)] if isinstance(given, list) else []


def _named(watches: list[dict[str, object]], name: str) -> int:
    names = [str(watch.get("name")) for watch in watches]
    if name not in names:
        remedy = did_you_mean(name, names) or f"Watches: {', '.join(names)}."
        raise UsageError(f'There is no watch "{name}".', remedy=remedy)
    return names.index(name)


def _new_watch(name: str, wanted: list[_Wanted]) -> str:
    """A ``[[watch]]`` of these trials and pages."""
    text = f"[[watch]]\nname = {json.dumps(name, ensure_ascii=False)}\n"
    for key in ("trials", "pages"):
        if entries := [one.text for one in wanted if one.key == key]:
            text = arrays.add_key(text, ("watch", 0), key, entries)
    return text


def _put(text: str, index: int, key: _ListKey, entries: list[str]) -> str:
    """Append to a list of a watch the entries it does not hold yet."""
    given = _watches(text)[index].get(key, [])
    if not isinstance(given, list):
        raise UsageError(f"The key {key} of this watch is not a list.", remedy="Run `tracker check`.")
    new = [entry for entry in entries if _position(given, key, entry) is None]
    if not new:
        return text
    if key in _watches(text)[index]:
        return arrays.append(text, ("watch", index, key), new)
    return arrays.add_key(text, ("watch", index), key, new)


def _drop(text: str, index: int, key: _ListKey, entry: str) -> str:
    """Delete from a list of a watch; an ``exclude`` that is left empty goes too."""
    given = _watches(text)[index].get(key, [])
    if not isinstance(given, list):
        return text
    while (position := _position(given, key, entry)) is not None:
        text = arrays.delete(text, ("watch", index, key), position)
        del given[position]
        if key == "exclude" and not given:
            text = arrays.delete_key(text, ("watch", index, key))
    return text


def _position(given: list[object], key: _ListKey, wanted: str) -> int | None:
    """Where a list holds this trial or page, however it is spelled there."""
    for position, entry in enumerate(given):
        text = str(entry.get("id", "")) if isinstance(entry, dict) else str(entry)
        if key == "pages":
            same = text.rstrip("/") == wanted.rstrip("/")
        else:
            found = trial_number(text)
            same = not isinstance(found, str) and found.number == wanted
        if same:
            return position
    return None
