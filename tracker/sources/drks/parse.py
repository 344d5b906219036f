"""One study's JSON to a TrialRecord."""

from __future__ import annotations

from typing import Any

from tracker.extract.criteria import criteria
from tracker.extract.json_reader import JsonReader
from tracker.extract.list_marks import without_marks
from tracker.extract.read_log import ReadLog, guarded
from tracker.model.dates import RegistryDate
from tracker.model.record import (
    Arm,
    Criteria,
    Eligibility,
    Enrollment,
    Link,
    OutcomeMeasure,
    TrialRecord,
)
from tracker.model.source import Document, Parsed
from tracker.sources.drks import payload, words
from tracker.sources.drks.numbers import secondary_ids
from tracker.sources.drks.people import committees, parties, places
from tracker.sources.drks.results import results

PAGE = "https://drks.de/search/en/trial/"

Values = dict[str, Any]
"""Some of TrialRecord's fields, by name."""


def parse(document: Document) -> Parsed:
    """The record of one study; raises AnswerError or LayoutError (see `payload.trial`)."""
    with guarded(document):
        log = ReadLog(words.IGNORED, words.KEPT)
        reader = JsonReader(payload.trial(document), "", log)
        record = _record(document, reader)
        reader.close()
        return log.parsed(record)


def _record(document: Document, reader: JsonReader) -> TrialRecord:
    number = document.trial.partition(":")[2]
    made: Values = {"trial": document.trial, "url": f"{PAGE}{number}"}
    made |= {"first_posted": reader.date("registrationDrks"), "last_update_posted": reader.date("lastUpdate")}
    _keep_word(reader, "registrationType", words.REGISTRATIONS)
    state = reader.word("trialStatus", words.EDITED)
    if state and state not in words.EDITORIAL:
        reader.keep("trialStatus", state)
    made |= _descriptions(reader)
    made["secondary_ids"] = secondary_ids(reader)
    made |= _recruitment(reader)
    made |= _conditions(reader)
    made |= _design(reader)
    made["arms"] = _arms(reader)
    made |= parties(reader)
    committees(reader)
    made |= results(reader)
    if url := words.said(reader.text("url")):
        made["see_also_links"] = (Link(url=url), *(made.get("see_also_links") or ()))
    return TrialRecord(**made)


def _descriptions(reader: JsonReader) -> Values:
    texts = reader.child("trialDescriptions")
    if texts is None:
        return {}
    made: Values = {
        "brief_title": texts.text("title"),
        "acronym": words.said(texts.text("acronym")),
        "brief_summary": texts.text("summary"),
        "detailed_description": texts.text("scientificSummary"),
    }
    texts.close()
    return made


# --- recruitment


def _recruitment(reader: JsonReader) -> Values:
    recruitment = reader.child("recruitment")
    if recruitment is None:
        return {}
    made = places(recruitment)
    status, given = recruitment.status("status", words.STATUSES)
    made |= {"recruitment_status": status, "recruitment_status_as_given": given}
    made["start_date"] = _either_date(recruitment, "actualStartDate", "scheduledStartDate")
    made["completion_date"] = _either_date(recruitment, "actualCompletionDate", "scheduledCompletionDate")
    made["enrollment"] = _enrollment(recruitment, status)
    _keep_word(recruitment, "centricType", words.CENTRES)
    inclusion = exclusion = None
    if texts := recruitment.child("recruitmentDescriptions"):
        inclusion, exclusion = texts.verbatim("inclusionCriteria"), texts.verbatim("exclusionCriteria")
        made["why_stopped"] = texts.text("reasonDescription")
        texts.close()
    eligibility = Eligibility(
        criteria=_criteria(inclusion, exclusion),
        minimum_age=_age(recruitment, "minimumAge"),
        maximum_age=_age(recruitment, "maximumAge"),
        sex=recruitment.coded("gender", words.GENDERS),
        healthy_volunteers=recruitment.flag("healthyVolunteers"),
    )
    made["eligibility"] = None if eligibility == Eligibility() else eligibility
    recruitment.close()
    return made


def _either_date(recruitment: JsonReader, actual: str, planned: str) -> RegistryDate | None:
    """The actual date, or the planned one; where both are given the plan is kept beside it."""
    happened, meant = recruitment.date(actual, "ACTUAL"), recruitment.date(planned, "ESTIMATED")
    if happened and meant:
        recruitment.keep(planned, meant.date)
    return happened or meant


def _enrollment(recruitment: JsonReader, status: str | None) -> Enrollment | None:
    """The final number of participants, or the target. 0 means “none yet”, but of a study that has ended."""
    final, target = recruitment.count("totalParticipants"), recruitment.count("plannedParticipants")
    if final or (final == 0 and status in ("WITHDRAWN", "TERMINATED")):
        if target is not None and target != final:
            recruitment.keep("plannedParticipants", target)
        return Enrollment(count=final, type="ACTUAL")
    if target is None:
        return None
    return Enrollment(count=None if target in words.NO_SIZE else target, type="ESTIMATED")


def _criteria(inclusion: str | None, exclusion: str | None) -> Criteria | None:
    """Both texts line by line; a heading inside one of them is followed."""
    if not (inclusion or exclusion):
        return None
    of_one = criteria(f"Inclusion Criteria:\n{inclusion or ''}")
    of_other = criteria(f"Exclusion Criteria:\n{exclusion or ''}")
    return Criteria(
        inclusion=of_one.inclusion + of_other.inclusion,
        exclusion=of_one.exclusion + of_other.exclusion,
        other=of_one.other + of_other.other,
    )


