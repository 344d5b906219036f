"""One trial's JSON to a TrialRecord. The overall status is the portal's own, never worked out from the countries'."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tracker.extract.json_reader import JsonReader
from tracker.extract.read_log import ReadLog, guarded
from tracker.model.dates import RegistryDate
from tracker.model.record import (
    Contact,
    Criteria,
    Eligibility,
    Enrollment,
    Intervention,
    Organisation,
    OutcomeMeasure,
    SecondaryId,
    StudyDocument,
    TrialRecord,
)
from tracker.model.source import Document, Parsed
from tracker.sources.ctis import payload, words
from tracker.sources.ctis.notices import regulatory_events
from tracker.sources.ctis.places import Values, countries, read_places, read_status

PAGE = "https://euclinicaltrials.eu/ctis-public/view/"

_DAY_FIRST = re.compile(r"(\d{2})/(\d{2})/(\d{4})\Z", re.ASCII)
_FORM_CODE = re.compile(r"PHF\d+MIG\Z", re.ASCII)
_AGES = tuple(dict.fromkeys(words.AGE_RANGES.values()))


def parse(document: Document) -> Parsed:
    """The record of one trial; raises AnswerError or LayoutError (see `payload.trial`)."""
    with guarded(document):
        log = ReadLog(words.IGNORED, words.KEPT)
        reader = JsonReader(payload.trial(document), "", log)
        record = _record(document, reader, log)
        reader.close()
        return log.parsed(record)


def _record(document: Document, reader: JsonReader, log: ReadLog) -> TrialRecord:
    number = reader.text("ctNumber") or ""
    part = reader.child("authorizedPartI")
    assert part is not None  # as payload.trial has seen to
    details = part.child("trialDetails")
    made: Values = {"trial": document.trial, "url": f"{PAGE}{number}", "study_type": "INTERVENTIONAL"}
    made |= read_status(reader, log)
    made |= read_places(reader, log)
    made |= _sponsors(reader, part)
    made |= _details(details, number, reader) if details else {}
    made |= _size(part, made.pop("eea"))
    made["countries"] = countries(part, made)
    made["interventions"] = _interventions(part)
    made |= _results(reader)
    made["regulatory_events"] = regulatory_events(reader)
    made |= _dates(reader)
    part.close()
    return TrialRecord(**made)


def _sponsors(reader: JsonReader, part: JsonReader) -> Values:
    lead, others, contacts = None, [], []
    for sponsor in part.children("sponsors"):
        primary, organisation = sponsor.flag("primary"), _organisation(sponsor)
        if primary and lead is None:
            lead = organisation
        elif organisation:
            others.append(organisation)
        for key, role in (("publicContacts", "Public"), ("scientificContacts", "Scientific")):
            contacts += [_contact(contact, role) for contact in sponsor.children(key)]
        sponsor.close(organisation.name if organisation else None)
    for sponsor in reader.children("coSponsors"):
        organisation = _organisation(sponsor)
        if organisation and organisation not in (lead, *others):
            others.append(organisation)
        sponsor.close(organisation.name if organisation else None)
    return {"lead_sponsor": lead, "collaborators": tuple(others), "central_contacts": tuple(contacts) or None}


def _organisation(sponsor: JsonReader) -> Organisation | None:
    organisation = sponsor.child("organisation")
    if organisation is None:
        return None
    name, kind = organisation.text("name"), organisation.coded("type", words.SPONSOR_TYPES)
    organisation.close(name)
    return Organisation(name=name or "", organisation_class=kind)


def _contact(contact: JsonReader, role: str) -> Contact:
    name, mail = contact.text("functionalName"), contact.text("functionalEmailAddress")
    made = Contact(name=name, role=role, phone=contact.text("telephone"), email=mail)
    contact.close(name)
    return made


def _details(details: JsonReader, number: str, reader: JsonReader) -> Values:
    made: Values = {}
    ids = [SecondaryId(id=number, type="CTIS")]
    if names := details.child("clinicalTrialIdentifiers"):
        made["official_title"] = names.text("fullTitle")
        made["brief_title"] = names.text("publicTitle") or made["official_title"]
        if code := names.text("shortTitle"):
            ids.insert(0, SecondaryId(id=code, type="ORG_STUDY_ID"))
        if other := names.child("secondaryIdentifyingNumbers"):
            ids += _numbers(other)
            other.close()
        names.close()
    for key in ("eudraCt", "eudraCtInfo"):
        if eudract := reader.child(key):
            if code := eudract.text("eudraCtCode"):
                ids.append(SecondaryId(id=code, type="EUDRACT_NUMBER"))
            if key == "eudraCtInfo":  # the portal of before June 2024
                eudract.raw("isTransitioned"), eudract.raw("hasVhp")
            eudract.close()
    made["secondary_ids"] = tuple(ids)
    if information := details.child("trialInformation"):
        made |= _information(information)
        information.close()
    if protocol := details.child("protocolInformation"):
        protocol.close()
    details.close()
    return made


def _numbers(other: JsonReader) -> Iterable[SecondaryId]:
    registries = {"nctNumber": "ClinicalTrials.gov", "isrctnNumber": "ISRCTN", "whoUniversalTrialNumber": "WHO UTN"}
    for key, domain in registries.items():
        if one := other.child(key):
            one.raw("ctRegistryCode")
            if number := one.text("number"):
                yield SecondaryId(id=number, type="REGISTRY", domain=domain)
            one.close()
    for registry in other.children("additionalRegistries"):
        number, name = registry.text("number"), registry.text("otherRegistryName")
        registry.raw("ctRegistryCode")
        registry.close(number)
        if number:
            yield SecondaryId(id=number, type="REGISTRY", domain=name)


def _information(information: JsonReader) -> Values:
    made: Values = {}
    if category := information.child("trialCategory"):
        made["phases"] = _phases(category)
        category.close()
    if condition := information.child("medicalCondition"):
        made["conditions"] = _each(condition, "partIMedicalConditions", "medicalCondition")
        made["keywords"] = _each(condition, "meddraConditionTerms", "termName") or None
        condition.close()
    if objective := information.child("trialObjective"):
        made["brief_summary"] = objective.text("mainObjective")
        made["detailed_description"] = "\n".join(_each(objective, "secondaryObjectives", "secondaryObjective")) or None
        objective.close()
    if ends := information.child("endPoint"):
        made["primary_outcomes"] = _outcomes(ends, "primaryEndPoints")
        made["secondary_outcomes"] = _outcomes(ends, "secondaryEndPoints")
        ends.close()
    if duration := information.child("trialDuration"):
        end = duration.date("estimatedGlobalEndDate", "ESTIMATED")
        made["completion_date"] = end or duration.date("estimatedEndDate", "ESTIMATED")
        made["start_date"] = duration.date("estimatedRecruitmentStartDate", "ESTIMATED")
        duration.close()
    made["funders"] = (
        tuple(Organisation(name=name) for name in _each(information, "sourceOfMonetarySupport", "organisationName")) or None
    )
    made["eligibility"] = _eligibility(information)
    return made


def _each(reader: JsonReader, key: str, inner: str) -> tuple[str, ...]:
    """One text of each entry of a list."""
    found = []
    for entry in reader.children(key):
        text = entry.text(inner)
        entry.close(text)
        if text:
            found.append(text)
    return tuple(found)


def _phases(category: JsonReader) -> tuple[str, ...] | None:
    code = category.word("trialPhase", words.PHASES)
    return words.PHASES.get(code, (code,)) if code else None


def _outcomes(ends: JsonReader, key: str) -> tuple[OutcomeMeasure, ...]:
    return tuple(OutcomeMeasure(measure=text) for text in _each(ends, key, "endPoint"))


def _eligibility(information: JsonReader) -> Eligibility | None:
    criteria, sex, volunteers, ages = None, None, None, None
    if reader := information.child("eligibilityCriteria"):
        criteria = Criteria(
            inclusion=_each(reader, "principalInclusionCriteria", "principalInclusionCriteria"),
            exclusion=_each(reader, "principalExclusionCriteria", "principalExclusionCriteria"),
        )
        reader.close()
    if population := information.child("populationOfTrialSubjects"):
        sexes = population.flag("isFemaleSubjects"), population.flag("isMaleSubjects")
        sex = {(True, True): "ALL", (True, False): "FEMALE", (False, True): "MALE"}.get((bool(sexes[0]), bool(sexes[1])))
        groups = []
        for group in population.children("clinicalTrialGroups"):
            name = group.word("name", words.GROUPS)
            group.close(name)
            groups += [words.GROUPS[name]] if name and name in words.GROUPS else []
        volunteers = any(groups) if groups else None
        ranges = []
        for entry in population.children("ageRanges"):
            ranges.append(entry.coded("ageRangeCategory", words.AGE_RANGES))
            entry.close()
        unlike = [one for one in ranges if one and one not in _AGES]
        ages = (*(one for one in _AGES if one in ranges), *dict.fromkeys(unlike)) or None
        population.close()
    found = Eligibility(criteria=criteria, sex=sex, healthy_volunteers=volunteers, std_ages=ages)
    return None if found == Eligibility() else found


def _size(part: JsonReader, eea: int | None) -> Values:
    """Participants planned: those of the member states and those elsewhere; unknown where one of the two is not given."""
    elsewhere = part.count("rowSubjectCount")
    if eea is None:
        return {}
    return {"enrollment": Enrollment(count=eea + (elsewhere or 0), type="ESTIMATED")}


def _interventions(part: JsonReader) -> tuple[Intervention, ...] | None:
    made: dict[Intervention, None] = {}
    groups = part.children("productRoleGroupInfos")
    for group in groups:
        role = group.text("productRoleName")
        for product in group.children("products"):
            made[_product(product, role)] = None
        if device := group.raw("devices"):
            group.keep("devices", device, [role])
        group.close(role)
    return tuple(made) if groups else None


def _product(product: JsonReader, role: str | None) -> Intervention:
    name, scientific = product.text("productName"), product.text("scientificProductName")
    substances = product.text("jsonActiveSubstanceNames")
    name = name or scientific or substances or "not named"
    routes, form = product.texts("routes"), product.text("pharmaceuticalFormDisplay")
    daily = _amount(product, "maxDailyDoseAmount", "doseUom")
    total = _amount(product, "maxTotalDoseAmount", "doseUomTotal")
    period = product.raw("maxTreatmentPeriod")
    product.raw("timeUnitCode")
    if devices := product.raw("devices"):
        product.keep("devices", devices, [name])
    if form and _FORM_CODE.match(form):
        form = None
    said = [role, form and form.lower(), ", ".join(routes).lower(), daily and f"at most {daily} a day"]
    said += [total and f"at most {total} in all", f"treatment period {period}" if period is not None else None]
    product.close(name)
    other = tuple(dict.fromkeys(one for one in (scientific, substances) if one and one != name))
    return Intervention(name=name, description="; ".join(filter(None, said)) or None, other_names=other or None)


def _amount(product: JsonReader, amount: str, unit: str) -> str | None:
    given, measured = product.text(amount), product.text(unit)
    return f"{given} {measured}" if given and measured else given


def _results(reader: JsonReader) -> Values:
    """Results are posted once any list of them holds something; the lists themselves are compared as they are."""
    results = reader.child("results")
    state = None
    if results is not None:
        found = [key for key in ("summaryResults", "laypersonResults", "clinicalStudyReports") if results.peek(key)]
        state = "POSTED" if found else "NONE_POSTED"
        results.close()
    documents: list[StudyDocument] = []
    for document in reader.children("documents"):
        title, label = document.text("title"), document.text("documentTypeLabel")
        version = document.text("manualVersion")
        document.close(title)
        kind = words.DOCUMENTS.get(label or "", "OTHER")
        shown = " ".join(filter(None, (f"{label}:" if label else None, title, f"(version {version})" if version else None)))
        documents.append(StudyDocument(type=kind, filename=title, label=shown))
    return {"results_state": state, "documents": tuple(documents) or None}


def _dates(reader: JsonReader) -> Values:
    """A trial that has begun has a date in the member states; a search row, if it was saved with the record, may know more."""
    found: Values = {}
    if start := _day(reader, "startDateEU"):
        found["start_date"] = RegistryDate(start, "ACTUAL")
    ends = [end for key in ("endDateEU", "endDate") if (end := _day(reader, key))]
    if ends:
        found["completion_date"] = RegistryDate(ends[-1], "ACTUAL")
    days = [_day(reader, key) for key in ("lastPublicationUpdate", "publishDate", "lastUpdated")]
    if day := next(filter(None, days), None):
        found["last_update_posted"] = RegistryDate(day)
    return found


def _day(reader: JsonReader, key: str) -> str | None:
    """The day of ``2026-08-08T03:38:55.439869754``, ``2026-08-08`` or ``08/08/2026``."""
    text = reader.verbatim(key)
    if not text:
        return None
    if match := _DAY_FIRST.match(text):
        return "-".join(reversed(match.groups()))
    day = text[:10]
    if RegistryDate(day).precision != "day":
        reader.unread("unreadable_date", key, text)
    return day
