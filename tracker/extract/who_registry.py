"""What registries have alike whose records come out of files in the layout of WHO; each adds its words of status and examples.

What reads is imported where it is used: to list, no reader is needed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import BinaryIO, ClassVar, NamedTuple

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


class Layout(NamedTuple):
    """What one registry has of its own: its key, which is also that of its trials' numbers, and its words of status."""

    source: str
    statuses: Mapping[str, str]


class WhoRegistry(Source, FromFiles):
    """A registry that hands its records out in the layout of WHO. ``statuses`` maps its words to the vocabulary's."""

    statuses: ClassVar[Mapping[str, str]]

    @property
    def layout(self) -> Layout:
        """What the readers must know of the registry."""
        return Layout(self.info.key, self.statuses)

    def is_file(self, opening: bytes) -> bool:
        """Whether this is a record of the registry."""
        from tracker.extract import who_layout

        return who_layout.is_file(self.layout, opening)

    def entries(self, file: BinaryIO) -> Iterator[FileEntry | FileTrouble]:
        """The records of a file."""
        from tracker.extract import who_layout

        return who_layout.entries(self.layout, file)

    def made_at(self, stated: Collection[str], latest: date | None, now: datetime) -> DataVersion | None:
        """None: the file does not say when it was made."""
        return None

    def retrieve(self, asked: Sequence[Asked], fetch: Fetch, data: DataVersion | None) -> Iterator[Answer]:
        """The records of the file that is being imported, each by its trial's key."""
        return retrieve_each(self.info, asked, fetch, lambda one: one.trial, accept="*/*")

    def parse(self, document: Document) -> Parsed:
        """The record of one trial."""
        from tracker.extract import who_layout

        return who_layout.parse(self.layout, document)

    def digest(self, document: Document) -> str:
        """SHA-256 of what the record says."""
        from tracker.extract import who_layout

        return who_layout.digest(document)

    def sniff(self, body: bytes) -> str | None:
        """The trial's key if the bytes are one record of the registry."""
        from tracker.extract import who_layout

        return who_layout.sniff(self.layout, body)
