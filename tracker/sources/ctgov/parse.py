"""One study's JSON to a TrialRecord, one function a module; places and results have files of their own.

The order of lists is kept as served. ``()`` is "none": the registry's records speak of every list they can have.
"""

from __future__ import annotations

from typing import Any

from tracker.extract.criteria import criteria
from tracker.extract.json_reader import JsonReader
from tracker.extract.read_log import ReadLog, guarded
from tracker.model import vocabulary
from tracker.model.dates import RegistryDate
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

Values = dict[str, Any]
"""Some of TrialRecord's fields, by name."""

_STATUSES = {word: word for word in vocabulary.REGISTRY_STATUSES}


def parse(document: Document) -> Parsed:
    """The record of one study; raises AnswerError or LayoutError (see `payload.study`)."""
    with guarded(document):
        return read(payload.study(document))


def read(study: dict[str, Any]) -> Parsed:
    """The record of a study's JSON, which is consumed: what is left in it afterwards was ignored by name."""
    log = ReadLog(fields.IGNORED, fields.KEPT)
    top = JsonReader(study, "", log)
    values: Values = {}
    has_results = top.flag("hasResults")
    protocol = top.child("protocolSection")
    if protocol:
        for module, read_module in _MODULES.items():
            values |= read_module(protocol.child(module) or JsonReader({}, module, log))
        protocol.close()
    values |= results.read(top, values, has_results)
    top.close()
    return log.parsed(TrialRecord(**values))


def _identification(module: JsonReader) -> Values:
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
        kind = entry.word("type", vocabulary.SECONDARY_ID_TYPES)
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


def _status(module: JsonReader) -> Values:
    status, as_given = module.status("overallStatus", _STATUSES)
    values: Values = {
        "recruitment_status": status,
        "recruitment_status_as_given": as_given,
        "last_known_status": module.word("lastKnownStatus", vocabulary.REGISTRY_STATUSES),
        "why_stopped": module.text("whyStopped"),
        "verified_on": module.date("statusVerifiedDate"),
        "start_date": _date_struct(module, "startDateStruct"),
        "primary_completion_date": _date_struct(module, "primaryCompletionDateStruct"),
        "completion_date": _date_struct(module, "completionDateStruct"),
        "first_posted": _date_struct(module, "studyFirstPostDateStruct"),
        "last_update_posted": _date_struct(module, "lastUpdatePostDateStruct"),
        "results_first_posted": _date_struct(module, "resultsFirstPostDateStruct"),
        "results_waived": module.flag("resultsWaived"),
        "delay_certified_on": module.date("dispFirstSubmitDate"),
        # completed by `results.read`, which sees the rest of the history
        "results_submissions": module.day("resultsFirstSubmitDate"),
    }
    module.close()
    return values


def _date_struct(module: JsonReader, key: str) -> RegistryDate | None:
    """A date with its type; ANTICIPATED, the older word, is ESTIMATED."""
    reader = module.child(key)
    if reader is None:
        return None
    kind = reader.word("type", vocabulary.DATE_TYPES | {"ANTICIPATED"})
    date = reader.date("date", "ESTIMATED" if kind == "ANTICIPATED" else kind)
    if date is None and kind is not None:  # a type without its date says something, if not much
        reader.keep("type", kind)
    reader.close()
    return date


