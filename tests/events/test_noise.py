"""What is no news at all, and what is news of spelling only: every kind of text, in the JSON and in records."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.builders import actual, changed, date, detected, events, make_record, measure, said, site
from tests.sources.test_ctgov_parse import Study, document, load, put, shuffled
from tracker.compare import compare
from tracker.events import Detected
from tracker.events.spelling import SPELLING_RULE
from tracker.model.event import Event
from tracker.model.record import (
    Arm,
    Criteria,
    Eligibility,
    Intervention,
    IpdSharing,
    Link,
    Organisation,
    Reference,
    RegistryNotice,
)
from tracker.sources.ctgov import SOURCE


def told(old: Study, new: Study) -> Detected:
    before, after = (SOURCE.parse(document(study)).record for study in (old, new))
    return detected(before, after)


def test_order_of_everything_in_the_json_is_silent() -> None:
    for name in ("ordinary", "with_results", "ended_early", "expanded_access"):
        assert told(load(name), shuffled(load(name))).events == ()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("A dose of 5 mg (n=3)", "A  dose of\\u00a05 mg\\n(n=3)"),
        ("Naïve patients", "Nai\u0308ve patients"),
        ("Age >= 18 * 2", "Age \\\\>= 18 \\\\* 2"),
        ("Hb < 9 and rising", "Hb &lt; 9 <b>and</b> rising"),
        ("one two", "one&nbsp;<sup>two</sup>"),
    ],
    ids=["white space", "unicode form", "markdown escapes", "entities and mark-up", "blanks and mark-up"],
)
def test_white_space_unicode_form_escapes_and_mark_up_are_silent(before: str, after: str) -> None:
    after = after.replace("\\u00a0", "\u00a0").replace("\\n", "\n").replace("\\\\", "\\")
    for path in ("descriptionModule.briefSummary", "identificationModule.briefTitle"):
        assert told(put(load(), path, before), put(load(), path, after)).events == ()
    measures = ([{"measure": text, "description": text, "timeFrame": text}] for text in (before, after))
    old, new = (put(load(), "outcomesModule.primaryOutcomes", entry) for entry in measures)
    assert told(old, new).events == ()


def test_the_day_of_the_data_mesh_terms_and_places_on_the_map_are_silent() -> None:
    new = load()
    new.setdefault("derivedSection", {}).setdefault("miscInfoModule", {})["versionHolder"] = "2031-01-01"
    new["derivedSection"]["conditionBrowseModule"] = {"meshes": [{"id": "D000001", "term": "Another Term"}]}
    for place in new["protocolSection"]["contactsLocationsModule"]["locations"]:
        place["geoPoint"] = {"lat": 1.25, "lon": 2.5}
    assert told(load(), new).events == ()


@pytest.mark.parametrize("field", ["studyFirstPostDateStruct", "lastUpdatePostDateStruct"])
def test_the_kind_of_a_posting_date_is_silent(field: str) -> None:
    old, new = (put(load(), f"statusModule.{field}", {"date": "2025-05-04", "type": kind}) for kind in ("ESTIMATED", "ACTUAL"))
    assert told(old, new).events == ()


def test_a_date_given_more_exactly_is_never_a_slip() -> None:
    old = make_record(primary_completion_date="2026-03")
    (event,) = events(old, changed(old, primary_completion_date="2026-03-31")).values()
    assert (event.effects, event.severity, said(event)["days"]) == (("refined",), "minor", 0)


TEXT = "Change in disease activity, at week 24"
RESPELT = "change in Disease Activity at week 24."
OTHERWISE = "Change in disease activity, at week 48"

EVERY_TEXT: dict[str, Any] = {
    "primary measure": lambda text: {"primary_outcomes": (measure(text),)},
    "primary time frame": lambda text: {"primary_outcomes": (measure("Pain", text),)},
    "primary description": lambda text: {"primary_outcomes": (measure("Pain", "1 day", text),)},
    "secondary measure": lambda text: {"secondary_outcomes": (measure(text),)},
    "other measure": lambda text: {"other_outcomes": (measure(text),)},
    "inclusion line": lambda text: {"eligibility": Eligibility(criteria=Criteria(inclusion=("Adults", text)))},
    "exclusion line": lambda text: {"eligibility": Eligibility(criteria=Criteria(exclusion=(text,)))},
    "study population": lambda text: {"eligibility": Eligibility(study_population=text)},
    "brief summary": lambda text: {"brief_summary": text},
    "detailed description": lambda text: {"detailed_description": text},
    "brief title": lambda text: {"brief_title": text},
    "official title": lambda text: {"official_title": text},
    "arm label": lambda text: {"arms": (Arm(label=text, type="EXPERIMENTAL"),)},
    "arm description": lambda text: {"arms": (Arm(label="A", description=text),)},
    "intervention name": lambda text: {"interventions": (Intervention(type="DRUG", name=text),)},
    "intervention description": lambda text: {"interventions": (Intervention(type="DRUG", name="A", description=text),)},
    "condition": lambda text: {"conditions": ("Lupus", text)},
    "keyword": lambda text: {"keywords": (text,)},
    "reason for stopping": lambda text: {"why_stopped": text},
    "masking description": lambda text: {"masking_description": text},
    "lead sponsor": lambda text: {"lead_sponsor": Organisation(name=text)},
    "collaborator": lambda text: {"collaborators": (Organisation(name=text),)},
    "site": lambda text: {"sites": (site(text),)},
    "citation": lambda text: {"references": (Reference(pmid="1", type="RESULT", citation=text),)},
    "link": lambda text: {"see_also_links": (Link(url="https://example.org", label=text),)},
    "data sharing": lambda text: {"ipd_sharing": IpdSharing(plan="YES", description=text)},
    "compliance notice": lambda text: {"compliance_notices": (RegistryNotice(type="VIOLATION_IDENTIFIED", description=text),)},
    "what is not modelled": lambda text: {"rest": {"newModule.text": text}},
}


def step(text: str, before: str, after: str) -> list[Event]:
    old = make_record(**EVERY_TEXT[text](before))
    new = changed(old, **EVERY_TEXT[text](after), last_update_posted=actual("2026-03-10"))
    return list(events(old, new).values())


@pytest.mark.parametrize("text", EVERY_TEXT)
def test_case_and_punctuation_of_any_text_are_minor(text: str) -> None:
    (event,) = step(text, TEXT, RESPELT)
    assert (event.severity, event.rule, said(event)["spelling_only"]) == ("minor", SPELLING_RULE, True)


@pytest.mark.parametrize("text", EVERY_TEXT)
def test_another_number_in_any_text_is_more_than_spelling(text: str) -> None:
    found = step(text, TEXT, OTHERWISE)
    assert found
    assert not any(said(event).get("spelling_only") or event.rule == SPELLING_RULE for event in found)


@pytest.mark.parametrize("text", EVERY_TEXT)
def test_white_space_of_any_text_is_silent(text: str) -> None:
    assert step(text, TEXT, f" {TEXT.replace(' ', '  ')}\n") == []


def test_a_sign_turned_round_in_a_criterion_is_no_trifle() -> None:
    (event,) = step("inclusion line", "Hemoglobin > 9 g/dL", "Hemoglobin < 9 g/dL")
    assert (event.severity, said(event).get("spelling_only")) == ("notable", None)


def test_spelling_beside_a_true_change_of_one_kind_keeps_its_severity() -> None:
    old = make_record(primary_outcomes=(measure("Pain"), measure("Overall survival")))
    (event,) = events(old, changed(old, primary_outcomes=(measure("PAIN"),))).values()
    assert event.severity == "major"


def test_the_posting_date_of_results_that_only_says_now_that_it_is_actual() -> None:
    old = make_record(results_first_posted=date("2026-01-02"), results_state="POSTED")
    assert compare(old, changed(old, results_first_posted=actual("2026-01-02"))) == ()


def test_the_registrys_json_is_compared_whole() -> None:
    """One study written twice by different hands of one encoder: nothing."""
    study = load("with_results")
    assert told(study, json.loads(json.dumps(study, indent=3, ensure_ascii=True))).events == ()
