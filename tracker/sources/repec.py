"""REPEC, the Peruvian Clinical Trials Registry, from the XML of a year that a person downloads.

What reads is imported where it is used.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime
from typing import BinaryIO

from tracker.extract.retrieval import retrieve_each
from tracker.extract.who_registry import Layout
from tracker.model.source import (
    Answer,
    Asked,
    DataVersion,
    Document,
    Example,
    Fetch,
    FileEntry,
    FileTrouble,
    FromFiles,
    Parsed,
    Source,
    SourceInfo,
)

STATUSES = {"Finished": "COMPLETED"}
"""The one word seen in its records; others are kept as they are until somebody knows what they mean."""

_LAYOUT = Layout("repec", STATUSES)


class Repec(Source, FromFiles):
    """See `tracker.model.source`."""

    info = SourceInfo(
        key="repec",
        title="REPEC",
        kind="registry",
        base_url="https://ensayosclinicos-repec.ins.gob.pe",
        hosts=("ensayosclinicos-repec.ins.gob.pe",),
        pace=0.2,
        from_files=True,
        download="The XML of a year, in the layout of WHO.",
        reads="REPEC records, saved as XML",
        access="XML of the WHO layout that you download, by `tracker import`",
        address="https://ensayosclinicos-repec.ins.gob.pe",
        anchors=("official_title", "recruitment_status", "first_posted"),
        attribution="Registro Peruano de Ensayos Clínicos (REPEC), Instituto Nacional de Salud",
        rest_titles={"main.study_design": "study design", "main.study_type": "study type", "main.target_size": "target size"},
    )

    EXAMPLES = (
        Example(
            fixture="year.xml",
            trial="repec:PER-901-95",
            expected={"recruitment_status": "COMPLETED", "first_posted.date": "1995-10-27", "start_date": None},
        ),
        Example(
            fixture="phase_two.xml",
            trial="repec:PER-902-96",
            expected={"recruitment_status": "COMPLETED", "phases": ("PHASE2",), "start_date.date": "1996-02-01"},
        ),
        Example(
            fixture="odd.xml",
            trial="repec:PER-903-97",
            expected={"recruitment_status": "OTHER", "recruitment_status_as_given": "Anulado"},
            lacks=frozenset({"first_posted"}),
        ),
    )

    def is_file(self, opening: bytes) -> bool:
        """Whether this is a record of the registry."""
        from tracker.extract import who_layout

        return who_layout.is_file(_LAYOUT, opening)

    def entries(self, file: BinaryIO) -> Iterator[FileEntry | FileTrouble]:
        """The records of a file."""
        from tracker.extract import who_layout

        return who_layout.entries(_LAYOUT, file)

    def made_at(self, stated: Collection[str], latest: date | None, now: datetime) -> DataVersion | None:
        """None: the file does not say when it was made."""
        return None

    def retrieve(self, asked: Sequence[Asked], fetch: Fetch, data: DataVersion | None) -> Iterator[Answer]:
        """The records of the file that is being imported, each by its trial's key."""
        return retrieve_each(self.info, asked, fetch, lambda one: one.trial, accept="*/*")

    def parse(self, document: Document) -> Parsed:
        """The record of one trial."""
        from tracker.extract import who_layout

        return who_layout.parse(_LAYOUT, document)

    def digest(self, document: Document) -> str:
        """SHA-256 of what the record says."""
        from tracker.extract import who_layout

        return who_layout.digest(document)

    def sniff(self, body: bytes) -> str | None:
        """The trial's key if the bytes are one record of the registry."""
        from tracker.extract import who_layout

        return who_layout.sniff(_LAYOUT, body)


SOURCE: Source = Repec()
