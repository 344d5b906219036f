"""A page, served as HTML or saved as text, reduced to its lines of visible text in reading order.

The mark-up of trial page sites is not ours and changes without notice, so nothing here knows a tag path or a class of any
site: block elements, table cells and line breaks end a line, inline elements do not. What little of the mark-up helps to
read a line (a heading, a list mark, the places where inline elements meet) goes with it as a hint.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tracker.extract.decoding import decode, is_html
from tracker.text.characters import CONTEXT, after_script, lowered, raised, visible

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode


def _tags(names: str) -> frozenset[str]:
    return frozenset(names.split())


# What no reader of the page sees as text. <header> and <button> stay: titles and accordion headings live in them.
_DROPPED = _tags(
    "head script style template noscript nav footer svg math canvas iframe object embed audio video map "
    "input select textarea datalist meter progress option link meta title"
)
_INLINE = _tags(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark q s samp small span strike strong "
    "sub sup time tt u var wbr button img picture output ruby rb rt rp"
)
# These may stand inside a word ("CC<b>312</b>", "H<sub>2</sub>O"); the others hold words of their own.
_WITHIN_WORDS = _tags("abbr b bdi bdo big code del em font i ins mark q s small strike strong sub sup tt u var wbr")
_PARTS = _tags("tr td th dt dd")
_PRE_TAGS = _INLINE | _tags("pre p div td dd section")
_PRE_DEPTH = 30  # how far up a style that keeps line ends is looked for
_PRE_HINT = re.compile(r"white-?space\s*[:-]\s*(?:pre|break-spaces)|\bpre-(?:line|wrap)\b", re.IGNORECASE)
_MARKED_LINE = re.compile(r"\n[^\S\n]*(?:[*•·●▪◦-]|\(?\d{1,2}[.)])[^\S\n]+\S")
_LIST_MARK = re.compile(r"(?:[*•·●▪◦‣■–-]|\(?\d{1,2}[.)])\s+")
_LINE_ENDS = re.compile(r"\r\n|[\r\n\x0b\x0c\u2028\u2029]")
_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)", re.IGNORECASE)
# These never lie in one another however often they are opened: they are void, end by themselves, or keep to their table.
_UNNESTED = _tags(
    "area base br col embed hr img input link meta source track wbr "
    "html head body p li dt dd option optgroup rb rp rt rtc colgroup caption thead tbody tfoot tr td th"
)
_MOST_WORK = 20_000_000  # open elements, summed over all tags: the longest real pages make a tenth of it
_EACH_TAG = 60  # what a tag by itself costs, in open elements
_MOST_SEAMS = 1000  # in one line; the places of inline elements help to read a row of labels, and no row is that long
_MAY_HIDE = re.compile(r"hidden|display|<dialog", re.IGNORECASE)
_DISPLAY = re.compile(r"(?:\A|;)\s*display\s*:\s*([a-z-]+)\s*(!\s*important)?", re.IGNORECASE)
_STYLE_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)


@dataclass(frozen=True)
class Line:
    """One line of visible text, white space single.

    ``seams`` are the places (character offsets) where an inline element begins or ends, ``level`` is 1 to 6 inside a
    heading and else 0, ``mark`` is the list mark that HTML draws and does not write ("* ", "2. "). ``part`` is the
    cell or the list entry that holds the line (th, td, dt, dd), ``row`` counts the table rows of the page and ``column`` the
    cells of the row.
    """

    text: str
    seams: frozenset[int] = frozenset()
    level: int = 0
    mark: str = ""
    part: str = ""
    row: int = 0
    column: int = 0

    @property
    def plain(self) -> str:
        """The text without a written list mark."""
        match = _LIST_MARK.match(self.text)
        return self.text[match.end() :] if match else self.text

    @property
    def marked(self) -> str:
        """The text with its list mark, written or drawn."""
        return self.text if _LIST_MARK.match(self.text) else self.mark + self.text


def read_lines(body: bytes, content_type: str = "") -> tuple[Line, ...]:
    """The lines of a page, in reading order, blank ones left out."""
    text = decode(body, content_type)
    return html_lines(text) if is_html(body, content_type) else text_lines(text)


def text_lines(text: str) -> tuple[Line, ...]:
    """The lines of a saved text."""
    lines = (" ".join(visible(part).split()) for part in _LINE_ENDS.split(text))
    return tuple(Line(line) for line in lines if line)


def is_tangled(html: str) -> bool:
    """Whether there are so many tags, or so deep in one another, that they cannot be taken apart in reasonable time and space.

    By the rules of HTML each tag is held against the elements that are open; a million nested ones take hours. Counted
    by name and not by grammar, which tells a heap of tags from a page.
    """
    opened: Counter[str] = Counter()
    depth = work = 0
    for match in _TAG.finditer(html):
        closes, name = match[1], match[2].lower()
        work += depth + _EACH_TAG
        if work > _MOST_WORK:
            return True
        if name in _UNNESTED:
            continue
        if not closes:
            opened[name] += 1
            depth += 1
        elif opened[name]:
            opened[name] -= 1
            depth -= 1
    return False


def html_lines(html: str) -> tuple[Line, ...]:
    """The lines of an HTML page as a browser would break them; none where `is_tangled`."""
    if is_tangled(html):
        return ()
    from selectolax.lexbor import LexborHTMLParser  # here, because most commands read no page

    root = LexborHTMLParser(html).body
    if root is None:
        return ()
    writer = _Writer()
    for node, opens in _walk(root, may_hide=bool(_MAY_HIDE.search(html))):
        tag = node.tag or ""
        if opens and tag == "-text":
            writer.text(node.text_content or "", lined=_keeps_lines(node))
        elif tag == "br":
            writer.end()
        elif tag in _INLINE:
            writer.seam(tag, opens=opens)
        elif tag != "-text":
            writer.block(tag, opens=opens)
    writer.end()
    return tuple(writer.lines)


@dataclass
class _OpenPart:
    """A table row, a cell or a list entry that is open; ``cells`` counts those of a row."""

    tag: str
    row: int = 0
    column: int = 0
    cells: int = 0


@dataclass
class _Writer:
    """Collects the text between two line ends."""

    lines: list[Line] = field(default_factory=list)
    _parts: list[str] = field(default_factory=list)
    _length: int = 0
    _blank: bool = False
    _seams: set[int] = field(default_factory=set)
    _closed: str = ""
    _script: str = ""
    _levels: list[int] = field(default_factory=list)
    _mark: str = ""
    _lists: list[int | None] = field(default_factory=list)
    _parts_open: list[_OpenPart] = field(default_factory=list)
    _rows: int = 0

    def text(self, text: str, *, lined: bool) -> None:
        first, *more = _LINE_ENDS.split(text) if lined else [text]
        self._add(first)
        for part in more:
            self.end()
            self._add(part)

    def _add(self, text: str) -> None:
        text = visible(text)
        words = " ".join(text.split())
        if not words:
            self._blank = self._blank or bool(text)
            self._closed = "" if text else self._closed
            return
        blank = " " if self._parts and (self._blank or text[0].isspace()) else ""
        words = f"{blank}{self._script_sign(blank, words)}{words}"
        self._parts.append(words)
        self._length += len(words)
        self._blank, self._closed, self._script = text[-1].isspace(), "", ""

    def _script_sign(self, blank: str, words: str) -> str:
        """What keeps a raised or lowered text apart from its neighbour, where it begins and where it has ended."""
        if not self._script:
            return ""
        before = "".join(self._parts[-CONTEXT:])[-CONTEXT:] + blank
        if self._script == "ended":
            return after_script(before, words)
        return (raised if self._script == "sup" else lowered)(before, words)

    def seam(self, tag: str, *, opens: bool) -> None:
        self._seams.add(self._length)
        if tag in ("sup", "sub"):
            self._script = tag if opens else "ended"
        if not opens:
            self._closed = tag
        elif self._closed and not {self._closed, tag} & _WITHIN_WORDS:
            self._blank = True  # <span>Participants</span><span>Caregivers</span>: two words, set apart by the style sheet
        if opens:
            self._closed = ""

    def block(self, tag: str, *, opens: bool) -> None:
        self.end()
        if len(tag) == 2 and tag[0] == "h" and tag[1] in "123456":
            if opens:
                self._levels.append(int(tag[1]))
            elif self._levels:
                self._levels.pop()
        elif tag in ("ul", "ol"):
            if opens:
                self._lists.append(0 if tag == "ol" else None)
            elif self._lists:
                self._lists.pop()
        elif tag == "li":
            self._mark = self._drawn_mark() if opens else ""
        elif tag in _PARTS:
            self._part(tag, opens=opens)

    def _part(self, tag: str, *, opens: bool) -> None:
        if not opens:
            if self._parts_open:
                self._parts_open.pop()
            return
        if tag == "tr":
            self._rows += 1
            self._parts_open.append(_OpenPart(tag, row=self._rows))
            return
        row = self._parts_open[-1] if self._parts_open and self._parts_open[-1].tag == "tr" else None
        if row and tag in ("td", "th"):
            row.cells += 1
        self._parts_open.append(_OpenPart(tag, row=row.row if row else 0, column=row.cells if row else 0))

    def _drawn_mark(self) -> str:
        """What a browser draws before the next item of the innermost list."""
        number = self._lists[-1] if self._lists else None
        if number is None:
            return "* "
        self._lists[-1] = number + 1
        return f"{number + 1}. "

    def end(self) -> None:
        if self._parts:
            text = "".join(self._parts)
            level = self._levels[-1] if self._levels else 0
            mark = "" if _LIST_MARK.match(text) else self._mark
            seams = self._seams - {0, len(text)}
            held = self._parts_open[-1] if self._parts_open and self._parts_open[-1].tag != "tr" else _OpenPart("")
            kept = frozenset(seams if len(seams) <= _MOST_SEAMS else ())
            self.lines.append(Line(text, kept, level, mark, held.tag, held.row, held.column))
            self._mark = ""  # only the first line of an item carries its mark
        self._parts, self._length, self._blank, self._closed, self._script = [], 0, False, "", ""
        self._seams = set()


def _walk(root: LexborNode, *, may_hide: bool) -> Iterator[tuple[LexborNode, bool]]:
    """Every visible node when it opens and again when it closes; a stack of its own, so that depth cannot exhaust Python's."""
    stack: list[tuple[LexborNode, bool]] = [(root, True)]
    while stack:
        node, opens = stack.pop()
        tag = node.tag or ""
        if tag in _DROPPED or tag == "-comment" or (may_hide and opens and tag != "-text" and _is_hidden(node)):
            continue
        yield node, opens
        if not opens or tag == "-text":
            continue
        stack.append((node, False))
        children = []
        child = node.child
        while child is not None:
            children.append((child, True))
            child = child.next
        stack.extend(reversed(children))


