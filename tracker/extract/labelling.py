"""Assigns each line of a page to its section and its label, by words and not by mark-up.

1. A section starts at its fixed intro sentence; without one, at its heading.
2. A label and its value stand in one line or in two.
3. Where labels got lost: by the value's shape, then by its position between shapes. Never by a guess.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from tracker.extract.blocks import Line
from tracker.extract.labels import TITLE, Entry, How, Label, Page, Section, Vocabulary, heading_key
from tracker.model.source import Issue


def read_page(lines: Sequence[Line], vocabulary: Vocabulary, title: str | None = None) -> Page:
    """Assigns every line of a page; ``title`` is the head's line that the source knows to be the title."""
    ignored: list[tuple[str, str]] = []
    issues: list[Issue] = []
    parts, intros = _cut_intros(lines, vocabulary)
    starts = _starts(parts, vocabulary, issues)
    held: list[tuple[Section, list[Line]]] = [(vocabulary.head, [])]
    titled = False
    for number, part in enumerate(parts):
        section = held[-1][0]
        if number in starts:
            if section is not starts[number]:
                held.append((starts[number], []))
            ignored.append((part.line.text, "heading" if part.intro is None else "fixed sentence"))
        elif part.intro is not None:
            ignored.append((part.line.text, "fixed sentence"))
        elif vocabulary.is_boilerplate(part.line.text) or vocabulary.is_boilerplate(part.line.plain):
            ignored.append((part.line.text, "boilerplate"))
        elif title is not None and section is vocabulary.head and part.line.text == title:
            ignored.append((title, "title")) if titled else held[-1][1].append(part.line)
            titled = True
        else:
            held[-1][1].append(part.line)
    entries: list[Entry] = []
    for section, kept in held:
        for item in _assign(section, kept, title if section is vocabulary.head else None):
            entries.append(_entry(len(entries), section, item))
    found = frozenset(section.name for section, _ in held[1:])
    return Page(tuple(entries), found, intros, ignored, issues)


@dataclass(frozen=True)
class _Part:
    """A line, and the section whose fixed sentence it is."""

    line: Line
    intro: Section | None = None


@dataclass
class _Item:
    """A line that is being assigned; ``lines`` are those it was made of."""

    lines: tuple[Line, ...]
    text: str
    label: Label | None = None
    how: How = "text"


def _cut_intros(lines: Sequence[Line], vocabulary: Vocabulary) -> tuple[list[_Part], int]:
    """The lines with the fixed sentences cut free of what shares their line, and how many different ones there are."""
    known = [
        (section, re.compile(re.escape(intro), re.IGNORECASE)) for section in vocabulary.sections for intro in section.intros
    ]
    parts: list[_Part] = []
    seen: set[str] = set()
    for line in lines:
        hit = next(((section, match) for section, intro in known if (match := intro.search(line.text))), None)
        before = line.text[: hit[1].start()].rstrip(" :") if hit else ""
        if hit is None or (before and heading_key(before) not in hit[0].headings):
            parts.append(_Part(line))
            continue
        section, match = hit
        seen.add(heading_key(match[0]))
        if before:
            parts.append(_Part(replace(line, text=before, seams=frozenset())))
        parts.append(_Part(replace(line, text=match[0], seams=frozenset()), section))
        if line.text[match.end() :].strip():
            parts.append(_Part(_tail(line, match.end())))
    return parts, len(seen)


