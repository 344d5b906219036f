"""What the tests of page sources share: documents from texts, and the search for lost lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from tests.renderings import model, shuffled
from tracker.extract.labels import Page, Vocabulary
from tracker.model.record import TrialRecord
from tracker.model.source import Document, Parsed
from tracker.sources.meddatax.words import AVAILABLE, DIGESTED, PENDING
from tracker.text.clean import clean

FIXTURES = Path(__file__).parent / "fixtures"
AT = datetime(2026, 2, 1, 6, 0, tzinfo=UTC)
HTML, TEXT = "text/html; charset=utf-8", "text/plain"


def document(trial: str, body: str | bytes, content_type: str = TEXT, url: str = "") -> Document:
    """A page as it would come from the network or from a file."""
    body = body if isinstance(body, bytes) else body.encode()
    source = trial.partition(":")[0]
    return Document(source=source, trial=trial, url=url, body=body, content_type=content_type, fetched_at=AT, as_of=AT)


def shuffled_page(text: str, vocabulary: Vocabulary, seed: int) -> str:
    """The page in a mark-up of its own."""
    return shuffled(model(text, vocabulary), seed)


def lost_lines(text: str, record: TrialRecord, page: Page, parsed: Parsed) -> list[str]:
    """Lines of the page that are neither in the record, nor ignored by name, nor told as an Issue."""
    known = {_key(said) for said in (*in_page_words(record), *(issue.value for issue in parsed.issues), *NO_VALUES)}
    known |= {_key(line) for line, _ in page.ignored}
    labels = sorted({entry.label for entry in page.entries if entry.label}, key=len, reverse=True)
    digested = {section for section in DIGESTED if page.has(section)}
    in_tables = {_key(entry.text) for entry in page.entries if entry.section in digested and record.results_digests}
    lost = []
    for line in (" ".join(raw.split()) for raw in text.splitlines()):
        label = next((label for label in labels if _key(line).startswith(_key(label))), "")
        rest = line[len(label) :].lstrip(": ")
        if not ({_key(line), _key(line[:200]), _key(rest)} & (known | in_tables) or not rest):
            lost.append(line)
    return lost


NO_VALUES = ("-", "N/A", "secondary_id", "Inclusion Criteria", "Exclusion Criteria")
"""Values that say nothing, and headings whose meaning is the list that their lines stand in."""


def in_page_words(record: TrialRecord) -> Iterator[str]:
    """The record said again as the sites say it."""
    for leaf in _leaves(msgspec.to_builtins(record)):
        yield leaf
        yield from leaf.split("\n")
        yield from (piece.replace("_", " ") for piece in (leaf, leaf.lower()))
    for results_state, *said in (("NONE_POSTED", "Results pending", PENDING), ("POSTED", "Results available", AVAILABLE)):
        yield from said if record.results_state == results_state else ()
    yield f"Trial Outcomes & Findings for {record.brief_title} (NCT {record.nct_number})"
    yield "/".join(record.phases or ())
    yield "Phase " + "/".join(record.phases or ()).replace("PHASE", "").replace("NA", "N/A")
    if record.enrollment:
        yield f"{record.enrollment.count:,} participants"
        yield f"{record.enrollment.count} participants"
    yield " ".join(word for word, member in MASKED_WORDS.items() if member in (record.who_masked or ()))
    yield " ".join(record.countries or ())
    yield "lead" if record.lead_sponsor else ""
    yield "collaborator" if record.collaborators else ""
    for place in record.sites or ():
        yield ", ".join(part for part in (place.city, place.state, place.country) if part)
    for reference in record.references or ():
        yield f"{reference.pmid} (View on PubMed)"
    if record.eligibility:
        yield {True: "Yes", False: "No", None: ""}[record.eligibility.healthy_volunteers]
        low, high = (
            (age or "").removesuffix(" Years") for age in (record.eligibility.minimum_age, record.eligibility.maximum_age)
        )
        yield f"{low}-{high} years" if high else f"{low}+ years"
    if record.page_date and record.page_date.first:
        yield f"{record.page_date.first.day} {record.page_date.first:%B %Y}"


MASKED_WORDS = {
    "Participants": "PARTICIPANT",
    "Caregivers": "CARE_PROVIDER",
    "Investigators": "INVESTIGATOR",
    "Outcome Assessors": "OUTCOMES_ASSESSOR",
}


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for inner in value:
            yield from _leaves(inner)
    elif value is not None:
        yield str(value)


def _key(text: str) -> str:
    """A line as it is looked up: cleaned, without list mark, colon at its end and case."""
    return re.sub(r"^(?:[*•-]|\d{1,2}\.)\s+", "", clean(text)).rstrip(": ").casefold()
