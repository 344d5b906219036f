"""One trial in several registers: each owes results on its own."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec

from tests.builders import actual, make_record
from tests.duties.test_worked_examples import EU, IN_PLAN, OLD_EU, UK, US
from tracker.duties.registrations import Presence, RegisteredTrial, over_registrations, presence
from tracker.model.record import CountryStatus, TrialRecord

TODAY = dt.date(2026, 9, 1)
TITLES = {"ctgov": "ClinicalTrials.gov", "ctis": "EU CTIS", "euctr": "EU CTR", "isrctn": "ISRCTN"}
DUTIES = {
    "ctgov": frozenset({"fdaaa_801", "uk_clinical_trials"}),
    "ctis": frozenset({"eu_ctr", "uk_clinical_trials"}),
    "euctr": frozenset({"eudract"}),
    "isrctn": frozenset({"uk_clinical_trials"}),
}


def registered(fields: dict[str, Any], **more: Any) -> RegisteredTrial:
    record = make_record(**fields | more)
    key = record.trial.partition(":")[0]
    return RegisteredTrial(trial=record.trial, registry=TITLES[key], record=record, duties=DUTIES[key])


def states(*registrations: RegisteredTrial, day: dt.date = TODAY) -> list[tuple[str, str, str]]:
    return [(row.registry, row.law.rule, row.state) for row in over_registrations(registrations, day)]


def test_results_on_one_register_are_missing_on_the_other() -> None:
    both = registered(US, results_state="POSTED"), registered(EU)
    assert presence(both) == Presence(posted=("ClinicalTrials.gov",), missing=("EU CTIS",))
    assert states(*both) == [("ClinicalTrials.gov", "fdaaa_801", "posted"), ("EU CTIS", "eu_ctr", "overdue")]


def test_it_works_with_one_registration() -> None:
    assert states(registered(US)) == [("ClinicalTrials.gov", "fdaaa_801", "overdue")]
    assert presence([registered(US)]) == Presence(missing=("ClinicalTrials.gov",))
    assert states() == []


def test_a_register_whose_record_is_not_held_is_not_known() -> None:
    known, other = registered(US, results_state="SUBMITTED"), RegisteredTrial(trial="ctis:2023-590001-11", registry="EU CTIS")
    assert presence([known, other]) == Presence(under_way=("ClinicalTrials.gov",), unknown=("EU CTIS",))
    assert states(known, other) == [("ClinicalTrials.gov", "fdaaa_801", "submitted")]


def test_results_sent_back_await_the_sponsor() -> None:
    assert states(registered(US, results_state="RETURNED")) == [("ClinicalTrials.gov", "fdaaa_801", "returned")]


def test_the_duty_of_the_united_kingdom_holds_in_each_register_of_the_trial() -> None:
    """The record at ISRCTN says nothing of the medicine; that of ClinicalTrials.gov does."""
    told = registered(UK, results_state="POSTED")
    silent = registered(UK, trial="isrctn:ISRCTN12345674", nct_number=None, interventions=None)
    elsewhere = RegisteredTrial(trial="ctis:2023-590001-11", registry="EU CTIS")
    found = states(told, silent, elsewhere, day=dt.date(2027, 7, 1))
    assert found == [
        ("ClinicalTrials.gov", "uk_clinical_trials", "posted"),
        ("ISRCTN", "uk_clinical_trials", "overdue"),
        ("EU CTIS", "uk_clinical_trials", "unknown"),
    ]
    assert over_registrations([told], dt.date(2027, 7, 1))[0].law.likely


def test_a_register_that_is_not_judged_by_its_own_law_is_not_judged_by_another() -> None:
    first = registered(
        EU, rest=dict.fromkeys(EU["rest"], "1"), countries=("Germany", "United Kingdom"), completion_date=actual("2026-05-01")
    )
    told = registered(UK)
    assert states(told, first, day=dt.date(2028, 1, 1)) == [
        ("ClinicalTrials.gov", "uk_clinical_trials", "overdue"),
        ("EU CTIS", "eu_ctr", "not_judged"),
    ]


def country(code: str, **fields: Any) -> RegisteredTrial:
    return registered(OLD_EU, trial=f"euctr:2015-000001-10-{code}", country_status=None, **fields)


def test_the_records_of_one_trials_countries_count_from_the_latest_global_end() -> None:
    germany = country("DE", countries=("Germany",), completion_date=actual("2018-03-01"))
    sweden = country("SE", countries=("Sweden",), completion_date=actual("2018-11-16"))
    (row,) = over_registrations([germany, sweden], TODAY)
    assert (row.state, row.due) == ("overdue", dt.date(2019, 11, 16))
    posted = msgspec.structs.replace(sweden, record=_posted(sweden.record))
    assert states(germany, posted) == [("EU CTR", "eudract", "posted")]
    assert presence([germany, posted]) == Presence(posted=("EU CTR",))


def _posted(record: TrialRecord | None) -> TrialRecord:
    assert record is not None
    return msgspec.structs.replace(record, results_state="POSTED")


def test_countries_that_disagree_are_named_and_not_judged() -> None:
    germany = country("DE", countries=("Germany",))
    italy = country("IT", countries=("Italy",), recruitment_status="RECRUITING", completion_date=None)
    (row,) = over_registrations([germany, italy], TODAY)
    assert (row.state, row.due) == ("not_judged", None)
    assert row.reasons == (
        "an end on 2018-11-16 is stated, yet by its countries the trial has ended in Germany but not ended in Italy",
    )


def test_a_paediatric_plan_named_by_one_country_counts_for_all() -> None:
    germany, sweden = country("DE", countries=("Germany",)), country("SE", countries=("Sweden",), rest=IN_PLAN)
    (row,) = over_registrations([germany, sweden], TODAY)
    assert row.due == dt.date(2019, 5, 16)


def test_what_went_on_in_ctis_owes_nothing_to_the_older_register() -> None:
    moved = registered(EU, rest=EU["rest"] | {"eudraCt.isTransitioned": True})
    assert states(moved, registered(OLD_EU)) == [("EU CTIS", "eu_ctr", "overdue")]
    assert [law for _, law, _ in states(registered(EU), registered(OLD_EU))] == ["eu_ctr", "eudract"]


def test_a_planned_end_is_a_projection() -> None:
    going_on = registered(
        EU,
        completion_date="2026-12-31",
        recruitment_status="RECRUITING",
        country_status=(CountryStatus(country="Germany", status="RECRUITING"),),
    )
    (row,) = over_registrations([going_on], dt.date(2030, 1, 1))
    assert (row.state, row.due) == ("projected", dt.date(2027, 12, 31))