def _starts(parts: Sequence[_Part], vocabulary: Vocabulary, issues: list[Issue]) -> dict[int, Section]:
    """Where which section starts: number of its heading or fixed sentence -> section."""
    starts: dict[int, Section] = {}
    order = {section.name: number for number, section in enumerate(vocabulary.sections)}
    folded = [heading_key(part.line.text) for part in parts]
    for number, part in enumerate(parts):
        if part.intro is not None:
            starts[number] = part.intro
            if number and folded[number - 1].rstrip(" :") in part.intro.headings:
                starts[number - 1] = part.intro
    by_intro = {section.name for section in starts.values()}
    for section in vocabulary.sections:
        if section.name in by_intro and not section.ignored:
            continue  # the sponsor's own text may well hold a line "Interventions"
        candidates = [n for n, text in enumerate(folded) if text in section.headings and n not in starts]
        if not section.ignored and (section.intros or len(candidates) > 1):
            candidates = [n for n in candidates if _in_order(n, order[section.name], starts, order)]
        if len(candidates) > 1 and any(parts[n].line.level for n in candidates):
            candidates = [n for n in candidates if parts[n].line.level]
        if len(candidates) > 1 and not section.ignored:
            issues.append(Issue(code="missing_shape", path=section.name, value="the heading stands more than once"))
        starts.update(dict.fromkeys(candidates if section.ignored else candidates[:1], section))
    return starts


def _in_order(number: int, position: int, starts: dict[int, Section], order: dict[str, int]) -> bool:
    """Whether a section at this line stands where the site usually has it, seen from the sections found so far."""
    return all((start < number) == (order[section.name] < position) for start, section in starts.items() if not section.ignored)


def _assign(section: Section, lines: Sequence[Line], title: str | None) -> list[_Item]:
    items = _by_label(section, [part for line in lines for part in _cut_at_labels(section, line)])
    if title is not None:
        for item in items:
            if item.text == title and item.label is None:
                item.label, item.how = Label(TITLE), "position"
                break
    by_name = {item.label.name for item in items if item.label and item.how == "label" and item.text}
    _by_shape(section, items, by_name)
    if section.positional and not by_name:
        _by_position(section, items)
    return items


def _cut_at_labels(section: Section, line: Line) -> list[Line]:
    """A line that holds several labels, cut where an inline element begins with one of them."""
    cut: list[Line] = []
    while True:
        matches = (_pattern(label).match(line.text) for label in section.labels)
        own = max((match.end() for match in matches if match), default=0)  # "Time Perspective" ends "Study Time Perspective"
        seam = next((seam for seam in sorted(line.seams) if seam >= own and _label_begins(section, _tail(line, seam))), None)
        if seam is None:
            return [*cut, line]
        cut.append(replace(line, text=line.text[:seam].rstrip(), seams=frozenset(s for s in line.seams if s < seam)))
        line = _tail(line, seam)


def _label_begins(section: Section, rest: Line) -> bool:
    """Whether the rest of a line begins with a label that a value may follow."""
    found = _match(section, rest)
    if found is None:
        return False
    return found[1] is None or ":" in rest.text[: len(rest.text) - len(found[1]) + 1] or _ends_at_seam(section, rest)


def _ends_at_seam(section: Section, line: Line) -> bool:
    ends = (match.end() for label in section.labels if (match := _pattern(label).match(line.text)))
    return any(end in line.seams for end in ends)


def _tail(line: Line, start: int) -> Line:
    text = line.text[start:].lstrip(" ")
    start = len(line.text) - len(text)
    return replace(line, text=text, seams=frozenset(seam - start for seam in line.seams if seam > start), mark="")


@lru_cache(maxsize=512)
def _pattern(label: Label) -> re.Pattern[str]:
    spellings = sorted((label.name, *label.also), key=len, reverse=True)
    return re.compile("|".join(re.escape(spelling) for spelling in spellings), re.IGNORECASE)


def _match(section: Section, line: Line) -> tuple[Label, str | None] | None:
    """The label this line begins with, and its value; None for the value when the label stands alone."""
    text = line.plain
    for label in section.labels:
        match = _pattern(label).match(text) if label.written else None
        if not match:
            continue
        rest = text[match.end() :]
        value = rest.lstrip(": ")
        if not value:
            return label, None
        if rest.lstrip().startswith(":"):
            return label, value
        at_seam = match.end() + len(line.text) - len(text) in line.seams
        if not rest[0].isspace() and not at_seam:
            continue
        if not rest[0].isspace() or not section.prose or label.fits(value) or " " not in value:
            return label, value
    return None


