"""TrialX (trialx.com): a trial finder's listings, which label next to nothing, read by the shapes of their lines.

The address holds the site's own listing number; the registry's number stands alone on a line far down the page. It is
pinned at the first read, and another one later is an error. The site's date has no label either: it is the date the
site shows, not the registry's.
What reads a listing is imported where one is read: many commands only need to know the source.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from tracker.extract.retrieval import retrieve_each
from tracker.model.source import (
    Answer,
    Asked,
    DataVersion,
    Document,
    Example,
    Fetch,
    PageSource,
    Parsed,
    Source,
    SourceInfo,
)
from tracker.sources.trialx.words import AGES, LISTING

if TYPE_CHECKING:
    from tracker.extract.labels import Page
    from tracker.model.record import TrialRecord


class TrialX(Source, PageSource):
    """See `tracker.model.source`."""

    info = SourceInfo(
        key="trialx",
        title="TrialX",
        kind="page",
        digest_version=2,
        home="ctgov",
        base_url="https://www.trialx.com",
        hosts=("www.trialx.com", "trialx.com"),
        pace=0.2,
        reads="TrialX listings (data from ClinicalTrials.gov)",
        access="HTML, by the shapes of its lines",
        address="https://www.trialx.com/clinical-trials/listings/NUMBER/…",
        anchors=("nct_number", "brief_title", "recruitment_status"),
        attribution="trialx.com, a trial finder with data from ClinicalTrials.gov",
        path_words={"eligibility": AGES},
    )

    EXAMPLES = (
        Example(
            fixture="listing.txt",
            trial="trialx:900001",
            sniffed="trialx:NCT90000001",
            expected={"recruitment_status": "RECRUITING", "page_date.date": "2026-01-14"},
            volatile={"Enter your contact details to connect with study team\n": ""},
        ),
        Example(
            fixture="odd.txt",
            trial="trialx:900001",
            sniffed="trialx:NCT90000779",
            expected={"recruitment_status": "OTHER", "recruitment_status_as_given": "Waiting for approval"},
        ),
        Example(
            fixture="no_header.txt",
            trial="trialx:900001",
            sniffed=None,
            expected={"eligibility.criteria.inclusion": ("Works at night",)},
            lacks=frozenset({"nct_number", "brief_title", "recruitment_status"}),
        ),
    )

    def retrieve(self, asked: Sequence[Asked], fetch: Fetch, data: DataVersion | None) -> Iterator[Answer]:
        """Each page at its own address; a listing number alone does not make one."""
        return retrieve_each(self.info, asked, fetch, lambda one: one.url, accept="text/html")

    def parse(self, document: Document) -> Parsed:
        """The record of a listing."""
        record, page = self.read(document)
        return Parsed(record=record, issues=page.finish())

    def digest(self, document: Document) -> str:
        """Over the blocks that are read: contact form, questions and notes do not move it."""
        return self.read(document)[1].digest(self.info.digest_version)

    def read(self, document: Document) -> tuple[TrialRecord, Page]:
        """The record and the placed page, which says what was ignored and what was left over."""
        from tracker.sources.trialx import read

        return read.read(self.info, document)

    def sniff(self, body: bytes) -> str | None:
        """The key of a listing, served or saved. A saved text does not know its listing number: its NCT number stands in."""
        from tracker.sources.trialx import read

        return read.sniff(self.info, body)

    def key_from_url(self, url: str, base_url: str | None = None) -> str | None:
        """The trial key of a listing's address; None for other sites. ``base_url`` is a stand-in for the site's own."""
        from tracker.extract import page_addresses

        match = LISTING.match(page_addresses.path_on(self.info, url, base_url) or "")
        return f"{self.info.key}:{match[1]}" if match else None


SOURCE: Source = TrialX()
