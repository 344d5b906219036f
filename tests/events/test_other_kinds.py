"""Results, eligibility, arms, sponsors, texts and links: each fires, and each has a near miss."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import actual, changed, detected, events, make_record, said
from tracker.model.event import Event
from tracker.model.record import (
    Arm,
    Contact,
    CountryStatus,
    Criteria,
    Eligibility,
    Intervention,
    IpdSharing,
    Link,
    Official,
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
from tracker.render import kinds

POSTED: dict[str, Any] = {
    "results_state": "POSTED",
    "results_first_posted": actual("2026-03-05"),
    "results_digests": ResultsDigests(baseline="a", outcome_measures="b"),
}


def step(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Event]:
    before = make_record(**old)
    return events(before, changed(before, **new))


def only(found: dict[str, Event], kind: str) -> Event:
    assert list(found) == [kind]
    return found[kind]


def test_results_posted_is_one_major_event_with_all_its_parts() -> None:
    event = only(step({"primary_completion_date": actual("2025-01-15")}, POSTED), "results_posted")
    assert (event.severity, said(event)["posted_on"]) == ("major", "2026-03-05")
    assert said(event)["days_after_primary_completion"] == 414


def test_the_steps_that_leave_the_record_when_results_are_posted_are_not_told_again() -> None:
    waiting = {"results_state": "SUBMITTED", "results_submissions": steps("RELEASE")}
    assert only(step(waiting, POSTED | {"results_submissions": ()}), "results_posted").severity == "major"


def test_results_amended_names_the_parts_and_is_not_posted_again() -> None:
    event = only(step(POSTED, {"results_digests": ResultsDigests(baseline="a", outcome_measures="c")}), "results_amended")
    assert (event.severity, event.effects) == ("notable", ("outcome_measures",))


def test_posted_results_that_are_taken_away_are_major() -> None:
    gone = {"results_state": "NONE_POSTED", "results_first_posted": None, "results_digests": None}
    event = only(step(POSTED, gone), "results_amended")
    assert (event.severity, event.effects) == ("major", ("removed",))


def steps(*types: str) -> tuple[ResultsSubmission, ...]:
    return tuple(ResultsSubmission(type=name, date=f"2026-0{number + 1}-01") for number, name in enumerate(types))


@pytest.mark.parametrize(
    ("before", "after", "effects"),
    [
        ((), ("RELEASE",), ("submitted",)),
        (("RELEASE",), ("RELEASE", "RESET"), ("returned",)),
        (("RELEASE", "RESET"), ("RELEASE", "RESET", "RELEASE"), ("resubmitted",)),
        (("RELEASE",), ("RELEASE", "UNRELEASE"), ("cancelled",)),
        ((), ("RELEASE", "RESET"), ("submitted", "returned")),
        ((), ("RELEASE", "RESET", "RELEASE"), ("submitted", "returned", "resubmitted")),
        ((), ("RELEASE", "RESET", "RELEASE", "RESET"), ("submitted", "resubmitted", "returned")),
        (("RELEASE", "UNRELEASE"), ("RELEASE", "UNRELEASE", "RELEASE"), ("resubmitted",)),
    ],
)
def test_steps_of_the_registrys_quality_control(before: Any, after: Any, effects: tuple[str, ...]) -> None:
    event = only(
        step({"results_submissions": steps(*before)}, {"results_submissions": steps(*after)}), "results_submission_changed"
    )
    assert (event.effects, event.severity) == (effects, "notable")


def test_steps_of_one_day_are_told_in_the_registrys_order() -> None:
    """Returned in the morning and submitted again in the evening: it is with the registry."""
    sent, returned, again = (
        ResultsSubmission(type=kind, date=date)
        for kind, date in (("RELEASE", "2026-01-01"), ("RESET", "2026-02-01"), ("RELEASE", "2026-02-01"))
    )
    event = only(
        step({"results_submissions": (sent,)}, {"results_submissions": (sent, returned, again)}), "results_submission_changed"
    )
    assert event.effects == ("returned", "resubmitted")
    assert kinds.headline(event) == "Results submitted to the registry again on 1 Feb 2026"


TRACKING = "derivedSection.miscInfoModule.submissionTracking."


def test_results_shown_before_they_passed_the_review_are_part_of_the_results_on_their_way() -> None:
    """ClinicalTrials.gov numbers the version it showed with the step it belongs to, and dates the first once all is posted."""
    numbered = {"rest": {TRACKING + "submissionInfos[].mcpReleaseN": {"2026-02-01": 3}}}
    returned = {"results_state": "RETURNED", "results_submissions": steps("RELEASE", "RESET")}
    waiting = {"results_state": "SUBMITTED", "results_submissions": steps("RELEASE")}
    assert only(step(waiting, returned | numbered), "results_submission_changed").effects == ("returned",)
    assert only(step(returned, numbered), "results_submission_changed").effects == ("other",)
    dated = {"rest": {TRACKING + "firstMcpInfo.postDateStruct.date": "2026-02-20"}}
    assert only(step(returned | numbered, POSTED | {"results_submissions": ()} | dated), "results_posted").severity == "major"


def test_a_certified_delay_is_major() -> None:
    assert only(step({}, {"delay_certified_on": actual("2026-03-01")}), "results_delay_certified").severity == "major"


def test_a_compliance_notice_is_major() -> None:
    notice = RegistryNotice(type="VIOLATION_IDENTIFIED", description="Failure to submit")
    event = only(step({}, {"compliance_notices": (notice,)}), "compliance_notice_changed")
    assert (event.severity, event.effects) == ("major", ("added",))


def test_documents_published_replaced_and_unchanged() -> None:
    plan = StudyDocument(type="PROTOCOL+SAP", filename="p.pdf", date="2025-01-01")
    event = only(step({}, {"documents": (plan,)}), "documents_changed")
    assert event.effects == ("protocol", "sap", "added")
    newer = StudyDocument(type="PROTOCOL+SAP", filename="p.pdf", date="2026-01-01")
    assert "replaced" in only(step({"documents": (plan,)}, {"documents": (newer,)}), "documents_changed").effects
    assert step({"documents": (plan,)}, {"documents": (plan,)}) == {}


def join(*lines: str, **fields: Any) -> dict[str, Any]:
    return {"eligibility": Eligibility(criteria=Criteria(inclusion=lines), **fields)}


def test_a_replaced_document_says_what_is_another() -> None:
    before, after = "2025-01-01", "2026-01-01"
    old, new = (StudyDocument(type="PROTOCOL+SAP", filename="p.pdf", date=day) for day in (before, after))
    event = only(step({"documents": (old,)}, {"documents": (new,)}), "documents_changed")
    assert kinds.headline(event) == "Protocol and statistical analysis plan replaced"
    assert kinds.lines(event) == [f"p.pdf, date: “{before}” → “{after}”"]


def test_eligibility_is_told_by_part_and_line() -> None:
    old = join("Adults with lupus for two years", "Written consent", maximum_age="65 Years", sex="FEMALE")
    new = join("Adults with lupus for at least two years", "Stable dose of steroids", maximum_age="75 Years", sex="ALL")
    event = only(step(old, new), "eligibility_changed")
    assert (event.effects, event.severity) == (("age", "sex", "criteria"), "notable")
    found = said(event)["criteria"]["inclusion"]
    assert (len(found["reworded"]), found["added"], found["removed"]) == (1, ["Stable dose of steroids"], ["Written consent"])


def test_criteria_cut_into_other_lines_are_a_trifle() -> None:
    event = only(step(join("Adults. Written consent"), join("Adults", "Written consent.")), "eligibility_changed")
    assert event.severity == "minor"


def under(**lines: tuple[str, ...]) -> dict[str, Any]:
    return {"eligibility": Eligibility(criteria=Criteria(**lines))}


def test_a_line_that_goes_from_inclusion_to_exclusion_is_told_as_moved() -> None:
    old = under(inclusion=("Adults", "Active lupus nephritis"), exclusion=("Pregnancy",))
    new = under(inclusion=("Adults",), exclusion=("Pregnancy", "Active lupus nephritis."))
    event = only(step(old, new), "eligibility_changed")
    assert (event.effects, event.severity) == (("criteria", "moved"), "notable")
    assert said(event)["criteria"]["exclusion"]["moved"] == [{"text": "Active lupus nephritis.", "from": "inclusion"}]
    assert not any(found[part] for found in said(event)["criteria"].values() for part in ("added", "removed"))
    back = only(step(new, old), "eligibility_changed")
    assert said(back)["criteria"]["inclusion"]["moved"] == [{"text": "Active lupus nephritis", "from": "exclusion"}]


def test_a_criterion_turned_round_is_no_move() -> None:
    """To ask for no pregnancy and to exclude pregnancy are one thing in two places, told as what went and what came."""
    event = only(step(under(inclusion=("Not pregnant",)), under(exclusion=("Pregnant",))), "eligibility_changed")
    assert event.effects == ("criteria",)
    assert said(event)["criteria"]["inclusion"]["removed"] == ["Not pregnant"]
    assert said(event)["criteria"]["exclusion"]["added"] == ["Pregnant"]


def test_lines_that_only_get_a_heading_are_a_trifle() -> None:
    old, new = under(other=("Adults", "Pregnancy")), under(inclusion=("Adults",), exclusion=("Pregnancy",))
    for before, after in ((old, new), (new, old)):
        event = only(step(before, after), "eligibility_changed")
        assert (event.severity, event.effects, said(event)["spelling_only"]) == ("minor", ("criteria",), True)
    event = only(step(old, new), "eligibility_changed")
    assert kinds.headline(event) == "Eligibility: criteria laid out differently, same words"


def test_a_criterion_that_writes_its_short_form_out_is_a_trifle() -> None:
    old, new = (
        join("BMI ≥ 30", "No COPD"),
        join("Body mass index (BMI) ≥ 30", "No chronic obstructive pulmonary disease (COPD)"),
    )
    for before, after in ((old, new), (new, old)):
        event = only(step(before, after), "eligibility_changed")
        assert (event.severity, event.effects, said(event)["spelling_only"]) == ("minor", ("criteria",), True)
        assert kinds.headline(event) == "Eligibility: only the spelling of criteria changed"


@pytest.mark.parametrize(
    "line",
    [
        "Body mass index (BMI) ≥ 35",
        "Body mass index (BMI) ≤ 30",
        "Adults with body mass index (BMI) ≥ 30",
        "Body weight 90 kg, muscles intact (BMI) ≥ 30",
        "Body\nmass index (BMI) ≥ 30",
        "Waist (BMI) ≥ 30",
    ],
)
def test_a_short_form_written_out_hides_no_other_edit_of_its_criterion(line: str) -> None:
    lines = line.split("\n")
    assert only(step(join("BMI ≥ 30"), join(*lines)), "eligibility_changed").severity == "notable"


def test_a_new_line_among_those_that_get_a_heading_is_all_that_is_added() -> None:
    old = under(other=("Adults", "Lupus for two years"))
    new = under(inclusion=("Adults", "Lupus for at least two years", "Written consent"))
    event = only(step(old, new), "eligibility_changed")
    found = said(event)["criteria"]["inclusion"]
    assert (event.severity, found["added"], len(found["reworded"]), len(found["regrouped"])) == (
        "notable",
        ["Written consent"],
        1,
        1,
    )
    assert "other" not in said(event)["criteria"] or not said(event)["criteria"]["other"]["removed"]


def test_arms_added_removed_and_renamed() -> None:
    old = {"arms": (Arm(label="Examplumab 10 mg", type="EXPERIMENTAL"), Arm(label="Placebo", type="PLACEBO_COMPARATOR"))}
    new = {"arms": (Arm(label="Examplumab 10 mg weekly", type="EXPERIMENTAL"), Arm(label="Usual care", type="NO_INTERVENTION"))}
    event = only(step(old, new), "arms_changed")
    assert event.effects == ("added", "removed", "renamed")
    assert said(event)["renamed"] == [{"from": "Examplumab 10 mg", "to": "Examplumab 10 mg weekly"}]


def test_a_renamed_arm_is_not_told_again_by_its_interventions() -> None:
    """The list of an intervention's arms only repeats the new name; another arm in it is news."""

    def trial(label: str, *others: str) -> dict[str, Any]:
        arms = (Arm(label=label, type="EXPERIMENTAL"), Arm(label="Placebo"))
        return {"arms": arms, "interventions": (Intervention(type="DRUG", name="Examplumab", arms=(label, *others)),)}

    old = trial("Examplumab infusion with placebo in 2L disease")
    assert only(step(old, trial("Examplumab infusion with placebo in 2/3L disease")), "arms_changed").effects == ("renamed",)
    assert only(step(old, trial("Examplumab infusion with placebo in 2L disease", "Placebo")), "arms_changed").effects == (
        "assignment",
    )


