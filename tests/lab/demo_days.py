"""The demo's three days for the tests' registry, and what must be told on each of them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from tests.lab.day import Day
from tracker.demo import days as demo
from tracker.demo.days import MEDDATAX_PAGE, TRIALX_PAGE

__all__ = ["EXPECTED", "MEDDATAX_PAGE", "MINOR", "MIRRORED", "TRIALX_PAGE", "days"]

MIRRORED = MEDDATAX_PAGE.rpartition("/")[2]
"""The trial that MedDataX's page shows."""

EXPECTED: tuple[Mapping[str, frozenset[str]], ...] = (
    {},
    {
        "ctgov:NCT07177911": frozenset({"recruitment_status_changed", "start_date_changed"}),
        "ctgov:NCT09900001": frozenset({"results_posted", "documents_changed"}),
        "ctgov:NCT09900002": frozenset({"primary_completion_date_changed", "completion_date_changed"}),
        "ctgov:NCT09900003": frozenset({"enrollment_changed"}),
        "ctgov:NCT09900004": frozenset({"nearby_site_opened"}),
        "ctgov:NCT09900005": frozenset({"primary_outcomes_changed"}),
    },
    {
        "ctgov:NCT09900006": frozenset({"removed"}),
        "ctgov:NCT09900007": frozenset(
            {
                "recruitment_status_changed",
                "enrollment_changed",
                "primary_completion_date_changed",
                "completion_date_changed",
            }
        ),
        "ctgov:NCT09900008": frozenset({"primary_completion_date_changed"}),
        "ctgov:NCT09900009": frozenset({"recruitment_status_changed"}),
        "ctgov:NCT09900012": frozenset({"new_registration"}),
    },
)
"""What must be told on each day: trial -> kinds of at least notable weight. Nothing else may be."""

MINOR: tuple[Mapping[str, frozenset[str]], ...] = (
    {},
    {"ctgov:NCT09900004": frozenset({"sites_changed"})},
    {
        "ctgov:NCT09900007": frozenset({"contacts_changed"}),
        "ctgov:NCT09900011": frozenset({"primary_completion_date_changed"}),
    },
)
"""What is recorded on each day with minor weight."""


@cache
def days() -> tuple[Day, ...]:
    """The demo's days, in order: a baseline and two days of changes."""
    return tuple(Day(day.data_timestamp, day.studies, day.pages) for day in demo.days())
