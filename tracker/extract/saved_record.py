"""Saved records of registries that are not asked: a file as its records, a record's digest, and values with their account.

Dates, words and numbers are read by `tracker.extract.who`; what cannot be read is an `Issue` and is kept as it is given.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, BinaryIO, Final, TypeVar

import msgspec

from tracker.extract import who
from tracker.extract.decoding import is_html
from tracker.extract.read_log import ReadLog, canonical_digest
from tracker.extract.saved import opened
from tracker.extract.who import Unread
from tracker.model.dates import RegistryDate
from tracker.model.record import TrialRecord
from tracker.model.source import FileEntry, FileTrouble
from tracker.text.clean import clean

T = TypeVar("T")

LARGEST: Final = 16 * 1024 * 1024
"""Bytes of one saved record; the longest pages of trials have a tenth of it."""


def record_of(file: BinaryIO, sniff: Callable[[bytes], str | None], title: str) -> Iterator[FileEntry | FileTrouble]:
    """The one record that a file is."""
    body = file.read(LARGEST + 1)
    if len(body) > LARGEST:
        yield FileTrouble(name="the file", what=f"it has more than {LARGEST:,} bytes; nothing of it was read")
        return
    body = opened(body)
    trial = sniff(body)
    if trial is None:
        yield FileTrouble(name="the file", what=f"it is no readable record of {title}")
        return
    yield FileEntry(trial=trial, body=body, content_type=content_type_of(body))


def content_type_of(body: bytes) -> str:
    """What a saved record is: JSON, XML, a page or a text."""
    start = body[:200].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start[:1] == b"{":
        return "application/json"
    if start[:5] == b"<?xml":
        return "application/xml"
    return "text/html" if is_html(body, "") else "text/plain"


def record_digest(record: TrialRecord, moves_alone: Collection[str] = ()) -> str:
    """SHA-256 (hex) of what a record says, without what it does not say and the fields that move without the trial changing."""
    plain: dict[str, object] = msgspec.to_builtins(record)
    said = {name: value for name, value in plain.items() if name not in moves_alone and value not in (None, [], (), {}, "")}
    return canonical_digest(said)


def day_of(log: ReadLog, path: str, given: str, kind: str | None = None) -> RegistryDate | None:
    """A date in any form of `who.day`; one that cannot be read is an issue and comes back verbatim."""
    value = who.day(given)
    if isinstance(value, Unread):
        log.note("unreadable_date", path, given)
        return RegistryDate(clean(given), kind)
    return RegistryDate(value.date, kind) if value else None


def status_of(log: ReadLog, path: str, given: str | None, statuses: Mapping[str, str | None]) -> tuple[str | None, str | None]:
    """The recruitment status by the registry's exact words, and the word as given where it says more or nothing."""
    if not given:
        return None, None
    if given not in statuses:
        log.note("unknown_word", path, given)
        return "OTHER", given
    status = statuses[given]
    return status, given if status in (None, "OTHER") else None


def value_of(log: ReadLog, path: str, given: str, read: Callable[[str], T | Unread | None], *, told: bool = True) -> T | None:
    """A word or number by its reader; one that it cannot read is kept as it is, and told unless sentences are usual there."""
    value = read(given)
    if isinstance(value, Unread):
        if told:
            log.note("unknown_word", path, given)
        log.keep(path, clean(given))
        return None
    return value


def by_table(words: Mapping[str, str]) -> Callable[[str], str | Unread | None]:
    """A reader of the exact words of a table; None for a text that says nothing."""

    def read(given: str) -> str | Unread | None:
        text = " ".join(given.split())
        if text in words:
            return words[text]
        return None if who.says_nothing(text) else who.UNREAD

    return read


def kept(log: ReadLog, path: str, value: Any) -> None:
    """Keep a value as it is, where it says something."""
    if value and not (isinstance(value, str) and who.says_nothing(value)):
        log.keep(path, value)
