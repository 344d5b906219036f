"""The registry's words in our vocabulary, and what of a record is kept as it is or left out by name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

STATUSES: Mapping[str, str] = {
    "PENDING": "NOT_YET_RECRUITING",
    "RECRUITING": "RECRUITING",
    "INVITE_ONLY": "ENROLLING_BY_INVITATION",
    "SUSPENDED": "SUSPENDED",
    "COMPLETE_FOLLOW_UP_CONTINUING": "ACTIVE_NOT_RECRUITING",
    "COMPLETE_FOLLOW_UP_COMPLETE": "COMPLETED",
    "DISCONTINIUED": "TERMINATED",  # as the registry spells it
    "DISCONTINUED": "TERMINATED",
    "WITHDRAWN": "WITHDRAWN",
}

STUDY_TYPES: Mapping[str, str] = {"INTERVENTIONAL": "INTERVENTIONAL", "NON_INTERVENTIONAL": "OBSERVATIONAL"}

PHASES: Mapping[str, tuple[str, ...]] = {
    "N_A": ("NA",),
    "PHASE_0": ("EARLY_PHASE1",),
    "PHASE_I": ("PHASE1",),
    "PHASE_I_II": ("PHASE1", "PHASE2"),
    "PHASE_II": ("PHASE2",),
    "PHASE_II_III": ("PHASE2", "PHASE3"),
    "PHASE_III": ("PHASE3",),
    "PHASE_IV": ("PHASE4",),
}

ALLOCATIONS: Mapping[str, str] = {
    "SINGLE_ARM_STUDY": "NA",
    "NON_RANDOMIZED_CONTROLLED_TRIAL": "NON_RANDOMIZED",
    "RANDOMIZED_CONTROLLED_TRIAL": "RANDOMIZED",
}

ASSIGNMENTS: Mapping[str, str | None] = {
    "SINGLE": "SINGLE_GROUP",
    "PARALLEL": "PARALLEL",
    "CROSSOVER": "CROSSOVER",
    "FACTORIAL": "FACTORIAL",
    "OTHER": None,
}

MASKINGS: Mapping[str, str | None] = {"OPEN": "NONE", "BLINDED": None}
"""“Blinded” does not say how many are: then only the words are kept."""

MASKED: Mapping[str, tuple[str | None, str]] = {
    "PATIENT_SUBJECT": ("PARTICIPANT", "patient or subject"),
    "INVESTIGATOR_THERAPIST": ("INVESTIGATOR", "investigator or therapist"),
    "CAREGIVER": ("CARE_PROVIDER", "caregiver"),
    "ASSESSOR": ("OUTCOMES_ASSESSOR", "assessor"),
    "DATA_ANALYST": (None, "data analyst"),
}
"""Who is blinded: in our vocabulary, and in words."""

PURPOSES: Mapping[str, str] = {
    "TREATMENT": "TREATMENT",
    "PREVENTION": "PREVENTION",
    "DIAGNOSTIC": "DIAGNOSTIC",
    "PROGNOSIS": "OTHER",
    "SUPPORTIVE_CARE": "SUPPORTIVE_CARE",
    "SCREENING": "SCREENING",
    "HEALTH_CARE_SYSTEM": "HEALTH_SERVICES_RESEARCH",
    "BASIC_RESEARCH_PHYSIOLOGICAL_STUDY": "BASIC_SCIENCE",
    "PHARMACOGENETICS": "OTHER",
    "PHARMACOGENOMICS": "OTHER",
    "HEALTH_ECONOMICS": "OTHER",
    "OTHER": "OTHER",
}
"""What becomes “other” is kept in the registry's word as well."""

TIMINGS: Mapping[str, str] = {"RETROSPECTIVE": "RETROSPECTIVE", "PROSPECTIVE": "PROSPECTIVE", "BOTH": "OTHER"}

GENDERS: Mapping[str, str] = {"ALL": "ALL", "MALE": "MALE", "FEMALE": "FEMALE"}

AGE_UNITS: Mapping[str, tuple[str, str] | None] = {
    "DAYS": ("Day", "Days"),
    "WEEKS": ("Week", "Weeks"),
    "MONTHS": ("Month", "Months"),
    "YEARS": ("Year", "Years"),
    "WEEK_OF_PREGNANCY": ("Week of pregnancy", "Weeks of pregnancy"),
    "NO_MIN_AGE": None,
    "NO_MAX_AGE": None,
}

PLACES: Mapping[str, str | None] = {
    "UNI_MEDICAL_CENTER": "University medical center",
    "MEDICAL_CENTER": "Medical center",
    "PRACTICE": "Doctor's practice",
    "OTHER": None,
}
"""Kinds of recruitment places, which stand for the name of one that has none."""

SUPPORTS: Mapping[str, str] = {
    "COMMERCIAL": "INDUSTRY",
    "PUBLIC_FUNDING": "OTHER_GOV",
    "PRIVATE_SPONSORSHIP": "OTHER",
    "INSTITUTIONAL": "OTHER",
}

CONTACTS: Mapping[str, str] = {
    "PRIMARY_SPONSOR": "lead",
    "SECONDARY_SPONSOR": "collaborator",
    "PRINCIPAL_COORDINATING_INVESTIGATOR": "official",
    "SCIENTIFIC_QUERIES": "Scientific",
    "PUBLIC_QUERIES": "Public",
    "COLLABORATOR_OTHER_ADDRESS": "collaborator",
    "ETHICS_COMMITTEE": "ethics",
    "OTHER_ETHICS_COMMITTEE": "ethics",
}
"""What somebody is to the study."""
OTHER_CONTACTS: Mapping[str, str] = {
    "OTHER_PRINCIPAL_COORDINATING_INVESTIGATOR": "official",
    "OTHER_SCIENTIFIC_QUERIES": "Scientific",
    "OTHER_PUBLIC_QUERIES": "Public",
    "OTHER_SECONDARY_SPONSOR": "collaborator",
}
"""The same of further addresses: it says more than their type."""