def test_arm_two_is_not_another_name_of_arm_one() -> None:
    event = only(step({"arms": (Arm(label="Arm 1"),)}, {"arms": (Arm(label="Arm 2"),)}), "arms_changed")
    assert event.effects == ("added", "removed")


def test_a_new_intervention_is_not_told_again_by_the_arms_that_list_it() -> None:
    drug = Intervention(type="DRUG", name="Examplumab")
    old = {"arms": (Arm(label="A", interventions=()),), "interventions": ()}
    new = {"arms": (Arm(label="A", interventions=("Drug: Examplumab",)),), "interventions": (drug,)}
    assert only(step(old, new), "interventions_changed").effects == ("added",)


def test_an_interventions_other_names_are_a_trifle() -> None:
    old, new = (Intervention(type="DRUG", name="X", other_names=names) for names in (("a",), ("a", "b")))
    event = only(step({"interventions": (old,)}, {"interventions": (new,)}), "interventions_changed")
    assert (event.severity, event.effects) == ("minor", ("other_names",))


@pytest.mark.parametrize(("field", "value"), [("masking", "DOUBLE"), ("allocation", "RANDOMIZED")])
def test_masking_and_allocation_after_the_start_are_major(field: str, value: str) -> None:
    assert only(step({field: "NONE"}, {field: value}), "design_changed").severity == "major"
    early = {field: "NONE", "recruitment_status": "NOT_YET_RECRUITING", "start_date": "2026-09"}
    assert only(step(early, {field: value}), "design_changed").severity == "notable"
    assert only(step({}, {"masking_description": "New words"}), "design_changed").severity == "minor"


