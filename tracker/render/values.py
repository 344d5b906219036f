"""JSON values of a record in words: short ones for a cell, longer ones quoted, and two of them as before and after."""

from __future__ import annotations

import re

from tracker.model.dates import RegistryDate
from tracker.model.event import Change
from tracker.render import times
from tracker.render.inline_diff import difference
from tracker.render.phrases import listed, quote
from tracker.render.safe_text import one_line
from tracker.render.vocabulary import ENUMERATED, date, enumerated, first_capital, status

LONG = 240
"""Characters of a text that a line quotes."""

NOT_STATED = "not stated"

_SIDE_BY_SIDE = 40
_STATUSES = frozenset({"recruitment_status", "last_known_status"})
_ENUMERATION = re.compile(r"[A-Z][A-Z0-9_]*\Z")


def short(field: str, given: object) -> str | None:
    """The value of a record's field as a cell; empty when there is none, None when it is a list or text too long for one."""
    match given:
        case None:
            return ""
        case bool():
            return yes_or_no(given)
        case int():
            return f"{given:,}"
        case str() if field in _STATUSES:
            return status(given)
        case str():
            return _cell(field, given)
        case {"date": str(day), **others} if not others.keys() - {"type"}:
            kind = others.get("type")
            return date(RegistryDate(day, kind if isinstance(kind, str) else None))
        case {"count": int() | None as count, **others} if not others.keys() - {"type"}:
            return _enrollment(count, others.get("type"))
        case {"name": str(name)}:
            return one_line(name)
        case list() | tuple() if given and all(isinstance(item, str) for item in given):
            return ", ".join(_cell(field, item) for item in given)
    return None


def answer(given: object) -> str:
    """A value inside a sentence: yes or no, or the word of an enumeration."""
    if isinstance(given, bool):
        return yes_or_no(given)
    return one_line(enumerated(str(given)), 40) if given else NOT_STATED


def yes_or_no(given: bool) -> str:
    """A plain answer."""
    return "yes" if given else "no"


def before_and_after(change: Change) -> str:
    """Both values of a change on one line; of two texts their difference, a value that came or went with its sign."""
    old, new = change.old, change.new
    words = ENUMERATED & {*change.path[:2], change.path[-1]} and _is_word(old) and _is_word(new)
    show = _word if words else quoted
    if isinstance(old or new, bool | int | float):
        return f"{show(old)} → {show(new)}"
    if old is None:
        return f"+ {show(new)}"
    if new is None:
        return f"− {show(old)}"
    if not words and isinstance(old, str) and isinstance(new, str) and max(len(old), len(new)) > _SIDE_BY_SIDE:
        return difference(old, new)
    return f"{show(old)} → {show(new)}"


def quoted(given: object) -> str:
    """A value for a line: texts in quotation marks, entries of lists by what names them."""
    match given:
        case None:
            return NOT_STATED
        case bool():
            return yes_or_no(given)
        case str():
            return f"“{quote(given, LONG)}”"
        case {"date": day, **others} if len(others) <= 1:
            return times.registry_day(str(day))
        case {"count": count}:
            return quote(count, 20)
        case {"url": str(url), **others}:
            label = others.get("label")
            return f"“{quote(label, 100)}” ({quote(url, 120)})" if label else quote(url, 200)
        case {"id": str(number), **others}:
            more = [others.get("domain"), enumerated(str(others["type"])) if others.get("type") else None]
            about = ", ".join(quote(part, 60) for part in more if part)
            return f"{quote(number, 60)} ({about})" if about else quote(number, 60)
        case dict():
            parts = [part for part in given.values() if part not in (None, "")]
            return listed([_word(part) if _is_word(part) and "_" in str(part) else part for part in parts], 4)
        case list() | tuple():
            return listed(list(given), 4)
        case _:
            return quote(given, LONG)


def _cell(field: str, text: str) -> str:
    return one_line(first_capital(enumerated(text)) if field in ENUMERATED else text)


def _enrollment(count: int | None, kind: object) -> str:
    people = "unknown" if count is None else f"{count:,}"
    return f"{people} ({enumerated(kind)})" if isinstance(kind, str) and kind else people


def _is_word(given: object) -> bool:
    return given is None or (isinstance(given, str) and bool(_ENUMERATION.match(given)))


def _word(given: object) -> str:
    return enumerated(str(given)) if given else ""
