"""Results on their way: submitted, returned, posted, amended; notices and documents."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from msgspec import UNSET

from tracker.model.details import (
    ComplianceNoticeDetails,
    DelayCertifiedDetails,
    DocumentEntry,
    DocumentsDetails,
    ResultsAmendedDetails,
    ResultsDutyDetails,
    ResultsPostedDetails,
    ResultsSubmissionDetails,
)
from tracker.model.event import Change, Event
from tracker.model.vocabulary import DutyStanding
from tracker.render import times
from tracker.render.kinds.changes import lines_of
from tracker.render.kinds.kind_words import first_effect, kind_words, silent
from tracker.render.phrases import NO_FINDING, days, listed, on, quote
from tracker.render.values import LONG, NOT_STATED, before_and_after
from tracker.render.vocabulary import enumerated, field_word, first_capital

_RESULTS_FIELDS = ("results_state", "results_first_posted")

_STEP = {
    "submitted": "Results submitted to the registry for review",
    "resubmitted": "Results submitted to the registry again",
    "returned": "Results returned by the registry for correction",
    "cancelled": "Submission of results cancelled",
    "waived": "Results need not be submitted (waiver)",
    "other": "Submission of results changed",
}

_WHY = {
    "results_submitted": "submitted",
    "submission_returned": "returned for correction",
    "submission_cancelled": "submission cancelled",
    "results_posted": "posted",
    "results_removed": "no longer posted",
    "delay_certified": "certified delay",
    "waived": "waiver",
    "withdrawn": "trial withdrawn",
    "completion_date_changed": "completion date changed",
    "start_date_changed": "start date changed",
    "phase_changed": "phase changed",
    "study_type_changed": "study type changed",
    "intervention_changed": "interventions changed",
    "purpose_changed": "purpose changed",
    "fda_flag_changed": "FDA regulation changed",
    "country_changed": "countries changed",
    "ages_changed": "ages changed",
    "category_changed": "category changed",
}
"""Why a duty to post results ended or came back."""

_STEP_TYPE = {"RELEASE": "Submitted", "RESET": "Returned", "UNRELEASE": "Cancelled"}


def _day(given: object) -> str:
    return times.registry_day(str(given)) if given else NOT_STATED


def _posted_headline(_event: Event, details: ResultsPostedDetails) -> str:
    if details.old is not UNSET or details.new is not UNSET:
        return f"Posting date of results now {_day(details.new)} (was {_day(details.old)})"
    return f"Results posted {on(details.posted_on)}" if details.posted_on else "Results posted"


def _posted_news(_event: Event, details: ResultsPostedDetails) -> str:
    dated = details.old is not UNSET or details.new is not UNSET
    return "Posting date of results changed" if dated else "Results posted"


def _posted_lines(_event: Event, details: ResultsPostedDetails) -> Iterator[str]:
    after = details.days_after_primary_completion
    if after is not None and after > 0:
        yield f"{days(after)} after primary completion"


def _amended_headline(event: Event, _details: ResultsAmendedDetails) -> str:
    if "removed" in event.effects:
        return "Posted results were removed"
    parts = listed([field_word(part) for part in event.effects], 5)
    return f"Posted results amended: {parts}" if parts else "Posted results amended"


def _submission_headline(event: Event, details: ResultsSubmissionDetails) -> str:
    day = details.steps[-1].date if details.steps else None
    effect = event.effects[-1 if details.steps else 0]
    step = _STEP.get(effect, _STEP["other"])
    return f"{step} {on(day)}" if day else step


def _submission_lines(_event: Event, details: ResultsSubmissionDetails) -> Iterator[str]:
    """Steps of the quality control, where one update brought several."""
    for step in details.steps if len(details.steps) > 1 else ():
        yield f"{_STEP_TYPE.get(step.type, quote(step.type, 40))}: {times.registry_day(step.date) if step.date else NOT_STATED}"


def _delay_headline(event: Event, details: DelayCertifiedDetails) -> str:
    match first_effect(event):
        case "certified":
            return f"Delay of results certified {on(details.new) if details.new else ''}".rstrip()
        case "date_changed":
            return f"Certification of delayed results now dated {_day(details.new)} (was {_day(details.old)})"
        case _:
            return f"Certification of delayed results removed (was {_day(details.old)})"


def _duty_headline(event: Event, details: ResultsDutyDetails) -> str:
    why = listed([_WHY[effect] for effect in event.effects if effect in _WHY], 3)
    return f"{_duty(details)}: {why}" if why else _duty(details)


def _duty(details: ResultsDutyDetails) -> str:
    """How the duty stands now, as an estimate."""
    law = f", {details.law.title}" if details.law and details.law.rule != "fdaaa_801" else ""
    return f"Results {_stands(details.old, details.new, details.due)} (estimate{law})"


def _stands(old: DutyStanding, new: DutyStanding, day: dt.date | None) -> str:
    due = times.plain_day(day) if day else ""
    if new == "overdue":
        return f"overdue since {due}"
    if new == "due":
        return f"{'no longer overdue, but ' if old == 'overdue' else ''}due by {due}"
    return f"no longer {old if old in ('due', 'overdue') else 'due'}{f' before {due}' if new == 'ahead' and due else ''}"


def _duty_short(_event: Event, details: ResultsDutyDetails) -> str:
    """Without the reason where the rest of the update says it."""
    return f"results {_stands(details.old, details.new, details.due)}"


def _duty_lines(_event: Event, details: ResultsDutyDetails) -> Iterator[str]:
    if details.was_due and details.was_due != details.due:
        yield f"Was due by {times.plain_day(details.was_due)}"
    if details.reasons:
        yield f"Because: {'; '.join(quote(times.restyled(reason), 120) for reason in details.reasons)}"
    for move in details.also:
        yield f"{move.law.title}: {_stands(move.old, move.new, move.due)}"
    yield NO_FINDING


def _notice_headline(event: Event, _details: ComplianceNoticeDetails) -> str:
    notices = [change.new or change.old for change in event.changes if len(change.path) == 2]
    types = [str(notice.get("type") or "") for notice in notices if isinstance(notice, dict)]
    named = listed([first_capital(enumerated(name)) for name in types if name])
    return f"Compliance notice: {named}" if named else "Compliance notice changed"


def _notice_lines(event: Event, _details: ComplianceNoticeDetails) -> Iterator[str]:
    for change in event.changes:
        match change.new if change.new is not None else change.old:
            case {"type": str(kind), "description": str(text)} if len(change.path) == 2:
                effect = "Added" if change.old is None else "Removed" if change.new is None else "Changed"
                yield f"{effect}: {first_capital(enumerated(kind))}: “{quote(text, LONG)}”"
            case _:
                yield from lines_of((change,))


def _documents_headline(event: Event, details: DocumentsDetails) -> str:
    types = [enumerated(word.upper()) for word in event.effects if word in {"protocol", "sap", "icf"}]
    parts = []
    for effect, entries, verb in (
        ("added", details.added, "published"),
        ("removed", details.removed, "removed"),
        ("replaced", (), "replaced"),
    ):
        if effect in event.effects:
            names = [name for entry in entries for name in _document_names(entry.type)] or types
            parts.append(f"{first_capital(listed(list(dict.fromkeys(names))) or 'documents')} {verb}")
    return "; ".join(parts) or "Documents"


def _documents_lines(event: Event, details: DocumentsDetails) -> Iterator[str]:
    yield from (f"Added: {_document(entry)}" for entry in details.added)
    yield from (f"Removed: {_document(entry)}" for entry in details.removed)
    for change in event.changes:
        if len(change.path) > 2:
            yield f"{_document_of(change)}, {field_word(change.path[2])}: {before_and_after(change)}"


def _document(entry: DocumentEntry) -> str:
    parts = (entry.label or entry.type, entry.date and times.registry_day(entry.date))
    return ", ".join(quote(part, 120) for part in parts if part) or NOT_STATED


def _document_of(change: Change) -> str:
    kind, _, name = change.path[1].partition(" | ")
    return quote(name, 60) or listed(_document_names(kind))


def _document_names(type_: str | None) -> list[str]:
    """A document's type in words: ``PROTOCOL+SAP`` is a protocol and a statistical analysis plan."""
    return [quote(enumerated(word), 40) for word in (type_ or "").split("+") if word]