def _sponsors(module: JsonReader) -> Values:
    party = module.child("responsibleParty")
    responsible = None
    if party:
        # Records from before 2011 name the party in two fields of their own.
        responsible = ResponsibleParty(
            type=party.word("type", vocabulary.RESPONSIBLE_PARTY_TYPES),
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


def _organisation(reader: JsonReader | None, name_key: str) -> Organisation | None:
    if reader is None:
        return None
    name = reader.text(name_key)
    kind = reader.word("class", vocabulary.ORGANISATION_CLASSES)
    reader.close(name)
    return Organisation(name=name or "", organisation_class=kind) if name or kind else None


def _oversight(module: JsonReader) -> Values:
    oversight = Oversight(
        fda_drug=module.flag("isFdaRegulatedDrug"),
        fda_device=module.flag("isFdaRegulatedDevice"),
        unapproved_device=module.flag("isUnapprovedDevice"),
        us_export=module.flag("isUsExport"),
        dmc=module.flag("oversightHasDmc"),
    )
    module.close()
    return {"oversight": None if oversight == Oversight() else oversight}


def _description(module: JsonReader) -> Values:
    values: Values = {
        "brief_summary": module.text("briefSummary"),
        "detailed_description": module.text("detailedDescription"),
    }
    module.close()
    return values


def _conditions(module: JsonReader) -> Values:
    values: Values = {"conditions": module.texts("conditions"), "keywords": module.texts("keywords")}
    module.close()
    return values


def _design(module: JsonReader) -> Values:
    values: Values = {
        "study_type": module.word("studyType", vocabulary.STUDY_TYPES),
        "phases": module.words("phases", vocabulary.PHASES),
        "enrollment": _enrollment(module.child("enrollmentInfo")),
        "who_masked": (),
    }
    design = module.child("designInfo")
    if design:
        values |= {
            "allocation": design.word("allocation", vocabulary.ALLOCATIONS),
            "intervention_model": design.word("interventionModel", vocabulary.INTERVENTION_MODELS),
            "intervention_model_description": design.text("interventionModelDescription"),
            "primary_purpose": design.word("primaryPurpose", vocabulary.PRIMARY_PURPOSES),
            "observational_model": design.word("observationalModel", vocabulary.OBSERVATIONAL_MODELS),
            "time_perspective": design.word("timePerspective", vocabulary.TIME_PERSPECTIVES),
        }
        masking = design.child("maskingInfo")
        if masking:
            values |= {
                "masking": masking.word("masking", vocabulary.MASKINGS),
                "masking_description": masking.text("maskingDescription"),
                "who_masked": masking.words("whoMasked", vocabulary.WHO_MASKED),
            }
            masking.close()
        design.close()
    module.close()
    return values


def _enrollment(reader: JsonReader | None) -> Enrollment | None:
    if reader is None:
        return None
    count = reader.count("count")
    kind = reader.word("type", vocabulary.DATE_TYPES | {"ANTICIPATED"})
    reader.close()
    return Enrollment(
        count=None if count == fields.UNKNOWN_COUNT else count,
        type="ESTIMATED" if kind == "ANTICIPATED" else kind,
    )


def _arms(module: JsonReader) -> Values:
    arms = []
    for entry in module.children("armGroups"):
        label = entry.text("label") or ""
        arm = Arm(
            label=label,
            type=entry.word("type", vocabulary.ARM_TYPES),
            description=entry.text("description"),
            interventions=entry.texts("interventionNames"),
        )
        entry.close(label)
        arms.append(arm)
    interventions = []
    for entry in module.children("interventions"):
        name = entry.text("name") or ""
        intervention = Intervention(
            type=entry.word("type", vocabulary.INTERVENTION_TYPES),
            name=name,
            description=entry.text("description"),
            other_names=entry.texts("otherNames"),
            arms=entry.texts("armGroupLabels"),
        )
        entry.close(intervention.type, name)
        interventions.append(intervention)
    module.close()
    return {"arms": tuple(arms), "interventions": tuple(interventions)}


def _outcomes(module: JsonReader) -> Values:
    values: Values = {
        "primary_outcomes": _outcome_list(module, "primaryOutcomes"),
        "secondary_outcomes": _outcome_list(module, "secondaryOutcomes"),
        "other_outcomes": _outcome_list(module, "otherOutcomes"),
    }
    module.close()
    return values


def _outcome_list(module: JsonReader, key: str) -> tuple[OutcomeMeasure, ...]:
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


def _eligibility(module: JsonReader) -> Values:
    text = module.verbatim("eligibilityCriteria")
    eligibility = Eligibility(
        criteria=_criteria(text),
        minimum_age=module.text("minimumAge"),
        maximum_age=module.text("maximumAge"),
        sex=module.word("sex", vocabulary.SEXES),
        gender_based=module.flag("genderBased"),
        gender_description=module.text("genderDescription"),
        healthy_volunteers=module.flag("healthyVolunteers"),
        std_ages=module.words("stdAges", vocabulary.STD_AGES),
        study_population=module.text("studyPopulation"),
        sampling_method=module.word("samplingMethod", vocabulary.SAMPLING_METHODS),
    )
    module.close()
    return {"eligibility": None if eligibility == Eligibility(std_ages=()) else eligibility}


def _criteria(text: str | None) -> Criteria | None:
    return criteria(text) if text else None


def _references(module: JsonReader) -> Values:
    references = []
    for entry in module.children("references"):
        retractions = []
        for retraction in entry.children("retractions"):
            parts = (retraction.text("pmid"), retraction.text("source"))
            retractions.append(": ".join(part for part in parts if part))
            retraction.close(*parts)
        reference = Reference(
            pmid=entry.text("pmid"),
            type=entry.word("type", vocabulary.REFERENCE_TYPES),
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


def _ipd_sharing(module: JsonReader) -> Values:
    sharing = IpdSharing(
        plan=module.word("ipdSharing", vocabulary.IPD_PLANS),
        description=module.text("description"),
        info_types=module.words("infoTypes", vocabulary.IPD_INFO_TYPES),
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
