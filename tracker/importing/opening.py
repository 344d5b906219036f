"""A file as it was downloaded: plain, gzip, or a zip of one or several; what it holds is read as it comes."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from tracker.errors import UsageError

LARGEST = 4 * 1024 * 1024 * 1024
"""Bytes of an unpacked file. The whole of ICTRP is about as large; what unpacks to more was made to fill a disk."""

UNREADABLE = (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError)
"""What Python raises for damaged, encrypted and strangely packed archives."""


def opened(path: Path) -> Iterator[tuple[str, BinaryIO]]:
    """Each file in what was given, with its name; closed when the next one is asked for. Raises UsageError."""
    try:
        with path.open("rb") as file:
            magic = file.read(4)
            file.seek(0)
            if magic.startswith(b"PK\x03\x04"):
                yield from _of_zip(path.name, file)
            elif magic.startswith(b"\x1f\x8b"):
                with gzip.GzipFile(fileobj=file) as unpacked:
                    yield path.name, cast(BinaryIO, unpacked)
            else:
                yield path.name, file
    except UNREADABLE as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error) or type(error).__name__
        raise UsageError(f"{path} cannot be read: {reason}.", remedy="Download it again, or name another file.") from error


def _of_zip(name: str, file: BinaryIO) -> Iterator[tuple[str, BinaryIO]]:
    with zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            if info.is_dir():
                continue
            if info.file_size > LARGEST:
                raise UsageError(
                    f"{info.filename} in {name} unpacks to {info.file_size:,} bytes.", remedy="No export has as many."
                )
            with archive.open(info) as member:
                yield f"{name}: {info.filename}", cast(BinaryIO, member)
