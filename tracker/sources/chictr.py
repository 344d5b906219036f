"""ChiCTR, the Chinese Clinical Trial Registry, from the XML of a record that a person downloads.

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
    "Completed": "COMPLETED",
    "Not yet recruiting": "NOT_YET_RECRUITING",
    "Recruiting": "RECRUITING",
}
"""The words seen in its records; others are kept as they are until somebody knows what they mean."""

_LAYOUT = Layout("chictr", STATUSES)


class ChiCtr(Source, FromFiles):
    """See `tracker.model.source`."""

    info = SourceInfo(
        key="chictr",
        title="ChiCTR",
        kind="registry",
        base_url="https://www.chictr.org.cn",
        hosts=("www.chictr.org.cn",),
        pace=0.2,
        from_files=True,
        download="On the page of a trial, the button for the XML document.",
        reads="ChiCTR records, saved as XML",
        access="XML of the WHO layout that you download, by `tracker import`",
        address="https://www.chictr.org.cn/showproj.html?proj=…",
        anchors=("official_title", "recruitment_status", "first_posted"),
        attribution="Chinese Clinical Trial Registry (ChiCTR)",
        rest_titles={"main.study_design": "study design", "main.study_type": "study type", "main.target_size": "target size"},
    )

    EXAMPLES = (
        Example(
            fixture="recruiting.xml",
            trial="chictr:ChiCTR2090000011",
            expected={"recruitment_status": "RECRUITING", "first_posted.date": "2026-03-02", "start_date.date": "2026-04-10"},
        ),
        Example(
            fixture="completed.xml",
            trial="chictr:ChiCTR2090000012",
            expected={"recruitment_status": "COMPLETED", "enrollment.count": 80, "phases": ("PHASE4",)},
        ),
        Example(
            fixture="odd.xml",
            trial="chictr:ChiCTR2090000013",
            expected={"recruitment_status": "OTHER", "recruitment_status_as_given": "Suspending"},
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


SOURCE: Source = ChiCtr()
