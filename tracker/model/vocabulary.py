"""ClinicalTrials.gov's enumerations, which the whole tracker speaks (facts: API 2.0.5)."""

from __future__ import annotations

from typing import Literal

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
ENDED_STATUSES = frozenset({"COMPLETED", "TERMINATED", "WITHDRAWN"})

ResultsState = Literal["NONE_POSTED", "SUBMITTED", "RETURNED", "POSTED"]

Severity = Literal["minor", "notable", "major"]
SEVERITIES: tuple[Severity, ...] = ("minor", "notable", "major")

Cause = Literal["record", "calendar", "registry"]
Origin = Literal["live", "backfill"]
When = Literal["immediate", "daily", "weekly"]


def rank(severity: Severity) -> int:
    """0 for minor, 1 for notable, 2 for major."""
    return SEVERITIES.index(severity)
