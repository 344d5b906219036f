"""ClinicalTrials.gov's enumerations, which the whole tracker speaks (facts: API 2.0.5)."""

from __future__ import annotations

from typing import Literal, get_args

RECRUITMENT_STATUSES = (
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
    # not ClinicalTrials.gov's: a registry that says no more than "not recruiting", and a word we do not know
    "NOT_RECRUITING_UNSPECIFIED",
    "OTHER",
)

OPEN_STATUSES = frozenset({"RECRUITING", "ENROLLING_BY_INVITATION", "AVAILABLE"})
STOPPED_STATUSES = frozenset({"SUSPENDED", "TERMINATED", "WITHDRAWN"})
ENDED_STATUSES = frozenset({"COMPLETED", "TERMINATED", "WITHDRAWN"})

ResultsState = Literal["NONE_POSTED", "SUBMITTED", "RETURNED", "POSTED"]

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
]
"""Change kinds of a record's fields."""

CalendarKind = Literal["results_due_soon", "results_overdue", "milestone_passed", "verification_lapsed", "will_go_unknown"]
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
