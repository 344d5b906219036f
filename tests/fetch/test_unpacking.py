from __future__ import annotations

import gzip
import sys
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.fetch.unpacking import PIECE, DecodeErrors, decoded

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    "identity": bytes,
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "zstd": zstd.compress,
}


def chunks(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


@pytest.mark.parametrize("coding", PACKERS)
@given(body=st.binary(max_size=2000), repeat=st.integers(1, 200), size=st.integers(2, 5000))
def test_every_coding_gives_back_the_body_however_it_is_cut(coding: str, body: bytes, repeat: int, size: int) -> None:
    body *= repeat
    assert b"".join(decoded(chunks(PACKERS[coding](body), size), coding)) == body


def test_deflate_without_the_zlib_wrapping_is_read_too() -> None:
    packer = zlib.compressobj(wbits=-15)
    assert b"".join(decoded([packer.compress(b"a body") + packer.flush()], "deflate")) == b"a body"


def test_further_members_are_read_and_padding_is_not() -> None:
    two = gzip.compress(b"one ") + gzip.compress(b"two")
    assert b"".join(decoded([two + bytes(16)], "gzip")) == b"one two"
    assert b"".join(decoded([two, bytes(16)], "gzip")) == b"one two"
    assert b"".join(decoded([zstd.compress(b"one "), zstd.compress(b"two")], "ZSTD")) == b"one two"


def test_an_empty_body_needs_no_wrapping() -> None:
    assert list(decoded([], "gzip")) == []


@pytest.mark.parametrize("coding", ["gzip", "deflate", "zstd"])
def test_a_truncated_body_is_an_error_and_not_a_shorter_body(coding: str) -> None:
    packed = PACKERS[coding](bytes(range(256)) * 50)
    with pytest.raises(DecodeErrors):
        list(decoded([packed[:-5]], coding))


@pytest.mark.parametrize("coding", ["gzip", "deflate", "zstd"])
def test_a_damaged_body_is_an_error(coding: str) -> None:
    with pytest.raises(DecodeErrors):
        list(decoded([b"this was never packed at all"], coding))


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_a_bomb_comes_in_pieces(coding: str) -> None:
    """Hundreds of megabytes in one network read do not become hundreds of megabytes in memory."""
    bomb = b"".join([PACKERS[coding](bytes(32 * 1024 * 1024))] * 4)
    sizes = [len(piece) for piece in decoded([bomb], coding)]
    assert sum(sizes) == 128 * 1024 * 1024
    assert max(sizes) <= PIECE


def test_a_coding_we_did_not_ask_for_is_named() -> None:
    with pytest.raises(LookupError, match="br"):
        decoded([b""], "br")


@pytest.mark.parametrize("coding", ["none", "UTF-8", "binary", "8bit", "identity, utf-8", "ISO-8859-1", ","])
def test_a_word_that_names_no_packing_leaves_a_plain_body(coding: str) -> None:
    """Servers put character sets and the like where only packings belong."""
    assert b"".join(decoded([b'{"a"', b": 1}"], coding)) == b'{"a": 1}'


def test_a_packing_beside_such_a_word_is_unpacked() -> None:
    assert b"".join(decoded([gzip.compress(b"a body")], "utf-8, GZIP")) == b"a body"
    with pytest.raises(LookupError, match="gzip, br"):
        decoded([b""], "gzip, br")
