"""The registry's words in our vocabulary, and what of a record is kept as it is or left out by name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

STATED: Mapping[str, str] = {
    "Not yet recruiting": "NOT_YET_RECRUITING",
    "Recruiting": "RECRUITING",
    "Enrolling by invitation": "ENROLLING_BY_INVITATION",
    "No longer recruiting": "NOT_RECRUITING_UNSPECIFIED",
    "Completed": "COMPLETED",
    "Stopped": "TERMINATED",
    "Suspended": "SUSPENDED",
}
"""Statuses of the WHO format. “No longer recruiting” does not say whether the study has ended."""

LASTING: Mapping[str, str] = {
    "Stopped": "TERMINATED",
    "Suspended": "SUSPENDED",
    "Enrolling by invitation": "ENROLLING_BY_INVITATION",
}
"""Words of an override that hold until they are taken away, whatever the dates say."""

BY_DATES: Final = frozenset({"Ongoing"})
"""Words of an override that leave the status to the dates."""
RECRUITED: Final = frozenset({"No longer recruiting"})
"""Words of an override that say that recruitment is over: the end of the study says whether the study is."""
OPENED: Final = frozenset({"Recruiting"})
UNOPENED: Final = frozenset({"Not yet recruiting"})
ENDED: Final = frozenset({"Completed"})

START_KINDS: Mapping[str, str] = {"Actual": "ACTUAL", "Anticipated": "ESTIMATED"}

STUDY_TYPES: Mapping[str, str] = {"Interventional": "INTERVENTIONAL", "Observational": "OBSERVATIONAL"}

PHASES: Mapping[str, tuple[str, ...] | None] = {
    "Phase I": ("PHASE1",),
    "Phase I/II": ("PHASE1", "PHASE2"),
    "Phase II": ("PHASE2",),
    "Phase II/III": ("PHASE2", "PHASE3"),
    "Phase III": ("PHASE3",),
    "Phase III/IV": ("PHASE3", "PHASE4"),
    "Phase IV": ("PHASE4",),
    "Not Applicable": ("NA",),
    "Not Specified": None,
}

ALLOCATIONS: Mapping[str, str] = {
    "Randomized controlled trial": "RANDOMIZED",
    "Non-randomized controlled trial": "NON_RANDOMIZED",
    "Randomised controlled trial": "RANDOMIZED",
    "Non randomised study": "NON_RANDOMIZED",
    "Randomised cross over trial": "RANDOMIZED",
    "Randomised parallel trial": "RANDOMIZED",
}
ASSIGNMENTS: Mapping[str, str] = {
    "Parallel": "PARALLEL",
    "Factorial": "FACTORIAL",
    "Crossover": "CROSSOVER",
    "Sequential": "SEQUENTIAL",
    "Single": "SINGLE_GROUP",
}
MASKINGS: Mapping[str, str | None] = {"Open (masking not used)": "NONE", "Blinded (masking used)": None}
"""“Blinded” does not say how many are: then only the words are kept."""

PURPOSES: Mapping[str, str] = {
    "Treatment": "TREATMENT",
    "Prevention": "PREVENTION",
    "Diagnostic": "DIAGNOSTIC",
    "Screening": "SCREENING",
    "Supportive care": "SUPPORTIVE_CARE",
    "Health services research": "HEALTH_SERVICES_RESEARCH",
    "Basic science": "BASIC_SCIENCE",
    "Device feasibility": "DEVICE_FEASIBILITY",
    "Other": "OTHER",
}

OBSERVATIONAL: Mapping[str, str] = {"Cohort study": "COHORT", "Case-control study": "CASE_CONTROL"}

GENDERS: Mapping[str, str] = {"All": "ALL", "Both": "ALL", "Male": "MALE", "Female": "FEMALE"}
AGES: Mapping[str, tuple[str, ...] | None] = {
    "Neonate": ("CHILD",),
    "Child": ("CHILD",),
    "Adult": ("ADULT",),
    "Senior": ("OLDER_ADULT",),
    "Mixed": None,
    "All": None,
    "Other": None,
    "Not Specified": None,
}
NO_UPPER_LIMIT: Final = 99
"""From this age on a limit in years is none: records that say “no upper age limit” have 99, 100 or 120."""

INTERVENTIONS: Mapping[str, str] = {
    "Drug": "DRUG",
    "Device": "DEVICE",
    "Procedure/Surgery": "PROCEDURE",
    "Behavioural": "BEHAVIORAL",
    "Biological/Vaccine": "BIOLOGICAL",
    "Supplement": "DIETARY_SUPPLEMENT",
    "Genetic": "GENETIC",
    "Mixed": "OTHER",
    "Other": "OTHER",
    "Not Specified": "OTHER",
}

SPONSORS: Mapping[str, str] = {
    "Industry": "INDUSTRY",
    "Government": "OTHER_GOV",
    "University/education": "OTHER",
    "Hospital/treatment centre": "OTHER",
    "Research organisation": "OTHER",
    "Research council": "OTHER",
    "Charity": "OTHER",
    "Other": "OTHER",
    "Not defined": "OTHER",
}
COMMERCIAL: Mapping[str, str] = {"Commercial": "INDUSTRY", "Non-commercial": "OTHER"}

STAGES: Mapping[str, str] = {"Results": "POSTED", "Protocol": "NONE_POSTED", "Abstract": "NONE_POSTED"}
"""How far the publication of a study has come; only results are results."""

RESULTS_OUTPUTS: Final = frozenset({"basicresults", "resultsarticle"})
"""Outputs that are results of the whole study."""
OUTPUTS: Mapping[str, str] = {
    "abstract": "Abstract",
    "basicresults": "Basic results",
    "bookresults": "Book of results",
    "dataset": "Data set",
    "funderreport": "Report to the funder",
    "hrasummary": "HRA research summary",
    "interimresults": "Interim results",
    "otherfiles": "Other file",
    "otherpublications": "Other publication",
    "otherunpublished": "Other unpublished results",
    "otherunpublishedresults": "Other unpublished results",
    "pis": "Participant information sheet",
    "plainenglishresults": "Plain English results",
    "poster": "Poster",
    "preprint": "Preprint of results",
    "preprintother": "Other preprint",
    "protocolarticle": "Protocol article",
    "protocolfile": "Protocol",
    "protocolother": "Other protocol",
    "protocolpreprint": "Preprint of the protocol",
    "resultsarticle": "Results article",
    "sap": "Statistical analysis plan",
    "thesis": "Thesis",
    "trialwebsite": "Study website",
}
"""Kinds of outputs, in words for people."""
DOCUMENTS: Mapping[str, str] = {"protocolfile": "PROTOCOL", "protocolother": "PROTOCOL", "sap": "SAP"}
PUBLICATIONS: Mapping[str, str] = {
    "resultsarticle": "RESULT",
    "interimresults": "RESULT",
    "preprint": "RESULT",
    "abstract": "RESULT",
    "protocolarticle": "BACKGROUND",
    "protocolpreprint": "BACKGROUND",
    "otherpublications": "BACKGROUND",
}

NUMBERS: Mapping[str, tuple[str, str | None]] = {
    "iras": ("OTHER", "IRAS"),
    "cpms": ("OTHER", "CPMS"),
    "ctis": ("CTIS", None),
    "nct": ("REGISTRY", "ClinicalTrials.gov"),
    "eudract": ("EUDRACT_NUMBER", None),
    "Protocol serial number": ("ORG_STUDY_ID", None),
}
"""Types of a secondary number; any other type is the name of whoever issued it."""

_NOTHING = re.compile(r"(?:nil(?: known)?|none|n/?a|not (?:applicable|known|provided.*)|unknown|[-–—.]+|no (?:telephone number|e-?mail(?: address)?) provided|see study outputs table)\.?\Z", re.I)  # noqa: E501  # fmt: skip


def said(text: str | None) -> str | None:
    """A short text; None for those that fill a field and say nothing (“Nil known”, “-”)."""
    return None if text is None or _NOTHING.match(text.strip()) else text


def _within(place: str, names: str, why: str) -> dict[str, str]:
    return {f"{place}.{name}": why for name in names.split()}


_INTERNAL = "of the registry's own storage"
_ADDRESS = "the address of a person or an organisation"
IGNORED: Mapping[str, str] = {
    **_within("trial", "@version", "counts edits, those before publication too; the last update dates them"),
    **_within("trial", "@publicIdentifierType isrctn @publicIdentifierCanonical", "the trial's own number"),
    **_within("trial.isrctn", "#text @dateAssigned", "the trial's own number"),
    **_within("trial.trialDescription", "@thirdPartyFilesAcknowledgement acknowledgment", "terms that a registrant accepted"),
    **_within("trial.trialDescription", "ethicsApprovalRequired", "which form the ethics approval is given in"),
    **_within("trial.trialDescription.primaryOutcomes.outcomeMeasure[]", "@id", _INTERNAL),
    **_within("trial.trialDescription.secondaryOutcomes.outcomeMeasure[]", "@id", _INTERNAL),
    **_within("trial.trialDescription.ethicsCommittees.ethicsCommittee[]", "@id contactDetails", _ADDRESS),
    **_within("trial.externalRefs", "doi", "made of the trial's own number"),
    **_within("trial.externalRefs.secondaryNumbers.secondaryNumber[]", "@id", _INTERNAL),
    **_within("trial.participants.trialCentres.trialCentre[]", "@id address rtsId", _ADDRESS),
    **_within("trial.participants", "totalTarget", "the target in words"),
    **_within("trial.participants.lowerAgeLimit", "@unit @value", "said by the text"),
    **_within("trial.participants.upperAgeLimit", "@unit @value", "said by the text"),
    **_within("trial.results", "biomedRelated", "whether the registry's publisher published it"),
    **_within("trial.parties", "funderId contactId", _INTERNAL),
    **_within("trial.outputs.output[]", "@id @createdBy @peerReviewed @patientFacing productionNotes", _INTERNAL),
    **_within("trial.outputs.output[].localFile", "@originalFilename @mimeType @md5sum", "the file's own"),
    **_within("trial.attachedFiles.attachedFile[]", "@downloadUrl public mimeType md5sum", "the file's own"),
    **_within("contact[]", "@id orcid", _INTERNAL),
    **_within("contact[].contactDetails", "address city state country zip", _ADDRESS),
    **_within("sponsor[]", "website contactDetails privacy rorId gridId", _ADDRESS),
    **_within("funder[]", "@id fundRef", _INTERNAL),
}
"""Paths that are left out on purpose: path -> why."""

KEPT: Mapping[str, type[object]] = dict.fromkeys(
    (
        "trial.trialDescription.ethicsApproval",
        "trial.trialDesign.secondaryStudyDesign",
        "trial.trialDesign.interventionalTrialDesign.control",
        "trial.trialDesign.trialSettings",
        "trial.trialDesign.trialSetting",
        "trial.participants.participantTypes",
        "trial.participants.participantType",
        "trial.participants.patientInfoSheet",
        "trial.interventions.intervention[].pharmaceuticalStudyTypes",
        "trial.results.publicationPlan",
        "trial.results.plainEnglishReport",
        "trial.results.basicReport",
    ),
    object,
)
"""Paths that are compared as they are."""

REST_TITLES: Mapping[str, str] = {
    "@isPublished": "Published",
    "ethicsApproval": "Ethics approval",
    "ethicsCommittee[]": "Ethics approval",
    "secondaryStudyDesign": "Secondary study design",
    "control": "Control",
    "trialSettings": "Study setting",
    "trialSetting": "Study setting",
    "purposes": "Purposes",
    "trialTypes": "Study type",
    "trialType": "Study type",
    "participantTypes": "Participant type",
    "participantType": "Participant type",
    "patientInfoSheet": "Participant information sheet",
    "pharmaceuticalStudyTypes": "Pharmaceutical study type",
    "publicationPlan": "Publication plan",
    "intentToPublish": "Intention to publish",
    "plainEnglishReport": "Plain English results",
    "basicReport": "Basic results",
    "recruitmentEnd": "Recruitment end date",
    "overallStartDate": "Overall study start date",
    "overallStatusOverride": "Overall status set by hand",
}