def test_a_phase_changed_after_the_start_is_major_and_order_is_no_change() -> None:
    assert only(step({}, {"phases": ("PHASE2", "PHASE3")}), "phases_changed").severity == "major"
    assert step({"phases": ("PHASE1", "PHASE2")}, {"phases": ("PHASE2", "PHASE1")}) == {}


def test_another_lead_sponsor_is_major_another_spelling_is_not() -> None:
    event = only(step({}, {"lead_sponsor": Organisation(name="Other Pharma")}), "sponsors_changed")
    assert (event.severity, event.effects) == ("major", ("lead",))
    respelt = {"lead_sponsor": Organisation(name="EXAMPLE PHARMA.", organisation_class="INDUSTRY")}
    assert only(step({}, respelt), "sponsors_changed").severity == "minor"


def test_collaborators_come_and_go() -> None:
    event = only(step({"collaborators": ()}, {"collaborators": (Organisation(name="Institute"),)}), "sponsors_changed")
    assert said(event)["collaborators"] == {"added": ["Institute"], "removed": []}
    assert event.severity == "minor"


def test_publications_of_results_are_notable_background_and_derived_ones_are_not() -> None:
    for type_, severity in (("RESULT", "notable"), ("DERIVED", "minor"), ("BACKGROUND", "minor")):
        assert only(step({}, {"references": (Reference(pmid="1", type=type_),)}), "references_changed").severity == severity
    derived, retracted = (Reference(pmid="1", type="DERIVED", retractions=of) for of in (None, ("PMID 2",)))
    assert only(step({"references": (derived,)}, {"references": (retracted,)}), "references_changed").severity == "notable"


