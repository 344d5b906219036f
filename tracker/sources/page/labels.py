"""Finds what stands under which label on a page of any layout: pairs of a label and its value, in reading order.

A label and its value stand in one line, in two, or in a row of a table. Where a table or a definition list says which value
belongs to which label, nothing else is believed. What lies under a heading over other trials, or over places, is left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from tracker.extract.blocks import Line, read_lines
from tracker.extract.decoding import is_html
from tracker.model.page_site import CSS
from tracker.model.source import Document
from tracker.sources.page.terms import BOTH, LABELS, OTHER_LABELS, PLACES, RELATED, folded

_FRONT_MATTER = "---"
_LONGEST_FRONT = 60
_LONGEST_LABEL = 8  # words
_LONGEST_LIST = 12
_HEADING = re.compile(r"(#{1,6})\s+(?=\S)")
_LINK = re.compile(r"\[([^\[\]]+)\]\([^()\s]+\)")
_STRONG = re.compile(r"\*\*|__(?=\S)|(?<=\S)__")
_TEXTS = ("brief_title", "official_title", "lead_sponsor", "conditions")
_BEGINS_ANOTHER = re.compile(
    r"(?:name|acronym|conditions?|title|sponsors?|type|status|phase|country|city|address|e-?mail|phone|telephone|date)\s",
    re.IGNORECASE,
)  # a label that stands before its value without a colon: under a heading, it begins the rows of a part of the page
_RULE = re.compile(r"[\s|:]*-{3,}[\s|:-]*")


@dataclass(frozen=True)
class Term:
    """What a label is for: its fields (none for a label that is not read), how exact it is, whether the site's map names it."""

    fields: tuple[str, ...] = ()
    rank: int = 0
    declared: bool = False


@dataclass(frozen=True)
class Pair:
    """A label as it stands on the page with the lines of its value, and the field that it is for.

    ``beside``: the page itself puts the value to the label, by a colon or by a cell. ``endless``: where the value ends
    cannot be told.
    """

    field: str
    label: str
    texts: tuple[str, ...]
    rank: int = 0
    declared: bool = False
    beside: bool = False
    endless: bool = False


Terms = Mapping[str, Term]
Fits = Callable[[str, str], bool]
"""Whether a text looks like a value of a field."""


def terms_of(declared: Mapping[str, Sequence[str]]) -> Terms:
    """The labels of a site: those that its map names take the place of the usual ones of their fields."""
    found = dict.fromkeys(OTHER_LABELS, Term())
    for field, groups in LABELS.items():
        for rank, labels in enumerate(groups, start=1):
            found.update(dict.fromkeys(labels, Term() if field in declared else Term((field,), rank)))
    for label, fields in BOTH.items():
        found[label] = Term(tuple(field for field in fields if field not in declared), 3)
    for field, places in declared.items():
        for rank, place in enumerate(places):
            known = found.get(folded(place), Term())
            if not place.startswith(CSS):
                found[folded(place)] = Term((*(known.fields if known.declared else ()), field), rank, declared=True)
    return found


def page_lines(document: Document) -> list[Line]:
    """The page's lines; of a text, headings, emphasis, table rows and front matter of Markdown are understood."""
    lines = read_lines(document.body, document.content_type)
    return list(lines) if is_html(document.body, document.content_type) else list(_from_markdown(lines))


def own_lines(lines: Sequence[Line]) -> list[Line]:
    """The lines without what lies under headings over other trials, and over places."""
    last = max((number for number, line in enumerate(lines) if folded(line.plain) in RELATED), default=None)
    kept: list[Line] = []
    until = 0  # the level of heading that ends what is left out
    for number, line in enumerate(lines):
        if until and 0 < line.level <= until:
            until = 0
        key = folded(line.plain)
        if line.level and not until and key in RELATED | PLACES:
            until = line.level
        elif not line.level and number == last and not until:
            break  # without a heading's level, nothing says where it ends
        if not until:
            kept.append(line)
    return kept


