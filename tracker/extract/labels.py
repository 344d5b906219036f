"""Labelled text: a site's words (`Vocabulary`) and a page whose lines have been placed by them (`Page`).

A site describes its pages once, as sections, labels and boilerplate; `tracker.extract.labelling` assigns each line, and the
source takes what it reads from the `Page`. What is neither taken nor ignored by name becomes an Issue.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from tracker.model.source import Issue
from tracker.text.normalize import squeeze_whitespace

HEAD = "head"
"""The usual name of what stands before the first section."""

TITLE = "Title"
"""The label of the line that a source names as the page's title."""

How = Literal["label", "shape", "position", "text", "unclear"]


@dataclass(frozen=True)
class Label:
    """A label and the values it can have.

    ``shape`` recognises a value whose label got lost; ``also`` are other spellings; a ``repeats`` label may stand many
    times in its section; a ``written`` one stands on the page as words (else only its value does).
    """

    name: str
    shape: re.Pattern[str] | None = None
    also: tuple[str, ...] = ()
    repeats: bool = False
    written: bool = True
    strict: bool = False

    def fits(self, text: str) -> bool:
        """Whether the text looks like a value of this label."""
        return bool(self.shape and self.shape.fullmatch(text))


@dataclass(frozen=True)
class Section:
    """A section of a page.

    ``intros`` are the site's fixed sentences under the heading. In a ``prose`` section labels stand among free text, so a
    label needs a colon, a line of its own or a one-word value, and of a label that stands twice the last is meant. In a
    ``positional`` one the order of the labels says where a value without label and shape belongs. ``ignored`` says why a
    whole section is left out: such a section may stand anywhere.
    """

    name: str
    also: tuple[str, ...] = ()
    intros: tuple[str, ...] = ()
    labels: tuple[Label, ...] = ()
    prose: bool = False
    positional: bool = False
    ignored: str = ""

    @property
    def headings(self) -> frozenset[str]:
        """The spellings of the heading, folded."""
        return frozenset(map(heading_key, (self.name, *self.also)))


@dataclass(frozen=True)
class Vocabulary:
    """A site's words: what stands before the first section, the sections in their usual order, lines of no meaning."""

    head: Section
    sections: tuple[Section, ...]
    boilerplate: frozenset[str] = frozenset()
    fillings: tuple[re.Pattern[str], ...] = ()
    """Boilerplate with a gap for a name."""

    def is_boilerplate(self, text: str) -> bool:
        """Whether the line says the same on every page."""
        return heading_key(text) in _folded(self.boilerplate) or any(filling.fullmatch(text) for filling in self.fillings)


@dataclass(frozen=True)
class Entry:
    """One placed line: a label's value, or text without a label. ``how`` says by what it was placed.

    ``unclear`` is a value that fits several labels, or a label that has one already: it is not free text either.
    ``marked`` is the text with its list mark.
    """

    number: int
    section: str
    label: str | None
    text: str
    how: How = "text"
    marked: str = ""

    @property
    def path(self) -> str:
        """Where the line stands on the page, in the site's own words."""
        return f"{self.section} / {self.label}" if self.label else self.section


@dataclass
class Page:
    """A page's entries, what of them was taken, and what was wrong with them.

    ``found`` are the sections that stand on the page, ``intros`` counts those known by their fixed sentence, ``ignored``
    names the lines left out on purpose: (line, why).
    """

    entries: tuple[Entry, ...]
    found: frozenset[str]
    intros: int
    ignored: list[tuple[str, str]]
    issues: list[Issue] = field(default_factory=list)
    _taken: set[int] = field(default_factory=set)
    _dropped: set[int] = field(default_factory=set)

    def has(self, section: str) -> bool:
        """Whether the section stands on the page."""
        return section in self.found

    def all(self, section: str) -> list[Entry]:
        """Takes everything in the section, in order."""
        return self._take([entry for entry in self.entries if entry.section == section])

    def texts(self, section: str) -> list[Entry]:
        """Takes the free text."""
        return self._take([entry for entry in self.entries if entry.section == section and entry.how == "text"])

    def values(self, section: str, label: str) -> list[str]:
        """Takes the label's values that say something: a dash is none."""
        taken = self._take([entry for entry in self.entries if entry.section == section and entry.label == label])
        return [entry.text for entry in taken if entry.text.strip("-–— ")]

    def value(self, section: str, label: str, *, expected: bool = False) -> str | None:
        """Takes the label's value; None when there is none, which is an Issue where one is ``expected``."""
        values = self.values(section, label)
        if not values and expected:
            self.issue("missing_shape", f"{section} / {label}")
        return values[0] if values else None

    def ignore(self, entry: Entry, why: str) -> None:
        """Leaves an entry out by name."""
        self.ignored.append((entry.text, why))
        self._dropped.add(entry.number)

    def unplaced(self, entry: Entry, *, personal: bool = False) -> None:
        """An entry that cannot be placed: an Issue, without its words where they may be personal."""
        self.issue("unplaced_text", entry.path, "" if personal else entry.text)
        self._dropped.add(entry.number)

    def issue(self, code: str, path: str, value: str = "") -> None:
        """Notes what could not be read."""
        self.issues.append(Issue(code=code, path=path, value=value[:200]))

    def finish(self) -> tuple[Issue, ...]:
        """All issues, the lines nobody took among them. Called once, after the source has read the page."""
        placed = self._taken | self._dropped
        for entry in self.entries:
            if entry.number not in placed:
                self.unplaced(entry)
        return tuple(self.issues)

    def digest(self, version: int) -> str:
        """SHA-256 (hex) over the labelled blocks that were taken, as they stand on the page."""
        kept = [
            [entry.section, entry.label or "", entry.marked if entry.label is None else entry.text]
            for entry in self.entries
            if entry.number in self._taken and entry.number not in self._dropped
        ]
        return hashlib.sha256(json.dumps([version, kept], ensure_ascii=False).encode()).hexdigest()

    def _take(self, entries: list[Entry]) -> list[Entry]:
        self._taken.update(entry.number for entry in entries)
        return entries


@lru_cache(maxsize=8)
def _folded(texts: frozenset[str]) -> frozenset[str]:
    return frozenset(map(heading_key, texts))


def heading_key(text: str) -> str:
    """A heading or label as it is looked up: case, white space and typographic apostrophes forgiven."""
    return squeeze_whitespace(text.replace("’", "'").replace("‘", "'")).casefold()
