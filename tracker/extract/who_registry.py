"""What registries have alike whose records come out of files in the layout of WHO; each adds its words of status and examples.

What reads is imported where it is used: to list, no reader is needed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import BinaryIO, ClassVar, NamedTuple

from tracker.extract.file_registry import Saved
from tracker.model.source import Document, FileEntry, FileTrouble, Parsed


class Layout(NamedTuple):
    """What one registry has of its own: its key, which is also that of its trials' numbers, and its words of status."""

    source: str
    statuses: Mapping[str, str]


class WhoRegistry(Saved):
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
