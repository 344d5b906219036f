"""A page of MedDataX as a record: which kind of page it is, whether it is one at all, and whose."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tracker.extract import pages
from tracker.extract.blocks import Line, read_lines
from tracker.extract.labelling import read_page
from tracker.extract.labels import HEAD, TITLE, Page
from tracker.model.ids import NCT, split_key
from tracker.model.record import TrialRecord
from tracker.model.source import Document, SourceInfo
from tracker.sources.meddatax import words
from tracker.sources.meddatax.read import read_record, read_results
from tracker.text.clean import clean

_NUMBER_LINE = re.compile(r"NCT ID\b|NCT\d{8}\Z", re.IGNORECASE)
_FINGERPRINT = 2  # fixed sentences (or, beside number and title, twice as many headings) that show a page of this site


def read(info: SourceInfo, document: Document) -> tuple[TrialRecord, Page]:
    """The record and the placed page, which says what was ignored and what was left over."""
    pages.refuse_unreadable(document)
    lines = read_lines(document.body, document.content_type)
    page, has_results = _placed(lines)
    _check_fingerprint(info, document, page, has_results)
    title = _title(page)
    number = _number(document, page, title)
    values = read_results(page) if has_results else read_record(page)
    pages.note_replacements(page, document)
    heading = words.RESULTS_TITLE.match(title) if title and has_results else None
    record = TrialRecord(
        trial=f"{info.key}:{split_key(document.trial).number or number}",
        nct_number=number,
        url=document.url or None,
        brief_title=heading["title"] if heading else title,
        last_update_posted=pages.date_of(page, page.value(HEAD, "Last Updated", expected=True), "Last Updated"),
        **values,
    )
    return record, page


def number_of(body: bytes) -> str | None:
    """The number of a page, served or saved, that has the site's sentences; None for anything else."""
    page, has_results = _placed(read_lines(body, ""))
    return _stated(page) if has_results or page.intros >= _FINGERPRINT else None


def _check_fingerprint(info: SourceInfo, document: Document, page: Page, has_results: bool) -> None:
    """A served page without its anchors is another page, a redesign or an outage: none of them is news."""
    served = pages.is_served(document)
    named = _stated(page) is not None
    known = page.intros >= _FINGERPRINT or (has_results and bool(page.found))
    if not known and not (named and len(page.found) >= 2 * _FINGERPRINT):
        raise pages.layout_error(document, f"sections that {info.title} gives its pages")
    if served and not named:
        raise pages.layout_error(document, "line `NCT ID`")
    if served and _title(page) is None:
        raise pages.layout_error(document, "title above `NCT ID`")


def _number(document: Document, page: Page, title: str | None) -> str | None:
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
