"""What surrounds the protocol: results and their quality control, compliance notices, documents.

Two places tell of the steps of quality control: ``submissionTracking`` has a new submission first, ``unpostedEvents`` knows
it only once it was returned. Both are read and united.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from tracker.extract.read_log import canonical_digest
from tracker.model.record import RegistryNotice, ResultsDigests, ResultsSubmission, StudyDocument
from tracker.model.vocabulary import ResultsState
from tracker.sources.ctgov import served
from tracker.text.clean import cleaned

_STATE_AFTER: dict[str, ResultsState] = {"RELEASE": "SUBMITTED", "RESET": "RETURNED", "UNRELEASE": "NONE_POSTED"}
_NOTICE_DATES = {
    "creationDate": "creation_date",
    "issuedDate": "issued_date",
    "releaseDate": "release_date",
    "postedDate": "posted_date",
}
_DIGESTED = {
    "participantFlowModule": "participant_flow",
    "baselineCharacteristicsModule": "baseline",
    "outcomeMeasuresModule": "outcome_measures",
    "adverseEventsModule": "adverse_events",
    "moreInfoModule": "more_info",
}


def read(study: served.Study) -> dict[str, Any]:
    """The record's results fields."""
    status = study.protocolSection.statusModule
    notes = study.annotationSection.annotationModule
    tracked = _tracked(study.derivedSection.miscInfoModule.submissionTracking)
    unposted = [
        ResultsSubmission(type=each.type or "", date=each.date or None) for each in notes.unpostedAnnotation.unpostedEvents
    ]
    submissions = _united(tracked, unposted)
    state = _STATE_AFTER.get(submissions[-1].type, "NONE_POSTED") if submissions else "NONE_POSTED"
    if status.resultsFirstSubmitDate:
        submissions = _united(submissions, [ResultsSubmission(type="RELEASE", date=status.resultsFirstSubmitDate)])
    return {
        "results_state": "POSTED" if study.hasResults or status.resultsFirstPostDateStruct.date else state,
        "results_submissions": tuple(submissions),
        "results_digests": _digests(study.resultsSection),
        "compliance_notices": tuple(map(_notice, notes.violationAnnotation.violationEvents)),
        "documents": tuple(map(_document, study.documentSection.largeDocumentModule.largeDocs)),
    }


def _tracked(tracking: served.SubmissionTracking) -> list[ResultsSubmission]:
    """The steps that submissionTracking knows."""
    steps: list[ResultsSubmission] = []
    for info in tracking.submissionInfos:
        if info.releaseDate:
            steps.append(ResultsSubmission(type="RELEASE", date=info.releaseDate))
        if info.unreleaseDateUnknown or info.unreleaseDate:
            steps.append(ResultsSubmission(type="UNRELEASE", date=info.unreleaseDate or None))
        if info.resetDate:
            steps.append(ResultsSubmission(type="RESET", date=info.resetDate))
    return steps


def _notice(event: served.ViolationEvent) -> RegistryNotice:
    dates = {name: date for key, name in _NOTICE_DATES.items() if (date := getattr(event, key))}
    return RegistryNotice(type=event.type or "", description=cleaned(event.description), dates=dates)


def _united(first: list[ResultsSubmission], second: list[ResultsSubmission]) -> list[ResultsSubmission]:
    """Both lists as one by date, steps that stand in both once; a step of unknown date stays behind its predecessor."""
    known = Counter(first)
    placed = _placed(first)
    for place, step in _placed(second):
        if known[step]:
            known[step] -= 1
        else:
            placed.append((place, step))
    return [step for _, step in sorted(placed, key=lambda entry: entry[0])]


def _placed(steps: list[ResultsSubmission]) -> list[tuple[str, ResultsSubmission]]:
    placed, last = [], ""
    for step in steps:
        last = step.date or last
        placed.append((last, step))
    return placed


def _digests(section: served.ResultsSection | None) -> ResultsDigests | None:
    if section is None:
        return None
    modules = {name: getattr(section, key) for key, name in _DIGESTED.items()}
    return ResultsDigests(**{name: canonical_digest(module) for name, module in modules.items() if module is not None})


def _document(entry: served.LargeDoc) -> StudyDocument:
    parts = (("PROTOCOL", entry.hasProtocol), ("SAP", entry.hasSap), ("ICF", entry.hasIcf))
    return StudyDocument(
        type="+".join(kind for kind, there in parts if there),
        date=entry.date or None,
        filename=cleaned(entry.filename),
        label=cleaned(entry.label),
        uploaded_at=entry.uploadDate,
        size=entry.size,
    )
