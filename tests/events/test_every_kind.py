"""Each kind of change of a record, by one table: what makes it speak, and a near miss at which it must stay silent."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import actual, date, detected, make_record, measure, site
from tracker.alerts import UNLESS_NAMED
from tracker.events import KINDS
from tracker.model.record import (
    Arm,
    Contact,
    CountryStatus,
    Criteria,
    Eligibility,
    Enrollment,
    Intervention,
    IpdSharing,
    Link,
    Organisation,
    Oversight,
    Reference,
    RegistryNotice,
    RegulatoryEvent,
    ResultsDigests,
    ResultsSubmission,
    SecondaryId,
    StudyDocument,
)
from tracker.model.watch import Near

Fields = dict[str, Any]

NEAR = {"munich": Near(place="München", country="Germany", km=50)}
MUNICH, BERLIN = site("Klinikum", "Munich", "Germany"), site("Charité", "Berlin", "Germany")
POSTED: Fields = {"results_state": "POSTED", "results_first_posted": actual("2026-01-05")}
SENT = ResultsSubmission(type="RELEASE", date="2026-01-01")
BACK = ResultsSubmission(type="RESET", date="2026-02-01")
AGAIN = ResultsSubmission(type="RELEASE", date="2026-03-01")
HALT = RegulatoryEvent(type="TEMPORARY_HALT", date="2026-03-01", country="Spain")
NOTICE = RegistryNotice(type="VIOLATION_IDENTIFIED", description="Failure to submit")
PLAN, CONSENT = StudyDocument(type="SAP", filename="a.pdf"), StudyDocument(type="ICF", filename="b.pdf")


def criteria(*lines: str) -> Fields:
    return {"eligibility": Eligibility(criteria=Criteria(inclusion=lines))}


OVERDUE: Fields = {
    "recruitment_status": "COMPLETED",
    "start_date": actual("2023-05-01"),
    "primary_completion_date": actual("2025-01-10"),
    "phases": ("PHASE2",),
    "oversight": Oversight(fda_drug=True),
    "countries": ("United States",),
}
# kind -> a record's fields before, after (it speaks), and after in the near miss (nothing at all may be told)
CASES: dict[str, tuple[Fields, Fields, Fields]] = {
    "recruitment_status_changed": (
        {"recruitment_status": "RECRUITING", "last_known_status": None},
        {"recruitment_status": "COMPLETED"},
        {"recruitment_status_as_given": ""},
    ),
    "why_stopped_changed": ({"why_stopped": "Slow accrual"}, {"why_stopped": "Safety"}, {"why_stopped": " Slow  accrual"}),
    "start_date_changed": ({"start_date": "2026-06"}, {"start_date": "2026-07"}, {"verified_on": "2026-06"}),
    "primary_completion_date_changed": (
        {"primary_completion_date": "2026-06"},
        {"primary_completion_date": "2026-07"},
        {"page_date": "2026-06"},
    ),
    "completion_date_changed": (
        {"completion_date": "2026-06"},
        {"completion_date": actual("2026-06")},
        {"last_update_posted": "2026-03-10"},
    ),
    "enrollment_changed": ({"enrollment": None}, {"enrollment": 99}, {"enrollment": Enrollment()}),
    "results_posted": ({}, POSTED, {"results_digests": ResultsDigests()}),
    "results_amended": (
        POSTED | {"results_digests": ResultsDigests(baseline="a")},
        {"results_digests": ResultsDigests(baseline="b")},
        {"results_first_posted": date("2026-01-05")},
    ),
    "results_submission_changed": (
        {"results_submissions": (SENT, BACK)},
        {"results_submissions": (SENT, BACK, AGAIN)},
        {"results_submissions": (BACK, SENT)},
    ),
    "results_delay_certified": ({}, {"delay_certified_on": actual("2026-03-01")}, {"delay_certified_on": None}),
    "compliance_notice_changed": ({}, {"compliance_notices": (NOTICE,)}, {"compliance_notices": ()}),
    "documents_changed": (
        {"documents": (PLAN, CONSENT)},
        {"documents": (PLAN,)},
        {"documents": (CONSENT, PLAN)},
    ),
    "primary_outcomes_changed": (
        {"primary_outcomes": (measure("Pain"), measure("Sleep"))},
        {"primary_outcomes": (measure("Pain"),)},
        {"primary_outcomes": (measure("Sleep "), measure("Pain"))},
    ),
    "secondary_outcomes_changed": (
        {"secondary_outcomes": (measure("Pain"), measure("Sleep"))},
        {"secondary_outcomes": (measure("Pain", "12 weeks"), measure("Sleep"))},
        {"secondary_outcomes": (measure("Sleep"), measure("Pain"))},
    ),
    "other_outcomes_changed": ({"other_outcomes": ()}, {"other_outcomes": (measure("Sleep"),)}, {"other_outcomes": None}),
    "eligibility_changed": (criteria("Adults", "Consent"), criteria("Adults"), criteria("Consent", "Adults")),
    "sites_changed": ({"sites": (MUNICH, BERLIN)}, {"sites": (MUNICH,)}, {"sites": (BERLIN, MUNICH)}),
    "countries_changed": (
        {"countries": ("Spain", "Turkey")},
        {"countries": ("Spain", "Turkey", "Italy")},
        {"countries": ("Türkiye", "Spain")},
    ),
    "arms_changed": (
        {"arms": (Arm(label="A"), Arm(label="B"))},
        {"arms": (Arm(label="A"),)},
        {"arms": (Arm(label="B"), Arm(label="A"))},
    ),
    "interventions_changed": (
        {"interventions": (Intervention(name="A"), Intervention(name="B"))},
        {"interventions": (Intervention(name="A"),)},
        {"interventions": (Intervention(name="B"), Intervention(name="A"))},
    ),
    "design_changed": (
        {"who_masked": ("PARTICIPANT", "INVESTIGATOR")},
        {"who_masked": ()},
        {"who_masked": ("INVESTIGATOR", "PARTICIPANT")},
    ),
    "phases_changed": ({"phases": ("PHASE1", "PHASE2")}, {"phases": ("PHASE2",)}, {"phases": ("PHASE2", "PHASE1")}),
    "sponsors_changed": (
        {"collaborators": (Organisation(name="A"), Organisation(name="B"))},
        {"collaborators": (Organisation(name="A"),)},
        {"collaborators": (Organisation(name="B"), Organisation(name="A"))},
    ),
    "conditions_changed": ({"keywords": ("a", "b")}, {"keywords": ("a",)}, {"keywords": ("b", "a")}),
    "titles_changed": ({"acronym": "GRIP"}, {"acronym": "GROP"}, {"acronym": "GRIP "}),
    "description_changed": ({"brief_summary": "A b"}, {"brief_summary": "A c"}, {"brief_summary": "A\n b"}),
    "identifiers_changed": (
        {"secondary_ids": (SecondaryId(id="1"), SecondaryId(id="2"))},
        {"secondary_ids": (SecondaryId(id="1"),)},
        {"secondary_ids": (SecondaryId(id="2"), SecondaryId(id="1"))},
    ),
    "references_changed": (
        {"references": (Reference(pmid="1"), Reference(pmid="2"))},
        {"references": (Reference(pmid="1"),)},
        {"references": (Reference(pmid="2"), Reference(pmid="1"))},
    ),
    "links_changed": ({}, {"see_also_links": (Link(url="https://example.org/"),)}, {"see_also_links": ()}),
    "ipd_sharing_changed": ({}, {"ipd_sharing": IpdSharing(plan="YES")}, {"ipd_sharing": IpdSharing()}),
    "oversight_changed": ({}, {"oversight": Oversight(dmc=True)}, {"oversight": Oversight()}),
    "contacts_changed": ({}, {"central_contacts": (Contact(name="A. Person"),)}, {"central_contacts": ()}),
    "country_status_changed": (
        {"country_status": (CountryStatus(country="Spain", status="RECRUITING"), CountryStatus(country="Italy"))},
        {"country_status": (CountryStatus(country="Spain", status="COMPLETED"), CountryStatus(country="Italy"))},
        {"country_status": (CountryStatus(country="Italy"), CountryStatus(country="Spain", status="RECRUITING"))},
    ),
    "regulatory_events_changed": ({}, {"regulatory_events": (HALT,)}, {"regulatory_events": ()}),
    "other_fields_changed": (
        {"rest": {"a": [1, 2]}, "first_posted": date("2026-01-05")},
        {"rest": {"a": [1]}},
        {"rest": {"a": [2, 1]}, "first_posted": actual("2026-01-05")},
    ),
    "results_duty_changed": (OVERDUE, {"phases": ("PHASE1",)}, {"verified_on": "2026-02"}),
    "nearby_site_opened": ({"sites": (BERLIN,)}, {"sites": (BERLIN, MUNICH)}, {"sites": (BERLIN,)}),
    "nearby_site_closed": ({"sites": (BERLIN, MUNICH)}, {"sites": (BERLIN,)}, {"sites": (MUNICH, BERLIN)}),
}


def told(before: Fields, after: Fields) -> list[Any]:
    old, new = make_record(**before), make_record(**{**before, **after})
    return list(detected(old, new, near=NEAR).events)


def test_no_kind_of_a_record_is_missing_here() -> None:
    of_records = {name for name, kind in KINDS.items() if kind.cause == "record"}
    assert set(CASES) == of_records - UNLESS_NAMED, "those have tests of their own"


@pytest.mark.parametrize("kind", CASES)
def test_each_kind_speaks_says_its_rule_and_stays_silent_at_a_near_miss(kind: str) -> None:
    before, after, near_miss = CASES[kind]
    found = {event.kind: event for event in told(before, after)}
    assert kind in found
    assert set(found) <= {kind, "sites_changed", "phases_changed"}  # told too: what opens near, and why a duty ends
    assert found[kind].rule
    assert told(before, near_miss) == []
