"""The names by which ClinicalTrials.gov's API speaks of parts of a study: piece names and dotted paths."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Study = Mapping[str, Any]
Path = tuple[str, ...]

SECTIONS = ("protocolSection", "resultsSection", "annotationSection", "documentSection", "derivedSection", "hasResults")

_STATUS = "protocolSection.statusModule."
_IDENTIFICATION = "protocolSection.identificationModule."
_DESIGN = "protocolSection.designModule."
_SITES = "protocolSection.contactsLocationsModule.locations"

_DATES = ("Start", "PrimaryCompletion", "Completion", "StudyFirstPost", "ResultsFirstPost", "DispFirstPost", "LastUpdatePost")
_PLAIN_DATES = (
    "StatusVerifiedDate",
    "StudyFirstSubmitDate",
    "StudyFirstSubmitQcDate",
    "ResultsFirstSubmitDate",
    "ResultsFirstSubmitQcDate",
    "DispFirstSubmitDate",
    "LastUpdateSubmitDate",
)
_SITE_FIELDS = ("Facility", "Status", "City", "State", "Zip", "Country", "GeoPoint")
_MODULES = {
    "protocolSection": (
        "identificationModule statusModule sponsorCollaboratorsModule oversightModule descriptionModule conditionsModule "
        "designModule armsInterventionsModule outcomesModule eligibilityModule contactsLocationsModule referencesModule "
        "ipdSharingStatementModule"
    ),
    "resultsSection": (
        "participantFlowModule baselineCharacteristicsModule outcomeMeasuresModule adverseEventsModule moreInfoModule"
    ),
    "annotationSection": "annotationModule",
    "documentSection": "largeDocumentModule",
    "derivedSection": "miscInfoModule conditionBrowseModule interventionBrowseModule",
}


def _lower_first(name: str) -> str:
    return name[0].lower() + name[1:]


def _pieces() -> dict[str, str]:
    table = {section[0].upper() + section[1:]: section for section in SECTIONS}
    for section, modules in _MODULES.items():
        table |= {module[0].upper() + module[1:]: f"{section}.{module}" for module in modules.split()}
    for name in _DATES:
        struct = f"{_STATUS}{_lower_first(name)}DateStruct"
        table |= {f"{name}DateStruct": struct, f"{name}Date": f"{struct}.date", f"{name}DateType": f"{struct}.type"}
    table |= {name: _STATUS + _lower_first(name) for name in (*_PLAIN_DATES, "OverallStatus", "LastKnownStatus", "WhyStopped")}
    table |= {name: _IDENTIFICATION + _lower_first(name) for name in ("BriefTitle", "OfficialTitle", "Acronym")}
    table |= {f"Location{name}": f"{_SITES}.{_lower_first(name)}" for name in _SITE_FIELDS}
    return table | {
        "NCTId": _IDENTIFICATION + "nctId",
        "NCTIdAlias": _IDENTIFICATION + "nctIdAliases",
        "OrgStudyId": _IDENTIFICATION + "orgStudyIdInfo.id",
        "SecondaryId": _IDENTIFICATION + "secondaryIdInfos.id",
        "LeadSponsorName": "protocolSection.sponsorCollaboratorsModule.leadSponsor.name",
        "LeadSponsorClass": "protocolSection.sponsorCollaboratorsModule.leadSponsor.class",
        "CollaboratorName": "protocolSection.sponsorCollaboratorsModule.collaborators.name",
        "BriefSummary": "protocolSection.descriptionModule.briefSummary",
        "DetailedDescription": "protocolSection.descriptionModule.detailedDescription",
        "Condition": "protocolSection.conditionsModule.conditions",
        "Keyword": "protocolSection.conditionsModule.keywords",
        "StudyType": _DESIGN + "studyType",
        "Phase": _DESIGN + "phases",
        "EnrollmentInfo": _DESIGN + "enrollmentInfo",
        "EnrollmentCount": _DESIGN + "enrollmentInfo.count",
        "EnrollmentType": _DESIGN + "enrollmentInfo.type",
        "InterventionName": "protocolSection.armsInterventionsModule.interventions.name",
        "InterventionType": "protocolSection.armsInterventionsModule.interventions.type",
        "PrimaryOutcomeMeasure": "protocolSection.outcomesModule.primaryOutcomes.measure",
        "SecondaryOutcomeMeasure": "protocolSection.outcomesModule.secondaryOutcomes.measure",
        "Sex": "protocolSection.eligibilityModule.sex",
        "MinimumAge": "protocolSection.eligibilityModule.minimumAge",
        "MaximumAge": "protocolSection.eligibilityModule.maximumAge",
        "VersionHolder": "derivedSection.miscInfoModule.versionHolder",
        "SubmissionTracking": "derivedSection.miscInfoModule.submissionTracking",
        "RemovedCountry": "derivedSection.miscInfoModule.removedCountries",
        "Reference": "protocolSection.referencesModule.references",
        "Location": _SITES,
    }


PIECES: Mapping[str, str] = _pieces()
"""Piece name -> dotted path, for those pieces that a tracker asks for."""


def resolve(name: str) -> Path | None:
    """The path of a piece name or of a dotted path; None for a name that this registry does not know."""
    path = tuple(PIECES.get(name, name).split("."))
    return path if path[0] in SECTIONS else None


def values(study: Study, path: Path) -> Iterator[Any]:
    """Every value at a path; lists on the way, and at its end, are gone through."""
    if not path:
        yield study
        return
    step = study.get(path[0])
    for item in step if isinstance(step, list) else [step]:
        if len(path) == 1:
            if item is not None:
                yield item
        elif isinstance(item, dict):
            yield from values(item, path[1:])


def restrict(study: Study, paths: Iterable[Path]) -> dict[str, Any]:
    """The study with nothing but these paths, in its own order; branches that end empty are left out."""
    wanted: dict[str, Any] = {}
    for path in paths:
        node = wanted
        for step in path:
            node = node.setdefault(step, {})
        node[""] = True  # everything below
    kept = _keep(study, wanted)
    return kept if isinstance(kept, dict) else {}


def _keep(value: Any, wanted: Mapping[str, Any]) -> Any:
    if "" in wanted:
        return value
    if isinstance(value, list):
        return [kept for item in value if (kept := _keep(item, wanted))]
    if not isinstance(value, dict):
        return None
    found = {name: _keep(item, wanted[name]) for name, item in value.items() if name in wanted}
    return {name: item for name, item in found.items() if item is not None and item not in ({}, [])}
