"""Cleaning of registry texts, shared by every source, so that the same words always come out the same.

Registries serve markdown escapes, HTML entities and tags, non-breaking blanks and control characters in the middle of
sentences. None of that is news, so `clean` removes it before a text enters a record.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from html.entities import html5

from tracker.text.characters import CONTEXT, WINDOWS_SIGNS, after_script, lowered, raised, visible

_BREAKS = re.compile(r"\r\n?|[\x0b\x0c\u2028\u2029]")
# Browsers read a number without its semicolon too; a name without it is more often no entity ("R&D", "AT&T").
_ENTITY = re.compile(r"&(?:(#[0-9]{1,7})(?:;|(?![0-9;]))|(#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});)")
_ESCAPE = re.compile(r"(\\++)([!-/:-@\[\]^_`{-~])?")  # always a whole run of backslashes: long runs stay cheap
_TAG = re.compile("</?[A-Za-z]")  # as every tag begins; most signs of "less" are no tag's
# Named tags only: "<2.0 mg", "<LLN>" and "p<i" are comparisons, not mark-up.
_BLOCK_TAG = re.compile(r"</?(?:br|p|div|ul|ol|li|tr|td|th|table|tbody|thead|h[1-6]|hr)(?:\s[^<>]*)?/?>", re.IGNORECASE)
_INLINE_TAG = re.compile(r"</?(?:mark|b|i|u|em|strong|span|font|small|ins|del)(?:\s[^<>]*)?/?>", re.IGNORECASE)
_SCRIPT_TAG = re.compile(r"<(/?)(su[bp])(?:\s[^<>]*)?/?>", re.IGNORECASE)
_SCRIPT_TEXT = re.compile(r"[^<]{0,40}")
_BLANKS = re.compile(r"[^\S\n]+")
_SPACES = re.compile("  +")  # all the blanks that a text of printable signs can have
_MOST_MARKS = 30  # on one letter: Unicode's own bound, beyond which no script goes (UAX 15, Stream-Safe Text Format)
_MAYBE_MARKS = re.compile(rf"[^\x00-\u02ff]{{{_MOST_MARKS + 1},}}")
# The same question asked so that a text of typographic signs is passed through quickly: none of its runs is that long.
_NO_SUCH_RUN = re.compile(rf"[^\x00-\u02ff]{{0,{_MOST_MARKS}}}+(?:[\x00-\u02ff]++[^\x00-\u02ff]{{0,{_MOST_MARKS}}}+)*+\Z")
_MARK_UP_SIGNS = re.compile(r"[&<\\]")
_CONTROLS = bytes(code for code in range(128) if not chr(code).isprintable() and chr(code) != "\n")
_ASCII = bytes(range(128))
_ESCAPED = frozenset(sign for sign in map(chr, range(33, 127)) if not sign.isalnum() and sign != "\\")
_BRIEF = 250
_SHORT = 60
_MOST_LAYERS = 10  # of mark-up hidden in mark-up; registries have shown three


def clean(text: str) -> str:
    """The text in Unicode NFC without entities, escapes, tags and control characters; paragraphs are single ``\\n``.

    Block tags become a paragraph, inline tags (``<mark>`` may stand inside a word) vanish; what ``<sup>`` and ``<sub>`` mean
    is written out (``10^9``). Cleaning twice changes nothing.
    What is hidden under more layers of mark-up than anybody writes loses the signs that mark-up is made of.
    """
    if text and _is_plain(text):
        return text
    return _clean_short(text) if len(text) <= _SHORT else _clean(text)


def cleaned(text: str | None) -> str | None:
    """The text, cleaned; None for one that is absent or empty."""
    if not text:
        return None
    if _is_plain(text):
        return text
    return (_clean_short(text) if len(text) <= _SHORT else _clean(text)) or None


def _is_plain(text: str) -> bool:
    """Whether a text is one short line of ASCII with nothing to clean, as nine of ten are: the first question about each."""
    return (
        len(text) <= _BRIEF
        and text.isascii()
        and text.isprintable()
        and not ("&" in text or "\\" in text or "<" in text or "  " in text or text[0] == " " or text[-1] == " ")
    )


def _clean(text: str) -> str:
    for _ in range(_MOST_LAYERS):
        if _is_clean(text):
            return text
        before, text = text, _cleaned_once(text)
        if text == before or _hid_nothing(before, text):
            return text
    return clean(_MARK_UP_SIGNS.sub("", text))


def _hid_nothing(before: str, text: str) -> bool:
    """Whether cleaning once was surely enough: ASCII without a sign of mark-up, read from no entity, which may be any sign."""
    return text.isascii() and "\\" not in text and "&" not in before and not ("<" in text and _TAG.search(text))


# Names of places and sponsors with accents stand in many records.
_clean_short = lru_cache(maxsize=16_384)(_clean)


def _is_clean(text: str) -> bool:
    """Whether there is surely nothing to clean: cheap string scans, since most texts are clean already."""
    return not (
        "&" in text
        or "\\" in text
        or ("<" in text and _TAG.search(text))
        or "  " in text
        or text != text.strip()
        or ("\n" in text and ("\n\n" in text or " \n" in text or "\n " in text))
        or not _is_printable(text)
        or not (text.isascii() or (_has_few_marks(text) and unicodedata.is_normalized("NFC", text)))
    )


def _has_few_marks(text: str) -> bool:
    """Whether no letter has more marks than Unicode allows; sure of a text with few signs beyond those of Latin-1."""
    beyond = len(text) - len(text.encode("latin-1", "ignore"))
    return beyond <= _MOST_MARKS or _NO_SUCH_RUN.match(text) is not None


def _is_printable(text: str) -> bool:
    """Whether the text holds nothing but printable signs and line breaks.

    The bytes of a long one are looked through at once by a table: `str.isprintable` looks each sign up.
    """
    if len(text) <= _BRIEF:
        return text.isprintable() or text.replace("\n", "").isprintable()
    signs = text.encode("utf-8", "surrogatepass")
    if len(signs.translate(None, _CONTROLS)) != len(signs):
        return False
    return text.isascii() or signs.translate(None, _ASCII).decode("utf-8", "surrogatepass").isprintable()


def _cleaned_once(text: str) -> str:
    odd = not _is_printable(text)
    if odd:
        text = visible(_BREAKS.sub("\n", text))
    if "&" in text:
        text = _ENTITY.sub(_entity, text)
    if "\\" in text:
        text = _unescaped(text)
    if "<" in text and _TAG.search(text):
        text = _INLINE_TAG.sub("", _BLOCK_TAG.sub("\n", text))
        text = _scripts_written_out(text)
    if odd:
        text = _BLANKS.sub(" ", text)
    if " \n" in text or "\n " in text:
        text = "\n".join([part.strip(" ") for part in text.split("\n")])
    if "  " in text:
        text = _SPACES.sub(" ", text)
    while "\n\n" in text:
        text = text.replace("\n\n", "\n")
    if not (text.isascii() or _has_few_marks(text)):
        text = _MAYBE_MARKS.sub(_fewer_marks, text)
    return unicodedata.normalize("NFC", text.strip())


def _unescaped(text: str) -> str:
    """The text without the backslash before signs of mark-up; of a run of them, none is left before such a sign."""
    if "\\\\" in text:
        return _ESCAPE.sub(lambda match: match[2] or match[1], text)
    first, *others = text.split("\\")
    return first + "".join([part if part[:1] in _ESCAPED else f"\\{part}" for part in others])


def _fewer_marks(match: re.Match[str]) -> str:
    """The signs without marks past the thirtieth on one letter: normalising takes the square of their number."""
    kept, marks = [], 0
    for sign in match[0]:
        marks = marks + 1 if unicodedata.combining(sign) else 0
        if marks <= _MOST_MARKS:
            kept.append(sign)
    return "".join(kept)


def _scripts_written_out(text: str) -> str:
    """The text without ``<sup>`` and ``<sub>``, with the signs that say as much."""
    parts: list[str] = []
    tail, end = "", 0

    def add(part: str) -> None:
        nonlocal tail
        parts.append(part)
        tail = (tail + part)[-CONTEXT:]

    for match in _SCRIPT_TAG.finditer(text):
        add(text[end : match.start()])
        end = match.end()
        if match[1]:
            add(after_script(tail, text[end : end + 1]))
        elif content := _SCRIPT_TEXT.match(text, end):
            add((raised if match[2].lower() == "sup" else lowered)(tail, content[0]))
    add(text[end:])
    return "".join(parts)


def _entity(match: re.Match[str]) -> str:
    name = match[1] or match[2]
    if not name.startswith("#"):
        return html5.get(name + ";", match[0])
    code = int(name[2:], 16) if name[1] in "xX" else int(name[1:])
    return WINDOWS_SIGNS.get(code) or (chr(code) if code <= 0x10FFFF else match[0])
