"""What duties need to know of a trial, read from its record as it is: who takes part, where, in what, and when it ended."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection

from tracker.model.dates import RegistryDate
from tracker.model.ids import split_key
from tracker.model.record import TrialRecord

_MEDICINES = frozenset({"BIOLOGICAL", "DRUG", "GENETIC", "COMBINATION_PRODUCT"})
_OF_MEDICINES = frozenset({"ctis", "euctr"})
"""Registers that hold trials of medicinal products only."""
_UNITED_KINGDOM = frozenset({"United Kingdom", "Great Britain", "England", "Scotland", "Wales", "Northern Ireland"})
_PHASE_1 = frozenset({"EARLY_PHASE1", "PHASE1"})
_ENDED = frozenset({"COMPLETED", "TERMINATED"})
_UNDER_WAY = frozenset(
    {"NOT_YET_RECRUITING", "RECRUITING", "ENROLLING_BY_INVITATION", "ACTIVE_NOT_RECRUITING", "SUSPENDED"},
)
_GOING_ON = "Ongoing"
"""What the older EU register says of every trial that has not ended, whether it recruits or not."""
_CATEGORY = "authorizedPartI.trialDetails.trialInformation.trialCategory.trialCategory"
_PLAN = "authorizedPartI.trialDetails.scientificAdviceAndPip"
_MOVED = "eudraCt.isTransitioned"
_PLAN_OF_EUDRACT = "paediatric_investigation_plan"
_AGE = re.compile(r"(\d+)\s*(year|month|week|day|hour|minute)", re.IGNORECASE)
_OF_AGE = 18


def studies_a_medicine(record: TrialRecord) -> bool:
    """Whether a medicinal product is among what is studied."""
    types = {(one.type or "").upper().replace(" ", "_") for one in record.interventions or ()}
    return split_key(record.trial).source in _OF_MEDICINES or bool(types & _MEDICINES)


def in_united_kingdom(record: TrialRecord) -> bool:
    """Whether a country or site of the trial is in the United Kingdom."""
    return bool(_UNITED_KINGDOM & {*(record.countries or ()), *(site.country for site in record.sites or ())})


def is_phase_1_alone(record: TrialRecord) -> bool:
    """Whether the phase is 1 and no later one."""
    return bool(record.phases) and _PHASE_1.issuperset(record.phases or ())


def category(record: TrialRecord) -> str:
    """The category that EU CTIS gives a trial (1 to 3), empty where it gives none."""
    given = record.rest.get(_CATEGORY)
    return "" if given is None else str(given)


def in_paediatric_plan(record: TrialRecord) -> bool:
    """Whether the trial is part of a paediatric investigation plan."""
    advice = record.rest.get(_PLAN)
    if isinstance(advice, dict) and advice.get("paediatricInvestigationPlan"):
        return True
    return str(record.rest.get(_PLAN_OF_EUDRACT)).casefold() in ("true", "yes")


def takes_children(record: TrialRecord) -> bool:
    """Whether people under 18 can take part."""
    asked = record.eligibility
    if asked is None:
        return False
    if asked.std_ages is not None:
        return "CHILD" in asked.std_ages
    age = _AGE.match((asked.minimum_age or "").strip())
    return age is not None and (age[2].lower() != "year" or int(age[1]) < _OF_AGE)


def ended_and_not(record: TrialRecord) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The countries in which the trial has ended by their own states, and those in which it is under way."""
    states = record.country_status or ()
    ended = tuple(dict.fromkeys(one.country for one in states if one.status in _ENDED))
    going_on = (one.country for one in states if one.status in _UNDER_WAY or one.as_given == _GOING_ON)
    return ended, tuple(dict.fromkeys(going_on))


def has_moved_to_ctis(record: TrialRecord) -> bool:
    """Whether the register says that the trial goes on in EU CTIS."""
    words = [record.recruitment_status_as_given, *(one.as_given for one in record.country_status or ())]
    return any("transition" in word.casefold() for word in words if word)


def was_moved(record: TrialRecord) -> bool:
    """Whether a record of EU CTIS says that the trial came there from the older register."""
    return record.rest.get(_MOVED) is True


def is_move(records: Collection[TrialRecord]) -> bool:
    """Whether one of these is a record that the trial left behind when it came to EU CTIS: results go to the new register."""
    left_behind = any(split_key(record.trial).source == "euctr" for record in records)
    return left_behind and any(was_moved(record) for record in records)


def end_in_member_states(record: TrialRecord) -> RegistryDate | None:
    """The latest end that was notified, where each member state that admitted the trial notified one."""
    ends: dict[str, dt.date] = {}
    restarts: dict[str, dt.date] = {}
    for notice in record.regulatory_events or ():
        day = RegistryDate(notice.date).last if notice.date else None
        if day and notice.country and notice.type in ("END_OF_TRIAL", "RESTART_OF_TRIAL"):
            known = ends if notice.type == "END_OF_TRIAL" else restarts
            known[notice.country] = max(day, known.get(notice.country, day))
    concerned = {one.country for one in record.country_status or () if one.status != "WITHDRAWN"}
    going_on = {country for country in concerned if country not in ends or restarts.get(country, ends[country]) > ends[country]}
    if not concerned or going_on:
        return None
    return RegistryDate(max(ends[country] for country in concerned).isoformat(), "ACTUAL")
