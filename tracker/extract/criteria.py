"""Eligibility criteria: one text as registries serve it, read as lines under their headings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from tracker.extract.list_marks import without_any_mark, without_marks
from tracker.model.record import Criteria
from tracker.text.clean import clean

_BOLD = re.compile(r"\*\*(.+?)\*\*|__(.+?)__")
_SENTENCE_THEN_HEADING = re.compile(r"([.;])[ ]+(?=(?:(?:Key|Main|Major) )?(?:Inclusion|Exclusion|INCLUSION|EXCLUSION) "
                                    r"(?:Criteria|CRITERIA) ?:)")  # fmt: skip
_SIDE = r"(?P<side>(?:non|not)[- ]inclusion|inclusion|exclusion)"
_PLAIN = r"(?:(?:the|key|main|major|general|principal|primary|basic|specific|list of) )*"
_SIDE_AFTER = r"(?P<side2>(?:non|not)[- ]inclusion|inclusion|exclusion)"
_TERM = rf"(?:{_SIDE}s? criteri(?:a|on|ums?)|criteri(?:a|on) (?:of|for) {_SIDE_AFTER})"
_HEADING_WITH_TEXT = re.compile(rf"{_PLAIN}{_TERM} ?(?::|-|–|—|\.) ?(?P<text>.*)\Z", re.IGNORECASE)
_HEADING = re.compile(rf"{_PLAIN}(?:{_TERM}|(?P<side3>inclusion|exclusion)s?) ?[:.]?\Z", re.IGNORECASE)
_QUALIFIED = re.compile(rf"(?P<before>.{{0,60}}?)\b{_TERM}\b(?P<after>.{{0,80}})\Z", re.IGNORECASE)
_SURELY_TEXT = re.compile(r"[^\W\d_]{5}")  # no mark has as many letters
_BRIEF = 60  # headings are, and most records have the same
_TITLED = re.compile(r"(?:[A-Z0-9][\w-]* ){1,4}(?P<side>Inclusion|Exclusion) Criteria\Z")


def criteria(text: str) -> Criteria:
    """Eligibility text as lines under inclusion, exclusion or neither, without list marks.

    A bare heading ("Inclusion Criteria:", "KEY EXCLUSION CRITERIA") only opens its list; one that says more ("Exclusion
    criteria for healthy controls:") opens the list and stays in it as a line, so that no change of it is lost.
    """
    text = clean(text)
    found: dict[str, list[str]] = {"inclusion": [], "exclusion": [], "other": []}
    side, lines = "other", list[str]()
    served = text.split("\n")
    every = list(map(_plain, served)) if "**" in text or "__" in text else served
    start = 0
    # Bytes are put into lower case much faster than text, and a line break is the same sign in them.
    folded = text.encode("utf-8", "surrogatepass").lower().split(b"\n")
    for number in [number for number, line in enumerate(folded) if b"clusion" in line]:
        lines += [line for line in every[start:number] if line[-1:].isalnum() or _says_something(line)]
        start, raw = number + 1, served[number]
        for opened, line in _known_headings(raw) if len(raw) <= _BRIEF else _headings(raw):
            if not opened:
                lines.append(line)
                continue
            found[side] += _items(lines)
            side, lines = opened, []
            found[side] += [line] if line else []
    lines += [line for line in every[start:] if line[-1:].isalnum() or _says_something(line)]
    found[side] += _items(lines)
    return Criteria(**{name: tuple(items) for name, items in found.items()})


def _headings(raw: str) -> tuple[tuple[str | None, str], ...]:
    """The lines in a line that may hold a heading: which list each opens, if any, and what of it is a line."""
    found: list[tuple[str | None, str]] = []
    for line in map(_plain, _SENTENCE_THEN_HEADING.sub(r"\1\n", raw).split("\n")):
        if "clusion" not in line.lower():
            found += [(None, line)] if _says_something(line) else []
            continue
        bare = without_any_mark(line)
        opened, kept = _heading(bare, bare != line)
        found.append((opened, kept if opened else line))
    return tuple(found)


_known_headings = lru_cache(maxsize=1_024)(_headings)


def _says_something(line: str) -> bool:
    """Whether a line is more than list marks. None of these ends with a letter or digit; other lines are looked at."""
    return line[-1:].isalnum() or _SURELY_TEXT.search(line) is not None or bool(without_any_mark(line))


def _plain(line: str) -> str:
    return _BOLD.sub(lambda match: match[1] or match[2], line).strip() if "**" in line or "__" in line else line.strip()


def _items(lines: Sequence[str]) -> list[str]:
    """The items of one list, without marks; an item that was wrapped by hand is one again."""
    items: list[str] = []
    after_item = False
    for line, marked in without_marks(lines) if lines else ():
        if after_item and not marked and line[0].islower() and items[-1][-1] not in ".;:":
            items[-1] += f" {line}"
            continue
        items.append(line)
        after_item = marked
    return items


def _heading(line: str, marked: bool) -> tuple[str | None, str]:
    """Which list the line opens, and what of it is a line of that list; None if it is no heading."""
    lower = line.lower()
    match = _HEADING.match(line)
    if match:
        return _side(match), ""
    if "criteri" not in lower:  # all other headings say so
        return None, ""
    if "inclusion" in lower and "exclusion" in lower:
        return None, ""
    match = _HEADING_WITH_TEXT.match(line)
    if match:
        text = without_marks([match["text"].strip()])[0][0]
        return _side(match), text if any(mark.isalnum() for mark in text) else ""
    match = None if marked else _TITLED.match(line)
    if match:
        return _side(match), line
    match = _QUALIFIED.match(line)
    if match and (line.endswith(":") or (not marked and not match["before"] and not line.endswith("."))):
        return _side(match), line
    return None, ""


def _side(match: re.Match[str]) -> str:
    sides = match.groupdict()
    word = (sides.get("side") or sides.get("side2") or sides.get("side3") or "").lower()
    return "inclusion" if word == "inclusion" else "exclusion"
