"""Writes the demo's trials out in full: from the short form in data/trials.toml to the registry's own JSON.

The registry's shape is in this one place, so that a trial of the demo is some thirty lines to read or add.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

Study = dict[str, Any]
City = tuple[str, str, str, float, float]


class Dates(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Milestones and posting dates with A or E behind them; submission dates as they are."""

    start: str
    primary: str
    completion: str
    submitted: str
    posted: str
    updated: str
    update_posted: str


class Trial(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A trial in short.

    Rows are: arms (type, label, description, intervention), interventions (type, name, description, other names),
    outcomes (measure, time frame, description), places (facility, city, status). ``results_submitted`` is the day on
    which results went to the registry's quality control, if they are there and not yet posted.
    """

    nct: str
    org_id: str
    title: str
    official_title: str
    sponsor: tuple[str, str]
    status: str
    verified: str
    dates: Dates
    summary: str
    conditions: list[str]
    phases: list[str]
    design: tuple[str, str, str, str]
    enrollment: str
    arms: list[tuple[str, str, str, str]]
    interventions: list[list[str]]
    primary: list[list[str]]
    secondary: list[list[str]]
    inclusion: list[str]
    exclusion: list[str]
    ages: tuple[str, str]
    places: list[list[str]]
    acronym: str = ""
    description: str = ""
    keywords: list[str] = []
    collaborators: list[tuple[str, str]] = []
    results_submitted: str = ""
    first_day: int = 1


class Catalogue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """data/trials.toml."""

    trial: list[Trial]
    cities: dict[str, City]
    mesh: dict[str, tuple[str, str]]


_TYPES = {"A": "ACTUAL", "E": "ESTIMATED"}
_MASKED = {
    "SINGLE": ["OUTCOMES_ASSESSOR"],
    "DOUBLE": ["PARTICIPANT", "INVESTIGATOR"],
    "TRIPLE": ["PARTICIPANT", "CARE_PROVIDER", "INVESTIGATOR"],
    "QUADRUPLE": ["PARTICIPANT", "CARE_PROVIDER", "INVESTIGATOR", "OUTCOMES_ASSESSOR"],
}


def build(trial: Trial, catalogue: Catalogue) -> Study:
    """The study as ``GET /studies/{id}`` gives it, still without the day's data version."""
    return {
        "protocolSection": {
            "identificationModule": _identification(trial),
            "statusModule": _status(trial),
            "sponsorCollaboratorsModule": _sponsors(trial),
            "oversightModule": {"oversightHasDmc": True, "isFdaRegulatedDrug": False, "isFdaRegulatedDevice": False},
            "descriptionModule": _filled(briefSummary=trial.summary, detailedDescription=trial.description),
            "conditionsModule": _filled(conditions=trial.conditions, keywords=trial.keywords),
            "designModule": _design(trial),
            "armsInterventionsModule": _arms(trial),
            "outcomesModule": {
                "primaryOutcomes": [_outcome(*row) for row in trial.primary],
                "secondaryOutcomes": [_outcome(*row) for row in trial.secondary],
            },
            "eligibilityModule": _eligibility(trial),
            "contactsLocationsModule": _locations(trial, catalogue.cities),
            "ipdSharingStatementModule": {"ipdSharing": "NO"},
        },
        **_unposted(trial),
        "derivedSection": {
            "miscInfoModule": {"versionHolder": "", **_tracking(trial)},
            "conditionBrowseModule": {
                "meshes": [
                    {"id": number, "term": term}
                    for number, term in (catalogue.mesh[name] for name in trial.conditions if name in catalogue.mesh)
                ]
            },
        },
        "hasResults": False,
    }


def _filled(**fields: Any) -> dict[str, Any]:
    """Only what has a value: the registry leaves empty fields out."""
    return {name: value for name, value in fields.items() if value not in ("", [], None)}


def _typed(text: str) -> dict[str, str]:
    date, kind = text.split()
    return {"date": date, "type": _TYPES[kind]}


def _unposted(trial: Trial) -> dict[str, Any]:
    if not trial.results_submitted:
        return {}
    events = [{"type": "RELEASE", "date": trial.results_submitted}]
    unposted = {"unpostedResponsibleParty": trial.sponsor[0], "unpostedEvents": events}
    return {"annotationSection": {"annotationModule": {"unpostedAnnotation": unposted}}}


def _tracking(trial: Trial) -> dict[str, Any]:
    date = trial.results_submitted
    tracking = {"estimatedResultsFirstSubmitDate": date, "submissionInfos": [{"releaseDate": date}]}
    return {"submissionTracking": tracking} if date else {}


def _identification(trial: Trial) -> dict[str, Any]:
    return _filled(
        nctId=trial.nct,
        orgStudyIdInfo={"id": trial.org_id},
        organization={"fullName": trial.sponsor[0], "class": trial.sponsor[1]},
        briefTitle=trial.title,
        officialTitle=trial.official_title,
        acronym=trial.acronym,
    )


def _status(trial: Trial) -> dict[str, Any]:
    return {
        "statusVerifiedDate": trial.verified,
        "overallStatus": trial.status,
        "expandedAccessInfo": {"hasExpandedAccess": False},
        "startDateStruct": _typed(trial.dates.start),
        "primaryCompletionDateStruct": _typed(trial.dates.primary),
        "completionDateStruct": _typed(trial.dates.completion),
        "studyFirstSubmitDate": trial.dates.submitted,
        "studyFirstSubmitQcDate": trial.dates.submitted,
        "studyFirstPostDateStruct": _typed(trial.dates.posted),
        "lastUpdateSubmitDate": trial.dates.updated,
        "lastUpdatePostDateStruct": _typed(trial.dates.update_posted),
    }


def _sponsors(trial: Trial) -> dict[str, Any]:
    return _filled(
        responsibleParty={"type": "SPONSOR"},
        leadSponsor={"name": trial.sponsor[0], "class": trial.sponsor[1]},
        collaborators=[{"name": name, "class": kind} for name, kind in trial.collaborators],
    )


def _design(trial: Trial) -> dict[str, Any]:
    allocation, model, purpose, masking = trial.design
    count, kind = trial.enrollment.split()
    return {
        "studyType": "INTERVENTIONAL",
        "phases": trial.phases,
        "designInfo": {
            "allocation": allocation,
            "interventionModel": model,
            "primaryPurpose": purpose,
            "maskingInfo": _filled(masking=masking, whoMasked=_MASKED.get(masking)),
        },
        "enrollmentInfo": {"count": int(count), "type": _TYPES[kind]},
    }


def _arms(trial: Trial) -> dict[str, Any]:
    kinds = {row[1]: row[0].replace("_", " ").capitalize() for row in trial.interventions}
    return {
        "armGroups": [
            _filled(label=label, type=kind, description=text, interventionNames=[f"{kinds[name]}: {name}"] if name else [])
            for kind, label, text, name in trial.arms
        ],
        "interventions": [
            _filled(
                type=kind,
                name=name,
                description=text,
                armGroupLabels=[arm[1] for arm in trial.arms if arm[3] == name],
                otherNames=other_names,
            )
            for kind, name, text, *other_names in trial.interventions
        ],
    }


def _outcome(measure: str, time_frame: str, description: str = "") -> dict[str, Any]:
    return _filled(measure=measure, description=description, timeFrame=time_frame)


def _eligibility(trial: Trial) -> dict[str, Any]:
    lines = ["Inclusion Criteria:", "", *(f"* {line}" for line in trial.inclusion), ""]
    lines += ["Exclusion Criteria:", "", *(f"* {line}" for line in trial.exclusion)]
    youngest, oldest = trial.ages
    ends_before_65 = bool(oldest) and int(oldest.split()[0]) < 65
    return _filled(
        eligibilityCriteria="\n".join(lines),
        healthyVolunteers=False,
        sex="ALL",
        minimumAge=youngest,
        maximumAge=oldest,
        stdAges=(["CHILD"] if int(youngest.split()[0]) < 18 else []) + ["ADULT"] + ([] if ends_before_65 else ["OLDER_ADULT"]),
    )


def _locations(trial: Trial, cities: Mapping[str, City]) -> dict[str, Any]:
    locations = []
    for facility, city, *status in trial.places:
        state, postcode, country, latitude, longitude = cities[city]
        known = _filled(facility=facility, status="".join(status), city=city, state=state, zip=postcode, country=country)
        locations.append({**known, "geoPoint": {"lat": latitude, "lon": longitude}})
    desk = {"name": "Study desk", "role": "CONTACT", "phone": "+00 000 0000", "email": "study-desk@example.org"}
    open_to_calls = trial.status in ("RECRUITING", "NOT_YET_RECRUITING")
    return _filled(centralContacts=[desk] if open_to_calls else [], locations=locations)
