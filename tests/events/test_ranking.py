"""What leads a story, what is a trifle in it, and what the registry did by itself."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import DAY, actual, changed, date, day, detected, events, make_record, said, site
from tracker import alerts
from tracker.compare import compare
from tracker.events.eligibility import is_heading
from tracker.model.event import Event
from tracker.model.record import (
    Arm,
    Criteria,
    Eligibility,
    Enrollment,
    Intervention,
    Organisation,
    Oversight,
    TrialRecord,
)
from tracker.model.watch import Send, Watch
from tracker.render import kinds
from tracker.render.inline_diff import plain, spans
from tracker.render.story_view import when_sentence
from tracker.text.diseases import new_diseases
from tracker.text.normalize import same_words

OLD = make_record()
TWO_DRUGS = (Intervention(type="DRUG", name="Examplumab"), Intervention(type="DRUG", name="Placebinib"))


def criteria(*inclusion: str, **fields: Any) -> Eligibility:
    return Eligibility(criteria=Criteria(inclusion=inclusion), **fields)


def step(old: dict[str, Any], new: dict[str, Any], **parts: Any) -> list[Event]:
    before = make_record(**old)
    return list(detected(before, changed(before, **new), **parts).events)


def test_a_dropped_drug_leads_before_dates_and_eligibility_however_loud() -> None:
    told = step(
        {"interventions": TWO_DRUGS, "eligibility": criteria("Adults with lupus")},
        {
            "interventions": TWO_DRUGS[:1],
            "eligibility": criteria("Adults with lupus", "No asthma", maximum_age="70 Years"),
            "completion_date": "2029-03",
        },
    )
    assert [event.kind for event in told] == ["interventions_changed", "completion_date_changed", "eligibility_changed"]
    assert [event.severity for event in told] == ["notable", "major", "notable"]
    assert kinds.story_headline(told).startswith("“Placebinib” dropped; completion ")


def test_an_added_arm_leads_before_eligibility_and_a_story_has_its_loudest_severity() -> None:
    before = make_record(arms=(Arm(label="Substudy 1"),), eligibility=criteria("Adults"))
    after = changed(
        before,
        arms=(Arm(label="Substudy 1"), Arm(label="Substudy 2")),
        eligibility=criteria("Adults", "No asthma"),
        primary_completion_date="2028-09",
    )
    found = detected(before, after)
    assert found.events[0].kind == "arms_changed"
    assert found.story is not None
    assert found.story.severity == "major"


def test_a_drug_that_is_only_described_anew_stays_where_it_was() -> None:
    told = step(
        {"interventions": TWO_DRUGS, "eligibility": criteria("Adults")},
        {
            "interventions": (TWO_DRUGS[0], Intervention(type="DRUG", name="Placebinib", description="Twice a day")),
            "eligibility": criteria("Adults", "No asthma"),
        },
    )
    assert [event.kind for event in told] == ["eligibility_changed", "interventions_changed"]


def test_a_new_disease_in_a_title_or_the_conditions_is_notable() -> None:
    title = events(OLD, changed(OLD, brief_title="A Study of Examplumab in Lupus and Psoriasis"))["titles_changed"]
    assert (title.severity, said(title)["new_diseases"]) == ("notable", ["psoriasis"])
    assert "psoriasis" in kinds.headline(title)
    condition = events(OLD, changed(OLD, conditions=("Lupus", "Dermatomyositis")))["conditions_changed"]
    assert (condition.severity, said(condition)["new_diseases"]) == ("notable", ["Dermatomyositis"])


@pytest.mark.parametrize(
    "title",
    ["Examplumab for Adults With Lupus", "A Study of Examplumab in Refractory Lupus", "Lupus", "A Study in Lupus (EXAMPLE)"],
)
def test_a_title_that_names_no_other_disease_is_minor(title: str) -> None:
    assert events(OLD, changed(OLD, brief_title=title))["titles_changed"].severity == "minor"


@pytest.mark.parametrize(
    ("term", "known"),
    [
        ("Colon Cancer", "Colonic Neoplasms"),
        ("Carcinoma, Non-Small-Cell Lung", "Non-small cell lung cancer"),
        ("Metastatic Breast Cancer", "Breast Cancer"),
        ("Leukaemia", "Acute leukemia"),
        ("Stage IV Melanoma", "melanoma"),
    ],
)
def test_a_known_condition_in_other_words_is_no_new_disease(term: str, known: str) -> None:
    assert new_diseases([term], [known], terms=True) == ()


@given(st.text(max_size=60))
def test_no_text_names_a_disease_that_it_does_not_name_itself(text: str) -> None:
    assert new_diseases([text], [text]) == new_diseases([text], [text], terms=True) == ()


@pytest.mark.parametrize(
    "line",
    [
        "Eligibility Criteria: Key Inclusion Criteria:",
        "Cohort A:",
        "Key Exclusion Criteria",
        "Part 2, Arm B:",
        "PATIENT CHARACTERISTICS:",
    ],
)
def test_a_heading_is_no_criterion(line: str) -> None:
    before = make_record(eligibility=criteria("Adults with lupus"))
    event = events(before, changed(before, eligibility=criteria(line, "Adults with lupus")))["eligibility_changed"]
    assert (event.severity, event.details.spelling_only) == ("minor", True)
    assert kinds.headline(event) == "Eligibility: only headings of the criteria changed"
    assert kinds.lines(event) == []


@pytest.mark.parametrize(
    "line", ["Any of the following:", "Known asthma:", "No prior therapy", "Cohort A: asthma", "Patients with disease"]
)
def test_a_line_that_says_who_may_join_is_a_criterion(line: str) -> None:
    assert not is_heading(line)
    before = make_record(eligibility=criteria("Adults with lupus"))
    event = events(before, changed(before, eligibility=criteria("Adults with lupus", line)))["eligibility_changed"]
    assert event.severity == "notable"


def slips(*dates: str) -> list[Event]:
    """The events of one date through these values, a week apart; what was told before is known."""
    past: list[Event] = []
    for number, (old, new) in enumerate(pairwise(dates)):
        before = make_record(completion_date=old)
        past += detected(before, changed(before, completion_date=new), at=day(7 * number), past=tuple(past)).events
    return past


def test_slips_under_14_days_are_minor_until_they_add_up_since_the_date_last_told() -> None:
    told = slips("2027-03-01", "2027-03-08", "2027-03-14", "2027-03-20", "2027-03-27")
    assert [event.severity for event in told] == ["minor", "minor", "notable", "minor"]


def test_a_small_slip_of_a_date_that_had_passed_is_notable() -> None:
    (event,) = step({"completion_date": "2026-03-05"}, {"completion_date": "2026-03-12"})
    assert (event.effects, event.severity) == (("slipped", "moved_after_passing"), "notable")


def test_what_a_registry_tidies_up_is_no_event() -> None:
    path = "protocolSection.statusModule.expandedAccessInfo"
    over = make_record(
        recruitment_status="COMPLETED",
        oversight=Oversight(us_export=False, dmc=True),
        sites=(site(recruitment_status="RECRUITING"),),
        rest={path: {"hasExpandedAccess": False}},
    )
    assert detected(over, changed(over, oversight=Oversight(dmc=True), sites=(site(),), rest={})).events == ()
    ended = changed(over, recruitment_status="UNKNOWN")
    assert list(events(ended, changed(ended, recruitment_status="COMPLETED", sites=(site(),)))) == [
        "recruitment_status_changed"
    ]


def test_what_a_registry_takes_back_in_earnest_is_told() -> None:
    path = "protocolSection.statusModule.expandedAccessInfo"
    old = make_record(
        oversight=Oversight(us_export=True),
        sites=(site(recruitment_status="RECRUITING"),),
        rest={path: {"hasExpandedAccess": True}},
    )
    told = events(old, changed(old, oversight=None, sites=(site(),), rest={}))
    assert set(told) == {"oversight_changed", "sites_changed", "other_fields_changed"}


@pytest.mark.parametrize(
    ("old", "new"), [("conﬁrmed oﬀ-label ﬂow", "confirmed off-label flow"), ("Patients with lupus", "Participants with lupus")]
)
def test_ligatures_and_house_words_are_spelling_everywhere(old: str, new: str) -> None:
    assert same_words(old, new)
    for field in ("brief_title", "brief_summary", "why_stopped"):
        (event,) = step({field: old}, {field: new})
        assert (event.severity, event.details.spelling_only) == ("minor", True)
    (event,) = step({"eligibility": criteria(old)}, {"eligibility": criteria(new)})
    assert (event.severity, event.details.spelling_only) == ("minor", True)
    assert not same_words("Healthy volunteers", "Healthy patients")


def test_a_ligature_is_not_marked_within_a_text_that_changed_otherwise() -> None:
    old, new = "Status of the disease conﬁrmed within two weeks", "Status of the disease confirmed within six weeks"
    (event,) = step({"eligibility": criteria(old)}, {"eligibility": criteria(new)})
    (line,) = (plain(spans(line)) for line in kinds.lines(event))
    assert line == "Inclusion, reworded: “Status of the disease confirmed within [two → six] weeks”"


def test_a_stop_tells_its_reason_once_and_reaches_who_asks_for_reasons() -> None:
    (event,) = step({}, {"recruitment_status": "SUSPENDED", "why_stopped": "Supply of the drug"})
    assert "Supply of the drug" in kinds.headline(event)
    watch = Watch(name="w", kinds=frozenset({"why_stopped_changed"}), send=(Send(to="me", when="daily", min_severity="minor"),))
    assert alerts.route(event, {"w": watch}, {"w": day(-9)})
    (other,) = step({}, {"enrollment": 90})
    assert not alerts.route(other, {"w": watch}, {"w": day(-9)})


def test_a_change_without_a_new_version_of_the_record_is_the_registrys_own() -> None:
    unknown = make_record(recruitment_status="UNKNOWN", last_known_status="RECRUITING")
    same = unknown.last_update_posted
    (event,) = detected(
        unknown, changed(unknown, recruitment_status="RECRUITING", last_known_status=None, last_update_posted=same)
    ).events
    assert event.details.registry_edit
    assert kinds.headline(event).endswith("; changed by the registry, the sponsor sent no update")
    assert "changed by the registry, the sponsor sent no update" in when_sentence(event, DAY.tzinfo)  # type: ignore[arg-type]
    assert "registry_edit" in said(event)


def test_a_sponsors_update_and_a_source_without_such_dates_are_not_marked() -> None:
    (event,) = step({}, {"enrollment": 90})
    assert not event.details.registry_edit
    verified = changed(OLD, enrollment=90, verified_on="2026-03", last_update_posted=OLD.last_update_posted)
    assert not events(OLD, verified)["enrollment_changed"].details.registry_edit
    page = make_record(last_update_posted=None)
    assert not events(page, changed(page, enrollment=90))["enrollment_changed"].details.registry_edit


def test_an_organization_that_changed_is_named_before_and_now() -> None:
    old, new = Organisation(name="Old Biotech"), Organisation(name="New Biotech")
    (event,) = step({"organization": old}, {"organization": new})
    assert kinds.headline(event) == "Organization now New Biotech (was Old Biotech)"
    (event,) = step({"organization": old, "lead_sponsor": old}, {"organization": new, "lead_sponsor": new})
    assert kinds.headline(event) == "Lead sponsor now New Biotech (was Old Biotech)", "one fact is told once"
    (event,) = step({"funders": (old,)}, {"funders": (new,)})
    assert kinds.headline(event) == "Funder added: New Biotech; Funder removed: Old Biotech"


def linked(*labels: str, to: tuple[str, ...]) -> TrialRecord:
    return make_record(
        arms=tuple(Arm(label=label, interventions=("Drug: Examplumab",) if label in to else None) for label in labels),
        interventions=(Intervention(type="DRUG", name="Examplumab", arms=to or None),),
    )


def test_links_of_arms_that_vanish_are_told_even_when_the_arms_are_renamed() -> None:
    old = linked("High dose of examplumab", "Low dose of examplumab", to=("High dose of examplumab", "Low dose of examplumab"))
    new = linked("Arm A: High dose of examplumab", "Arm B: Low dose of examplumab", to=("Arm A: High dose of examplumab",))
    event = events(old, new)["arms_changed"]
    assert event.effects == ("renamed", "unlinked")
    assert said(event)["unlinked"] == [{"arm": "Arm B: Low dose of examplumab", "interventions": ["Examplumab"]}]
    assert "“Arm B: Low dose of examplumab” no longer linked to “Examplumab”" in kinds.headline(event)


def test_arms_that_keep_their_links_or_leave_lose_none() -> None:
    old = linked("High dose of examplumab", "Low dose of examplumab", to=("High dose of examplumab", "Low dose of examplumab"))
    renamed = linked(
        "Arm A: High dose of examplumab",
        "Arm B: Low dose of examplumab",
        to=("Arm A: High dose of examplumab", "Arm B: Low dose of examplumab"),
    )
    assert "unlinked" not in events(old, renamed)["arms_changed"].effects
    assert (
        "unlinked"
        not in events(old, linked("High dose of examplumab", to=("High dose of examplumab",)))["arms_changed"].effects
    )


@pytest.mark.parametrize(("enrolled", "missed"), [(79, True), (80, False), (120, False)])
def test_an_actual_number_far_below_the_plan_is_said_with_both(enrolled: int, missed: bool) -> None:
    (event,) = step({"enrollment": 100}, {"enrollment": Enrollment(count=enrolled, type="ACTUAL")})
    assert said(event).get("planned") == (100 if missed else None)
    assert str(enrolled) in kinds.headline(event)
    assert "100 planned" in kinds.headline(event)


def test_few_people_short_of_a_small_plan_are_no_missed_plan() -> None:
    (event,) = step({"enrollment": 20}, {"enrollment": Enrollment(count=5, type="ACTUAL")})
    assert "planned" not in said(event)


def test_an_actual_number_that_is_corrected_below_the_plan_names_the_plan() -> None:
    planned, first = make_record(enrollment=100), make_record(enrollment=Enrollment(count=95, type="ACTUAL"))
    past = detected(planned, first).events
    event = events(first, changed(first, enrollment=Enrollment(count=40, type="ACTUAL")), past=past)["enrollment_changed"]
    assert said(event)["planned"] == 100
    assert kinds.headline(event).endswith("; 100 were planned")


def test_hygiene_is_judged_alike_whatever_else_changes() -> None:
    old = make_record(oversight=Oversight(us_export=False), start_date=actual("2025-01-15"))
    new = changed(old, oversight=None, completion_date=date("2027-09"))
    assert {change.path[0] for change in compare(old, new)} == {"completion_date"}
