"""The details of events: one struct for each change kind, so that a misspelt name is a type error.

The JSON is public. A field without a default always stands in it, also as null; a field with a default is left out while it
has it. ``old`` and ``new`` are "from" and "to" in JSON, except where a date moved.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

import msgspec

from tracker.model.decoders import json_decoder
from tracker.model.details.calendar import DueDetails, MilestoneDetails, ResultsDueDetails, VerificationDetails
from tracker.model.details.listing import (
    EnteredDetails,
    MergedDetails,
    MirrorDetails,
    NewRegistrationDetails,
    RegistryWord,
    RemovedDetails,
    WatchDetails,
)
from tracker.model.details.parts import (
    ArmLinks,
    ChangedBack,
    CountedFrom,
    CriteriaEdit,
    Details,
    DocumentEntry,
    DutyLaw,
    DutyMove,
    Edit,
    MeasureRewording,
    NamesEdit,
    NearbySite,
    OutcomeEntry,
    OutcomesRegrouped,
    PlacedLine,
    Redefinition,
    ReferenceEntry,
    RegulatoryEntry,
    SiteCounts,
    SubmissionStep,
    TermsEdit,
    TimeFrameEdit,
    TwoSides,
)
from tracker.model.details.reading import read
from tracker.model.details.record import (
    ArmsDetails,
    ComplianceNoticeDetails,
    ConditionsDetails,
    ContactsDetails,
    CountriesDetails,
    CountryStatusDetails,
    DateDetails,
    DelayCertifiedDetails,
    DesignDetails,
    DocumentsDetails,
    EligibilityDetails,
    EnrollmentDetails,
    InterventionsDetails,
    NearbyDetails,
    OtherFieldsDetails,
    OutcomesDetails,
    OversightDetails,
    PhasesDetails,
    RecordUpdatedDetails,
    RecruitmentStatusDetails,
    ReferencesDetails,
    RegulatoryDetails,
    ResultsAmendedDetails,
    ResultsDutyDetails,
    ResultsPostedDetails,
    ResultsSubmissionDetails,
    SitesDetails,
    SponsorsDetails,
    TitlesDetails,
    WhyStoppedDetails,
)
from tracker.model.vocabulary import KIND_NAMES, KindName

DETAILS: Mapping[KindName, type[Details]] = MappingProxyType(
    {
        "recruitment_status_changed": RecruitmentStatusDetails,
        "why_stopped_changed": WhyStoppedDetails,
        "start_date_changed": DateDetails,
        "primary_completion_date_changed": DateDetails,
        "completion_date_changed": DateDetails,
        "enrollment_changed": EnrollmentDetails,
        "results_posted": ResultsPostedDetails,
        "results_amended": ResultsAmendedDetails,
        "results_submission_changed": ResultsSubmissionDetails,
        "results_delay_certified": DelayCertifiedDetails,
        "results_duty_changed": ResultsDutyDetails,
        "compliance_notice_changed": ComplianceNoticeDetails,
        "documents_changed": DocumentsDetails,
        "primary_outcomes_changed": OutcomesDetails,
        "secondary_outcomes_changed": OutcomesDetails,
        "other_outcomes_changed": OutcomesDetails,
        "eligibility_changed": EligibilityDetails,
        "arms_changed": ArmsDetails,
        "interventions_changed": InterventionsDetails,
        "design_changed": DesignDetails,
        "phases_changed": PhasesDetails,
        "sites_changed": SitesDetails,
        "countries_changed": CountriesDetails,
        "sponsors_changed": SponsorsDetails,
        "contacts_changed": ContactsDetails,
        "titles_changed": TitlesDetails,
        "description_changed": Details,
        "conditions_changed": ConditionsDetails,
        "identifiers_changed": Details,
        "references_changed": ReferencesDetails,
        "links_changed": Details,
        "ipd_sharing_changed": Details,
        "oversight_changed": OversightDetails,
        "country_status_changed": CountryStatusDetails,
        "regulatory_events_changed": RegulatoryDetails,
        "other_fields_changed": OtherFieldsDetails,
        "nearby_site_opened": NearbyDetails,
        "nearby_site_closed": NearbyDetails,
        "record_updated": RecordUpdatedDetails,
        "results_due_soon": ResultsDueDetails,
        "results_overdue": ResultsDueDetails,
        "milestone_passed": MilestoneDetails,
        "verification_lapsed": VerificationDetails,
        "will_go_unknown": VerificationDetails,
        "new_registration": NewRegistrationDetails,
        "entered_watch": EnteredDetails,
        "left_watch": WatchDetails,
        "removed": RemovedDetails,
        "restored": Details,
        "merged": MergedDetails,
        "mirror_lags": MirrorDetails,
        "registries_disagree": MirrorDetails,
    }
)
"""The details' type of every kind."""

