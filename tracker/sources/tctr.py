"""TCTR, the Thai Clinical Trials Registry, from a record in the layout of WHO, as XML or as JSON.

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

STATUSES = {
    "Not yet recruiting": "NOT_YET_RECRUITING",
    "Recruiting": "RECRUITING",
    "Active, not recruiting": "ACTIVE_NOT_RECRUITING",
    "Completed": "COMPLETED",
    "Suspended": "SUSPENDED",
    "Terminated": "TERMINATED",
    "Withdrawn": "WITHDRAWN",
}
"""The registry writes ClinicalTrials.gov's words."""

_LAYOUT = Layout("tctr", STATUSES)


class Tctr(Source, FromFiles):
    """See `tracker.model.source`."""

    info = SourceInfo(
        key="tctr",
        title="TCTR",
        kind="registry",
        base_url="https://www.thaiclinicaltrials.org",
        hosts=("www.thaiclinicaltrials.org",),
        pace=0.2,
        from_files=True,
        download="A record in the layout of WHO.",
        reads="TCTR records, saved as XML or JSON",
        access="XML of the WHO layout that you download, by `tracker import`",
        address="https://www.thaiclinicaltrials.org/show/NUMBER",
        anchors=("official_title", "recruitment_status", "first_posted"),
        attribution="Thai Clinical Trials Registry (TCTR)",
        rest_titles={"main.study_design": "study design", "main.study_type": "study type", "main.target_size": "target size"},
    )

    EXAMPLES = (
        Example(
            fixture="active.json",
            trial="tctr:TCTR20900000011",
            expected={"recruitment_status": "ACTIVE_NOT_RECRUITING", "start_date.type": "ESTIMATED", "enrollment.count": 70},
        ),
        Example(
            fixture="terminated.xml",
            trial="tctr:TCTR20900000012",
            expected={"recruitment_status": "TERMINATED", "start_date.type": "ACTUAL"},
        ),
        Example(
            fixture="odd.xml",
            trial="tctr:TCTR20900000013",
            expected={"recruitment_status": "OTHER", "recruitment_status_as_given": "Paused"},
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


SOURCE: Source = Tctr()
