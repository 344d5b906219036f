"""What holds of any record and every rule."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import make_record
from tracker import sources
from tracker.duties import DUTIES, ResultsDuty, duties_of, judgements
from tracker.duties.registrations import RegisteredTrial, over_registrations, state_of
from tracker.events import deadlines
from tracker.events.due_dates import due_dates
from tracker.events.results_duty import standing
from tracker.model.dates import RegistryDate
from tracker.model.ids import split_key
from tracker.model.record import CountryStatus, Eligibility, Intervention, Oversight, RegulatoryEvent, TrialRecord
from tracker.model.source import SourceInfo

CATEGORY = "authorizedPartI.trialDetails.trialInformation.trialCategory.trialCategory"
DAYS = st.dates(dt.date(2015, 1, 1), dt.date(2029, 12, 31))
DATES = st.builds(
    RegistryDate,
    DAYS.flatmap(lambda day: st.sampled_from([day.isoformat(), day.isoformat()[:7], day.isoformat()[:4], "soon"])),
    st.sampled_from(["ACTUAL", "ACTUAL", "ESTIMATED", None]),
)
COUNTRIES = ("Germany", "France", "United States", "United Kingdom")
RECORDS = st.builds(
    make_record,
    trial=st.sampled_from(["ctgov:NCT01234567", "ctis:2023-590001-11", "euctr:2015-000001-10", "isrctn:ISRCTN12345674"]),
    start_date=st.none() | DATES,
    primary_completion_date=st.none() | DATES,
    completion_date=st.none() | DATES,
    delay_certified_on=st.none() | DATES,
    study_type=st.sampled_from(["INTERVENTIONAL", "INTERVENTIONAL", "INTERVENTIONAL", "OBSERVATIONAL"]),
    recruitment_status=st.sampled_from(["RECRUITING", "COMPLETED", "TERMINATED", "WITHDRAWN", "UNKNOWN", None]),
    results_state=st.sampled_from(["NONE_POSTED", "NONE_POSTED", "SUBMITTED", "RETURNED", "POSTED", None]),
    phases=st.sampled_from([("PHASE1",), ("PHASE2", "PHASE3"), ("NA",), None]),
    countries=st.sets(st.sampled_from(COUNTRIES)).map(tuple),
    country_status=st.none()
    | st.lists(
        st.builds(
            CountryStatus, country=st.sampled_from(COUNTRIES), status=st.sampled_from(["COMPLETED", "RECRUITING", "WITHDRAWN"])
        )
    ).map(tuple),
    regulatory_events=st.none()
    | st.lists(
        st.builds(
            RegulatoryEvent,
            type=st.sampled_from(["END_OF_TRIAL", "RESTART_OF_TRIAL", "START_OF_TRIAL"]),
            date=st.none() | DAYS.map(dt.date.isoformat),
            country=st.sampled_from(COUNTRIES),
        )
    ).map(tuple),
    interventions=st.sampled_from([None, (Intervention(name="X", type="DRUG"),), (Intervention(name="X", type="BEHAVIORAL"),)]),
    eligibility=st.sampled_from([None, Eligibility(std_ages=("CHILD",)), Eligibility(minimum_age="18 Years")]),
    oversight=st.sampled_from([None, Oversight(fda_drug=True)]),
    rest=st.sampled_from([{}, {CATEGORY: "1"}, {CATEGORY: "2"}]),
)
EVERY = settings(max_examples=60, deadline=None)
ALL = frozenset(DUTIES)


def info(record: TrialRecord, duties: frozenset[str] = ALL) -> SourceInfo:
    key = split_key(record.trial).source
    known = sources.load()
    base = known[key].info if key in known else known["ctgov"].info
    return msgspec.structs.replace(base, key=key, duties=duties)


def on_its_own(record: TrialRecord) -> RegisteredTrial:
    return RegisteredTrial(trial=record.trial, registry="a register", record=record, duties=ALL)


@given(RECORDS, DAYS)
@EVERY
def test_what_is_submitted_or_posted_is_never_overdue(record: TrialRecord, day: dt.date) -> None:
    if record.results_state not in ("SUBMITTED", "RETURNED", "POSTED"):
        return
    assert standing(record, info(record), day).state != "overdue"
    assert not [due for due in due_dates(record, info(record)) if due.kind == "results_overdue"]
    assert "overdue" not in {row.state for row in over_registrations([on_its_own(record)], day)}


@given(RECORDS, DAYS, DAYS)
@EVERY
def test_a_later_end_never_makes_results_due_sooner(record: TrialRecord, one: dt.date, other: dt.date) -> None:
    def ended(day: dt.date) -> dict[str, dt.date]:
        end: dict[str, Any] = dict.fromkeys(
            ("primary_completion_date", "completion_date"), RegistryDate(day.isoformat(), "ACTUAL")
        )
        moved = msgspec.structs.replace(record, delay_certified_on=None, **end)
        found = judgements(moved, ALL)
        return {duty.law.rule: duty.due for duty in found if isinstance(duty, ResultsDuty) and duty.law}

    early, late = ended(min(one, other)), ended(max(one, other))
    for rule, due in late.items():
        assert rule not in early or early[rule] <= due


@given(RECORDS, DAYS)
@EVERY
def test_nothing_is_owed_by_a_rule_before_it_is_in_force(record: TrialRecord, day: dt.date) -> None:
    for name, rule in DUTIES.items():
        if day < rule.valid_from:
            assert standing(record, info(record, frozenset({name})), day).state in ("none", "posted")
    for row in over_registrations([on_its_own(record)], day):
        assert day >= DUTIES[row.law.rule].valid_from
    for duty in duties_of(record, ALL):
        rule_ = DUTIES[duty.law.rule] if duty.law else None
        assert rule_ is None or not duty.legal or duty.due > rule_.valid_from


@given(RECORDS, DAYS)
@EVERY
def test_category_1_and_an_end_that_is_only_planned_are_never_called_overdue(record: TrialRecord, day: dt.date) -> None:
    end = record.completion_date
    planned = not (end and end.type == "ACTUAL") and not record.regulatory_events
    if split_key(record.trial).source != "ctis" or not (record.rest.get(CATEGORY) == "1" or planned):
        return
    names = frozenset({"eu_ctr", "uk_clinical_trials"})
    assert not [due for due in due_dates(record, info(record, names)) if due.kind == "results_overdue"]
    assert not [row for row in deadlines(record, info(record, names), day) if row.state == "passed" and "results" in row.kind]


@given(RECORDS, DAYS)
@EVERY
def test_days_and_states_of_one_law_agree(record: TrialRecord, day: dt.date) -> None:
    """The list of deadlines, the change kind and the states over registrations never say different things."""
    for name in ALL:
        own = info(record, frozenset({name}))
        legal = [duty for duty in duties_of(record, own.duties) if duty.legal]
        state = standing(record, own, day).state
        if day < DUTIES[name].valid_from or not legal or state == "posted":
            continue
        results = "NONE_POSTED" if record.results_state is None else record.results_state
        assert (state == "overdue") == (state_of(legal[0], results, day) == "overdue")


@given(RECORDS)
@EVERY
def test_one_day_of_results_stands_once(record: TrialRecord) -> None:
    keys = [due.key for due in due_dates(record, info(record))]
    assert len(keys) == len(set(keys))
