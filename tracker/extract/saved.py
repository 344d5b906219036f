"""Files that a person saved: unpacked, in UTF-8, and freed of the list around a single record."""

from __future__ import annotations

import codecs
import gzip
import io
import zipfile
import zlib

import msgspec

from tracker.extract.decoding import looks_like, opens_with_tag

LARGEST = 64 * 1024 * 1024
"""Bytes of an unpacked file: what the fetcher takes at most."""

UNPACKING_ERRORS = (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError)
"""What Python raises for damaged, cut, encrypted and strangely packed archives."""

_PACKINGS = (
    (b"PK\x03\x04", "a zip archive"),
    (b"\x28\xb5\x2f\xfd", "packed with zstd"),
    (b"BZh", "packed with bzip2"),
    (b"\xfd7zXZ", "packed with xz"),
    (b"%PDF", "a PDF document"),
)
_UTF_32 = ((codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"))
_UTF_16 = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def opened(data: bytes) -> bytes:
    """The file's text as the readers take it: without gzip, a byte order mark or the brackets around a single record.

    A page keeps its bytes, since it says itself how it is written. What cannot be made sense of comes back as it is.
    """
    data = _unpacked(data)
    if opens_with_tag(data):
        return data
    data = _in_utf8(data)
    return _single(data) if data.lstrip().startswith(b"[") else data


def what_it_is(data: bytes) -> str:
    """What a file that no source knows looks like, in words for a person; empty where its text is no riddle."""
    data = _unpacked(data)
    for magic, words in _PACKINGS:
        if data.startswith(magic):
            return f"It is {words}"
    if (records := _records(_in_utf8(data))) is not None and len(records) != 1:
        return f"It is a list of {len(records):,} entries, and one record is read at a time"
    guess = looks_like(_in_utf8(data))
    return "" if guess == "UTF-8" else f"Its text looks like {guess}"


def _unpacked(data: bytes) -> bytes:
    if not data.startswith(b"\x1f\x8b"):
        return data
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            unpacked = file.read(LARGEST + 1)
    except UNPACKING_ERRORS:
        return data
    return unpacked if len(unpacked) <= LARGEST else data


def _in_utf8(data: bytes) -> bytes:
    """The text in UTF-8, where a mark or the zeros of UTF-16 say in what it is written."""
    if data.startswith(codecs.BOM_UTF8):
        return data[len(codecs.BOM_UTF8) :]
    for mark, charset in (*_UTF_32, *_UTF_16):
        if data.startswith(mark):
            return _recoded(data, data[len(mark) :], charset)
    if len(data) > 3 and data[0] and not data[1] and data[2] and not data[3]:
        return _recoded(data, data, "utf-16-le")
    if len(data) > 3 and not data[0] and data[1] and not data[2] and data[3]:
        return _recoded(data, data, "utf-16-be")
    return data


def _recoded(data: bytes, text: bytes, charset: str) -> bytes:
    try:
        return text.decode(charset).encode()
    except UnicodeError:
        return data


def _single(data: bytes) -> bytes:
    records = _records(data)
    return bytes(records[0]) if records is not None and len(records) == 1 else data


def _records(data: bytes) -> list[msgspec.Raw] | None:
    """The entries of a JSON list; None for anything else."""
    try:
        return msgspec.json.decode(data, type=list[msgspec.Raw])
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
