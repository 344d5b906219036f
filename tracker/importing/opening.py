"""A file as it was downloaded: plain, gzip, or a zip of one or several; what it holds is read as it comes."""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from tracker.errors import UsageError
from tracker.extract.saved import UNPACKING_ERRORS

LARGEST = 4 * 1024 * 1024 * 1024
"""Bytes of an unpacked file. The whole of ICTRP is about as large; what unpacks to more was made to fill a disk."""


@contextmanager
def readable(name: str) -> Iterator[None]:
    """Say in one sentence why a file cannot be read: one that is not there, a damaged or an encrypted archive."""
    try:
        yield
    except UNPACKING_ERRORS as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error) or type(error).__name__
        raise UsageError(f"{name} cannot be read: {reason}.", remedy="Download it again, or name another file.") from error


def opened(path: Path) -> Iterator[tuple[str, BinaryIO]]:
    """Each file in what was given, with its name; closed when the next one is asked for. Read it within `readable`."""
    with ExitStack() as stack:
        with readable(str(path)):
            file = stack.enter_context(path.open("rb"))
            magic = file.read(4)
            file.seek(0)
            archive = stack.enter_context(zipfile.ZipFile(file)) if magic.startswith(b"PK\x03\x04") else None
        if archive is not None:
            yield from _of_zip(path.name, archive)
        elif magic.startswith(b"\x1f\x8b"):
            yield path.name, cast(BinaryIO, stack.enter_context(gzip.GzipFile(fileobj=file)))
        else:
            yield path.name, file


def _of_zip(name: str, archive: zipfile.ZipFile) -> Iterator[tuple[str, BinaryIO]]:
    for info in archive.infolist():
        if info.is_dir():
            continue
        if info.file_size > LARGEST:
            raise UsageError(f"{info.filename} in {name} unpacks to {info.file_size:,} bytes.", remedy="No export has as many.")
        with readable(name):
            member = archive.open(info)
        with member:
            yield f"{name}: {info.filename}", cast(BinaryIO, member)
