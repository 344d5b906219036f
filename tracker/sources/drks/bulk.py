"""The register as one file: the bytes of each study in it, one at a time, at the memory of the largest study.

How the file is cut is not documented: a zip of a file for each study, of one list of all, or of studies one after another, and
the same without a zip, are read.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from typing import IO, Final

import msgspec

from tracker.errors import AnswerError
from tracker.extract.saved import UNPACKING_ERRORS

LARGEST_STUDY: Final = 32 * 1024 * 1024
"""Bytes of a study, documents in it included."""
LARGEST_FILE: Final = 4 * 1024 * 1024 * 1024
"""Bytes of all studies: what unpacks to more was made to fill a memory."""

PIECE: Final = 1024 * 1024
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[{}]', re.DOTALL)
_NUMBER = re.compile(rb'"drksId"\s*:\s*"(DRKS\d{8})"')
_AGAIN = "Nothing was changed; the next sync asks again."


class _Named(msgspec.Struct, frozen=True):
    drksId: str | None = None


def studies(body: bytes, *, largest: int = LARGEST_STUDY, piece: int = PIECE) -> Iterator[tuple[str, bytes]]:
    """The number and bytes of each study of the file, which is read some bytes at a time.

    Raises AnswerError where it is damaged, or no such file.
    """
    opening = body[:64].lstrip()[:1]
    if opening in (b"{", b"["):
        yield from _of_member(io.BytesIO(body), "The file", largest, piece)
        return
    if not body.startswith(b"PK\x03\x04"):
        kind = "a web page" if opening == b"<" else "no zip"
        raise _error(f"DRKS answered with {kind} where its register as a file should be.")
    left = LARGEST_FILE
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            for info in archive.infolist():
                left -= info.file_size
                if left < 0:
                    raise _error(f"The file of DRKS unpacks to more than {LARGEST_FILE:,} bytes.")
                if info.filename.lower().endswith(".json"):
                    with archive.open(info) as member:
                        yield from _of_member(member, info.filename[:80], largest, piece)
    except UNPACKING_ERRORS as error:
        raise _error(f"The file of DRKS is damaged: {error}.") from error


def _of_member(file: IO[bytes], name: str, largest: int, piece: int) -> Iterator[tuple[str, bytes]]:
    """The studies of one file; what is no study is passed over."""
    for record in _objects(file, name, largest, piece):
        mentioned = _NUMBER.findall(record)
        if len(set(mentioned)) > 1:  # a study may name others
            mentioned = [_own_number(record)]
        if mentioned:
            yield mentioned[0].decode("ascii"), record


def _own_number(record: bytes) -> bytes:
    try:
        return (msgspec.json.decode(record, type=_Named).drksId or "").encode("ascii", "replace")
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return b""


def _objects(file: IO[bytes], name: str, largest: int, size: int) -> Iterator[bytes]:
    """The outermost JSON objects of a file, in a list or one after another."""
    held, depth, start, at = b"", 0, 0, 0
    while piece := file.read(size):
        held += piece
        for token in _TOKEN.finditer(held, at):
            word = token[0]
            if word == b"{":
                start = token.start() if depth == 0 else start
                depth += 1
            elif word == b"}":
                depth -= 1
                if depth == 0:
                    yield held[start : token.end()]
                if depth < 0:
                    raise _error(f"{name} of DRKS is no JSON.")
            elif token.end() == len(held) and not _is_closed(word):  # the rest of the text is in the next piece
                at = token.start()
                break
            at = token.end()
        if depth == 0:
            held, at = held[at:], 0
        else:
            held, at, start = held[start:], at - start, 0
        if len(held) > largest:
            raise _error(f"{name} of DRKS holds a study of more than {largest:,} bytes.")
    if depth:
        raise _error(f"{name} of DRKS ends within a study.")


def _is_closed(text: bytes) -> bool:
    """Whether a text ends with its own quotation mark; one after an odd number of backslashes belongs to the text."""
    inner = text[1:-1]
    return len(text) > 1 and text.endswith(b'"') and (len(inner) - len(inner.rstrip(b"\\"))) % 2 == 0


def _error(what: str) -> AnswerError:
    return AnswerError(what, remedy=_AGAIN, source="drks")
