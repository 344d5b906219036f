"""Unpacking a body piece by piece, so that the reader can stop at its cap with flat memory."""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

if sys.version_info >= (3, 14):
    from compression.zstd import DecompressionParameter, ZstdDecompressor, ZstdError
else:
    from backports.zstd import DecompressionParameter, ZstdDecompressor, ZstdError

PIECE = 64 * 1024
DecodeErrors = (zlib.error, ZstdError, EOFError)
"""What `decoded` raises for a damaged body; EOFError when it ends early."""

_ZSTD_OPTIONS: dict[int, int] = {DecompressionParameter.window_log_max: 23}  # RFC 9659: at most 8 MiB over HTTP

_NOT_PACKED = frozenset(
    {
        *("", "identity", "none", "null", "off", "plain", "text", "raw", "binary", "7bit", "8bit", "chunked"),
        *("utf-8", "utf8", "utf-16", "us-ascii", "ascii", "iso-8859-1", "latin1", "windows-1252", "unicode"),
        *("application/json", "text/html", "text/plain", "text/xml"),
    }
)
"""What stands as Content-Encoding although the body is plain: character sets, words of mail, and "none"."""


class _Unpacker(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


def decoded(chunks: Iterable[bytes], coding: str) -> Iterator[bytes]:
    """The unpacked body in pieces of at most `PIECE` bytes (plain bodies in the chunks they came in).

    httpx unpacks a whole network read at once, and sixty kilobytes of zstd can hold gigabytes; here the caller can stop at
    its cap with flat memory. ``coding`` is the Content-Encoding; words of it that name no packing, as servers write them, are
    passed over. Raises LookupError for one we do not know, and one of `DecodeErrors`.
    """
    named = [word for part in coding.lower().split(",") if (word := part.strip()) not in _NOT_PACKED]
    match ", ".join(named):
        case "":
            return iter(chunks)
        case "gzip" | "x-gzip":
            return _pieces(chunks, _gzip, magic=b"\x1f")
        case "deflate":
            return _pieces(chunks, _deflate, magic=None)
        case "zstd":
            return _pieces(chunks, _zstd, magic=b"\x28")
    raise LookupError(coding)


def _gzip(_data: bytes) -> _Unpacker:
    return zlib.decompressobj(31)


def _zstd(_data: bytes) -> _Unpacker:
    return ZstdDecompressor(options=_ZSTD_OPTIONS)


def _deflate(data: bytes) -> _Unpacker:
    """Servers use the name for zlib's format and for bare deflate; zlib's first two bytes are a multiple of 31."""
    wrapped = len(data) > 1 and data[0] & 15 == 8 and int.from_bytes(data[:2], "big") % 31 == 0
    return zlib.decompressobj(15 if wrapped else -15)


def _pieces(chunks: Iterable[bytes], start: Callable[[bytes], _Unpacker], magic: bytes | None) -> Iterator[bytes]:
    """``magic`` starts a further member or frame; other bytes after the end are padding and ignored."""
    unpacker: _Unpacker | None = None
    for chunk in chunks:
        data, piece = chunk, b""
        while data or len(piece) == PIECE:
            if unpacker is None:
                unpacker = start(data)
            elif unpacker.eof and not data:
                break
            elif unpacker.eof:
                if magic is None or not data.startswith(magic):
                    return
                unpacker = start(data)
            piece = unpacker.decompress(data, PIECE)
            if piece:
                yield piece
            # zlib hands back what it did not get to; zstd keeps it inside and is asked again with nothing
            data = unpacker.unused_data if unpacker.eof else getattr(unpacker, "unconsumed_tail", b"")
    if unpacker is not None and not unpacker.eof:
        raise EOFError("the compressed body ends early")
