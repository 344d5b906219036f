"""One study's JSON to a TrialRecord, one function a module; places and results have files of their own.

The order of lists is kept as served. ``()`` is "none": the registry's records speak of every list they can have.
"""

from __future__ import annotations

from typing import Any

from tracker.extract.criteria import criteria
from tracker.model.record import (
    Arm,
    Criteria,
    Eligibility,
    Enrollment,
    Intervention,
    IpdSharing,
    Link,
    Organisation,
    OutcomeMeasure,
    Oversight,
    Reference,
    ResponsibleParty,
    SecondaryId,
    TrialRecord,
)
from tracker.model.source import Document, Parsed
from tracker.sources.ctgov import fields, payload, places, results
from tracker.sources.ctgov.taker import MonstrousError, Notes, Taker

Values = dict[str, Any]
"""Some of TrialRecord's fields, by name."""


def parse(document: Document) -> Parsed:
    """The record of one study; raises AnswerError or LayoutError (see `payload.study`)."""
    try:
        return read(payload.study(document))[0]
    except RecursionError as error:
        raise payload.too_deep(document) from error
    except MonstrousError as error:
        raise payload.monstrous(document, str(error)) from error


def read(study: dict[str, Any]) -> tuple[Parsed, Notes]:
    """The record of a study's JSON, which is consumed: what is left in it afterwards was ignored by name."""
    notes = Notes()
    top = Taker(study, "", notes)
    values: Values = {}
    has_results = top.flag("hasResults")
    protocol = top.child("protocolSection")
    if protocol:
        for module, reader in _MODULES.items():
            taker = protocol.child(module)
            values |= reader(taker or Taker({}, module, notes))
        protocol.close()
    values |= results.read(top, values, has_results)
    top.close()
    record = TrialRecord(rest=notes.rest, **values)
    return Parsed(record=record, issues=tuple(notes.issues)), notes


def _identification(module: Taker) -> Values:
    number = module.verbatim("nctId")
    ids: list[SecondaryId] = []
    own = module.child("orgStudyIdInfo")
    if own:
        own_id = own.text("id")
        if own_id:
            ids.append(SecondaryId(id=own_id, type="ORG_STUDY_ID", link=own.text("link")))
        own.close()
    for entry in module.children("secondaryIdInfos"):
        entry_id = entry.text("id") or ""
        kind = entry.word("type", fields.SECONDARY_ID_TYPES)
        ids.append(SecondaryId(id=entry_id, type=kind, domain=entry.text("domain"), link=entry.text("link")))
        entry.close(entry_id)
    values: Values = {
        "trial": f"ctgov:{number}",
        "nct_number": number,
        "url": f"https://clinicaltrials.gov/study/{number}",
        "aliases": module.texts("nctIdAliases"),
        "secondary_ids": tuple(ids),
        "brief_title": module.text("briefTitle"),
        "official_title": module.text("officialTitle"),
        "acronym": module.text("acronym"),
        "organization": _organisation(module.child("organization"), "fullName"),
    }
    module.close()
    return values


def _status(module: Taker) -> Values:
    given = module.word("overallStatus", fields.STATUSES)
    known = given is None or given in fields.STATUSES
    values: Values = {
        "recruitment_status": given if known else "OTHER",
        "recruitment_status_as_given": None if known else given,
        "last_known_status": module.word("lastKnownStatus", fields.STATUSES),
        "why_stopped": module.text("whyStopped"),
        "verified_on": module.date("statusVerifiedDate"),
        "start_date": module.date_struct("startDateStruct"),
        "primary_completion_date": module.date_struct("primaryCompletionDateStruct"),
        "completion_date": module.date_struct("completionDateStruct"),
        "first_posted": module.date_struct("studyFirstPostDateStruct"),
        "last_update_posted": module.date_struct("lastUpdatePostDateStruct"),
        "results_first_posted": module.date_struct("resultsFirstPostDateStruct"),
        "results_waived": module.flag("resultsWaived"),
        "delay_certified_on": module.date("dispFirstSubmitDate"),
        # completed by `results.read`, which sees the rest of the history
        "results_submissions": module.day("resultsFirstSubmitDate"),
    }
    module.close()
    return values


