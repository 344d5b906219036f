"""Where results stand: what the register's search page and results page say of them, behind the text of the record."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

import msgspec

from tracker.extract.decoding import decode
from tracker.extract.read_log import ReadLog
from tracker.model.dates import RegistryDate
from tracker.text.clean import clean

MARK: Final = "\n<!-- results of the trial, as the register's pages state them -->\n"
"""Stands between the text of the record and the pieces of pages that follow it."""

_NUMBERED = re.compile(r"EudraCT Number:\s*(?:</span>)?\s*(\d{4}-\d{6}-\d{2})", re.ASCII)
_STATED = re.compile(r"Trial results:.{0,600}?</td\s*>", re.DOTALL | re.IGNORECASE)
_LINK = re.compile(r"""href\s*=\s*["'][^"']*/results["']""", re.IGNORECASE)
_NONE = re.compile(r"No results available", re.IGNORECASE)
_INFORMATION = re.compile(r"Results version number.*?(?=Trial identification|Sponsor protocol code|\Z)", re.DOTALL)
_LONGEST = 20_000
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAY = re.compile(r"(\d{1,2}) ([A-Z][a-z]{2}) (\d{4})\Z", re.ASCII)
_LABELS = {
    "Results version number": "version",
    "This version publication date": "published",
    "First version publication date": "first_published",
}


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """Results as the register's pages state them; ``state`` is None where no page was asked or says it."""

    state: str | None = None
    version: str | None = None
    published: RegistryDate | None = None
    first_published: RegistryDate | None = None


def text_of(text: str) -> str:
    """The text of the record, without what the pages say; its lines end alike."""
    return _lines(text).partition(MARK)[0]


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def with_results(body: bytes, *pieces: bytes) -> bytes:
    """The document of a trial: the text as served, and the pieces of pages behind it."""
    return body + b"".join(MARK.encode() + piece for piece in pieces)


def numbers_on(page: bytes) -> tuple[str, ...]:
    """The EudraCT numbers that a search page lists."""
    return tuple(dict.fromkeys(_NUMBERED.findall(decode(page, "text/html"))))


def stated_on_search(page: bytes, number: str) -> bytes | None:
    """What a search page says of a trial's results, as served; None where it says nothing of them."""
    text = decode(page, "text/html")
    rows = [(match.start(), match[1]) for match in _NUMBERED.finditer(text)]
    start = next((place for place, found in rows if found == number), None)
    if start is None:
        return None
    end = next((place for place, found in rows if place > start and found != number), len(text))
    stated = _STATED.search(text, start, end)
    return stated[0].encode() if stated and (_LINK.search(stated[0]) or _NONE.search(stated[0])) else None


def has_link(piece: bytes) -> bool:
    """Whether what a search page says is a link to results."""
    return _LINK.search(decode(piece, "text/html")) is not None


def information_on(page: bytes) -> bytes | None:
    """The part of a results page about its versions, as served; None where it has none."""
    found = _INFORMATION.search(decode(page, "text/html"))
    return found[0][:_LONGEST].encode() if found else None


def results_of(text: str, log: ReadLog) -> Results:
    """What the pieces behind a record's text say."""
    pieces = _lines(text).split(MARK)[1:]
    stated = next((piece for piece in pieces if _STATED.match(piece)), None)
    if stated is None:
        return Results()
    if not _LINK.search(stated):
        return Results(state="NONE_POSTED")
    told = next((_values(piece) for piece in pieces if _INFORMATION.match(piece)), {})
    if "version" not in told:
        log.note("missing_shape", "results.version", "results are linked, and their page states no version")
    return Results(
        state="POSTED",
        version=told.get("version"),
        published=_day(told.get("published"), "results.published", log),
        first_published=_day(told.get("first_published"), "results.first_published", log),
    )


def _values(piece: str) -> dict[str, str]:
    """The value after each label; pages show it in the next cell, saved texts on the next line."""
    lines = [line.strip(" |\t") for line in clean(re.sub(r"</?(?:td|th|div|span|p|tr)\b[^<>]*>", "\n", piece)).split("\n")]
    lines = [line for line in lines if line]
    return {_LABELS[label]: value for label, value in pairwise(lines) if label in _LABELS and value not in _LABELS}


def _day(given: str | None, path: str, log: ReadLog) -> RegistryDate | None:
    """The day of ``14 Sep 2016``."""
    if given is None:
        return None
    match = _DAY.match(given)
    month = _MONTHS.index(match[2]) + 1 if match and match[2] in _MONTHS else None
    date = RegistryDate(f"{match[3]}-{month:02}-{int(match[1]):02}" if match and month else given, "ACTUAL")
    if date.precision == "none":
        log.note("unreadable_date", path, given)
    return date