kind_words(
    "results_posted",
    ResultsPostedDetails,
    title="Results posted",
    headline=_posted_headline,
    lines=_posted_lines,
    news=_posted_news,
    tally=lambda event, details: _posted_news(event, details).lower(),
    compared=_RESULTS_FIELDS,
)
kind_words(
    "results_amended",
    ResultsAmendedDetails,
    title="Results amended",
    headline=_amended_headline,
    lines=silent,
    compared=_RESULTS_FIELDS,
)
kind_words(
    "results_submission_changed",
    ResultsSubmissionDetails,
    title="Results submission",
    headline=_submission_headline,
    lines=_submission_lines,
    compared=_RESULTS_FIELDS,
)
kind_words(
    "results_delay_certified",
    DelayCertifiedDetails,
    title="Delay of results certified",
    headline=_delay_headline,
    lines=silent,
    compared=("delay_certified_on",),
)
kind_words(
    "results_duty_changed",
    ResultsDutyDetails,
    title="Duty to post results",
    headline=_duty_headline,
    short=_duty_short,
    lines=_duty_lines,
)
kind_words(
    "compliance_notice_changed",
    ComplianceNoticeDetails,
    title="Compliance notice",
    headline=_notice_headline,
    lines=_notice_lines,
)
kind_words("documents_changed", DocumentsDetails, title="Documents", headline=_documents_headline, lines=_documents_lines)
