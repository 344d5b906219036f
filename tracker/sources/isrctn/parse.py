"""One study's XML to a TrialRecord."""

from __future__ import annotations

from typing import Any

from tracker.extract.read_log import ReadLog, guarded
from tracker.extract.xml_reader import XmlReader, reader_of
from tracker.model.record import Enrollment, Intervention, IpdSharing, TrialRecord
from tracker.model.source import Document, Parsed
from tracker.sources.isrctn import payload, words
from tracker.sources.isrctn.days import day_of, keep_day
from tracker.sources.isrctn.outputs import outputs
from tracker.sources.isrctn.parties import contacts, organisations
from tracker.sources.isrctn.people import participants
from tracker.sources.isrctn.status import Stated, status_on
from tracker.sources.isrctn.texts import outcomes, secondary_ids
from tracker.sources.isrctn.who import read_who

PAGE = "https://www.isrctn.com/"

Values = dict[str, Any]
"""Some of TrialRecord's fields, by name."""


def parse(document: Document) -> Parsed:
    """The record of one study; raises AnswerError or LayoutError (see `payload.study`)."""
    with guarded(document):
        element = payload.study(document)
        if payload.is_who(element):
            values, log = read_who(document, element)
            return log.parsed(TrialRecord(**values))
        log = ReadLog(words.IGNORED, words.KEPT)
        trial = payload.trial_of(element)
        assert trial is not None  # as payload.study has seen to
        # A study by itself has no sponsors, funders and contacts beside it.
        reader = reader_of(element, log) if trial is not element else XmlReader({"trial": [trial]}, "", log)
        record = _record(document, reader, log)
        reader.close()
        return log.parsed(record)


def _record(document: Document, reader: XmlReader, log: ReadLog) -> TrialRecord:
    trial = reader.child("trial")
    assert trial is not None
    number = document.trial.partition(":")[2]
    made: Values = {"trial": document.trial, "url": f"{PAGE}{number}"}
    made |= _registered(trial, log)
    order: tuple[str, ...] = ()
    if parties := trial.child("parties"):
        order = tuple(parties.texts("sponsorId"))
        parties.close()
    made |= _description(trial)
    made["secondary_ids"] = secondary_ids(trial) or None
    made |= participants(trial, log)
    design, stated = _design(trial, log)
    made |= design
    made |= _status(stated | made.pop("stated"), document, log)
    made["enrollment"] = _enrollment(made.pop("sizes"), made["recruitment_status"])
    made |= _conditions(trial)
    made |= _interventions(trial)
    made |= _results(trial, log)
    made |= outputs(trial, log, made)
    made |= organisations(reader, order)
    made["central_contacts"] = contacts(reader)
    trial.close()
    return TrialRecord(**made)


def _registered(trial: XmlReader, log: ReadLog) -> Values:
    if (published := trial.text("@isPublished")) and published != "true":
        trial.keep("@isPublished", published)
    assigned = day_of(trial, "@publicIdentifierDateAssigned", log)
    if number := trial.child("isrctn"):
        assigned = assigned or day_of(number, "@dateAssigned", log)
        number.close()
    return {"first_posted": assigned, "last_update_posted": day_of(trial, "@lastUpdated", log)}


def _description(trial: XmlReader) -> Values:
    reader = trial.child("trialDescription")
    if reader is None:
        return {}
    made: Values = {
        "brief_title": reader.text("title"),
        "official_title": reader.text("scientificTitle"),
        "acronym": words.said(reader.text("acronym")),
        "detailed_description": reader.text("studyHypothesis"),
        "brief_summary": reader.text("plainEnglishSummary"),
        "primary_outcomes": outcomes(reader, "primaryOutcomes", "primaryOutcome"),
        "secondary_outcomes": outcomes(reader, "secondaryOutcomes", "secondaryOutcome"),
    }
    made["website"] = words.said(reader.text("trialWebsite"))
    if committees := reader.child("ethicsCommittees"):
        for committee in committees.children("ethicsCommittee"):
            name, reference = committee.text("committeeName"), committee.text("committeeReference")
            state, since = committee.text("@approvalStatus"), committee.text("@statusDate")
            said = ", ".join(filter(None, (reference, state, since and since[:10])))
            committee.keep("committeeName", said, [name])
            committee.close(name)
        committees.close()
    reader.close()
    return made