def pairs_of(lines: Sequence[Line], terms: Terms, fits: Fits) -> list[Pair]:
    """Every pair of a known label and a value, an empty one too."""
    return list(_Finder(list(_apart(lines, terms)), terms, fits).pairs())


def _from_markdown(lines: Sequence[Line]) -> Iterator[Line]:
    front = 0
    if lines and lines[0].text == _FRONT_MATTER:
        ends = (number for number, line in enumerate(lines[1:_LONGEST_FRONT], start=1) if line.text == _FRONT_MATTER)
        front = next(ends, 0)
    for line in lines[1:front]:
        name, colon, value = line.text.partition(":")
        yield Line(f"{name}{colon} {value.strip().strip(chr(34))}", part="front")
    row = 0
    for number, line in enumerate(lines[front + 1 if front else 0 :], start=front + 1 if front else 0):
        text = _LINK.sub(r"\1", _STRONG.sub("", line.text)).strip()
        heading = _HEADING.match(text)
        if heading:
            yield Line(text[heading.end() :], level=len(heading[1]))
        elif "|" in text:
            row += 1
            if not _RULE.fullmatch(text):
                over_rule = number + 1 < len(lines) and "|" in (rule := lines[number + 1].text) and _RULE.fullmatch(rule)
                yield from _cells(text, row, "th" if over_rule else "td")
        elif text:
            yield Line(text)


def _cells(text: str, row: int, part: str) -> Iterator[Line]:
    for column, cell in enumerate(text.removeprefix("|").removesuffix("|").split("|"), start=1):
        if cell.strip():
            yield Line(cell.strip(), part=part, row=row, column=column)


def _apart(lines: Sequence[Line], terms: Terms) -> Iterator[Line]:
    """Lines that hold several labels, each with a colon and its value, cut into one line for each."""
    labels = sorted((re.escape(label) for label in terms if label), key=len, reverse=True)
    known = re.compile(rf"(?:\A|(?<=[\s|·•,;/]))(?:{'|'.join(labels)})\s*:(?!//)\s", re.IGNORECASE)
    for line in lines:
        text = line.plain
        found = [match.start() for match in known.finditer(f"{text} ")] if text.count(":") > 1 else []
        if len(found) < 2 or found[0]:
            yield line
            continue
        for start, end in zip(found, [*found[1:], len(text)], strict=True):
            yield replace(line, text=text[start:end].strip(" |·•,;/"), seams=frozenset(), mark="")