def test_a_publication_that_is_now_of_another_type() -> None:
    old, new = (Reference(pmid="19938117", type=kind) for kind in ("RESULT", "BACKGROUND"))
    event = only(step({"references": (old,)}, {"references": (new,)}), "references_changed")
    assert kinds.headline(event) == "Type of 1 linked publication changed"
    assert kinds.lines(event) == ["PMID 19938117, type: results → background"]


@pytest.mark.parametrize(
    ("fields", "headline", "lines"),
    [
        ({"oversight": Oversight(us_export=False)}, "Oversight: export from the US now no (was not stated)", []),
        (
            {"rest": {"protocolSection.statusModule.expandedAccessInfo": {"hasExpandedAccess": True}}},
            "Other fields: expanded access changed",
            ["Expanded access, available: not stated → yes"],
        ),
        (
            {"rest": {"derivedSection.miscInfoModule.removedCountries": ["Spain"]}},
            "Other fields: countries without sites any more changed",
            ["Countries without sites any more: + “Spain”"],
        ),
        ({"collaborators": (Organisation(name="Personalis Inc."),)}, "Collaborator added: Personalis Inc.", None),
        (
            {"see_also_links": (Link(url="https://example.org/", label="Summary"),)},
            "1 link added",
            ["Added: “Summary” (https://example.org/)"],
        ),
        (
            {"ipd_sharing": IpdSharing(plan="YES", info_types=("CSR",))},
            "Data sharing now yes (was not stated)",
            ["Data sharing, info types: + clinical study report", "Data sharing, plan: + yes"],
        ),
        (
            {"country_status": (CountryStatus(country="Spain", status="RECRUITING"),)},
            "Spain: Recruiting",
            ["Spain: Recruiting"],
        ),
        (
            {"conditions": ("Carcinoma, Intraductal", "Lupus")},
            "Conditions added: “Carcinoma, Intraductal” and “Lupus”",
            ["Added: “Carcinoma, Intraductal”", "Added: “Lupus”"],
        ),
        ({"secondary_ids": (SecondaryId(id="U10", type="NIH"),)}, "Secondary ids changed", ["Added: U10 (NIH)"]),
    ],
    ids=lambda value: value.split(":")[0] if isinstance(value, str) else "",
)
def test_fields_and_values_read_as_words(fields: dict[str, Any], headline: str, lines: list[str] | None) -> None:
    (event,) = step({}, fields).values()
    assert kinds.headline(event) == headline
    assert lines is None or kinds.lines(event) == lines


