"""Real texts of the EU Clinical Trials Register: every value taken, left out by name or told, against facts noted by hand."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tracker import sources
from tracker.errors import LayoutError
from tracker.extract.read_log import ReadLog
from tracker.model.source import Document, Parsed
from tracker.sources.euctr import words
from tracker.sources.euctr.results import has_link, information_on, numbers_on, results_of, stated_on_search, with_results

pytestmark = pytest.mark.real_data

SOURCE = sources.load()["euctr"]
AT = datetime(2026, 11, 1, tzinfo=UTC)
FACTS: Mapping[str, tuple[str, tuple[str, ...], int, tuple[str, ...], str]] = {
    "2022-002568-62": (
        "text/2022-002568-62_full.txt",
        ("Spain", "Sweden", "Sweden"),
        15,
        ("PHASE1", "PHASE2"),
        "AviadoBio Ltd",
    ),
    "2021-002179-21": (
        "more/text_2021-002179-21_full_2023.txt.gz",
        ("France", "Spain", "Greece", "Poland", "Poland", "Portugal", "Hungary"),
        600,
        ("PHASE3",),
        "AB Science",
    ),
}
"""By number: the file, the countries by their first entry, participants, phases, sponsor; all "Ongoing" and nobody under 18."""


def bytes_of(file: Path) -> bytes:
    return gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()


def read(body: bytes, number: str) -> Parsed:
    document = Document(
        source="euctr", trial=f"euctr:{number}", url="", body=body, content_type="text/plain", fetched_at=AT, as_of=AT
    )
    assert SOURCE.digest(document)
    return SOURCE.parse(document)


@pytest.mark.parametrize("number", FACTS)
def test_every_value_is_taken_left_out_by_name_or_told(number: str, real_data: Path) -> None:
    file, countries, count, phases, sponsor = FACTS[number]
    body = bytes_of(real_data / "euctr" / file)
    assert SOURCE.sniff(body) == f"euctr:{number}"
    found = read(body, number)
    record = found.record
    assert found.issues == ()
    assert tuple(state.country for state in record.country_status or ()) == countries
    assert {state.as_given for state in record.country_status or ()} == {"Ongoing"}
    assert (record.recruitment_status, record.recruitment_status_as_given) == ("OTHER", "Ongoing")
    assert record.enrollment is not None
    assert record.enrollment.count == count
    assert record.phases == phases
    assert record.lead_sponsor is not None
    assert record.lead_sponsor.name == sponsor
    assert record.eligibility is not None
    assert record.eligibility.std_ages == ("ADULT", "OLDER_ADULT")
    assert record.rest["paediatric_investigation_plan"] == "No"
    assert (record.completion_date, record.results_state) == (None, None)


def test_a_text_that_lost_its_line_breaks_is_refused(real_data: Path) -> None:
    body = bytes_of(real_data / "euctr" / "more" / "text_2015-001314-10_full_without_line_breaks.txt.gz")
    with pytest.raises(LayoutError, match="line breaks"):
        read(body, "2015-001314-10")


def test_a_real_search_page_says_that_there_are_no_results(real_data: Path) -> None:
    page = (real_data / "euctr" / "html" / "search_2015-000590-12_2019-01-07.html").read_bytes()
    assert numbers_on(page) == ("2015-000590-12",)
    stated = stated_on_search(page, "2015-000590-12")
    assert stated is not None
    assert not has_link(stated)


def test_the_opening_of_a_real_results_page_gives_its_version_and_days(real_data: Path) -> None:
    told = information_on((real_data / "euctr" / "text" / "results_page_2012-004303-12_opening.txt").read_bytes())
    assert told is not None
    link = b'Trial results: <a href="/ctr-search/trial/2012-004303-12/results">View results</a></td>'
    log = ReadLog({})
    found = results_of(with_results(b"", link, told).decode(), log)
    assert (found.state, found.version) == ("POSTED", "v1(current)")
    assert found.published is not None
    assert found.first_published is not None
    assert (found.published.date, found.first_published.date) == ("2016-09-14", "2016-09-14")
    assert log.issues == []


def test_every_status_in_the_dated_copies_is_known(real_data: Path) -> None:
    """The copies are no text of the register: only their words carry over."""
    files = sorted((real_data / "euctr" / "snapshots").rglob("*.json.gz"))
    copies: list[dict[str, Any]] = [json.loads(gzip.decompress(file.read_bytes())) for file in files]
    given = {copy.get("p_end_of_trial_status") or copy.get("x5_trial_status") for copy in copies} - {None, ""}
    assert len(files) == 44
    assert given <= words.STATUSES.keys()
