"""ClinicalTrials.gov's enumerations, which the whole tracker speaks (facts: API 2.0.5)."""

from __future__ import annotations

from typing import Literal, get_args

REGISTRY_STATUSES = (
    "NOT_YET_RECRUITING",
    "RECRUITING",
    "ENROLLING_BY_INVITATION",
    "ACTIVE_NOT_RECRUITING",
    "COMPLETED",
    "SUSPENDED",
    "TERMINATED",
    "WITHDRAWN",
    "UNKNOWN",
    "WITHHELD",
    "AVAILABLE",
    "NO_LONGER_AVAILABLE",
    "TEMPORARILY_NOT_AVAILABLE",
    "APPROVED_FOR_MARKETING",
)
"""ClinicalTrials.gov's own."""

RECRUITMENT_STATUSES = (*REGISTRY_STATUSES, "NOT_RECRUITING_UNSPECIFIED", "OTHER")
"""With two of ours: a registry that says no more than "not recruiting", and a word we do not know."""

OPEN_STATUSES = frozenset({"RECRUITING", "ENROLLING_BY_INVITATION", "AVAILABLE"})
PUBLIC_STATUSES = frozenset({"RECRUITING", "AVAILABLE"})
"""Open to everybody who fits the criteria, not by invitation only."""

ENDED_STATUSES = frozenset({"COMPLETED", "TERMINATED", "WITHDRAWN"})


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


STUDY_TYPES = _words("INTERVENTIONAL OBSERVATIONAL EXPANDED_ACCESS")
PHASES = _words("NA EARLY_PHASE1 PHASE1 PHASE2 PHASE3 PHASE4")
ALLOCATIONS = _words("RANDOMIZED NON_RANDOMIZED NA")
INTERVENTION_MODELS = _words("SINGLE_GROUP PARALLEL CROSSOVER FACTORIAL SEQUENTIAL")
PRIMARY_PURPOSES = _words(
    "TREATMENT PREVENTION DIAGNOSTIC ECT SUPPORTIVE_CARE SCREENING HEALTH_SERVICES_RESEARCH BASIC_SCIENCE DEVICE_FEASIBILITY "
    "OTHER"
)
MASKINGS = _words("NONE SINGLE DOUBLE TRIPLE QUADRUPLE")
WHO_MASKED = _words("PARTICIPANT CARE_PROVIDER INVESTIGATOR OUTCOMES_ASSESSOR")
OBSERVATIONAL_MODELS = _words(
    "COHORT CASE_CONTROL CASE_ONLY CASE_CROSSOVER ECOLOGIC_OR_COMMUNITY FAMILY_BASED DEFINED_POPULATION NATURAL_HISTORY OTHER"
)
TIME_PERSPECTIVES = _words("RETROSPECTIVE PROSPECTIVE CROSS_SECTIONAL OTHER")
DATE_TYPES = _words("ACTUAL ESTIMATED")
"""Of a date, and of the number of participants."""
ARM_TYPES = _words("EXPERIMENTAL ACTIVE_COMPARATOR PLACEBO_COMPARATOR SHAM_COMPARATOR NO_INTERVENTION OTHER")
INTERVENTION_TYPES = _words(
    "BEHAVIORAL BIOLOGICAL COMBINATION_PRODUCT DEVICE DIAGNOSTIC_TEST DIETARY_SUPPLEMENT DRUG GENETIC PROCEDURE RADIATION OTHER"
)
SEXES = _words("FEMALE MALE ALL")
STD_AGES = _words("CHILD ADULT OLDER_ADULT")
SAMPLING_METHODS = _words("PROBABILITY_SAMPLE NON_PROBABILITY_SAMPLE")
ORGANISATION_CLASSES = _words("NIH FED OTHER_GOV INDIV INDUSTRY NETWORK AMBIG OTHER UNKNOWN")
RESPONSIBLE_PARTY_TYPES = _words("SPONSOR PRINCIPAL_INVESTIGATOR SPONSOR_INVESTIGATOR")
ROLES = _words("STUDY_CHAIR STUDY_DIRECTOR PRINCIPAL_INVESTIGATOR SUB_INVESTIGATOR CONTACT")
SECONDARY_ID_TYPES = _words("NIH FDA VA CDC AHRQ SAMHSA OTHER_GRANT EUDRACT_NUMBER CTIS REGISTRY OTHER")
REFERENCE_TYPES = _words("BACKGROUND RESULT DERIVED")
IPD_PLANS = _words("YES NO UNDECIDED")
IPD_INFO_TYPES = _words("STUDY_PROTOCOL SAP ICF CSR ANALYTIC_CODE")
SUBMISSION_TYPES = _words("RELEASE RESET UNRELEASE")
NOTICE_TYPES = _words("VIOLATION_IDENTIFIED CORRECTION_CONFIRMED PENALTY_IMPOSED ISSUES_IN_LETTER_ADDRESSED_CONFIRMED")

