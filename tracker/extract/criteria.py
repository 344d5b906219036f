"""Eligibility criteria: one text as registries serve it, read as lines under their headings."""

from __future__ import annotations

import re

from tracker.model.record import Criteria
from tracker.text.clean import clean

_MARK = re.compile(
    r"""(?:
        [*•·●▪◦‣■□➢✓]+\s*            # bullets, with or without a blank
      | [-–—+](?:\s+|(?=[^\W\d]))     # a dash is a mark before a word, never before a number ("-5 °C")
      | o\s+(?=\S)                    # a typed hollow bullet
      | \#+\s+
      | \(?\d{1,2}(?:\.\d{1,2})*[.)](?:\s+|(?=[^\W\d]))
      | \[\d{1,2}\]\s*
      | \((?:[A-Za-z]|[ivxIVX]{1,4})\)\s+
      | (?:[A-Za-z]|[ivxIVX]{1,4})\)\s+
      | (?:[a-z]|[ivx]{1,4})\.\s+     # "a. Foo", but not "E. coli"
    )""",
    re.VERBOSE,
)
_BOLD = re.compile(r"\*\*(.+?)\*\*|__(.+?)__")
_SENTENCE_THEN_HEADING = re.compile(r"(?<=[.;])[ ]+(?=(?:(?:Key|Main|Major) )?(?:Inclusion|Exclusion|INCLUSION|EXCLUSION) "
                                    r"(?:Criteria|CRITERIA) ?:)")  # fmt: skip
_SIDE = r"(?P<side>(?:non|not)[- ]inclusion|inclusion|exclusion)"
_PLAIN = r"(?:(?:the|key|main|major|general|principal|primary|basic|specific|list of) )*"
_SIDE_AFTER = r"(?P<side2>(?:non|not)[- ]inclusion|inclusion|exclusion)"
_TERM = rf"(?:{_SIDE}s? criteri(?:a|on|ums?)|criteri(?:a|on) (?:of|for) {_SIDE_AFTER})"
_HEADING_WITH_TEXT = re.compile(rf"{_PLAIN}{_TERM} ?(?::|-|–|—|\.) ?(?P<text>.*)\Z", re.IGNORECASE)
_HEADING = re.compile(rf"{_PLAIN}(?:{_TERM}|(?P<side3>inclusion|exclusion)s?) ?[:.]?\Z", re.IGNORECASE)
_QUALIFIED = re.compile(rf"(?P<before>.{{0,60}}?)\b{_TERM}\b(?P<after>.{{0,80}})\Z", re.IGNORECASE)
_TITLED = re.compile(r"(?:[A-Z0-9][\w-]* ){1,4}(?P<side>Inclusion|Exclusion) Criteria\Z")


def criteria(text: str) -> Criteria:
    """Eligibility text as lines under inclusion, exclusion or neither, without list marks.

    A bare heading ("Inclusion Criteria:", "KEY EXCLUSION CRITERIA") only opens its list; one that says more ("Exclusion
    criteria for healthy controls:") opens the list and stays in it as a line, so that no change of it is lost.
    """
    lists: dict[str, list[list[str]]] = {"inclusion": [], "exclusion": [], "other": []}  # each line in its parts
    current, after_item = "other", False
    for raw in _SENTENCE_THEN_HEADING.sub("\n", clean(text)).split("\n"):
        line, marked = _without_marks(raw)
        if not line:
            continue
        side, kept = _heading(line, marked)
        if side:
            current, after_item = side, False
            if kept:
                lists[current].append([kept])
            continue
        lines = lists[current]
        if after_item and not marked and line[0].islower() and lines[-1][-1][-1] not in ".;:":
            lines[-1].append(line)  # a list item that was wrapped by hand
            continue
        lines.append([line])
        after_item = marked
    return Criteria(**{name: tuple(" ".join(parts) for parts in lines) for name, lines in lists.items()})


def _without_marks(line: str) -> tuple[str, bool]:
    """The line without list marks and bold, and whether it had a list mark."""
    line = _BOLD.sub(lambda match: match[1] or match[2], line).strip()
    marked = False
    for _ in range(3):  # "* 1. (a) text"
        match = _MARK.match(line)
        if not match:
            break
        line, marked = line[match.end() :].strip(), True
    return line, marked


def _heading(line: str, marked: bool) -> tuple[str | None, str]:
    """Which list the line opens, and what of it is a line of that list; None if it is no heading."""
    match = _HEADING.match(line)
    if match:
        return _side(match), ""
    lower = line.lower()
    if "inclusion" in lower and "exclusion" in lower:
        return None, ""
    match = _HEADING_WITH_TEXT.match(line)
    if match:
        text = _without_marks(match["text"])[0]
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
