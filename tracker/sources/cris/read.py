"""Saved records of CRIS: answers of its open data interface (JSON) and English pages (HTML)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from tracker.extract.json_reader import sniff_object
from tracker.extract.read_log import guarded, layout_error, wrong_answer
from tracker.extract.saved_record import record_of
from tracker.model.source import Document, FileEntry, FileTrouble, Parsed
from tracker.sources.cris import interface, page

_NUMBER = re.compile(r"KCT\d{7}\Z")


def is_file(opening: bytes) -> bool:
    """Whether a file that begins like this is a record of CRIS."""
    if _is_json(opening):
        return re.search(rb'"trial_id"\s*:\s*"\s*KCT\d{7}\s*"', opening) is not None
    return page.NUMBER.encode() in opening and opening.lstrip()[:1] == b"<"


def entries(file: BinaryIO) -> Iterator[FileEntry | FileTrouble]:
    """The one trial of a file."""
    return record_of(file, sniff, "CRIS")


def sniff(body: bytes) -> str | None:
    """The key of the trial whose number the record names."""
    if _is_json(body):
        number = str(sniff_object(body).get("trial_id", ""))
    elif page.NUMBER.encode() in body and body.lstrip()[:1] == b"<":
        number = page.number_of(body)
    else:
        return None
    return f"cris:{number.strip()}" if _NUMBER.match(number.strip()) else None


def parse(document: Document) -> Parsed:
    """The record of one trial."""
    with guarded(document):
        key = sniff(document.body)
        if key is None:
            raise layout_error(document, f"its number (trial_id, “{page.NUMBER}”) is not there")
        if key != document.trial:
            raise wrong_answer(document, f"the record is of {key.partition(':')[2]}")
        return interface.parsed(document) if _is_json(document.body) else page.parsed(document)


def _is_json(body: bytes) -> bool:
    return body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[")