class _Finder:
    def __init__(self, lines: list[Line], terms: Terms, fits: Fits) -> None:
        self._lines, self._terms, self._fits = lines, terms, fits

    def pairs(self) -> Iterator[Pair]:
        number = 0
        while number < len(self._lines):
            if end := self._headed_table(number):
                yield from self._columns(number, end)
                number = end
                continue
            found = self._label(self._lines[number])
            if found is not None:
                yield from self._pair(number, *found)
            number += 1

    def _pair(self, number: int, label: str, term: Term, value: str | None) -> Iterator[Pair]:
        for field in term.fields:
            if value is not None:
                yield Pair(field, label, (value,), term.rank, term.declared, beside=True)
                continue
            several = len(term.fields) > 1 and not term.declared
            texts, beside, endless = self._below(number, field, several=several)
            if several:  # of one label over two fields, each takes what fits it, or else fits none of the others
                others = [other for other in term.fields if other != field]
                own = [text for text in texts if self._fits(field, text)]
                texts = tuple(own or (text for text in texts if not any(self._fits(other, text) for other in others)))
            yield Pair(field, label, texts, term.rank, term.declared, beside, endless)

    def _label(self, line: Line) -> tuple[str, Term, str | None] | None:
        """The label that a line is or begins with, what it is for, and its value: None where the label stands alone."""
        text = line.plain
        if (term := self._terms.get(folded(text))) is not None:
            return text.rstrip(" :"), term, None
        before, colon, after = text.partition(":")
        if colon and not after.startswith("//") and not _BEGINS_ANOTHER.match(after):  # "Title:Acronym Mint" has two labels
            key = "brief title" if line.part == "front" and folded(before) == "title" else folded(before)
            if (term := self._terms.get(key)) is not None:
                return before.strip(), term, after.strip() or None
        return self._run_together(line)

    def _run_together(self, line: Line) -> tuple[str, Term, str] | None:
        """Label and value with nothing but a blank between them: believed where mark-up parts them, or the value fits."""
        text = line.plain
        ends = [match.start() for match in re.finditer(r"\s", text)][:_LONGEST_LABEL]
        cut_off = len(line.text) - len(text)
        seams = {seam - cut_off for seam in line.seams}
        for end in sorted({*ends, *(seam for seam in seams if 0 < seam < len(text))}, reverse=True):
            label, value = text[:end], text[end:].strip(" :")
            term = self._terms.get(folded(label)) if value else None
            if term is None:
                continue
            at_seam = bool(seams & {end, len(text) - len(text[end:].lstrip())})
            if at_seam or term.declared or any(self._fits(field, value) for field in term.fields):
                return label.strip(), term, value
        return None

    def _below(self, number: int, field: str, *, several: bool) -> tuple[tuple[str, ...], bool, bool]:
        """The lines of a value whose label stands alone, whether its place is certain, and whether its end is not."""
        label = self._lines[number]
        after = self._lines[number + 1 : number + 2 + _LONGEST_LIST]
        if label.part == "dt":
            return tuple(line.plain for line in _while(after, lambda line: line.part == "dd")), True, False
        if label.row and not (after and (after[0].row, after[0].column) == (label.row, label.column)):
            cell = _while(after, lambda line: (line.row, line.column) == (label.row, label.column + 1))
            return tuple(line.plain for line in cell), True, False
        run = _while(after, lambda line: line.row == label.row and self._may_be_value(line))
        if run and run[0].mark:
            run = _while(run, lambda line: bool(line.mark))
        elif field == "conditions" and len(run) > 1 and len(run) == len(after):
            return tuple(line.plain for line in run[:1]), False, True
        if field in _TEXTS and run and _BEGINS_ANOTHER.match(run[0].plain):
            return (run[0].plain,), False, True
        if field in ("conditions", "nct_number") or several:
            return tuple(line.plain for line in run), False, False
        return tuple(line.plain for line in run[:1]), False, False

    def _may_be_value(self, line: Line) -> bool:
        return not line.level and not line.text.endswith(":") and self._label(line) is None

    def _headed_table(self, number: int) -> int:
        """Where the rows under a row of nothing but heads end; 0 where no such table begins."""
        row = self._lines[number].row
        heads = _while(self._lines[number:], lambda line: line.row == row) if row else []
        width = _width(heads)
        if width < 2 or any(line.part != "th" for line in heads) or (number and self._lines[number - 1].row == row):
            return 0
        end = number + len(heads)
        while end < len(self._lines) and (below := self._lines[end].row):
            cells = _while(self._lines[end:], lambda line: line.row == below)
            if below == row or _width(cells) != width or all(line.part == "th" for line in cells):
                break
            end += len(cells)
        return end

    def _columns(self, start: int, end: int) -> Iterator[Pair]:
        """The pairs of a table with a row of heads, if one row of values follows; a longer one lists other things."""
        row = self._lines[start].row
        values = [line for line in self._lines[start:end] if line.row != row]
        if len({line.row for line in values}) != 1:
            return
        for head in self._lines[start:end]:
            term = self._terms.get(folded(head.plain)) if head.row == row else None
            for field in term.fields if term else ():
                texts = tuple(line.plain for line in values if line.column == head.column)
                yield Pair(field, head.plain, texts, term.rank if term else 0, bool(term and term.declared), beside=True)


def _while(lines: Sequence[Line], holds: Callable[[Line], bool]) -> list[Line]:
    kept = []
    for line in lines:
        if not holds(line):
            break
        kept.append(line)
    return kept


def _width(cells: Sequence[Line]) -> int:
    return max((line.column for line in cells), default=0)