def _is_hidden(node: LexborNode) -> bool:
    """Whether a browser shows nothing of the element, by its own mark-up: style sheets are not asked."""
    attributes = node.attributes
    if (attributes.get("aria-hidden") or "").strip().lower() == "true":
        return True
    if node.tag == "dialog" and "open" not in attributes:
        return True
    declared = list(_DISPLAY.finditer(_STYLE_COMMENT.sub("", attributes.get("style") or "")))
    if declared:  # the last one holds, an important one before all, and any before the attribute
        holds = [*declared, *(one for one in declared if one[2])][-1]
        return holds[1].lower() == "none"
    return "hidden" in attributes


def _keeps_lines(node: LexborNode) -> bool:
    """Whether line ends inside this text are line breaks: in <pre>, where a style says so, and where it is plainly a list."""
    text = node.text_content or ""
    if "\n" not in text.strip():
        return False
    if len(_MARKED_LINE.findall("\n" + text)) > 1:
        return True
    parent = node.parent
    for _ in range(_PRE_DEPTH):
        if parent is None or parent.tag not in _PRE_TAGS:
            return False
        attributes = parent.attributes
        if parent.tag == "pre" or _PRE_HINT.search(f"{attributes.get('style') or ''} {attributes.get('class') or ''}"):
            return True
        parent = parent.parent
    return False
