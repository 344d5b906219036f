"""Inputs that once were told wrongly, where their folder lies beside the real data: what each must say now."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.acceptance.case_pairs import case_pair
from tests.builders import detected, said
from tracker import sources
from tracker.events import Detected
from tracker.model.record import TrialRecord
from tracker.model.source import Document
from tracker.render import kinds

pytestmark = pytest.mark.real_data

DAY = datetime(2026, 3, 1, tzinfo=UTC)


def read(body: bytes, source: str, trial: str, content_type: str) -> TrialRecord:
    document = Document(
        source=source, trial=trial, url="", body=body, content_type=content_type, fetched_at=DAY, as_of=DAY, data_version=None
    )
    return sources.load()[source].parse(document).record


def pair(cases: Path, number: str) -> Detected:
    found = case_pair(cases, number)
    return detected(found.old, found.new)


def headlines(found: Detected) -> dict[str, str]:
    return {event.kind: kinds.headline(event) for event in found.events}


@pytest.mark.parametrize("mark", ["\u00a0", "\u202f", ",", ".", "’", "'", " "])
def test_participants_are_read_with_any_mark_between_thousands(cases: Path, mark: str) -> None:
    page = (cases / "inputs" / "07_nbsp.html").read_text(encoding="utf-8").replace("1&nbsp;240", f"1{mark}240")
    record = read(page.encode(), "meddatax", "meddatax:NCT90000001", "text/html; charset=utf-8")
    assert record.enrollment is not None
    assert record.enrollment.count == 1240


def test_a_page_that_writes_thousands_with_an_apostrophe_is_read_as_saved(cases: Path) -> None:
    page = (cases / "inputs" / "07_apos.html").read_bytes()
    record = read(page, "meddatax", "meddatax:NCT90000001", "text/html; charset=utf-8")
    assert record.enrollment is not None
    assert record.enrollment.count == 1240


def test_a_date_that_moves_into_the_future_has_not_passed(cases: Path) -> None:
    found = pair(cases, "17")
    [primary] = [event for event in found.events if event.kind == "primary_outcomes_changed"]
    assert said(primary)["window"] == "ongoing"
    assert "window_note" not in said(primary)


def test_a_trial_that_recruits_again_says_since_when_its_status_was_unknown(cases: Path) -> None:
    assert headlines(pair(cases, "27"))["recruitment_status_changed"] == (
        "Recruiting again: status was unknown since 2022; changed by the registry, the sponsor sent no update"
    )


def test_an_actual_number_is_corrected(cases: Path) -> None:
    assert headlines(pair(cases, "66"))["enrollment_changed"] == "Actual enrollment corrected to 669 (was 662)"


@pytest.mark.parametrize("number", ["17", "20", "23", "27", "29", "50", "61", "66", "68", "72"])
def test_no_headline_of_an_update_has_two_colons_of_ours(cases: Path, number: str) -> None:
    found = pair(cases, number)
    for text in (*headlines(found).values(), kinds.story_headline(found.events)):
        assert re.sub("“[^”]*(”|$)", "", text).count(": ") <= 1, text
