"""Files that a person saved, in whatever way the program they used writes them."""

from __future__ import annotations

import codecs
import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.extract.saved import LARGEST, opened, what_it_is

RECORD = '{"title": "Schlaf für alle – π"}'


@pytest.mark.parametrize(
    "data",
    [
        RECORD.encode(),
        codecs.BOM_UTF8 + RECORD.encode(),
        RECORD.encode("utf-16"),
        codecs.BOM_UTF16_BE + RECORD.encode("utf-16-be"),
        RECORD.encode("utf-16-le"),
        RECORD.encode("utf-16-be"),
        RECORD.encode("utf-32"),
        gzip.compress(RECORD.encode()),
        gzip.compress(RECORD.encode("utf-16")),
        f" [\n{RECORD}]".encode(),
        gzip.compress(codecs.BOM_UTF8 + f"[{RECORD}]".encode()),
    ],
)
def test_one_record_is_found_however_it_was_saved(data: bytes) -> None:
    assert opened(data) == RECORD.encode()
    assert what_it_is(data) == ""


def test_a_page_keeps_the_bytes_that_it_describes_itself() -> None:
    page = "<meta charset=utf-16><p>é".encode("utf-16")
    assert opened(page) == page
    assert opened(gzip.compress(page)) == page


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("é".encode("cp1252"), "Windows-1252"),
        (b"PK\x03\x04rest", "zip"),
        (b"\x28\xb5\x2f\xfdrest", "zstd"),
        (b"%PDF-1.7", "PDF"),
        (f"[{RECORD}, {RECORD}]".encode(), "list of 2 entries"),
        (b"[]", "list of 0 entries"),
        (b"plain words", ""),
    ],
)
def test_what_is_not_read_says_what_it_looks_like(data: bytes, words: str) -> None:
    assert words in what_it_is(data)
    assert opened(data) == data


def test_a_file_that_unpacks_to_more_than_any_record_stays_packed() -> None:
    bomb = gzip.compress(b"\0" * (LARGEST + 1), 9)
    assert opened(bomb) is bomb


@given(st.binary(max_size=100))
def test_no_bytes_break_the_opening(data: bytes) -> None:
    for one in (data, b"\x1f\x8b" + data, codecs.BOM_UTF16_LE + data, b"[" + data):
        assert isinstance(opened(one), bytes)
        assert isinstance(what_it_is(one), str)
