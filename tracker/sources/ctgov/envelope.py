"""Answers of the registry's own history pages: ``{studyVersion, study}``, with texts as HTML where API v2 has markdown.

Entities stand for single signs, sometimes twice over; found words are marked; notes of the reviewing unit stand between.
"""

from __future__ import annotations

import html
import re
from typing import Any

from tracker.extract.read_log import DEEPEST, OversizedValueError

_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_MARK = re.compile(r"</?mark(?:\s[^<>]*)?>", re.IGNORECASE)
_BLOCK = re.compile(r"</?(?:p|ul|ol|li|br)\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"\s*<(/?)(p|ul|ol|li|br)\b[^<>]*>\s*", re.IGNORECASE)
_BREAKS = re.compile(r"\r\n?")
_LAYERS = 2

NOTES = "reviewUnit"
"""The field in which the reviewing unit stands; it is no part of the record."""


def version_of(decoded: dict[str, Any]) -> int | None:
    """The number of the version that an answer holds; None where it is no answer of the history."""
    number = decoded.get("studyVersion")
    is_number = isinstance(number, int) and not isinstance(number, bool)
    return number if is_number and isinstance(decoded.get("study"), dict) else None


def opened(decoded: dict[str, Any]) -> dict[str, Any]:
    """The study that an answer holds, as API v2 would say it; one that is no answer of the history, as it is."""
    if version_of(decoded) is None:
        return decoded
    study: dict[str, Any] = _plain(decoded["study"], 0)
    return study


def plain_text(text: str) -> str:
    """A text without entities, marks and block tags: paragraphs are apart by an empty line, items begin with an asterisk."""
    for _ in range(_LAYERS):
        text = _BREAKS.sub("\n", _MARK.sub("", text))
        if _BLOCK.search(text):
            text = _without_blocks(text)
        text = _ENTITY.sub(lambda found: html.unescape(found[0]), text)
    return _MARK.sub("", text)


def _without_blocks(text: str) -> str:
    """Line breaks inside HTML mean nothing, and differ from one answer to the next."""
    numbered: list[int] = []  # of the lists around: the number of the next item, 0 where items have none

    def in_words(found: re.Match[str]) -> str:
        closes, tag = bool(found[1]), found[2].lower()
        if tag in ("ul", "ol"):
            if closes and numbered:
                numbered.pop()
            elif not closes:
                numbered.append(1 if tag == "ol" else 0)
            return "\n\n" if len(numbered) <= (0 if closes else 1) else "\n"
        if tag == "li":
            return "" if closes else _item(numbered)
        return "\n" if tag == "br" else "\n\n"

    text = _TAG.sub(in_words, re.sub(r"[ \t]*\n[ \t]*", " ", text))
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def _item(numbered: list[int]) -> str:
    if not numbered or not numbered[-1]:
        return "\n* "
    numbered[-1] += 1
    return f"\n{numbered[-1] - 1}. "


def _plain(value: Any, level: int) -> Any:
    if level > DEEPEST:
        raise OversizedValueError("it is nested too deeply")
    match value:
        case str():
            return plain_text(value) if "&" in value or "<" in value or "\r" in value else value
        case dict():
            return {key: _plain(inner, level + 1) for key, inner in value.items() if key != NOTES}
        case list():
            return [_plain(inner, level + 1) for inner in value]
        case _:
            return value
