"""What every page site's source does alike: tell whose page it is, put cleaned values into the record's shapes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TypeVar

from tracker.errors import AnswerError, LayoutError
from tracker.extract.blocks import is_tangled
from tracker.extract.dates import read_date
from tracker.extract.decoding import decode, is_html
from tracker.extract.labels import Page
from tracker.model.dates import RegistryDate
from tracker.model.source import Document
from tracker.text.clean import clean
from tracker.text.tokens import tokens

_E = TypeVar("_E", bound=AnswerError)
_BULLET = re.compile(r"\A[*•·●-]\s+")
_LARGEST_PAGE = 16 * 1024 * 1024  # bytes; a trial of 1,500 sites makes a tenth of it


def refuse_unreadable(document: Document) -> None:
    """Raises AnswerError for an empty page, one of no page's size, HTML that was cut off, and a heap of nested tags."""
    if not document.body.strip():
        raise _error(AnswerError, document, "the page is empty", "It is asked for again in the next run.")
    if len(document.body) > _LARGEST_PAGE:
        remedy = "Open it in a browser: if it looks well there, a newer tracker is needed."
        raise _error(AnswerError, document, f"the page has {len(document.body):,} bytes, which no trial's page has", remedy)
    if is_html(document.body, document.content_type):
        tail = document.body[-2000:].lower() if b"\0" not in document.body[:4] else b"</html"
        if b"<html" in document.body[:4000].lower() and b"</html" not in tail:
            raise _error(AnswerError, document, "the page was cut off: it has no end", "It is asked for again in the next run.")
        if is_tangled(decode(document.body, document.content_type)):
            remedy = "Open it in a browser: if it looks well there, a newer tracker is needed."
            raise _error(AnswerError, document, "the page is a heap of tags, too many or too deep to be read", remedy)


def layout_error(document: Document, missing: str) -> LayoutError:
    """The page is not laid out as this source knows it; quotes how it begins, so that a person sees what came."""
    text = re.sub(
        r"<(script|style)\b.*?</\1>|<[^>]*>", " ", decode(document.body[:20_000], document.content_type), flags=re.S | re.I
    )
    opening = " ".join(text.split())[:120]
    return _error(
        LayoutError,
        document,
        f"the page has no {missing}; it begins: {opening!r}",
        "Open it in a browser: a maintenance or login page passes by itself, a new layout needs a newer tracker.",
    )


def wrong_trial(document: Document, number: str) -> AnswerError:
    """The page is another trial's."""
    return _error(
        AnswerError, document, f"the page is of {number}", "Check the address under `pages`; the site may have moved it."
    )


def is_served(document: Document) -> bool:
    """Whether a site served this page, so that it must show its anchors; what a person saved may be a part of a page."""
    return document.url.startswith(("http://", "https://")) and is_html(document.body, document.content_type)


def _error(kind: type[_E], document: Document, reason: str, remedy: str) -> _E:
    sentence = f"{document.trial} at {document.url or 'a saved file'}: {reason}."
    return kind(sentence, remedy=remedy, source=document.source, trial=document.trial, url=document.url)


def note_replacements(page: Page, document: Document) -> None:
    """An Issue when bytes did not fit their character set: a word with U+FFFD in it would look like a change."""
    text = decode(document.body, document.content_type)
    where = text.find("\ufffd")
    if where >= 0:
        page.issue("unreadable_value", "character set", " ".join(text[max(0, where - 30) : where + 30].split()))


def date_of(page: Page, text: str | None, path: str) -> RegistryDate | None:
    """The date; one that cannot be read is kept verbatim and is an Issue."""
    if text is None:
        return None
    date = read_date(clean(text))
    if date.precision == "none":
        page.issue("unreadable_date", path, text)
    return date


def word_of(page: Page, text: str | None, words: Mapping[str, str] | Iterable[str], path: str) -> str | None:
    """The enumeration's member for the word; an unknown one comes back as given and is an Issue."""
    if text is None:
        return None
    known = known_word(text, words)
    if known is None:
        page.issue("unknown_word", path, text)
    return known or clean(text)


def known_word(text: str, words: Mapping[str, str] | Iterable[str]) -> str | None:
    """The member for "Not yet recruiting", "NOT_YET_RECRUITING" and the like; None if unknown."""
    table = words if isinstance(words, Mapping) else {word: word for word in words}
    return {tuple(tokens(word)): member for word, member in table.items()}.get(tuple(tokens(clean(text))))


def paragraphs(texts: Iterable[str]) -> str | None:
    """Lines as one clean text, None when there are none."""
    return clean("\n".join(texts)) or None


def listed(page: Page, section: str) -> tuple[str, ...] | None:
    """The section's lines as a list, without bullets; None when there are none."""
    return tuple(clean(_BULLET.sub("", entry.text)) for entry in page.texts(section)) or None
