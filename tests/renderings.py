"""The same page in many mark-ups: what a site's next redesign may look like, made from the text of a page.

A page model is the page's lines with the words of a vocabulary recognised: headings, label and value pairs, list items,
other text. Every style in ``STYLES`` writes the whole model as HTML; none loses a line, none shares code with the reader.
"""

from __future__ import annotations

import html
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from tracker.extract.labels import Vocabulary

_MARK = re.compile(r"\s*(?P<mark>[*•-]|(?P<number>\d{1,2})\.)\s+(?P<text>.+)")


@dataclass(frozen=True)
class Piece:
    """One line of the page. ``label`` is empty but for pairs; ``mark`` is the list mark an item was written with."""

    kind: Literal["heading", "pair", "item", "text"]
    text: str
    label: str = ""
    mark: str = ""


def model(text: str, vocabulary: Vocabulary) -> tuple[Piece, ...]:
    """The page's lines, with headings and labels recognised by the vocabulary's names alone."""
    headings = {heading for section in vocabulary.sections for heading in section.headings}
    labels = {label.name.lower() for s in (vocabulary.head, *vocabulary.sections) for label in s.labels if label.written}
    lines = [line.strip("\r\n") for line in text.splitlines() if line.strip()]
    pieces: list[Piece] = []
    while lines:
        line = lines.pop(0)
        words = " ".join(line.split())
        prefix = next((words[: len(label)] for label in labels if words.lower().startswith(label)), "")
        rest = words[len(prefix) :]
        marked = _MARK.fullmatch(line)
        if words.lower() in headings:
            pieces.append(Piece("heading", words))
        elif prefix and rest.strip(": ") and rest[0] in ": " and (rest[0] == ":" or " " not in rest.strip()):
            pieces.append(Piece("pair", rest.lstrip(": "), prefix))
        elif prefix and not rest.strip(": ") and lines:
            empty = any(lines[0].strip().lower().startswith(label) for label in labels)
            pieces.append(Piece("pair", "" if empty else " ".join(lines.pop(0).split()), prefix))
        elif marked:
            pieces.append(Piece("item", marked["text"].strip(), mark=marked["mark"]))
        else:
            pieces.append(Piece("text", words))
    return tuple(pieces)


def _e(text: str) -> str:
    return html.escape(text)


def _page(body: str, *, charset: str = "utf-8") -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="{charset}"><title>Another NCT99999999 | Site</title>'
        "<style>.x{color:red}</style><script>var status = 'COMPLETED';</script></head><body>"
        '<nav><a href="/">Home</a> <a href="/t">Trials RECRUITING</a></nav>'
        f"{body}<footer>&copy; A site. <a>Terms</a></footer><script>hydrate({{}})</script></body></html>"
    )


def _with_lists(pieces: tuple[Piece, ...], write: Callable[[Piece], str]) -> str:
    """Runs of items as real lists, whose marks the browser draws."""
    out: list[str] = []
    opened = ""
    for piece in pieces:
        kind = "" if piece.kind != "item" else "ol" if piece.mark[0].isdigit() else "ul"
        if kind != opened:
            out += [f"</{opened}>" if opened else "", f"<{kind}>" if kind else ""]
            opened = kind
        out.append(f"<li>{_e(piece.text)}</li>" if kind else write(piece))
    return "".join([*out, f"</{opened}>" if opened else ""])


def div_pairs(pieces: tuple[Piece, ...]) -> str:
    def write(piece: Piece) -> str:
        if piece.kind == "heading":
            return f'<div class="head"><span>{_e(piece.text)}</span></div>'
        if piece.kind == "pair":
            return f'<div class="row"><div>{_e(piece.label)}</div><div><span>{_e(piece.text)}</span></div></div>'
        return f"<div><div>{_e(piece.text)}</div></div>"

    return _page(f"<main>{_with_lists(pieces, write)}</main>")


def definition_list(pieces: tuple[Piece, ...]) -> str:
    def write(piece: Piece) -> str:
        if piece.kind == "heading":
            return f"<h2>{_e(piece.text)}</h2>"
        if piece.kind == "pair":
            return f"<dl>\n  <dt>{_e(piece.label)}:</dt>\n  <dd>\n    {_e(piece.text)}\n  </dd>\n</dl>"
        return f"<p>\n{_e(piece.text)}\n</p>"

    return _page(_with_lists(pieces, write))


def table(pieces: tuple[Piece, ...]) -> str:
    rows = []
    for piece in pieces:
        if piece.kind == "heading":
            rows.append(f'<tr><th colspan="2">{_e(piece.text)}</th></tr>')
        elif piece.kind == "pair":
            rows.append(f'<tr><th scope="row">{_e(piece.label)}&nbsp;</th>\n<td>{_e(piece.text)}</td></tr>')
        else:
            mark = f"{piece.mark} " if piece.mark else ""
            rows.append(f'<tr><td colspan="2">{_e(mark + piece.text)}</td></tr>')
    return _page(f"<table><tbody>{''.join(rows)}</tbody></table>")


