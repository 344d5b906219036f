"""How bytes and values are written into columns: zstd for documents, JSON for the rest.

A version is stored in one of three ways. `WHOLE`: by itself. `BY_DICTIONARY`: whole, with a dictionary trained from versions
of its source. `DELTA`: as what it differs in from a whole version of its trial, so that none needs more than one other.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from tracker.errors import StoreError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

Dictionary = zstd.ZstdDict

LEVEL = 3
"""For what comes in masses: higher levels take four times as long for a tenth of the space."""

THOROUGH = 9
"""For what is written once and kept: the levels above take ten times as long for three per cent."""

WHOLE = "zstd"
BY_DICTIONARY = "zstd-dictionary"
DELTA = "zstd-delta"

LARGEST_DICTIONARY = 112_640
"""Bytes, as zstd itself recommends."""

_WORTH = 20
"""Bytes of samples for each byte of a dictionary."""

SAMPLE = 8_192
"""Bytes of a version that a dictionary is trained from: more of each takes three times as long for a few per mille."""

SHORTEST_BASE = 8
"""Bytes: zstd takes nothing shorter to begin from."""

_WIDE = 1 << 21
"""Bytes of base and version together from which on the level's own window would not reach back to the base."""

_WIDEST = 27
"""The logarithm of the widest window that is read without asking for it."""


def pack(bodies: Iterable[bytes], dictionary: Dictionary | None = None, level: int = LEVEL) -> list[bytes]:
    """Each of them, compressed; one compressor for all, because making one costs as much as a small page."""
    compressor = zstd.ZstdCompressor(level, zstd_dict=dictionary)
    return [compressor.compress(body, compressor.FLUSH_FRAME) for body in bodies]


def pack_delta(body: bytes, base: bytes) -> bytes:
    """What a body differs in from its base, with a checksum: read over another base it is an error."""
    options: dict[int, int] = {
        zstd.CompressionParameter.compression_level: THOROUGH,
        zstd.CompressionParameter.checksum_flag: 1,
    }
    both = len(body) + len(base)
    if both > _WIDE:
        options |= {
            zstd.CompressionParameter.window_log: min(both.bit_length(), _WIDEST),
            zstd.CompressionParameter.enable_long_distance_matching: 1,
        }
    return zstd.compress(body, options=options, zstd_dict=_as_base(base))


def unpack(
    packed: bytes, encoding: str, snapshot: int, *, dictionary: Dictionary | None = None, base: bytes | None = None
) -> bytes:
    """The bytes as they were served. Raises StoreError when this program cannot read them."""
    of = f"snapshot {snapshot}"
    match encoding:
        case "zstd":
            return unzip(packed, of)
        case "zstd-dictionary" if dictionary is not None:
            return unzip(packed, of, dictionary)
        case "zstd-delta" if base is not None and len(base) >= SHORTEST_BASE:
            return unzip(packed, of, _as_base(base))
        case "zstd-dictionary" | "zstd-delta":
            raise _damaged(of)
    raise StoreError(
        f"snapshot {snapshot} is stored as {encoding!r}, which this version of the tracker cannot read.",
        remedy="Use the version that wrote it, or a newer one.",
    )


def unzip(packed: bytes, of: str, dictionary: Any = None) -> bytes:
    """Bytes that `pack` made; ``of`` says whose they are. Raises StoreError when they are damaged."""
    try:
        return zstd.decompress(packed, zstd_dict=dictionary)
    except zstd.ZstdError as error:
        raise _damaged(of) from error


def unpacked_size(packed: bytes) -> int:
    """How many bytes `unzip` would give; as many as can be where that is not written."""
    try:
        found = zstd.get_frame_info(packed).decompressed_size
    except zstd.ZstdError:
        return sys.maxsize
    return sys.maxsize if found is None else found


def train(bodies: Sequence[bytes]) -> bytes | None:
    """A dictionary for more of the kind, in size to what it is made from; None when they have too little in common."""
    samples = [body[:SAMPLE] for body in bodies]
    try:
        return zstd.train_dict(samples, min(LARGEST_DICTIONARY, sum(map(len, samples)) // _WORTH)).dict_content
    except (zstd.ZstdError, ValueError):
        return None


def to_json(value: Any) -> str:
    """A value as JSON text."""
    return msgspec.json.encode(value).decode()


def _as_base(base: bytes) -> Any:
    return zstd.ZstdDict(base, is_raw=True).as_prefix


def _damaged(of: str) -> StoreError:
    return StoreError(f"the stored bytes of {of} are damaged.", remedy="Restore the database from a backup.")
