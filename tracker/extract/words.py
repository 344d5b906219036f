"""Cleaning of registry texts, shared by every source, so that the same words always come out the same.

Registries serve markdown escapes, HTML entities and tags, non-breaking blanks and control characters in the middle of
sentences. None of that is news, so it is taken away before texts are stored in a record or compared.
"""

from __future__ import annotations

import re
import unicodedata
from html.entities import html5

from tracker.model.record import Criteria

_BREAKS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
# Control and bidirectional characters, zero-width blanks, soft hyphens and stray surrogates. The joiners U+200C and U+200D
# are spelling in Persian and Indic scripts and stay.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\ud800-\udfff]"
)
_ENTITY = re.compile(r"&(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_ESCAPE = re.compile(r"(?<!\\)\\+(?=[!-/:-@\[\]^_`{-~])")  # begun at a run's first backslash only: long runs stay cheap
# Named tags only: "<2.0 mg", "<LLN>" and "p<i" are comparisons, not mark-up.
_BLOCK_TAG = re.compile(r"</?(?:br|p|div|ul|ol|li|tr|td|th|table|tbody|thead|h[1-6]|hr)(?:\s[^<>]*)?/?>", re.IGNORECASE)
_INLINE_TAG = re.compile(r"</?(?:mark|b|i|u|em|strong|sub|sup|span|font|small|ins|del)(?:\s[^<>]*)?/?>", re.IGNORECASE)
_BLANKS = re.compile(r"[^\S\n]+")
_PARAGRAPHS = re.compile(r" ?\n[ \n]+| \n")
_MOST_MARKS = 30  # on one letter: Unicode's own bound, beyond which no script goes (UAX 15, Stream-Safe Text Format)
_MAYBE_MARKS = re.compile(rf"[^\x00-\u02ff]{{{_MOST_MARKS + 1},}}")
# The same question asked so that a text of typographic signs is passed through quickly: none of its runs is that long.
_NO_SUCH_RUN = re.compile(rf"[^\x00-\u02ff]{{0,{_MOST_MARKS}}}+(?:[\x00-\u02ff]++[^\x00-\u02ff]{{0,{_MOST_MARKS}}}+)*+\Z")
_MARK_UP_SIGNS = re.compile(r"[&<\\]")
_MOST_LAYERS = 10  # of mark-up hidden in mark-up; registries have shown three


def clean(text: str) -> str:
    """The text in Unicode NFC without entities, escapes, tags and control characters; paragraphs are single ``\\n``.

    Block tags become a paragraph, inline tags (``<mark>`` may stand inside a word) vanish. Cleaning twice changes nothing.
    What is hidden under more layers of mark-up than anybody writes loses the signs that mark-up is made of.
    """
    for _ in range(_MOST_LAYERS):
        if _is_clean(text):
            return text
        before, text = text, _cleaned_once(text)
        if text == before:
            return text
    return clean(_MARK_UP_SIGNS.sub("", text))


def _is_clean(text: str) -> bool:
    """Whether there is surely nothing to clean: cheap string scans, since most texts are clean already."""
    return not (
        "&" in text
        or "\\" in text
        or "<" in text
        or "  " in text
        or text[:1].isspace()
        or text[-1:].isspace()
        or not (text.isprintable() or _is_tidy_in_lines(text))
        or not (text.isascii() or (_NO_SUCH_RUN.match(text) and unicodedata.is_normalized("NFC", text)))
    )


def _is_tidy_in_lines(text: str) -> bool:
    return "\n" in text and not ("\n\n" in text or " \n" in text or "\n " in text) and text.replace("\n", "").isprintable()


def _cleaned_once(text: str) -> str:
    odd = not text.replace("\n", "").isprintable()
    if odd:
        text = _INVISIBLE.sub("", _BREAKS.sub("\n", text))
    if "&" in text:
        text = _ENTITY.sub(_entity, text)
    if "\\" in text:
        text = _ESCAPE.sub("", text)
    if "<" in text:
        text = _INLINE_TAG.sub("", _BLOCK_TAG.sub("\n", text))
    if odd or "  " in text:
        text = _BLANKS.sub(" ", text)
    if "\n" in text:
        text = _PARAGRAPHS.sub("\n", text)
    if not (text.isascii() or _NO_SUCH_RUN.match(text)):
        text = _MAYBE_MARKS.sub(_fewer_marks, text)
    return unicodedata.normalize("NFC", text.strip())


def _fewer_marks(match: re.Match[str]) -> str:
    """The signs without marks past the thirtieth on one letter: normalising takes the square of their number."""
    kept, marks = [], 0
    for sign in match[0]:
        marks = marks + 1 if unicodedata.combining(sign) else 0
        if marks <= _MOST_MARKS:
            kept.append(sign)
    return "".join(kept)


def _entity(match: re.Match[str]) -> str:
    name = match[1]
    if not name.startswith("#"):
        return html5.get(name + ";", match[0])
    code = int(name[2:], 16) if name[1] in "xX" else int(name[1:])
    return chr(code) if code <= 0x10FFFF else match[0]


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
