"""One study's JSON to a TrialRecord, one function a module; places and results have files of their own.

The order of lists is kept as served. ``()`` is "none": the registry's records speak of every list they can have.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from functools import cache
from typing import Any

import msgspec

from tracker.extract.criteria import criteria
from tracker.extract.json_reader import JsonReader, PartReader
from tracker.extract.json_shapes import Shape
from tracker.extract.read_log import ReadLog, guarded
from tracker.model.dates import RegistryDate
from tracker.model.decoders import json_decoder
from tracker.model.record import (
    Arm,
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
from tracker.model.vocabulary import REGISTRY_STATUSES
from tracker.sources.ctgov import fields, payload, places, results, served
from tracker.text.clean import clean, cleaned

Values = dict[str, Any]
"""Some of TrialRecord's fields, by name."""

_STATUSES = frozenset(REGISTRY_STATUSES)


@cache
def _shape() -> Shape[served.Study]:
    return Shape(served.Study, fields.IGNORED, fields.KEPT)


@cache
def _decoder() -> msgspec.json.Decoder[served.Study]:
    return json_decoder(_shape().decoded)


def parse(document: Document) -> Parsed:
    """The record of one study; raises AnswerError or LayoutError (see `payload.study`)."""
    with guarded(document):
        return at_once(document) or read(payload.study(document), PartReader)


def at_once(document: Document) -> Parsed | None:
    """The record of a study in which all is as declared, straight from the bytes; None for one that has to be accounted for."""
    try:
        study = _decoder().decode(document.body.removeprefix(BOM_UTF8))
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    if not payload.is_complete(study.protocolSection, document):
        return None
    log = ReadLog(fields.IGNORED, fields.KEPT)
    _shape().keep(study, log)
    return Parsed(record=_record(study, log.rest))


def read(study: dict[str, Any], reader: type[JsonReader] = JsonReader) -> Parsed:
    """The record of a study's JSON, which is consumed: what is left in it afterwards was ignored by name."""
    log = ReadLog(fields.IGNORED, fields.KEPT)
    declared = _shape().accounted(reader(study, "", log))
    issues = log.finish()
    return Parsed(record=_record(declared, log.rest), issues=issues, nulls=frozenset(log.nulls))


def _record(study: served.Study, rest: Values) -> TrialRecord:
    protocol = study.protocolSection
    return TrialRecord(
        **_identification(protocol.identificationModule),
        **_status(protocol.statusModule),
        **_sponsors(protocol.sponsorCollaboratorsModule),
        oversight=_oversight(protocol.oversightModule),
        brief_summary=cleaned(protocol.descriptionModule.briefSummary),
        detailed_description=cleaned(protocol.descriptionModule.detailedDescription),
        conditions=_texts(protocol.conditionsModule.conditions),
        keywords=_texts(protocol.conditionsModule.keywords),
        **_design(protocol.designModule),
        arms=tuple(map(_arm, protocol.armsInterventionsModule.armGroups)),
        interventions=tuple(map(_intervention, protocol.armsInterventionsModule.interventions)),
        primary_outcomes=tuple(map(_outcome, protocol.outcomesModule.primaryOutcomes)),
        secondary_outcomes=tuple(map(_outcome, protocol.outcomesModule.secondaryOutcomes)),
        other_outcomes=tuple(map(_outcome, protocol.outcomesModule.otherOutcomes)),
        eligibility=_eligibility(protocol.eligibilityModule),
        **places.read(protocol.contactsLocationsModule),
        references=tuple(map(_reference, protocol.referencesModule.references)),
        see_also_links=tuple(
            Link(url=cleaned(link.url) or "", label=cleaned(link.label)) for link in protocol.referencesModule.seeAlsoLinks
        ),
        ipd_sharing=_ipd_sharing(protocol.ipdSharingStatementModule),
        **results.read(study),
        rest=rest,
    )


def _texts(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(clean, texts))


def _identification(module: served.IdentificationModule) -> Values:
    number, own = module.nctId, module.orgStudyIdInfo
    ids: list[SecondaryId] = []
    if own_id := cleaned(own.id):
        ids.append(SecondaryId(id=own_id, type="ORG_STUDY_ID", link=cleaned(own.link)))
    ids += [
        SecondaryId(id=cleaned(entry.id) or "", type=entry.type, domain=cleaned(entry.domain), link=cleaned(entry.link))
        for entry in module.secondaryIdInfos
    ]
    return {
        "trial": f"ctgov:{number}",
        "nct_number": number,
        "url": f"https://clinicaltrials.gov/study/{number}",
        "aliases": _texts(module.nctIdAliases),
        "secondary_ids": tuple(ids),
        "brief_title": cleaned(module.briefTitle),
        "official_title": cleaned(module.officialTitle),
        "acronym": cleaned(module.acronym),
        "organization": _organisation(module.organization.fullName, module.organization.organisation_class),
    }


