"""Files of versions that somebody fetched: JSON answers of either interface, one or many in a file, packed or not."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import msgspec

from tracker.errors import UsageError
from tracker.extract.saved import UNPACKING_ERRORS

LARGEST = 256 << 20
"""Bytes of one file, unpacked: a page of a thousand studies has some 50 million."""

_PLAIN = (".json", ".ndjson", ".jsonl")
_PACKED = (".gz", ".zip")


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One JSON text: where it was found, when it was seen if that is known, and the name of its file."""

    name: str
    body: bytes
    seen_at: dt.datetime | None = None
    path: str = ""


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """Something that could not be read, or is not as one would think: where, and what."""

    name: str
    what: str


class _Page(msgspec.Struct, frozen=True):
    studies: tuple[msgspec.Raw, ...] | None = None


_page = msgspec.json.Decoder(_Page)
_list = msgspec.json.Decoder(tuple[msgspec.Raw, ...])
_any = msgspec.json.Decoder(msgspec.Raw)


def is_versions(name: str) -> bool:
    """Whether a file of this name may hold versions."""
    return Path(name.lower()).suffix in (*_PLAIN, *_PACKED)


def read(place: Path) -> Iterator[Item | Trouble]:
    """Every JSON text in a file, a folder or a git repository. Raises UsageError where there is none of them."""
    from tracker.backfill import git

    if place.is_dir() and git.is_repository(place):
        found = git.read(place)
    elif place.is_dir():
        files = sorted(one for one in place.rglob("*") if one.is_file() and is_versions(one.name))
        found = (item for file in files for item in _file(file, str(file.relative_to(place))))
    elif place.is_file():
        found = _file(place, place.name)
    else:
        raise UsageError(f"{place} is neither a file nor a folder.", remedy="Name what holds the versions.")
    for item in found:
        yield from _texts(item) if isinstance(item, Item) else [item]


def _file(file: Path, name: str) -> Iterator[Item | Trouble]:
    try:
        if file.stat().st_size > LARGEST:
            yield Trouble(name=name, what="it is larger than any file of records")
            return
        yield Item(name=name, body=file.read_bytes(), path=file.name)
    except OSError as error:
        yield Trouble(name=name, what=f"it cannot be read: {error.strerror}")


def _texts(item: Item) -> Iterator[Item | Trouble]:
    """The single JSON values of a text, unpacked first."""
    ending = Path(item.path.lower()).suffix
    try:
        if ending == ".zip":
            yield from _zipped(item)
            return
        body = _unzipped(item.body) if ending == ".gz" else item.body
    except (*UNPACKING_ERRORS, ValueError) as error:  # ValueError: too large
        yield Trouble(name=item.name, what=f"it cannot be unpacked: {error}")
        return
    yield from _values(msgspec.structs.replace(item, body=body))


def _unzipped(packed: bytes) -> bytes:
    with gzip.GzipFile(fileobj=io.BytesIO(packed)) as file:
        body = file.read(LARGEST + 1)
    if len(body) > LARGEST:
        raise ValueError(f"it has more than {LARGEST:,} bytes")
    return body


def _zipped(item: Item) -> Iterator[Item | Trouble]:
    with zipfile.ZipFile(io.BytesIO(item.body)) as archive:
        for entry in archive.infolist():
            name = f"{item.name}/{entry.filename}"
            if entry.is_dir() or not is_versions(entry.filename) or entry.filename.lower().endswith(".zip"):
                continue
            if entry.file_size > LARGEST:
                yield Trouble(name=name, what="it is larger than any file of records")
                continue
            with archive.open(entry) as file:
                body = file.read(LARGEST + 1)
            yield from _texts(Item(name=name, body=body, seen_at=item.seen_at, path=entry.filename))


def _values(item: Item) -> Iterator[Item | Trouble]:
    body = item.body.removeprefix(b"\xef\xbb\xbf")
    if not body.strip():
        yield Trouble(name=item.name, what="it is empty")
        return
    try:
        parts = _parts(body)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        lines = [line for line in body.splitlines() if line.strip()]
        if len(lines) < 2 or not _is_json(lines[0]):
            yield Trouble(name=item.name, what=f"it is no readable JSON ({error})")
            return
        for number, line in enumerate(lines, start=1):
            yield from _values(msgspec.structs.replace(item, name=f"{item.name} line {number}", body=line))
        return
    if parts is None:
        yield msgspec.structs.replace(item, body=body)
        return
    for number, part in enumerate(parts, start=1):
        yield msgspec.structs.replace(item, name=f"{item.name} entry {number}", body=bytes(part))


def _parts(body: bytes) -> tuple[msgspec.Raw, ...] | None:
    """The entries of a list or of a page of studies; None for a single value. Raises where it is no JSON."""
    if body.lstrip()[:1] == b"[":
        return _list.decode(body)
    if body.lstrip()[:1] != b"{":
        raise ValueError("it begins like neither an object nor a list")
    msgspec.json.decode(body)
    return _page.decode(body).studies


def _is_json(line: bytes) -> bool:
    try:
        _any.decode(line)
    except (msgspec.MsgspecError, ValueError):
        return False
    return True