_BY_NAME = {str(name): type_ for name, type_ in DETAILS.items()}

if set(DETAILS) != KIND_NAMES:
    raise TypeError(f"Details and names of change kinds differ: {sorted(KIND_NAMES ^ set(DETAILS))}.")


def read_details(kind: str, value: object) -> Details:
    """The details of a stored event, whatever version wrote it. An unknown kind keeps what any kind may say."""
    type_ = details_type(kind)
    _decoder(type_)  # looks into the type, as only one thread may at a time
    return read(type_, value)


def stored_details(kind: str, stored: bytes | msgspec.Raw) -> Details:
    """The same from JSON, which is read as a whole where that can be."""
    try:
        return _decoder(details_type(kind)).decode(stored)
    except msgspec.ValidationError:
        return read_details(kind, msgspec.json.decode(stored))


@cache
def _decoder(details: type[Details]) -> msgspec.json.Decoder[Details]:
    return json_decoder(details)


def details_type(kind: str) -> type[Details]:
    """The details' type of a kind; the general one for a kind of another version."""
    return _BY_NAME.get(kind, Details)


__all__ = [
    "DETAILS",
    "ArmLinks",
    "ArmsDetails",
    "ChangedBack",
    "ComplianceNoticeDetails",
    "ConditionsDetails",
    "ContactsDetails",
    "CountedFrom",
    "CountriesDetails",
    "CountryStatusDetails",
    "CriteriaEdit",
    "DateDetails",
    "DelayCertifiedDetails",
    "DesignDetails",
    "Details",
    "DocumentEntry",
    "DocumentsDetails",
    "DueDetails",
    "DutyLaw",
    "DutyMove",
    "Edit",
    "EligibilityDetails",
    "EnrollmentDetails",
    "EnteredDetails",
    "InterventionsDetails",
    "MeasureRewording",
    "MergedDetails",
    "MilestoneDetails",
    "MirrorDetails",
    "NamesEdit",
    "NearbyDetails",
    "NearbySite",
    "NewRegistrationDetails",
    "OtherFieldsDetails",
    "OutcomeEntry",
    "OutcomesDetails",
    "OutcomesRegrouped",
    "OversightDetails",
    "PhasesDetails",
    "PlacedLine",
    "RecordUpdatedDetails",
    "RecruitmentStatusDetails",
    "Redefinition",
    "ReferenceEntry",
    "ReferencesDetails",
    "RegistryWord",
    "RegulatoryDetails",
    "RegulatoryEntry",
    "RemovedDetails",
    "ResultsAmendedDetails",
    "ResultsDueDetails",
    "ResultsDutyDetails",
    "ResultsPostedDetails",
    "ResultsSubmissionDetails",
    "SiteCounts",
    "SitesDetails",
    "SponsorsDetails",
    "SubmissionStep",
    "TermsEdit",
    "TimeFrameEdit",
    "TitlesDetails",
    "TwoSides",
    "VerificationDetails",
    "WatchDetails",
    "WhyStoppedDetails",
    "details_type",
    "read",
    "read_details",
    "stored_details",
]