def headings(pieces: tuple[Piece, ...]) -> str:
    def write(piece: Piece) -> str:
        if piece.kind == "heading":
            return f"</section><section><h2><button>{_e(piece.text)}</button></h2>"
        if piece.kind == "pair":
            return f"<h4>{_e(piece.label)}</h4><p>{_e(piece.text)}</p>"
        return f"<p>{_e(piece.text)}</p>"

    return _page(f"<article><section>{_with_lists(pieces, write)}</section></article>")


def breaks(pieces: tuple[Piece, ...]) -> str:
    """No blocks at all: lines end at <br>, words sit in inline tags, a label and its value share a line."""
    lines = []
    for piece in pieces:
        words = [f"<b>{_e(word)}</b>" if n % 2 else f"<i>{_e(word)}</i>" for n, word in enumerate(piece.label.split())]
        if piece.kind == "pair":
            lines.append(f"{' '.join(words)}:&nbsp; <span>{_e(piece.text)}</span>")
        else:
            first, _, rest = (f"{piece.mark} " * bool(piece.mark) + piece.text).partition(" ")
            lines.append(f"<em>{_e(first)}</em>{' ' * bool(rest)}{_e(rest)}")
    return _page("<br/>\n".join(lines))


def spans(pieces: tuple[Piece, ...]) -> str:
    """Label and value in one element, parted by nothing but spans; lists as plain text that the style sheet keeps."""

    def write(piece: Piece) -> str:
        if piece.kind == "pair":
            return f"<li><span>{_e(piece.label)}</span><span>{_e(piece.text)}</span></li>"
        return f"<div><strong>{_e(piece.text)}</strong></div>" if piece.kind == "heading" else f"<p>{_e(piece.text)}</p>"

    out: list[str] = []
    for piece in pieces:
        if piece.kind == "item" and out and out[-1].startswith("<pre"):
            out[-1] = out[-1].replace("</pre>", f"\n {piece.mark} {_e(piece.text)}</pre>")
        elif piece.kind == "item":
            out.append(f'<pre style="white-space: pre-wrap">{piece.mark} {_e(piece.text)}</pre>')
        else:
            out.append(write(piece))
    return _page("".join(out))


def framework(pieces: tuple[Piece, ...]) -> str:
    """As component frameworks write: comments inside text, deep wrappers, unknown elements, text in entities."""
    out = []
    for piece in pieces:
        value = _e(piece.text).replace("≥", "&ge;").replace("é", "&eacute;")
        if piece.kind == "pair":
            out.append(f"<x-row><p><span>{_e(piece.label)}: <!-- -->{value}</span></p></x-row>")
        elif piece.kind == "heading":
            out.append(f'<div><div><header><h3 class="t">{value}<!-- --></h3></header></div></div>')
        else:
            mark = f"{piece.mark} " if piece.mark else ""
            out.append(f"<div><section><div>{mark}<!-- -->{value}</div></section></div>")
    return _page(f'<div id="root"><div hidden=""></div>{"".join(out)}</div>')


STYLES: dict[str, Callable[[tuple[Piece, ...]], str]] = {
    style.__name__: style for style in (div_pairs, definition_list, table, headings, breaks, spans, framework)
}


def shuffled(pieces: tuple[Piece, ...], seed: int) -> str:
    """A mark-up of its own for every seed: each piece in a random style's manner, random wrappers and white space."""
    dice = random.Random(seed)
    return _page("".join(_wrapped(piece, dice) for piece in pieces))


def _wrapped(piece: Piece, dice: random.Random) -> str:
    parts = list(_loose(piece, dice))
    inline = dice.choice(["span", "b", "a", "em", "span"])
    parts = [f"<{inline}>{part}</{inline}>" if dice.random() < 0.4 else part for part in parts]
    if len(parts) == 2 and dice.random() < 0.5:
        block = dice.choice(["div", "p", "h4", "dd"])
        parts = [f"<{block}>{_space(dice)}{part}{_space(dice)}</{block}>" for part in parts]
    elif len(parts) == 2:
        parts = [parts[0], ": ", parts[1]]
    text = _space(dice).join(parts)
    for _ in range(dice.randint(1, 4)):
        block = dice.choice(["div", "section", "article", "x-card", "td", "li"])
        inner = f"{_space(dice)}{text}{_space(dice)}"
        text = f"<table><tr><td>{inner}</td></tr></table>" if block == "td" else f"<{block}>{inner}</{block}>"
    return text.replace("<li>", "<div>").replace("</li>", "</div>")


def _loose(piece: Piece, dice: random.Random) -> Iterator[str]:
    mark = f"{piece.mark} " if piece.mark else ""
    for text in (piece.label, mark + piece.text):
        if text:
            yield "".join(
                _e(part) if part.strip() else dice.choice([" ", "  ", "&nbsp;", " \t "]) for part in re.split(r"(\s)", text)
            )


def _space(dice: random.Random) -> str:
    return dice.choice(["", " ", "\n", "\n    ", "\t\n "])
