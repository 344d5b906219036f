"""Texts, files and pages that were once read wrongly, as the collection of such inputs holds them beside the real records."""

from __future__ import annotations

import json
import re
from pathlib import Path

import msgspec
import pytest

from tests.builders import detected
from tracker import sources
from tracker.extract.decoding import opens_with_tag
from tracker.extract.saved import opened
from tracker.model.record import Criteria, TrialRecord
from tracker.model.source import Document, Parsed

pytestmark = pytest.mark.real_data


def parsed(file: Path) -> Parsed:
    """A saved file, read as the commands read it."""
    body = opened(file.read_bytes())
    for source in sources.load().values():
        if key := source.sniff(body):
            kind = "text/html" if opens_with_tag(body) else "text/plain"
            return source.parse(_document(source.info.key, key, body, kind))
    pytest.fail(f"{file.name} is not recognised")


def _document(source: str, trial: str, body: bytes, content_type: str) -> Document:
    from tests.pages import AT

    return Document(source=source, trial=trial, url="", body=body, content_type=content_type, fetched_at=AT, as_of=AT)


def record(file: Path) -> TrialRecord:
    return parsed(file).record


def criteria(file: Path) -> Criteria:
    eligibility = record(file).eligibility
    assert eligibility
    assert eligibility.criteria
    return eligibility.criteria


def told(inputs: Path, old: str, new: str) -> dict[str, str]:
    """Kind -> severity of what is told of two files."""
    found = detected(record(inputs / f"{old}.json"), record(inputs / f"{new}.json"))
    return {event.kind: event.severity for event in found.events}


def test_windows_signs_are_mapped_as_html_maps_them(inputs: Path) -> None:
    assert criteria(inputs / "01_old.json") == criteria(inputs / "01_new.json")
    assert criteria(inputs / "01_old.json").inclusion == (
        "Age 18–65 years; body weight 45–90 kg",
        "Dose 5–10 mg/day; patient’s consent",
    )
    assert criteria(inputs / "01_nel.json").inclusion == ("Pain … at rest", "Cost € 100; 5…10 mg; –5 °C; €5")
    assert told(inputs, "01_titles_old", "01_titles_new") == {}


def test_a_raised_number_is_not_a_digit_more(inputs: Path) -> None:
    assert criteria(inputs / "02_old.json").inclusion[0] == "Neutrophils at least 1.5 x 10^9/L"
    assert told(inputs, "02_old", "02_new") == {"eligibility_changed": "minor"}
    assert told(inputs, "02_old", "02_third") == {"eligibility_changed": "notable"}
    assert told(inputs, "02_new", "02_third") == {"eligibility_changed": "notable"}


@pytest.mark.parametrize(("old", "new"), [("03_old", "03_new"), ("03_p1a", "03_p1b"), ("03_p3a", "03_p3b")])
def test_an_edit_of_a_sign_that_only_looks_like_a_mark_is_told(inputs: Path, old: str, new: str) -> None:
    assert told(inputs, old, new) == {"eligibility_changed": "notable"}


@pytest.mark.parametrize("name", ["03_siblings", "03_siblings_bare", "03_old"])
def test_one_mark_is_taken_off_and_what_the_line_says_is_kept(inputs: Path, name: str) -> None:
    module = json.loads((inputs / f"{name}.json").read_text("utf-8"))["protocolSection"]["eligibilityModule"]
    given = [line for line in module["eligibilityCriteria"].split("\n") if line and not line.endswith("Criteria:")]
    found = criteria(inputs / f"{name}.json")
    assert [*found.inclusion, *found.exclusion] == [re.sub(r"\A[*•] ", "", line) for line in given]


@pytest.mark.parametrize("name", ["04_bom", "04_utf16le", "04_list"])
def test_a_saved_record_is_read_however_it_was_written(inputs: Path, name: str) -> None:
    assert parsed(inputs / f"{name}.json").issues == ()


@pytest.mark.parametrize("name", ["07_hidden", "07_hidden3"])
def test_hidden_text_is_not_read(inputs: Path, name: str) -> None:
    assert parsed(inputs / f"{name}.html") == parsed(inputs / "07_base.html")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("07_gb2312", "朱镕基 ㎡ 研究"),
        ("07_sjis", "①②㈱ 試験"),
        ("07_euckr", "똠방각하 시험"),
        ("07_cp1252_late_meta", "– naïve Zürich “quoted”"),
        ("07_bom", "– naïve Zürich “quoted”"),
    ],
)
def test_a_page_is_read_in_its_own_character_set(inputs: Path, name: str, words: str) -> None:
    page, base = parsed(inputs / f"{name}.html"), parsed(inputs / "07_base.html")
    assert words in (page.record.brief_summary or "")
    assert page.issues == base.issues
    assert msgspec.structs.replace(page.record, brief_summary=base.record.brief_summary) == base.record


def test_an_observational_page_is_read_without_a_false_value(inputs: Path) -> None:
    found = parsed(inputs / "meddatax_NCT02422407.txt")
    assert (found.record.observational_model, found.record.time_perspective) == ("COHORT", "PROSPECTIVE")
    arms = found.record.arms or ()
    assert [(arm.label, arm.interventions) for arm in arms] == [
        ("Subgroup 1", ("Procedure: Biopsy",)),
        ("Subgroup 2", ("Procedure: Biopsy",)),
        ("Subgroup 3", None),
    ]
    assert [(one.name, one.description) for one in found.record.interventions or ()] == [("Biopsy", "Salivary Gland")]
    # The stored page is an opening: what stood after it is missing, and said to be.
    assert {(issue.code, issue.path) for issue in found.issues} == {
        ("missing_shape", "Sponsors"),
        ("missing_shape", "Eligibility Criteria"),
    }
