"""Saved records of ANZCTR in their forms: the registry's XML, the same as JSON, a row of a table, a page."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from tracker.extract.json_reader import sniff_object
from tracker.extract.read_log import guarded, layout_error, wrong_answer
from tracker.extract.saved_record import LARGEST, record_of
from tracker.extract.sheet import beside, cells_of
from tracker.extract.xml_reader import name_of, plain, sniff_root
from tracker.model import ids
from tracker.model.source import Document, FileEntry, FileTrouble, Parsed
from tracker.sources.anzctr import page, table, tree

_ROOT: Final = "ANZCTR_Trial"
_OPENS = re.compile(rb"""\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<ANZCTR_Trial[\s>]|\s*\{\s*"ANZCTR_Trial"\s*:""", re.DOTALL)
_NUMBER = re.compile(r"(ACTRN\d{14})p?\b")


def is_file(opening: bytes) -> bool:
    """Whether a file that begins like this is a record, a table or a page of ANZCTR."""
    opening = opening.removeprefix(b"\xef\xbb\xbf")
    return bool(_OPENS.match(opening)) or table.is_table(opening) or sniff(opening) is not None


def entries(file: BinaryIO) -> Iterator[FileEntry | FileTrouble]:
    """The one trial of a record or page, or the rows of a table."""
    opening = file.read(1 << 16)
    file.seek(0)
    if not table.is_table(opening):
        yield from record_of(file, sniff, "ANZCTR")
        return
    body = file.read(LARGEST + 1)
    if len(body) > LARGEST:
        yield FileTrouble(name="the file", what=f"it has more than {LARGEST:,} bytes; nothing of it was read")
        return
    yield from _rows(body)


def _rows(body: bytes) -> Iterator[FileEntry | FileTrouble]:
    try:
        rows = list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline="")))
    except (UnicodeDecodeError, csv.Error) as error:
        yield FileTrouble(name="the file", what=f"it cannot be read ({error})")
        return
    header, *rest = rows
    for line, row in enumerate(rest, start=2):
        made = io.StringIO(newline="")
        csv.writer(made).writerows((header, row))
        key = _key(row[header.index("number")]) if len(row) == len(header) else None
        if key:
            yield FileEntry(trial=key, body=made.getvalue().encode(), content_type="text/csv")
        elif row:
            yield FileTrouble(name=f"line {line}", what="it is no row of the table, or has no number of ANZCTR")


def sniff(body: bytes) -> str | None:
    """The key of the trial, if the bytes are one record, one row with its header, or one page of the registry."""
    if table.is_table(body):
        row = table.only_row(body)
        return _key(row.get("number", "")) if row else None
    if body.lstrip()[:1] in (b"{", b"<"):
        found = _tree(body)
        if found:
            return _key(str(found.get("actrnumber", "")))
    return _key(beside(cells_of(body), "Registration number"))


def parse(document: Document) -> Parsed:
    """The record of one trial."""
    with guarded(document):
        key = sniff(document.body)
        if key is None:
            raise layout_error(document, "its number (actrnumber, “Registration number”) is not there")
        if key != document.trial:
            raise wrong_answer(document, f"the record is of {key.partition(':')[2]}")
        if table.is_table(document.body):
            return table.parsed(document, table.only_row(document.body) or {})
        found = _tree(document.body)
        return tree.parsed(document, found) if found else page.parsed(document)


def _key(text: str) -> str | None:
    number = _NUMBER.match(text.strip())
    found = ids.recognise(number[1]) if number else None
    return found.key if found else None


def _tree(body: bytes) -> dict[str, Any]:
    """The record as JSON, whether it came as JSON or as XML; empty for anything else."""
    if body.lstrip()[:1] == b"{":
        found = sniff_object(body).get(_ROOT)
        return found if isinstance(found, dict) else {}
    root = sniff_root(body)
    if root is None or name_of(root) != _ROOT:
        return {}
    found = plain(root)
    return found if isinstance(found, dict) else {}
