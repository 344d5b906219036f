"""What surrounds the protocol: results and their quality control, compliance notices, documents.

Two places tell of the steps of quality control: ``submissionTracking`` has a new submission first, ``unpostedEvents`` knows
it only once it was returned. Both are read and united.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from tracker.extract.json_reader import JsonReader
from tracker.extract.read_log import canonical_digest
from tracker.model import vocabulary
from tracker.model.record import RegistryNotice, ResultsDigests, ResultsSubmission, StudyDocument
from tracker.model.vocabulary import ResultsState

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


def read(top: JsonReader, protocol: dict[str, Any], has_results: bool | None) -> dict[str, Any]:
    """The record's results fields; ``protocol`` holds what the statusModule said of them."""
    tracked = _tracked(top)
    unposted, notices = _annotations(top)
    posted = bool(has_results or protocol.get("results_first_posted"))
    submissions = _united(tracked, unposted)
    state = _STATE_AFTER.get(submissions[-1].type, "NONE_POSTED") if submissions else "NONE_POSTED"
    first_submitted = protocol.get("results_submissions")
    if first_submitted:
        submissions = _united(submissions, [ResultsSubmission(type="RELEASE", date=first_submitted)])
    return {
        "results_state": "POSTED" if posted else state,
        "results_submissions": tuple(submissions),
        "results_digests": _digests(top),
        "compliance_notices": notices,
        "documents": _documents(top),
    }


def _tracked(top: JsonReader) -> list[ResultsSubmission]:
    """The steps that submissionTracking knows. Nothing else of derivedSection is read but removedCountries."""
    steps: list[ResultsSubmission] = []
    derived = top.child("derivedSection")
    misc = derived.child("miscInfoModule") if derived else None
    tracking = misc.child("submissionTracking") if misc else None
    for info in tracking.children("submissionInfos") if tracking else ():
        released = info.day("releaseDate")
        cancelled = info.day("unreleaseDate")
        returned = info.day("resetDate")
        if released:
            steps.append(ResultsSubmission(type="RELEASE", date=released))
        if info.flag("unreleaseDateUnknown") or cancelled:
            steps.append(ResultsSubmission(type="UNRELEASE", date=cancelled))
        if returned:
            steps.append(ResultsSubmission(type="RESET", date=returned))
        info.close(released)
    under_review = tracking.child("firstMcpInfo") if tracking else None
    first_posted = under_review.child("postDateStruct") if under_review else None
    for reader in (first_posted, under_review, tracking, misc, derived):
        if reader:
            reader.close()
    return steps


def _annotations(top: JsonReader) -> tuple[list[ResultsSubmission], tuple[RegistryNotice, ...]]:
    steps: list[ResultsSubmission] = []
    notices: list[RegistryNotice] = []
    section = top.child("annotationSection")
    module = section.child("annotationModule") if section else None
    unposted = module.child("unpostedAnnotation") if module else None
    violations = module.child("violationAnnotation") if module else None
    for event in unposted.children("unpostedEvents") if unposted else ():
        kind = event.word("type", vocabulary.SUBMISSION_TYPES)
        date = event.day("date")
        event.close(kind, date)
        steps.append(ResultsSubmission(type=kind or "", date=date))
    for event in violations.children("violationEvents") if violations else ():
        kind = event.word("type", vocabulary.NOTICE_TYPES)
        dates = {name: date for key, name in _NOTICE_DATES.items() if (date := event.day(key))}
        notices.append(RegistryNotice(type=kind or "", description=event.text("description"), dates=dates))
        event.close(kind, *dates.values())
    for reader in (violations, unposted, module, section):
        if reader:
            reader.close()
    return steps, tuple(notices)


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


def _digests(top: JsonReader) -> ResultsDigests | None:
    section = top.child("resultsSection")
    if section is None:
        return None
    digests = {name: canonical_digest(value) for key, name in _DIGESTED.items() if (value := section.raw(key)) is not None}
    section.close()
    return ResultsDigests(**digests)


def _documents(top: JsonReader) -> tuple[StudyDocument, ...]:
    documents = []
    section = top.child("documentSection")
    module = section.child("largeDocumentModule") if section else None
    for entry in module.children("largeDocs") if module else ():
        parts = (("PROTOCOL", "hasProtocol"), ("SAP", "hasSap"), ("ICF", "hasIcf"))
        kinds = [kind for kind, key in parts if entry.flag(key)]
        document = StudyDocument(
            type="+".join(kinds),
            date=entry.day("date"),
            filename=entry.text("filename"),
            label=entry.text("label"),
            uploaded_at=entry.verbatim("uploadDate"),
            size=entry.count("size"),
        )
        entry.close(document.filename)
        documents.append(document)
    for reader in (module, section):
        if reader:
            reader.close()
    return tuple(documents)
