"""A registry's page as a sheet: labels in a fixed order, each with the lines that follow it, whatever the text was made by.

A label is a line of its own, or begins one. A line that only looks like a label stands out of the order: of all ways to
read the lines, the one with most labels in the registry's order counts. A text may end anywhere: the value in which it
ends is not believed, unless it is one of a registry's words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Final, NamedTuple, Self, TypeVar

from tracker.extract import who
from tracker.extract.blocks import html_lines
from tracker.extract.decoding import decode, is_html
from tracker.extract.read_log import ReadLog, layout_error
from tracker.extract.saved_record import kept
from tracker.extract.who import Unread
from tracker.model.dates import RegistryDate
from tracker.model.source import CUT_TEXT, Document
from tracker.text.characters import visible
from tracker.text.clean import clean

T = TypeVar("T")

LONGEST: Final = 20_000
"""Lines of a page that are looked through; the longest have a tenth of it."""

HEADING: Final = "a heading"
"""Why the heading of a section is left out. A text does not end in one: its last line may be a word of a value."""

_REACH = 5
"""Labels that may be left out before one that shares its line with the value: such a line may also be a sentence."""

_CELLS = re.compile(r"\||\t+|[ \u00a0]{2,}")
_NUMBERED = re.compile(r"\s*\[\d{1,3}\]")
_ALONE, _BESIDE, _RUN = "alone", "beside", "run together"


class Label(NamedTuple):
    """A label of a sheet. ``name`` is its key; ``spelt`` are its spellings on the page, where they are not the name.

    ``ignored`` says why it is left out. ``many``: it may stand several times in a row, numbered or not. ``under`` is a label
    that must stand before it: others of its spelling stand elsewhere.
    """

    name: str
    spelt: tuple[str, ...] = ()
    ignored: str = ""
    many: bool = False
    under: str = ""


class Cell(NamedTuple):
    """A text between two marks of a table, and the line of the page that it stands in."""

    text: str
    line: int


class _Candidate(NamedTuple):
    line: int
    position: int
    value: str
    how: str


class _Chain(NamedTuple):
    """Labels in their order, the last of them first."""

    length: int
    last: _Candidate
    before: _Chain | None


def cells_of(body: bytes, content_type: str = "") -> list[Cell]:
    """The cells of a page or a saved text, in reading order: blanks in a row, bars and tabs part cells as tables do."""
    text = decode(body, content_type)
    if is_html(body, content_type):
        return [Cell(line.text, number) for number, line in enumerate(html_lines(text))][:LONGEST]
    return list(text_cells(text))[:LONGEST]


def text_cells(text: str) -> Iterator[Cell]:
    """The cells of a text, without empty ones."""
    for number, line in enumerate(text.splitlines()):
        for cell in _CELLS.split(line):
            if words := " ".join(visible(cell).split()):
                yield Cell(words, number)


def beside(cells: Sequence[Cell], label: str) -> str:
    """What stands behind a label, in its cell or in the next one; empty where the label is not there."""
    for number, cell in enumerate(cells):
        if cell.text.startswith(label):
            after = cells[number + 1].text if number + 1 < len(cells) else ""
            return cell.text.removeprefix(label).lstrip(" :") or after
    return ""


class Sheet:
    """The values of a page by the names of their labels; what is not taken is kept under its label when it is closed."""

    def __init__(self, cells: Sequence[Cell], labels: Sequence[Label], log: ReadLog, end: str) -> None:
        """``end`` is the label from which on a text counts as whole."""
        chain = _chosen(cells, labels)
        self._labels, self._log = labels, log
        self._fields: dict[str, str] = {}
        self._values: dict[str, list[list[Cell]]] = {}
        for number, found in enumerate(chain):
            until = chain[number + 1].line if number + 1 < len(chain) else len(cells)
            own = [Cell(found.value, cells[found.line].line)] if found.value else []
            value = [*own, *cells[found.line + 1 : until]]
            self._values.setdefault(labels[found.position].name, []).append(value)
        names = [label.name for label in labels]
        self.last = names[chain[-1].position] if chain else ""
        self.is_cut = not chain or chain[-1].position < names.index(end)
        self._labelled, self._told_apart = len(chain), False

    @classmethod
    def of_values(cls, values: Mapping[str, str], labels: Sequence[Label], log: ReadLog) -> Self:
        """A sheet whose values were told apart before, by the names of their labels: it is whole."""
        made = cls((), labels, log, labels[-1].name)
        made._values = {name: [list(text_cells(value))] for name, value in values.items()}
        made.is_cut, made._labelled, made._told_apart = False, len(values), True
        return made

    def __len__(self) -> int:
        return self._labelled

    def each(self, name: str) -> list[list[str]]:
        """The cells under each label of that name, taken; a text's last value is left out where the text is cut."""
        values = self._values.pop(name, [])
        if name == self.last and self.is_cut and values:
            self._cut(name)
            values = values[:-1]
        return [[cell.text for cell in value] for value in values]

    def cells(self, name: str) -> list[str]:
        """The cells under the one label of that name."""
        values = self.each(name)
        return values[0] if values else []

    def line(self, name: str) -> str | None:
        """A value of one line. One of several has no sure end, since the next label may be unknown: it is told and kept."""
        lines = {cell.line for value in self._values.get(name, [])[:1] for cell in value}
        cells = self.cells(name)
        if len(lines) > 1 and cells and not self._told_apart:
            self._log.note("unreadable_value", self.place(name), " / ".join(cells))
            self._log.keep(self.place(name), "\n".join(map(clean, cells)))
            return None
        text = clean(" ".join(cells))
        return None if who.says_nothing(text) else text

    def text(self, name: str) -> str | None:
        """All cells as one text."""
        text = clean("\n".join(self.cells(name)))
        return None if who.says_nothing(text) else text

    def read(self, name: str, reader: Callable[[str], T | Unread | None], code: str = "unknown_word") -> T | None:
        """A number, date or word by its reader; what that cannot read is told and kept.

        Where a text ends in it, "Phase I" may be the beginning of "Phase III": it is not read.
        """
        given = " ".join(self.cells(name))
        value = reader(given)
        if not isinstance(value, Unread):
            return value
        self._log.note(code, self.place(name), given)
        self._log.keep(self.place(name), clean(given))
        return None

    def study_type(self, name: str) -> str | None:
        """The type of study, also where a text ends in it: none of its words begins another one."""
        values = self._values.get(name, [])
        known = who.study_type(" ".join(cell.text for cell in values[0])) if values else None
        if known is None or isinstance(known, Unread):
            return self.read(name, who.study_type)
        del self._values[name]
        return known

    def word(self, name: str, words: Collection[str]) -> str | None:
        """A word as it is given, known or not; None for an unknown one in which a text ends."""
        values = self._values.pop(name, [])
        given = clean(" ".join(cell.text for cell in values[0])) if values else ""
        if name == self.last and self.is_cut and given not in words:
            self._cut(name)
            return None
        return given or None

    def day(self, name: str) -> RegistryDate | None:
        """A date in any of the registries' forms, slashed ones day first."""
        return self.read(name, who.day, "unreadable_date")

    def goes_beyond(self, *names: str) -> bool:
        """Whether a text goes on behind labels that make one value together; if not, all of them are left out and told."""
        order = [label.name for label in self._labels]
        if not self.is_cut or order.index(self.last) > max(map(order.index, names)):
            return True
        for name in names:
            if self._values.pop(name, None) is not None:
                self._cut(name)
        return False

    def has(self, name: str) -> bool:
        """Whether the label stands on the page and was not yet taken."""
        return name in self._values

    def expect(self, fields: Mapping[str, str]) -> None:
        """Say which labels the page lacks: all behind the place where a text is cut, else those that every page has.

        ``fields`` are the fields of the record with these labels: what is wrong with one is said of the field.
        """
        self._fields = {label: field for field, label in fields.items()}
        names = [label.name for label in self._labels if not label.ignored]
        behind = [label.name for label in self._labels].index(self.last) + 1 if self.is_cut and self.last else len(self._labels)
        cut = {label.name for label in self._labels[behind:]}
        for name in names:
            if name in self._values:
                continue
            if name in cut:
                self._log.note(CUT_TEXT, self.place(name), f"the text ends at “{self.last}”, before “{name}”")
            elif name in self._fields:
                self._log.note("missing_shape", self.place(name), f"there is no label “{name}”")

    def close(self) -> None:
        """Keep what nobody took under its label, but for what is ignored by name."""
        ignored = {label.name for label in self._labels if label.ignored}
        for name in list(self._values):
            given = self.each(name)
            if name not in ignored:
                texts = [clean("\n".join(cells)) for cells in given]
                texts = [text for text in texts if not who.says_nothing(text)]
                kept(self._log, self.place(name), texts[0] if len(texts) == 1 else texts)

    def _cut(self, name: str) -> None:
        self._log.note(CUT_TEXT, self.place(name), f"the text ends in “{name}”")

    def place(self, name: str) -> str:
        """Where what is said of a label is noted and kept: at the field of the record that it fills, if every page has it."""
        return self._fields.get(name, name)


