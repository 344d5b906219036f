"""WHO ICTRP, the search portal over the registries of the world, from exports that a person downloads.

It is asked for nothing: its portal has no interface for that, and its web service forbids keeping what it answers. What it says
of a trial stands beside the registry's own record and never in its place. What reads is imported where it is used.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime
from typing import BinaryIO

import msgspec

from tracker.errors import AnswerError
from tracker.extract.retrieval import retrieve_each
from tracker.model.source import (
    MADE_AT,
    Answer,
    Asked,
    DataVersion,
    Document,
    Example,
    Fetch,
    FileEntry,
    FileTrouble,
    Found,
    FromFiles,
    Parsed,
    Source,
    SourceInfo,
    Versioned,
)


class Ictrp(Source, FromFiles, Versioned):
    """See `tracker.model.source`."""

    info = SourceInfo(
        key="ictrp",
        title="WHO ICTRP",
        kind="aggregator",
        base_url="https://trialsearch.who.int",
        hosts=("trialsearch.who.int",),
        pace=0.2,
        from_files=True,
        download="On trialsearch.who.int search, then “Export results to XML” or “to CSV”.",
        reads="exports of the WHO ICTRP search portal (records of 20 registries)",
        access="XML or CSV that you download, by `tracker import`",
        address="https://trialsearch.who.int/Trial2.aspx?TrialID=NUMBER",
        anchors=("brief_title", "first_posted", "lead_sponsor"),
        attribution="WHO International Clinical Trials Registry Platform (ICTRP); not for commercial use",
        path_words={
            "brief_title": "public_title",
            "official_title": "scientific_title",
            "lead_sponsor": "primary_sponsor",
            "conditions": "condition",
            "interventions": "intervention",
            "primary_outcomes": "primary_outcome",
            "secondary_outcomes": "secondary_outcome",
            "eligibility": "criteria",
        },
        rest_titles={
            "study_design": "study design",
            "study_type": "study type",
            "phase": "phase",
            "target_size": "target size",
            "results_url_link": "link to results",
            "ethics_review_status": "ethics review",
            "ethics_review_approval_date": "day of the ethics approval",
        },
    )

    EXAMPLES = (
        Example(
            fixture="recruiting.xml",
            trial="ictrp:ChiCTR2090000001",
            expected={"recruitment_status": "RECRUITING", "first_posted.date": "2026-03-02", "start_date.date": "2026-04-01"},
            volatile={"10/04/2026 04:51:51": "11/04/2026 05:00:00", "21 September 2026": "28 September 2026"},
        ),
        Example(
            fixture="coarse.csv",
            trial="ictrp:NCT90000001",
            expected={"recruitment_status": "NOT_RECRUITING_UNSPECIFIED", "enrollment.count": 120, "results_state": "POSTED"},
            volatile={"09/25/2026 04:27:23": "10/02/2026 04:27:23"},
        ),
        Example(
            fixture="odd.xml",
            trial="ictrp:EUCTR2090-000001-10-DE",
            expected={"recruitment_status": "OTHER", "recruitment_status_as_given": "Halted for now"},
            lacks=frozenset({"lead_sponsor"}),
        ),
    )

    def is_file(self, opening: bytes) -> bool:
        """Whether this is an export."""
        from tracker.sources.ictrp import export

        return export.is_export(opening)

    def entries(self, file: BinaryIO) -> Iterator[FileEntry | FileTrouble]:
        """The trials of an export."""
        from tracker.sources.ictrp import export

        return export.entries(file)

    def made_at(self, stated: Collection[str], latest: date | None, now: datetime) -> DataVersion | None:
        """When an export was made, by its rows."""
        from tracker.sources.ictrp import export

        return export.made_at(stated, latest, now)

    def retrieve(self, asked: Sequence[Asked], fetch: Fetch, data: DataVersion | None) -> Iterator[Answer]:
        """The rows of the file that is being imported, each by its trial's key."""
        for answer in retrieve_each(self.info, asked, fetch, lambda one: one.trial, accept="*/*"):
            if isinstance(answer, Found) and data is not None:
                document = msgspec.structs.replace(answer.document, data_version=data.date)
                yield msgspec.structs.replace(answer, document=document)
            else:
                yield answer

    def data_version(self, fetch: Fetch) -> DataVersion:
        """When the file that is being imported was made."""
        stamp = fetch.get(MADE_AT).body.decode("ascii")
        if not stamp:
            raise AnswerError("The file does not say when it was exported.", source=self.info.key)
        return DataVersion(timestamp=stamp, date=stamp[:10])

    def parse(self, document: Document) -> Parsed:
        """The record of one trial."""
        from tracker.sources.ictrp.parse import parse

        return parse(document)

    def digest(self, document: Document) -> str:
        """SHA-256 of what an export says of the trial, in whatever form."""
        from tracker.sources.ictrp.parse import digest

        return digest(document)

    def sniff(self, body: bytes) -> str | None:
        """The trial's key if the bytes are an export of one trial."""
        from tracker.sources.ictrp import export

        return export.sniff(body)


SOURCE: Source = Ictrp()