ResultsState = Literal["NONE_POSTED", "SUBMITTED", "RETURNED", "POSTED"]
DutyBasis = Literal["legal_duty", "good_practice", "registry_practice", "projected"]
"""What makes the day of results one that matters, the weightiest first; ``projected``: the trial has not ended."""
DutyStanding = Literal["none", "ahead", "due", "overdue", "submitted", "posted"]
"""How a duty to post results stands on a day: from 30 days before the due date results are due, 30 days after it overdue."""

RecordKind = Literal[
    "recruitment_status_changed",
    "why_stopped_changed",
    "start_date_changed",
    "primary_completion_date_changed",
    "completion_date_changed",
    "enrollment_changed",
    "results_posted",
    "results_amended",
    "results_submission_changed",
    "results_delay_certified",
    "results_duty_changed",
    "compliance_notice_changed",
    "documents_changed",
    "primary_outcomes_changed",
    "secondary_outcomes_changed",
    "other_outcomes_changed",
    "eligibility_changed",
    "arms_changed",
    "interventions_changed",
    "design_changed",
    "phases_changed",
    "sites_changed",
    "countries_changed",
    "sponsors_changed",
    "contacts_changed",
    "titles_changed",
    "description_changed",
    "conditions_changed",
    "identifiers_changed",
    "references_changed",
    "links_changed",
    "ipd_sharing_changed",
    "oversight_changed",
    "country_status_changed",
    "regulatory_events_changed",
    "other_fields_changed",
    "nearby_site_opened",
    "nearby_site_closed",
    "record_updated",
]
"""Change kinds of a record's fields."""

CalendarKind = Literal["results_due_soon", "results_overdue", "milestone_passed", "verification_lapsed", "will_go_unknown"]
CALENDAR_KINDS: tuple[CalendarKind, ...] = get_args(CalendarKind)
"""Change kinds of days that came."""

ListingKind = Literal[
    "new_registration",
    "entered_watch",
    "left_watch",
    "removed",
    "restored",
    "merged",
    "mirror_lags",
    "registries_disagree",
]
"""Change kinds of the registry's list of trials."""

KindName = RecordKind | CalendarKind | ListingKind
KIND_NAMES: frozenset[KindName] = frozenset((*get_args(RecordKind), *get_args(CalendarKind), *get_args(ListingKind)))

Severity = Literal["minor", "notable", "major"]
SEVERITIES: tuple[Severity, ...] = ("minor", "notable", "major")

Cause = Literal["record", "calendar", "registry"]
Origin = Literal["live", "backfill"]
When = Literal["immediate", "daily", "weekly"]


def rank(severity: Severity) -> int:
    """0 for minor, 1 for notable, 2 for major."""
    return SEVERITIES.index(severity)


NO_IS_SILENCE = frozenset({"hasExpandedAccess"})
"""Last steps of a registry's own paths where "no" and no answer are the same."""

PLACE_PARAMETERS = frozenset({"country", "location", "locn", "query.locn"})
"""Fields of queries and parameters of searches that name countries."""

DESIGN_FIELDS = (
    "study_type",
    "allocation",
    "intervention_model",
    "primary_purpose",
    "masking",
    "observational_model",
    "time_perspective",
)
"""Fields of a record's design whose values are words of an enumeration."""