def _chosen(cells: Sequence[Cell], labels: Sequence[Label]) -> list[_Candidate]:
    """The longest chain of labels in their order; of two as long the one that ends earlier."""
    best: list[_Chain | None] = [None] * len(labels)
    places = {label.name: position for position, label in enumerate(labels)}
    firsts = [places[label.under] if label.under else 0 for label in labels]
    for found in _candidates(cells, labels):
        made = [(one, _extended(best, one, firsts[one.position], labels[one.position].many)) for one in found]
        for one, chain in made:
            known = best[one.position]
            if chain and (known is None or chain.length > known.length):
                best[one.position] = chain
    ends = [chain for chain in best if chain and labels[chain.last.position].ignored != HEADING]
    chain = max(ends, key=lambda one: (one.length, -one.last.position), default=None)
    found_chain: list[_Candidate] = []
    while chain:
        found_chain.append(chain.last)
        chain = chain.before
    return found_chain[::-1]


def _extended(best: Sequence[_Chain | None], one: _Candidate, under: int, many: bool) -> _Chain | None:
    first = max(under, one.position - _REACH) if one.how == _RUN else under
    earlier = [chain for chain in best[first : one.position + many] if chain]
    if not earlier:
        if under:
            return None
        return _Chain(1, one, None) if one.how != _RUN or not any(best[: one.position]) else None
    longest = max(earlier, key=lambda chain: (chain.length, chain.last.position))
    return _Chain(longest.length + 1, one, longest)


