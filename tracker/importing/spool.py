"""The wanted trials of one file, set down on disk and handed to the source as if a host had served them."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Container, Sequence
from types import TracebackType
from typing import BinaryIO, Self

import msgspec

from tracker.errors import FetchError
from tracker.model.ids import split_key
from tracker.model.source import (
    MADE_AT,
    DataVersion,
    FileEntry,
    FileTrouble,
    FromFiles,
    Response,
    SourceInfo,
)

MOST_NAMED = 1_000
"""Parts of one file that could not be read and are named: a file of another sort may have as many as lines."""


class _Place(msgspec.Struct, frozen=True):
    """Where a record lies on disk."""

    offset: int
    size: int
    content_type: str
    latest: dt.date | None


class Spool:
    """What one file holds of the trials that are wanted. It is the `Fetch` of their source while the file is imported."""

    base_url = "file:"

    def __init__(self, name: str, now: dt.datetime) -> None:
        self.name, self._now, self._title = name, now, ""
        self.troubles: list[FileTrouble] = []
        self.held = 0
        self.made_at: DataVersion | None = None
        self._places: dict[str, _Place] = {}
        self._file = tempfile.TemporaryFile(prefix="tracker-import-")  # noqa: SIM115 (closed by __exit__)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._file.close()

    def fill(self, source: FromFiles, file: BinaryIO, numbers: Container[str] | None) -> None:
        """Cut the file, and keep the trials with these numbers, or all. Of several records of a trial the newest counts."""
        stated: set[str] = set()
        latest: dt.date | None = None
        for entry in source.entries(file):
            if isinstance(entry, FileTrouble):
                self.troubles += [entry] if len(self.troubles) < MOST_NAMED else []
                continue
            self.held += 1
            stated.add(entry.stated)
            latest = max((day for day in (latest, entry.latest) if day), default=None)
            if numbers is None or split_key(entry.trial).number in numbers:
                self._keep(entry)
        self.made_at = source.made_at(stated, latest, self._now)

    def _keep(self, entry: FileEntry) -> None:
        known = self._places.get(entry.trial)
        if known and known.latest and entry.latest and entry.latest < known.latest:
            return
        offset = self._file.seek(0, 2)
        self._file.write(entry.body)
        self._places[entry.trial] = _Place(offset, len(entry.body), entry.content_type, entry.latest)

    @property
    def trials(self) -> tuple[str, ...]:
        """The wanted trials that the file holds."""
        return tuple(self._places)

    def bind(self, info: SourceInfo, **_settings: object) -> Self:
        """Itself: whatever the source's settings are, no host is asked."""
        self._title = info.title
        return self

    def get(self, url: str, params: Sequence[tuple[str, str]] = (), **_how: object) -> Response:
        """The record of a trial, by its key; when the file was made, by `MADE_AT`."""
        if url == MADE_AT:
            return self._response(url, "text/plain", self.made_at.timestamp.encode() if self.made_at else b"")
        place = self._places.get(url)
        if place is None or params:
            raise FetchError(f"{self.name} does not hold {url}.")
        self._file.seek(place.offset)
        number = split_key(url).number
        return self._response(f"file:{self.name}#{number}", place.content_type, self._file.read(place.size))

    def post(self, url: str, body: bytes, *, accept: str = "application/json") -> Response:
        """A file takes no questions."""
        raise FetchError(f"{self.name} is a file of {self._title}: {len(body)} bytes for {url} were not sent as {accept}.")

    def _response(self, url: str, content_type: str, body: bytes) -> Response:
        return Response(url=url, status=200, headers={"content-type": content_type}, body=body, fetched_at=self._now)
