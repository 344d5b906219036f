"""MedDataX (meddatax.com): pages that republish ClinicalTrials.gov records, read by their words since no mark-up is known.

Two kinds of page: the record (``/clinical-trials/NCT…``) and its results (``…/results``). A served page must carry its
number, its title and the site's own sentences; a saved text may be an opening or an extraction that lost its head.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from tracker.extract import pages
from tracker.extract.blocks import Line, read_lines
from tracker.extract.labelling import read_page
from tracker.extract.labels import HEAD, TITLE, Page
from tracker.extract.retrieval import retrieve_each
from tracker.model.ids import NCT, split_key
from tracker.model.record import TrialRecord
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
from tracker.sources.meddatax import words
from tracker.sources.meddatax.read import read_record, read_results
from tracker.text.clean import clean

_PATH = re.compile(r"/clinical-trials/(NCT\d{8})(?:/results)?/?\Z", re.IGNORECASE | re.ASCII)
_NUMBER_LINE = re.compile(r"NCT ID\b|NCT\d{8}\Z", re.IGNORECASE)
_FINGERPRINT = 2  # fixed sentences (or, beside number and title, twice as many headings) that show a page of this site


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
        pages.refuse_unreadable(document)
        lines = read_lines(document.body, document.content_type)
        page, has_results = _placed(lines)
        self._check_fingerprint(document, page, has_results)
        title = _title(page)
        number = self._number(document, page, title)
        values = read_results(page) if has_results else read_record(page)
        pages.note_replacements(page, document)
        heading = words.RESULTS_TITLE.match(title) if title and has_results else None
        record = TrialRecord(
            trial=f"{self.info.key}:{split_key(document.trial).number or number}",
            nct_number=number,
            url=document.url or None,
            brief_title=heading["title"] if heading else title,
            last_update_posted=pages.date_of(page, page.value(HEAD, "Last Updated", expected=True), "Last Updated"),
            **values,
        )
        return record, page

    def sniff(self, body: bytes) -> str | None:
        """``meddatax:NCT…`` for a page, served or saved, with the site's sentences and its number."""
        page, has_results = _placed(read_lines(body, ""))
        number = _stated(page)
        known = has_results or page.intros >= _FINGERPRINT
        return f"{self.info.key}:{number}" if number and known else None

    def key_from_url(self, url: str, base_url: str | None = None) -> str | None:
        """The trial key of a page's address; None for other sites. ``base_url`` is a stand-in for the site's own."""
        match = _PATH.match(pages.path_on(self.info, url, base_url) or "")
        return f"{self.info.key}:{match[1].upper()}" if match else None

    def _check_fingerprint(self, document: Document, page: Page, has_results: bool) -> None:
        """A served page without its anchors is another page, a redesign or an outage: none of them is news."""
        served = pages.is_served(document)
        named = _stated(page) is not None
        known = page.intros >= _FINGERPRINT or (has_results and bool(page.found))
        if not known and not (named and len(page.found) >= 2 * _FINGERPRINT):
            raise pages.layout_error(document, f"sections that {self.info.title} gives its pages")
        if served and not named:
            raise pages.layout_error(document, "line `NCT ID`")
        if served and _title(page) is None:
            raise pages.layout_error(document, "title above `NCT ID`")

    def _number(self, document: Document, page: Page, title: str | None) -> str | None:
        number = _stated(page)
        named = words.RESULTS_TITLE.match(title) if title else None
        asked = split_key(document.trial).number
        for stated in (number, named and named["nct"]):
            if stated and asked and stated != asked:
                raise pages.wrong_trial(document, stated)
        if number is None:
            page.issue("missing_shape", "NCT ID")
        if title is None:
            page.issue("missing_shape", "title")
        page.value(HEAD, "NCT ID")
        return number


def _placed(lines: Sequence[Line]) -> tuple[Page, bool]:
    """The page, read as a results page if its head says so."""
    has_results = any(words.RESULTS_TITLE.match(line.text) or line.text == "Results Overview" for line in lines[:40])
    vocabulary = words.RESULTS_PAGE if has_results else words.RECORD_PAGE
    return read_page(lines, vocabulary, _title_line(lines)), has_results


def _title_line(lines: Sequence[Line]) -> str | None:
    """The title stands right above "NCT ID"; in an extraction without that label, first of all."""
    for number, line in enumerate(lines[:60]):
        if words.RESULTS_TITLE.match(line.text):
            return line.text
        if _NUMBER_LINE.match(line.text):
            return lines[number - 1].text if number else None
    return None


def _stated(page: Page) -> str | None:
    given = next((entry.text for entry in page.entries if (entry.section, entry.label) == (HEAD, "NCT ID")), "")
    match = NCT.search(given)
    return match[0] if match else None


def _title(page: Page) -> str | None:
    text = page.value(HEAD, TITLE)
    return clean(text) if text else None


SOURCE: Source = MedDataX()