VOTES = frozenset({"APPROVED", "NO_APPROVAL_REQUIRED", "PENDING"})

CATALOGS: Mapping[str, str | None] = {"ICD10": "ICD-10", "ORPHA_CODE": "ORPHA", "FREETEXT": None}
IMPORTANCE = frozenset({"MAIN", "OTHER"})

PUBLICATIONS: Mapping[str, tuple[str, str | None]] = {
    "RESULT": ("Results", "RESULT"),
    "BASICREPORTING": ("Basic reporting of results", "RESULT"),
    "ABSTRACT": ("Abstract", "RESULT"),
    "LITERATURE": ("Literature", "BACKGROUND"),
    "OTHER": ("Other publication", "BACKGROUND"),
    "TRIALPROTOCOL": ("Study protocol", None),
    "ECVOTE": ("Vote of the ethics committee", None),
    "ADDITONAL_VOTE": ("Further vote of an ethics committee", None),  # as the registry spells it
}
"""Kinds of publications in words, and as references; what has none is a document."""
RESULTS: Final = frozenset({"RESULT", "BASICREPORTING"})
"""Publications that are results of the whole study."""

EDITORIAL = frozenset({"REGISTERED", "UPDATED"})
"""States of an entry that is public; any other is told."""
EDITED = EDITORIAL | {"IN_PROCESSING", "REGISTRATION_REQUESTED", "RETURNED", "UPDATE_REQUESTED"}

REGISTRATIONS = frozenset({"PROSPECTIVE", "RETROSPECTIVE"})
CENTRES = frozenset({"MONOCENTRIC", "MULTICENTRIC"})
DURATIONS = frozenset({"LONGITUDINAL", "CROSS_SECTIONAL"})
CONTROLS = frozenset({"UNCONTROLLED_SINGLE_ARM", "PLACEBO", "ACTIVE_CONTROL", "HISTORICAL", "RECEIVES_NO_TREATMENT", "OTHER"})

NO_SIZE: Final = frozenset({99_999_999})
"""Numbers of participants that only fill the field."""

_NOTHING = re.compile(
    r"(?:nil(?: known)?|none|keine?|n\.?/?a\.?|not (?:applicable|available|known)|unknown|\[-+\]\*?|[-–—.]+)\.?\Z", re.I
)


def said(text: str | None) -> str | None:
    """A short text; None for those that fill a field and say nothing (“n/a”, “-”)."""
    return None if text is None or _NOTHING.match(text.strip()) else text


def plain(word: str) -> str:
    """A word of an enumeration as people write it."""
    return word.replace("_", " ").capitalize()


def _within(place: str, names: str, why: str) -> dict[str, str]:
    return {f"{place}.{name}": why for name in names.split()}


_ADDRESS = "the address of a person or an organisation"
_ADDRESS_PARTS = "city country fax streetAndNo url zip"
_PERSON = "a person at an organisation"
IGNORED: Mapping[str, str] = {
    "drksId": "the trial's own number",
    **_within("trialContacts[].contact", _ADDRESS_PARTS, _ADDRESS),
    **_within("materialSupports[].contact", f"{_ADDRESS_PARTS} email phone", _ADDRESS),
    **_within("materialSupports[].contact", "firstName lastName title", _PERSON),
    **_within("ethicsCommittee.ethicVotes[].contact", f"{_ADDRESS_PARTS} email phone", _ADDRESS),
    **_within("ethicsCommittee.ethicVotes[].contact", "firstName lastName title", _PERSON),
    **_within("ethicsCommittee.ethicVotes[]", "type", "that it is an ethics committee"),
    **_within("secondaryIds", "noOtherIdentificationNumbersAvailable", "said by the numbers"),
}
"""Paths that are left out on purpose: path -> why."""

KEPT: Mapping[str, type[object]] = {
    "ethicsCommittee.applicationDate": str,
    "ethicsCommittee.number": str,
    "sponsored": bool,
    "studyCharacteristic.characteristicDescriptions.typeOfHiddenAllocation": str,
    "studyCharacteristic.characteristicDescriptions.typeOfSequenceGeneration": str,
    "trialResults.plannedPublication": str,
    "trialResults.trialResultsDescriptions.briefSummaryOfResultsDescription": str,
}
"""Paths that are compared as they are."""

REST_TITLES: Mapping[str, str] = {
    "applicationDate": "Application to the ethics committee",
    "briefSummaryOfResultsDescription": "Brief summary of results",
    "centricType": "Number of study centers",
    "controlTypes": "Control",
    "contact": "Further address",
    "description": "Related studies in DRKS",
    "duration": "Longitudinal or cross-sectional",
    "file": "Content of a document",
    "firstPublication": "First journal publication of results",
    "inOtherLanguages": "Texts in other languages",
    "number": "Number of the ethics committee",
    "plannedParticipants": "Target sample size",
    "plannedPublication": "Planned publication",
    "purpose": "Purpose",
    "registrationType": "Type of registration",
    "scheduledCompletionDate": "Planned study completion date",
    "scheduledStartDate": "Planned study start date",
    "sponsored": "Investigator-initiated trial",
    "timing": "Retrospective or prospective",
    "trialStatus": "State of the entry",
    "typeOfHiddenAllocation": "Mechanism of allocation concealment",
    "typeOfSequenceGeneration": "Sequence generation",
    "vote": "Vote of the ethics committee",
}