def _age(recruitment: JsonReader, key: str) -> str | None:
    age = recruitment.child(key)
    if age is None:
        return None
    amount, unit = age.count("amount"), age.word("unit", words.AGE_UNITS)
    age.close()
    named = words.AGE_UNITS.get(unit, (unit, unit)) if unit else None
    if amount is None or named is None:
        return None
    return f"{amount} {named[0] if amount == 1 else named[1]}"


# --- what is studied


def _conditions(reader: JsonReader) -> Values:
    """The main condition first; codes are keywords, and stand for a condition that has no words."""
    named: dict[str, bool] = {}
    codes: dict[str, None] = {}
    entries = reader.children("studiedHealthConditions")
    for entry in entries:
        catalog, code = entry.word("catalog", words.CATALOGS), words.said(entry.text("code"))
        main = entry.word("type", words.IMPORTANCE) == "MAIN"
        comment = None
        if texts := entry.child("studiedHealthConditionDescriptions"):
            comment = words.said(texts.text("comment"))
            texts.close()
        entry.close(comment, code)
        written = " ".join(filter(None, (words.CATALOGS.get(catalog or "", catalog), code))) if code else None
        codes |= {written: None} if written else {}
        if name := comment or written:
            named[name] = named.get(name, False) or main
    conditions = sorted(named, key=lambda name: not named[name])
    return {"conditions": tuple(conditions) if entries else None, "keywords": tuple(codes) or None}


def _design(reader: JsonReader) -> Values:
    design = reader.child("studyCharacteristic")
    if design is None:
        return {}
    made: Values = {
        "study_type": design.coded("type", words.STUDY_TYPES),
        "allocation": design.coded("allocation", words.ALLOCATIONS),
        "primary_purpose": _purpose(design),
        "time_perspective": _timing(design),
    }
    assignment = design.word("assignment", words.ASSIGNMENTS)
    made["intervention_model"] = words.ASSIGNMENTS.get(assignment, assignment) if assignment else None
    made["intervention_model_description"] = "Other" if assignment == "OTHER" else None
    phase = design.word("phase", words.PHASES)
    made["phases"] = words.PHASES.get(phase, (phase,)) if phase else None
    made |= _masking(design)
    _keep_word(design, "duration", words.DURATIONS)
    controls = _controls(design)
    if controls:
        design.keep("controlTypes", ", ".join(sorted(map(words.plain, controls))))
    if texts := design.child("characteristicDescriptions"):
        made["primary_outcomes"] = _outcomes(texts, "primaryOutcome")
        made["secondary_outcomes"] = _outcomes(texts, "secondaryOutcome")
        texts.close()
    design.close()
    return made


def _purpose(design: JsonReader) -> str | None:
    given = design.word("purpose", words.PURPOSES)
    if given and given != "OTHER" and words.PURPOSES.get(given) == "OTHER":
        design.keep("purpose", words.plain(given))
    return words.PURPOSES.get(given, given) if given else None


def _timing(design: JsonReader) -> str | None:
    given = design.word("timing", words.TIMINGS)
    if given == "BOTH":
        design.keep("timing", "Both")
    return words.TIMINGS.get(given, given) if given else None


def _masking(design: JsonReader) -> Values:
    """Open or blinded as stated; how many are blinded is not worked out from who they are."""
    given = design.word("blindingType", words.MASKINGS)
    who: list[str] = []
    for entry in design.children("blindingWhoList"):
        if named := entry.child("idBlindingWho"):
            who += filter(None, [named.word("blindingWho", words.MASKED)])
            named.close()
        entry.close()
    known = [words.MASKED.get(one, (one, one)) for one in sorted(set(who))]
    said = f"Blinded: {', '.join(name for _, name in known)}" if known else "Blinded" if given == "BLINDED" else None
    return {
        "masking": words.MASKINGS.get(given, given) if given else None,
        "masking_description": said,
        "who_masked": tuple(role for role, _ in known if role) or None,
    }


def _controls(design: JsonReader) -> list[str]:
    found: list[str] = []
    for entry in design.children("controlTypes"):
        if named := entry.child("idControlType"):
            found += filter(None, [named.word("controlType", words.CONTROLS)])
            named.close()
        entry.close()
    return found


def _outcomes(texts: JsonReader, key: str) -> tuple[OutcomeMeasure, ...] | None:
    """All outcomes stand in one text, a line for each."""
    text = texts.text(key)
    lines = text.split("\n") if text else []
    return tuple(OutcomeMeasure(measure=line) for line, _ in without_marks(lines) if line) or None


def _arms(reader: JsonReader) -> tuple[Arm, ...] | None:
    groups = reader.children("observationalGroups")
    made: list[Arm] = []
    for place, group in enumerate(groups, 1):
        number, comment = group.count("arm"), group.text("comment")
        label = f"Arm {number or place}"
        group.close(label)
        made += [Arm(label=label, description=comment)] if comment else []
    return tuple(made) or None


def _keep_word(reader: JsonReader, key: str, known: frozenset[str]) -> None:
    """Keep a word that the record does not model."""
    if given := reader.word(key, known):
        reader.keep(key, words.plain(given))