def _by_label(section: Section, lines: Sequence[Line]) -> list[_Item]:
    items: list[_Item] = []
    rest = deque(lines)
    while rest:
        line = rest.popleft()
        found = _match(section, line)
        if found is None:
            items.append(_Item((line,), line.text))
        elif found[1] is not None:
            items.append(_Item((line,), found[1], found[0], "label"))
        elif rest and _is_value(section, found[0], rest[0]):
            value = rest.popleft()
            items.append(_Item((line, value), value.plain, found[0], "label"))
        elif section.prose and not line.text.endswith(":") and not line.level:
            items.append(_Item((line,), line.text))
        else:
            items.append(_Item((line,), "", found[0], "label"))
    return _single(section, items)


def _is_value(section: Section, label: Label, line: Line) -> bool:
    """Whether the line after a label that stands alone is its value."""
    text = line.plain
    if _match(section, line) is not None:
        return False
    if label.fits(text):
        return True
    if any(other.fits(text) for other in section.labels):
        return False  # the label is empty, and this is the value of another one
    return not section.prose or " " not in text


def _single(section: Section, items: list[_Item]) -> list[_Item]:
    """Labels that stand once are taken once; what else looks like one is text."""
    kept: dict[str, int] = {}
    for number, item in enumerate(items):
        if item.label and not item.label.repeats and (section.prose or item.label.name not in kept):
            kept[item.label.name] = number
    checked: list[_Item] = []
    for number, item in enumerate(items):
        if item.label is None or item.label.repeats or kept[item.label.name] == number:
            checked.append(item)
        else:
            checked.extend(_Item((line,), line.text) for line in item.lines)
    return checked


def _by_shape(section: Section, items: Sequence[_Item], by_name: set[str]) -> None:
    """Assigns lines without label by what they look like, where that leaves no choice."""
    groups: dict[tuple[str, ...], list[_Item]] = {}
    for item in items:
        if item.label is None:
            fitting = tuple(
                label.name for label in section.labels if label.fits(item.lines[0].plain) and label.name not in by_name
            )
            groups.setdefault(fitting, []).append(item)
    labels = {label.name: label for label in section.labels}
    for names, group in groups.items():
        repeats = len(names) == 1 and labels[names[0]].repeats
        if names and (repeats or len(names) == len(group)):
            for item, name in zip(group, names * (len(group) if repeats else 1), strict=True):
                item.label, item.how, item.text = labels[name], "shape", item.lines[0].plain
        elif names:
            for item in group:
                item.how = "unclear"


def _by_position(section: Section, items: Sequence[_Item]) -> None:
    """Assigns runs of lines between two assigned ones, when exactly as many labels belong there."""
    order = {label.name: number for number, label in enumerate(section.labels) if not label.repeats}
    filled = {item.label.name for item in items if item.label and item.text}
    run: list[_Item] = []
    last = -1
    # A label that stands there without its value (all labels in one table row, all values in the next) fills no position.
    for item in [*(item for item in items if item.text), None]:
        if item is not None and item.label is None:
            run.append(item)
            continue
        if item is not None and item.label is not None and item.label.name not in order:
            run = []
            continue
        upto = order[item.label.name] if item is not None and item.label else len(section.labels)
        free = [
            label
            for label in section.labels
            if label.name in order and label.name not in filled and last < order[label.name] < upto
        ]
        if run and len(run) == len(free) and not any(label.strict for label in free):
            for item_, label in zip(run, free, strict=True):
                item_.label, item_.how = label, "position"
        run, last = [], upto


def _entry(number: int, section: Section, item: _Item) -> Entry:
    name = item.label.name if item.label else None
    return Entry(number, section.name, name, item.text, item.how, item.lines[0].marked)