def test_a_name_keeps_its_capital_inside_a_story() -> None:
    before = make_record()
    spain = (CountryStatus(country="Spain", status="RECRUITING"),)
    fields = {"enrollment": 120, "country_status": spain, "collaborators": (Organisation(name="Personalis Inc."),)}
    found = detected(before, changed(before, **fields))
    assert kinds.story_headline(found.events) == "Enrollment raised by 20 % to 120 (was 100); Spain: Recruiting"
    minor = detected(before, changed(before, brief_title="New", collaborators=fields["collaborators"]))
    assert kinds.story_headline(minor.events) == "Collaborator added: Personalis Inc.; brief title changed"


def test_a_halt_is_major_a_lay_summary_is_notable() -> None:
    halt = RegulatoryEvent(type="TEMPORARY_HALT", date="2026-03-01", country="Spain")
    assert only(step({}, {"regulatory_events": (halt,)}), "regulatory_events_changed").severity == "major"
    summary = RegulatoryEvent(type="LAY_SUMMARY", date="2026-03-01")
    assert only(step({}, {"regulatory_events": (summary,)}), "regulatory_events_changed").severity == "notable"


def test_a_member_states_status_is_notable_its_wording_is_not() -> None:
    def state(status: str, as_given: str) -> dict[str, Any]:
        return {"country_status": (CountryStatus(country="Spain", status=status, as_given=as_given),)}

    event = only(step(state("NOT_YET_RECRUITING", "2"), state("RECRUITING", "4")), "country_status_changed")
    assert (event.severity, said(event)["countries"]) == ("notable", ["Spain"])
    assert only(step(state("RECRUITING", "3"), state("RECRUITING", "4")), "country_status_changed").severity == "minor"


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("titles_changed", {"brief_title": "Another title", "acronym": "EX"}),
        ("description_changed", {"brief_summary": "Other words"}),
        ("conditions_changed", {"conditions": ("Lupus",), "keywords": ("SLE",)}),
        ("identifiers_changed", {"secondary_ids": (SecondaryId(id="EX-1", type="OTHER"),)}),
        ("links_changed", {"see_also_links": (Link(url="https://example.org"),)}),
        ("ipd_sharing_changed", {"ipd_sharing": IpdSharing(plan="YES")}),
        ("oversight_changed", {"oversight": Oversight(dmc=True)}),
        ("contacts_changed", {"central_contacts": (Contact(name="A. Person"),), "officials": (Official(name="B. Person"),)}),
        ("other_fields_changed", {"rest": {"a": 1}}),
    ],
)
def test_quieter_kinds_fire_once_and_stay_quiet(kind: str, fields: dict[str, Any]) -> None:
    assert only(step({}, fields), kind).severity == "minor"
    assert step(fields, fields) == {}
