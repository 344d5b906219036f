"""How bytes and values are written into columns: zstd for documents, JSON for the rest."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

import msgspec

from tracker.errors import StoreError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

LEVEL = 3
"""Higher levels cost ten times the time for five per cent of the space."""

ENCODING = "zstd"


def pack(bodies: Iterable[bytes]) -> list[bytes]:
    """Each of them, compressed; one compressor for all, because making one costs as much as a small page."""
    compressor = zstd.ZstdCompressor(LEVEL)
    return [compressor.compress(body, compressor.FLUSH_FRAME) for body in bodies]


def unpack(packed: bytes, encoding: str, snapshot: int) -> bytes:
    """The bytes as they were served. Raises StoreError when this program cannot read them."""
    if encoding != ENCODING:
        raise StoreError(
            f"snapshot {snapshot} is stored as {encoding!r}, which this version of the tracker cannot read.",
            remedy="Use the version that wrote it, or a newer one.",
        )
    return unzip(packed, f"snapshot {snapshot}")


def unzip(packed: bytes, of: str) -> bytes:
    """Bytes that `pack` made; ``of`` says whose they are. Raises StoreError when they are damaged."""
    try:
        return zstd.decompress(packed)
    except zstd.ZstdError as error:
        raise StoreError(f"the stored bytes of {of} are damaged.", remedy="Restore the database from a backup.") from error


def to_json(value: Any) -> str:
    """A value as JSON text."""
    return msgspec.json.encode(value).decode()
