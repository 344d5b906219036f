"""The tables of the ClinicalTrials.gov source: what is ignored and what is kept as it is (API 2.0.5).

A field that stands in neither table and is not read by ``parse`` is told as an Issue and kept. List entries are ``[]``.
"""

from __future__ import annotations

_STATUS = "protocolSection.statusModule."
_DERIVED = "derivedSection."
_UNPOSTED = "annotationSection.annotationModule.unpostedAnnotation."
_TRACKING = "derivedSection.miscInfoModule.submissionTracking."

IGNORED: dict[str, str] = {
    _STATUS + "lastUpdateSubmitDate": "moves with lastUpdatePostDateStruct, which is read",
    _STATUS + "studyFirstSubmitQcDate": "a step between studyFirstSubmitDate and studyFirstPostDateStruct",
    _STATUS + "resultsFirstSubmitQcDate": "a step between submission and resultsFirstPostDateStruct, set with it",
    _STATUS + "dispFirstSubmitQcDate": "a step after dispFirstSubmitDate, which is the certification and is read",
    _STATUS + "dispFirstPostDateStruct": "follows dispFirstSubmitDate, which is the certification and is read",
    _TRACKING + "estimatedResultsFirstSubmitDate": "repeats the first releaseDate of submissionInfos, which is read",
    _TRACKING + "firstMcpInfo.postDateStruct.type": "whether a posting date is estimated or actual is no news",
    _UNPOSTED + "unpostedResponsibleParty": "repeats the responsible party as it was",
    _UNPOSTED + "unpostedEvents[].dateUnknown": "says only why an event has no date",
    "protocolSection.contactsLocationsModule.locations[].countryCode": "says again what country says",
    "documentSection.largeDocumentModule.largeDocs[].typeAbbrev": "says again what hasProtocol, hasSap and hasIcf say",
    _DERIVED + "miscInfoModule.versionHolder": "the day of the registry's data: moves every working day in every study",
    _DERIVED + "miscInfoModule.modelPredictions": "the registry's own guesses from the text, not part of the record",
    _DERIVED + "conditionBrowseModule": "terms the registry's indexing adds to the conditions, which are read",
    _DERIVED + "interventionBrowseModule": "terms the registry's indexing adds to the interventions, which are read",
}
"""Values left out of the record on purpose: path -> why."""

KEPT: dict[str, type[object]] = {
    "protocolSection.identificationModule.orgStudyIdInfo.type": str,
    _STATUS + "delayedPosting": bool,
    _STATUS + "expandedAccessInfo": dict,
    _STATUS + "studyFirstSubmitDate": str,  # "was it registered before it began?" hangs on it
    "protocolSection.oversightModule.isPpsd": bool,
    "protocolSection.oversightModule.fdaaa801Violation": bool,
    "protocolSection.designModule.nPtrsToThisExpAccNctId": int,
    "protocolSection.designModule.expandedAccessTypes": dict,
    "protocolSection.designModule.patientRegistry": bool,
    "protocolSection.designModule.targetDuration": str,
    "protocolSection.designModule.bioSpec": dict,
    "protocolSection.referencesModule.availIpds": list,
    "documentSection.largeDocumentModule.noSap": bool,
    # Results that were posted with major comments, before they passed quality control: when first, and as which version.
    _TRACKING + "firstMcpInfo.postDateStruct.date": str,
    _TRACKING + "submissionInfos[].mcpReleaseN": int,
    _DERIVED + "miscInfoModule.removedCountries": list,
}
"""Values that the record does not model and that are compared as they are: path -> type."""

ANCHORS: tuple[tuple[str, ...], ...] = (
    ("identificationModule", "briefTitle"),
    ("statusModule", "overallStatus"),
    ("statusModule", "lastUpdatePostDateStruct", "date"),
    ("sponsorCollaboratorsModule", "leadSponsor", "name"),
    ("designModule", "studyType"),
)
ANCHOR_PLACES = tuple(".".join(("protocolSection", *path)) for path in ANCHORS)
"""Where every study says something. Nothing there is a new layout; something of a wrong type is an issue of that field."""

UNKNOWN_COUNT = 99999999
"""The registry's own way to say that the number of participants is not known."""

REST_TITLES = {
    "expandedAccessInfo": "expanded access",
    "hasExpandedAccess": "available",
    "delayedPosting": "delayed posting",
    "studyFirstSubmitDate": "date of first submission",
    "isPpsd": "pediatric postmarket surveillance",
    "fdaaa801Violation": "FDAAA 801 violation",
    "nPtrsToThisExpAccNctId": "number of trials that name this expanded access",
    "expandedAccessTypes": "types of expanded access",
    "patientRegistry": "patient registry",
    "targetDuration": "planned follow-up time",
    "bioSpec": "retained samples",
    "availIpds": "available participant data",
    "noSap": "no analysis plan in the record",
    "firstMcpInfo": "posting of results under review",
    "mcpReleaseN": "posting of results under review",
    "removedCountries": "countries without sites any more",
}
"""What people call the registry's own fields that the record does not model, by the last step of their path."""

HISTORY_SECTIONS: dict[str, tuple[str, ...]] = {
    "Study Identification": (
        "nct_number",
        "secondary_ids",
        "aliases",
        "brief_title",
        "official_title",
        "acronym",
        "organization",
    ),
    "Study Status": (
        "recruitment_status",
        "recruitment_status_as_given",
        "last_known_status",
        "why_stopped",
        "verified_on",
        "start_date",
        "primary_completion_date",
        "completion_date",
        "first_posted",
        "last_update_posted",
        "results_first_posted",
        "results_waived",
        "delay_certified_on",
        "results_submissions",
        "results_state",
    ),
    "Sponsor/Collaborators": ("lead_sponsor", "collaborators", "responsible_party"),
    "Oversight": ("oversight",),
    "Study Description": ("brief_summary", "detailed_description"),
    "Conditions": ("conditions", "keywords"),
    "Study Design": (
        "study_type",
        "phases",
        "allocation",
        "intervention_model",
        "intervention_model_description",
        "primary_purpose",
        "masking",
        "masking_description",
        "who_masked",
        "observational_model",
        "time_perspective",
        "enrollment",
    ),
    "Arms and Interventions": ("arms", "interventions"),
    "Outcome Measures": ("primary_outcomes", "secondary_outcomes", "other_outcomes"),
    "Eligibility": ("eligibility",),
    "Contacts/Locations": ("officials", "central_contacts", "sites", "countries"),
    "IPDSharing": ("ipd_sharing",),
    "IPD Sharing": ("ipd_sharing",),
    "References": ("references", "see_also_links"),
    "Documents": ("documents",),
    "Document Section": ("documents",),
    "Participant Flow": ("results_digests", "results_state"),
    "Baseline Characteristics": ("results_digests", "results_state"),
    "Reported Adverse Events": ("results_digests", "results_state"),
    "Adverse Events": ("results_digests", "results_state"),
    "More Information": ("results_digests", "results_state"),
}
"""The record's fields that a section of the index is about. Sections that do not stand here may be about anything."""