def _design(trial: XmlReader, log: ReadLog) -> tuple[Values, Values]:
    """The design, and what the record says of the status of the whole study."""
    reader = trial.child("trialDesign")
    if reader is None:
        return {}, {}
    secondary = reader.text("secondaryStudyDesign")
    made: Values = {
        "study_type": reader.coded("primaryStudyDesign", words.STUDY_TYPES),
        "intervention_model_description": reader.text("studyDesign"),
        "why_stopped": reader.text("reasonAbandoned"),
        "allocation": words.ALLOCATIONS.get(secondary or ""),
        "observational_model": words.OBSERVATIONAL.get(secondary or ""),
    }
    if secondary and secondary not in {*words.ALLOCATIONS, *words.OBSERVATIONAL, "Not applicable"}:
        reader.keep("secondaryStudyDesign", secondary)
    types = reader.child("trialTypes") or reader
    kinds = types.texts("trialType")
    if types is not reader:
        types.close()
    if now := reader.child("interventionalTrialDesign"):
        made["allocation"] = now.coded("allocation", words.ALLOCATIONS) or made["allocation"]
        masking = now.word("masking", words.MASKINGS)
        made["masking"], made["masking_description"] = words.MASKINGS.get(masking or "", masking), masking
        made["intervention_model"] = now.coded("assignment", words.ASSIGNMENTS)
        if purposes := now.child("purposes"):
            kinds = (*purposes.texts("purpose"), *kinds)
            purposes.close()
        now.close()
    kinds = tuple(dict.fromkeys(kind for kind in kinds if kind != "Not Specified"))
    if len(kinds) == 1 and kinds[0] in words.PURPOSES:
        made["primary_purpose"] = words.PURPOSES[kinds[0]]
    elif kinds:
        reader.keep("purposes", ", ".join(sorted(kinds)))
    keep_day(reader, "overallStartDate", log)
    made["completion_date"] = day_of(reader, "overallEndDate", log)
    stated = {"overall": reader.text("overallStatusOverride"), "ends": made["completion_date"]}
    reader.close()
    return made, stated


def _status(stated: Values, document: Document, log: ReadLog) -> Values:
    status, given = status_on(Stated(**stated), document.as_of.date())
    if status == "OTHER":
        log.note("unknown_word", "trial.participants.recruitmentStatusOverride", given)
    return {"recruitment_status": status, "recruitment_status_as_given": given}


def _enrollment(sizes: tuple[int | None, int | None], status: str | None) -> Enrollment | None:
    """The final number of participants, or the target. 0 means “none yet”, but of a study that was stopped."""
    final, target = sizes
    if final or (final == 0 and status == "TERMINATED"):
        return Enrollment(count=final, type="ACTUAL")
    return None if target is None else Enrollment(count=target, type="ESTIMATED")


def _conditions(trial: XmlReader) -> Values:
    reader = trial.child("conditions")
    if reader is None:
        return {}
    named: list[str] = []
    classes: list[str] = []
    for condition in reader.children("condition"):
        description = condition.text("description") or ""
        named += description.split("\n") if description else []
        classes += filter(None, (condition.text("diseaseClass1"), condition.text("diseaseClass2")))
        condition.close(description)
    reader.close()
    return {"conditions": tuple(dict.fromkeys(named)), "keywords": tuple(dict.fromkeys(classes)) or None}


def _interventions(trial: XmlReader) -> Values:
    reader = trial.child("interventions")
    if reader is None:
        return {}
    made: list[Intervention] = []
    phases: dict[str, None] = {}
    for one in reader.children("intervention"):
        given, drugs = one.peek("interventionType"), words.said(one.text("drugNames"))
        kind = one.coded("interventionType", words.INTERVENTIONS)
        phase = one.word("phase", words.PHASES)
        if phase:
            phases |= dict.fromkeys(words.PHASES.get(phase, (phase,)) or ())
        name = drugs or given or "not named"
        made.append(Intervention(type=kind, name=name, description=one.text("description")))
        one.close(name)
    reader.close()
    return {"interventions": tuple(made), "phases": tuple(phases) or None}


def _results(trial: XmlReader, log: ReadLog) -> Values:
    reader = trial.child("results")
    plan: str | None = None
    if other := trial.child("miscellaneous"):
        plan = other.coded("ipdSharingPlan", {"Yes": "YES", "No": "NO"})
        other.close()
    if reader is None:
        return {"ipd_sharing": IpdSharing(plan=plan) if plan else None, "publications": ""}
    stage = reader.coded("publicationStage", words.STAGES)
    state = "POSTED" if stage == "POSTED" else "NONE_POSTED"
    if stage and stage not in words.STAGES.values():
        reader.keep("publicationStage", stage)
    if words.said(reader.peek("basicReport")):
        state = "POSTED"
    policies = reader.texts("dataPolicy")
    if policy := reader.child("dataPolicies"):
        policies = (*policies, *policy.texts("dataPolicy"))
        policy.close()
    sharing = IpdSharing(
        plan=plan, description=reader.text("ipdSharingStatement"), access_criteria="; ".join(sorted(policies)) or None
    )
    keep_day(reader, "intentToPublish", log)
    publications = reader.text("publicationDetails") or ""
    reader.close()
    return {
        "results_state": state,
        "publications": publications,
        "ipd_sharing": None if sharing == IpdSharing() else sharing,
    }