def _sponsors(module: Taker) -> Values:
    party = module.child("responsibleParty")
    responsible = None
    if party:
        # Records from before 2011 name the party in two fields of their own.
        responsible = ResponsibleParty(
            type=party.word("type", fields.RESPONSIBLE_PARTY_TYPES),
            name=party.text("investigatorFullName") or party.text("oldNameTitle"),
            title=party.text("investigatorTitle"),
            affiliation=party.text("investigatorAffiliation") or party.text("oldOrganization"),
        )
        party.close()
    collaborators = (_organisation(entry, "name") for entry in module.children("collaborators"))
    values: Values = {
        "lead_sponsor": _organisation(module.child("leadSponsor"), "name"),
        "collaborators": tuple(entry for entry in collaborators if entry),
        "responsible_party": responsible,
    }
    module.close()
    return values


def _organisation(taker: Taker | None, name_key: str) -> Organisation | None:
    if taker is None:
        return None
    name = taker.text(name_key)
    kind = taker.word("class", fields.ORGANISATION_CLASSES)
    taker.close(name)
    return Organisation(name=name or "", organisation_class=kind) if name or kind else None


def _oversight(module: Taker) -> Values:
    oversight = Oversight(
        fda_drug=module.flag("isFdaRegulatedDrug"),
        fda_device=module.flag("isFdaRegulatedDevice"),
        unapproved_device=module.flag("isUnapprovedDevice"),
        us_export=module.flag("isUsExport"),
        dmc=module.flag("oversightHasDmc"),
    )
    module.close()
    return {"oversight": None if oversight == Oversight() else oversight}


def _description(module: Taker) -> Values:
    values: Values = {
        "brief_summary": module.text("briefSummary"),
        "detailed_description": module.text("detailedDescription"),
    }
    module.close()
    return values


def _conditions(module: Taker) -> Values:
    values: Values = {"conditions": module.texts("conditions"), "keywords": module.texts("keywords")}
    module.close()
    return values


def _design(module: Taker) -> Values:
    values: Values = {
        "study_type": module.word("studyType", fields.STUDY_TYPES),
        "phases": module.words("phases", fields.PHASES),
        "enrollment": _enrollment(module.child("enrollmentInfo")),
        "who_masked": (),
    }
    design = module.child("designInfo")
    if design:
        values |= {
            "allocation": design.word("allocation", fields.ALLOCATIONS),
            "intervention_model": design.word("interventionModel", fields.INTERVENTION_MODELS),
            "intervention_model_description": design.text("interventionModelDescription"),
            "primary_purpose": design.word("primaryPurpose", fields.PRIMARY_PURPOSES),
            "observational_model": design.word("observationalModel", fields.OBSERVATIONAL_MODELS),
            "time_perspective": design.word("timePerspective", fields.TIME_PERSPECTIVES),
        }
        masking = design.child("maskingInfo")
        if masking:
            values |= {
                "masking": masking.word("masking", fields.MASKINGS),
                "masking_description": masking.text("maskingDescription"),
                "who_masked": masking.words("whoMasked", fields.WHO_MASKED),
            }
            masking.close()
        design.close()
    module.close()
    return values


def _enrollment(taker: Taker | None) -> Enrollment | None:
    if taker is None:
        return None
    count = taker.count("count")
    kind = taker.word("type", fields.ENROLLMENT_TYPES | {"ANTICIPATED"})
    taker.close()
    return Enrollment(
        count=None if count == fields.UNKNOWN_COUNT else count,
        type="ESTIMATED" if kind == "ANTICIPATED" else kind,
    )


