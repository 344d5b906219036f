"""What registries have alike whose records come out of files that a person saved; each adds its reading and examples.

What reads is imported where it is used: to list, no reader is needed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime
from importlib import import_module
from typing import BinaryIO, ClassVar, Protocol, cast

from tracker.extract.retrieval import retrieve_each
from tracker.model.source import (
    Answer,
    Asked,
    DataVersion,
    Document,
    Fetch,
    FileEntry,
    FileTrouble,
    FromFiles,
    Parsed,
    Source,
)


class Saved(Source, FromFiles):
    """A registry that is not asked: its records come out of saved files, which do not say when they were made."""

    def made_at(self, stated: Collection[str], latest: date | None, now: datetime) -> DataVersion | None:
        """None: the file does not say when it was made."""
        return None

    def retrieve(self, asked: Sequence[Asked], fetch: Fetch, data: DataVersion | None) -> Iterator[Answer]:
        """The records of the file that is being imported, each by its trial's key."""
        return retrieve_each(self.info, asked, fetch, lambda one: one.trial, accept="*/*")


class Reading(Protocol):
    """What the module that reads a registry's files offers; see `FromFiles` and `Source`."""

    def is_file(self, opening: bytes) -> bool:
        """Whether a file that begins like this is one of the registry."""
        ...

    def entries(self, file: BinaryIO) -> Iterator[FileEntry | FileTrouble]:
        """The records of a file."""
        ...

    def parse(self, document: Document) -> Parsed:
        """The record of one trial."""
        ...

    def sniff(self, body: bytes) -> str | None:
        """The trial's key if the bytes are one record of the registry."""
        ...


class FileRegistry(Saved):
    """A registry whose pages and exports have a form of their own; ``reading`` names the module that reads them."""

    reading: ClassVar[str]

    def is_file(self, opening: bytes) -> bool:
        """Whether this is a record of the registry."""
        return self._reader().is_file(opening)

    def entries(self, file: BinaryIO) -> Iterator[FileEntry | FileTrouble]:
        """The records of a file."""
        return self._reader().entries(file)

    def parse(self, document: Document) -> Parsed:
        """The record of one trial."""
        return self._reader().parse(document)

    def digest(self, document: Document) -> str:
        """SHA-256 of what the record says, in whichever of the registry's forms."""
        from tracker.extract.saved_record import record_digest

        return record_digest(self.parse(document).record)

    def sniff(self, body: bytes) -> str | None:
        """The trial's key if the bytes are one record of the registry."""
        return self._reader().sniff(body)

    def _reader(self) -> Reading:
        return cast(Reading, import_module(self.reading))
