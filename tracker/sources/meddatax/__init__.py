"""MedDataX (meddatax.com): pages that republish ClinicalTrials.gov records, read by their words since no mark-up is known.

Two kinds of page: the record (``/clinical-trials/NCT…``) and its results (``…/results``). A served page must carry its
number, its title and the site's own sentences; a saved text may be an opening or an extraction that lost its head.
What reads a page is imported where one is read: many commands only need to know the source.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from tracker.extract.retrieval import retrieve_each
from tracker.model.ids import split_key
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

if TYPE_CHECKING:
    from tracker.extract.labels import Page
    from tracker.model.record import TrialRecord

_PATH = re.compile(r"/clinical-trials/(NCT\d{8})(?:/results)?/?\Z", re.IGNORECASE | re.ASCII)


class MedDataX(Source, PageSource):
    """See `tracker.model.source`."""

    info = SourceInfo(
        key="meddatax",
        title="MedDataX",
        kind="page",
        digest_version=2,
        home="ctgov",
        base_url="https://meddatax.com",
        hosts=("meddatax.com", "www.meddatax.com"),
        pace=0.2,
        reads="MedDataX trial pages (a mirror of ClinicalTrials.gov)",
        access="HTML, by labels",
        address="https://meddatax.com/clinical-trials/NCT…",
        anchors=("nct_number", "brief_title", "last_update_posted", "recruitment_status"),
        canary="https://meddatax.com/clinical-trials/NCT01072682",
        attribution="meddatax.com, a site that republishes ClinicalTrials.gov",
    )

    EXAMPLES = (
        Example(
            fixture="record.txt",
            trial="meddatax:NCT90000001",
            expected={"recruitment_status": "RECRUITING", "enrollment.count": 1240, "results_state": "NONE_POSTED"},
            volatile={"NCT90000778 NOT_YET_RECRUITING NA": "NCT90000555 WITHDRAWN PHASE4"},
        ),
        Example(
            fixture="ended_early.txt",
            trial="meddatax:NCT90000003",
            expected={"recruitment_status": "OTHER", "recruitment_status_as_given": "PAUSED", "results_state": "POSTED"},
        ),
        Example(
            fixture="results.txt",
            trial="meddatax:NCT90000003",
            expected={"brief_title": "Earplugs for Sleep on the Ward", "results_first_posted.date": "2025-06-02"},
        ),
        Example(
            fixture="label_less.txt",
            trial="meddatax:NCT90000002",
            sniffed=None,
            expected={"recruitment_status": "TERMINATED", "start_date.date": "2024-02-01"},
            lacks=frozenset({"nct_number", "brief_title", "last_update_posted"}),
        ),
    )

    def retrieve(self, asked: Sequence[Asked], fetch: Fetch, data: DataVersion | None) -> Iterator[Answer]:
        """Each page at its own address, or else at the record's usual one."""
        base = fetch.base_url.rstrip("/")

        def address(one: Asked) -> str:
            return one.url or f"{base}/clinical-trials/{split_key(one.trial).number}"

        return retrieve_each(self.info, asked, fetch, address, accept="text/html")

    def parse(self, document: Document) -> Parsed:
        """The record of a record page or of a results page."""
        record, page = self.read(document)
        return Parsed(record=record, issues=page.finish())

    def digest(self, document: Document) -> str:
        """Over the labelled blocks that are read: related trials and boilerplate do not move it."""
        return self.read(document)[1].digest(self.info.digest_version)

    def read(self, document: Document) -> tuple[TrialRecord, Page]:
        """The record and the placed page, which says what was ignored and what was left over."""
        from tracker.sources.meddatax import page

        return page.read(self.info, document)

    def sniff(self, body: bytes) -> str | None:
        """``meddatax:NCT…`` for a page, served or saved, with the site's sentences and its number."""
        from tracker.sources.meddatax import page

        number = page.number_of(body)
        return f"{self.info.key}:{number}" if number else None

    def key_from_url(self, url: str, base_url: str | None = None) -> str | None:
        """The trial key of a page's address; None for other sites. ``base_url`` is a stand-in for the site's own."""
        from tracker.extract import page_addresses

        match = _PATH.match(page_addresses.path_on(self.info, url, base_url) or "")
        return f"{self.info.key}:{match[1].upper()}" if match else None


SOURCE: Source = MedDataX()