def _arms(module: Taker) -> Values:
    arms = []
    for entry in module.children("armGroups"):
        label = entry.text("label") or ""
        arm = Arm(
            label=label,
            type=entry.word("type", fields.ARM_TYPES),
            description=entry.text("description"),
            interventions=entry.texts("interventionNames"),
        )
        entry.close(label)
        arms.append(arm)
    interventions = []
    for entry in module.children("interventions"):
        name = entry.text("name") or ""
        intervention = Intervention(
            type=entry.word("type", fields.INTERVENTION_TYPES),
            name=name,
            description=entry.text("description"),
            other_names=entry.texts("otherNames"),
            arms=entry.texts("armGroupLabels"),
        )
        entry.close(intervention.type, name)
        interventions.append(intervention)
    module.close()
    return {"arms": tuple(arms), "interventions": tuple(interventions)}


def _outcomes(module: Taker) -> Values:
    values: Values = {
        "primary_outcomes": _outcome_list(module, "primaryOutcomes"),
        "secondary_outcomes": _outcome_list(module, "secondaryOutcomes"),
        "other_outcomes": _outcome_list(module, "otherOutcomes"),
    }
    module.close()
    return values


def _outcome_list(module: Taker, key: str) -> tuple[OutcomeMeasure, ...]:
    outcomes = []
    for entry in module.children(key):
        outcome = OutcomeMeasure(
            measure=entry.text("measure") or "",
            time_frame=entry.text("timeFrame"),
            description=entry.text("description"),
        )
        entry.close(outcome.measure)
        outcomes.append(outcome)
    return tuple(outcomes)


def _eligibility(module: Taker) -> Values:
    text = module.verbatim("eligibilityCriteria")
    eligibility = Eligibility(
        criteria=_criteria(text),
        minimum_age=module.text("minimumAge"),
        maximum_age=module.text("maximumAge"),
        sex=module.word("sex", fields.SEXES),
        gender_based=module.flag("genderBased"),
        gender_description=module.text("genderDescription"),
        healthy_volunteers=module.flag("healthyVolunteers"),
        std_ages=module.words("stdAges", fields.STD_AGES),
        study_population=module.text("studyPopulation"),
        sampling_method=module.word("samplingMethod", fields.SAMPLING_METHODS),
    )
    module.close()
    return {"eligibility": None if eligibility == Eligibility(std_ages=()) else eligibility}


def _criteria(text: str | None) -> Criteria | None:
    return criteria(text) if text else None


def _references(module: Taker) -> Values:
    references = []
    for entry in module.children("references"):
        retractions = []
        for retraction in entry.children("retractions"):
            parts = (retraction.text("pmid"), retraction.text("source"))
            retractions.append(": ".join(part for part in parts if part))
            retraction.close(*parts)
        reference = Reference(
            pmid=entry.text("pmid"),
            type=entry.word("type", fields.REFERENCE_TYPES),
            citation=entry.text("citation"),
            retractions=tuple(retractions),
        )
        entry.close(reference.pmid or reference.citation)
        references.append(reference)
    links = []
    for entry in module.children("seeAlsoLinks"):
        link = Link(url=entry.text("url") or "", label=entry.text("label"))
        entry.close(link.url)
        links.append(link)
    module.close()
    return {"references": tuple(references), "see_also_links": tuple(links)}


def _ipd_sharing(module: Taker) -> Values:
    sharing = IpdSharing(
        plan=module.word("ipdSharing", fields.IPD_PLANS),
        description=module.text("description"),
        info_types=module.words("infoTypes", fields.IPD_INFO_TYPES),
        time_frame=module.text("timeFrame"),
        access_criteria=module.text("accessCriteria"),
        url=module.text("url"),
    )
    module.close()
    return {"ipd_sharing": None if sharing == IpdSharing(info_types=()) else sharing}


_MODULES = {
    "identificationModule": _identification,
    "statusModule": _status,
    "sponsorCollaboratorsModule": _sponsors,
    "oversightModule": _oversight,
    "descriptionModule": _description,
    "conditionsModule": _conditions,
    "designModule": _design,
    "armsInterventionsModule": _arms,
    "outcomesModule": _outcomes,
    "eligibilityModule": _eligibility,
    "contactsLocationsModule": places.read,
    "referencesModule": _references,
    "ipdSharingStatementModule": _ipd_sharing,
}
