"""The groups of an observational study, which have no type that would mark where one begins.

A group's name stands first of all; the next ones are known by counting on from it ("Subgroup 2"), or because what precedes
them is the description that the page's list of interventions gives. What neither tells is an Issue, never a guess.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import msgspec

from tracker.extract.labels import Entry, Page
from tracker.extract.pages import paragraphs, word_of
from tracker.model import vocabulary
from tracker.model.record import Intervention
from tracker.text.clean import clean

SECTION = "Study Groups"
_MARKER = "Intervention Type"
_LONGEST_NAME = 60
_COUNTED = re.compile(r"\d+|\b(?:[A-Z]|[IVX]+)\b")


class Group(msgspec.Struct):
    """A group as it is read: its name, the lines that describe it, its interventions."""

    label: str
    lines: list[str]
    interventions: list[Intervention]


class _Block(msgspec.Struct):
    """The lines before a type of intervention, the last of which is its name; or those after the last type."""

    lines: list[Entry]
    name: Entry | None = None
    kind: str = ""


def untyped_groups(page: Page, entries: Sequence[Entry], listed: Sequence[Intervention]) -> list[Group]:
    """The groups in order. ``listed`` are the interventions of the page's own list."""
    reader = _Reader(page, {one.name: one.description for one in listed})
    for block in _blocks(page, entries):
        reader.read(block)
    return reader.groups


def _blocks(page: Page, entries: Sequence[Entry]) -> list[_Block]:
    blocks = [_Block([])]
    for entry in entries:
        if entry.label is None:
            blocks[-1].lines.append(entry)
        elif blocks[-1].lines:
            blocks[-1].name, blocks[-1].kind = blocks[-1].lines.pop(), entry.text
            blocks.append(_Block([]))
        else:
            page.unplaced(entry)
    return blocks


class _Reader:
    def __init__(self, page: Page, descriptions: Mapping[str, str | None]) -> None:
        self.groups: list[Group] = []
        self._page = page
        self._descriptions = descriptions
        self._series: re.Pattern[str] | None = None

    def read(self, block: _Block) -> None:
        """One block: the rest of the last intervention, groups, and the name of the next intervention."""
        lines = self._without_description(block.lines) if self.groups else block.lines
        while lines:
            end = next((n for n in range(1, len(lines)) if self._counts_on(lines[n])), len(lines))
            self._group(lines[0], lines[1:end])
            lines = lines[end:]
        if block.name is None:
            return
        if not self.groups:
            self._page.unplaced(block.name)
            return
        kind = word_of(self._page, block.kind, vocabulary.INTERVENTION_TYPES, f"{SECTION} / {_MARKER}")
        name = clean(block.name.text)
        self.groups[-1].interventions.append(Intervention(type=kind, name=name, description=self._descriptions.get(name)))

    def _group(self, name: Entry, lines: Sequence[Entry]) -> None:
        label = clean(name.text)
        if not self.groups and len(label) <= _LONGEST_NAME and _COUNTED.search(label):
            parts = _COUNTED.split(label)
            self._series = re.compile(r"(?:\d+|[A-Z]|[IVX]+)".join(map(re.escape, parts)))
        sure = len(lines) if self._series else 1
        self.groups.append(Group(label, [entry.marked for entry in lines[:sure]], []))
        for entry in lines[sure:]:  # of this group, or the name of one without interventions
            self._page.unplaced(entry)

    def _without_description(self, lines: list[Entry]) -> list[Entry]:
        """The lines without those that still describe the last intervention; only groups are left."""
        first = next((n for n, line in enumerate(lines) if self._counts_on(line)), None)
        last = self.groups[-1].interventions[-1]
        if last.name in self._descriptions:
            said = self._descriptions[last.name]
            taken = next((n for n in range(len(lines) + 1) if paragraphs(one.marked for one in lines[:n]) == said), None)
            if taken is not None and first in (None, taken):
                return lines[taken:]
        elif first is not None or (self._series and lines):
            text = paragraphs(entry.marked for entry in lines[:first])
            self.groups[-1].interventions[-1] = msgspec.structs.replace(last, description=text)
            return [] if first is None else lines[first:]
        for entry in lines[:first]:
            self._page.unplaced(entry)
        return [] if first is None else lines[first:]

    def _counts_on(self, line: Entry) -> bool:
        """Whether the line is named as the first group is, with another number."""
        return bool(self._series and self._series.fullmatch(clean(line.text)) and clean(line.text) != self.groups[0].label)