def _candidates(cells: Sequence[Cell], labels: Sequence[Label]) -> Iterator[list[_Candidate]]:
    """For each line that is or begins with a label, by its longest spelling: the places in the order where it stands."""
    places: dict[str, list[int]] = {}
    for position, label in enumerate(labels):
        for spelling in label.spelt or (label.name,):
            places.setdefault(spelling, []).append(position)
    spellings = sorted(places, key=len, reverse=True)
    known = re.compile("|".join(map(re.escape, spellings)))
    for line, cell in enumerate(cells):
        if match := known.match(cell.text):
            rest = cell.text[match.end() :]
            numbered = _NUMBERED.match(rest)
            rest = rest[numbered.end() :] if numbered else rest
            value = rest.lstrip(" :")
            how = _ALONE if not value else _BESIDE if rest.lstrip().startswith(":") else _RUN
            if how != _RUN or numbered or rest[0] == " ":
                yield [_Candidate(line, position, value, how) for position in places[match[0]]]


def refuse_unlabelled(document: Document, sheet: Sheet, least: int, title: str) -> None:
    """Raises LayoutError for a text that has too few of a registry's labels to be one of its pages."""
    if len(sheet) < least:
        raise layout_error(document, f"the text has {len(sheet)} of the labels of {title}, too few for one of its pages")