def _status(module: served.StatusModule) -> Values:
    status = module.overallStatus
    known = status is None or status in _STATUSES
    return {
        "recruitment_status": status if known else "OTHER",
        "recruitment_status_as_given": None if known else status,
        "last_known_status": module.lastKnownStatus,
        "why_stopped": cleaned(module.whyStopped),
        "verified_on": _date(module.statusVerifiedDate),
        "start_date": _dated(module.startDateStruct),
        "primary_completion_date": _dated(module.primaryCompletionDateStruct),
        "completion_date": _dated(module.completionDateStruct),
        "first_posted": _dated(module.studyFirstPostDateStruct),
        "last_update_posted": _dated(module.lastUpdatePostDateStruct),
        "results_first_posted": _dated(module.resultsFirstPostDateStruct),
        "results_waived": module.resultsWaived,
        "delay_certified_on": _date(module.dispFirstSubmitDate),
    }


def _date(date: str | None, kind: str | None = None) -> RegistryDate | None:
    return RegistryDate(date, kind) if date else None


def _dated(struct: served.DateStruct) -> RegistryDate | None:
    return _date(struct.date, _kind(struct.type))


def _kind(kind: str | None) -> str | None:
    """ANTICIPATED, the older word, is ESTIMATED."""
    return "ESTIMATED" if kind == "ANTICIPATED" else kind


def _sponsors(module: served.SponsorCollaboratorsModule) -> Values:
    party, lead = module.responsibleParty, module.leadSponsor
    collaborators = (_organisation(entry.name, entry.organisation_class) for entry in module.collaborators)
    return {
        "lead_sponsor": _organisation(lead.name, lead.organisation_class),
        "collaborators": tuple(entry for entry in collaborators if entry),
        "responsible_party": party
        and ResponsibleParty(
            type=party.type,
            name=cleaned(party.investigatorFullName) or cleaned(party.oldNameTitle),
            title=cleaned(party.investigatorTitle),
            affiliation=cleaned(party.investigatorAffiliation) or cleaned(party.oldOrganization),
        ),
    }


def _organisation(name: str | None, kind: str | None) -> Organisation | None:
    name = cleaned(name)
    return Organisation(name=name or "", organisation_class=kind) if name or kind else None


def _oversight(module: served.OversightModule) -> Oversight | None:
    oversight = Oversight(
        fda_drug=module.isFdaRegulatedDrug,
        fda_device=module.isFdaRegulatedDevice,
        unapproved_device=module.isUnapprovedDevice,
        us_export=module.isUsExport,
        dmc=module.oversightHasDmc,
    )
    return None if oversight == Oversight() else oversight


def _design(module: served.DesignModule) -> Values:
    design, masking, enrollment = module.designInfo, module.designInfo.maskingInfo, module.enrollmentInfo
    return {
        "study_type": module.studyType,
        "phases": module.phases,
        "enrollment": enrollment
        and Enrollment(
            count=None if enrollment.count == fields.UNKNOWN_COUNT else enrollment.count, type=_kind(enrollment.type)
        ),
        "allocation": design.allocation,
        "intervention_model": design.interventionModel,
        "intervention_model_description": cleaned(design.interventionModelDescription),
        "primary_purpose": design.primaryPurpose,
        "observational_model": design.observationalModel,
        "time_perspective": design.timePerspective,
        "masking": masking.masking,
        "masking_description": cleaned(masking.maskingDescription),
        "who_masked": masking.whoMasked,
    }


def _arm(entry: served.ArmGroup) -> Arm:
    return Arm(
        label=cleaned(entry.label) or "",
        type=entry.type,
        description=cleaned(entry.description),
        interventions=_texts(entry.interventionNames),
    )


def _intervention(entry: served.Intervention) -> Intervention:
    return Intervention(
        type=entry.type,
        name=cleaned(entry.name) or "",
        description=cleaned(entry.description),
        other_names=_texts(entry.otherNames),
        arms=_texts(entry.armGroupLabels),
    )


def _outcome(entry: served.Outcome) -> OutcomeMeasure:
    return OutcomeMeasure(
        measure=cleaned(entry.measure) or "", time_frame=cleaned(entry.timeFrame), description=cleaned(entry.description)
    )


def _eligibility(module: served.EligibilityModule) -> Eligibility | None:
    text = module.eligibilityCriteria
    eligibility = Eligibility(
        criteria=criteria(text) if text else None,
        minimum_age=cleaned(module.minimumAge),
        maximum_age=cleaned(module.maximumAge),
        sex=module.sex,
        gender_based=module.genderBased,
        gender_description=cleaned(module.genderDescription),
        healthy_volunteers=module.healthyVolunteers,
        std_ages=module.stdAges,
        study_population=cleaned(module.studyPopulation),
        sampling_method=module.samplingMethod,
    )
    return None if eligibility == Eligibility(std_ages=()) else eligibility


def _reference(entry: served.Reference) -> Reference:
    return Reference(
        pmid=cleaned(entry.pmid),
        type=entry.type,
        citation=cleaned(entry.citation),
        retractions=tuple(": ".join(filter(None, retraction.names())) for retraction in entry.retractions),
    )


def _ipd_sharing(module: served.IpdSharingStatementModule) -> IpdSharing | None:
    sharing = IpdSharing(
        plan=module.ipdSharing,
        description=cleaned(module.description),
        info_types=module.infoTypes,
        time_frame=cleaned(module.timeFrame),
        access_criteria=cleaned(module.accessCriteria),
        url=cleaned(module.url),
    )
    return None if sharing == IpdSharing(info_types=()) else sharing
