"""The past of a trial by its own record: what it dates of applications, of decisions, and of each member state.

These are facts, not versions. The trial's overall status is not among them: the portal dates it nowhere, and it does not follow
from the statuses of the member states.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any

from tracker.extract.json_reader import read_object
from tracker.extract.read_log import guarded
from tracker.model.history import DatedFact, FactKind, OwnHistory
from tracker.model.source import Document
from tracker.sources.ctis import words
from tracker.sources.ctis.notices import GRAVE, grave
from tracker.text.clean import clean

_PERIODS: Mapping[str, tuple[FactKind, str, str, str, str | None]] = {
    "trialRecruitmentPeriod": ("recruitment", "recruitmentStartDate", "recruitmentEndDate", "recruiting", "RECRUITING"),
    "trialPeriod": ("trial", "trialStartDate", "trialEndDate", "trial under way", None),
}
"""Lists of a member state: what they are, where begin and end stand, how that is called, and the status it is."""

_BEGINNINGS = {"START_OF_TRIAL": "trial", "START_OF_RECRUITMENT": "recruitment"}


def own_history(document: Document) -> OwnHistory:
    """All that a record dates of its own past, oldest first, each once. Raises AnswerError for what is no JSON object."""
    with guarded(document):
        served = read_object(document)
        inner = served.get("authorizedApplication")
        said = served | inner if isinstance(inner, dict) else served
        facts = dict.fromkeys([*_states(said), *_applications(said)])
        begun = {(fact.kind, fact.country, fact.date) for fact in facts}
        facts |= dict.fromkeys(fact for kind, fact in _notices(said) if (kind, fact.country, fact.date) not in begun)
    return OwnHistory(trial=document.trial, facts=tuple(sorted(facts, key=_place)))


def _place(fact: DatedFact) -> tuple[date, date, str, str, str]:
    return fact.date, fact.known_since, fact.country or "", fact.kind, fact.said


def _states(said: Mapping[str, Any]) -> Iterator[DatedFact]:
    """What is dated of each member state. The portal tells of one in up to two places, which may repeat each other."""
    states = [*_objects(said, "memberStatesConcerned"), *_inner(_objects(said, "authorizedPartsII"), "mscInfo")]
    statuses: dict[str, set[tuple[str, str]]] = {}
    for state in states:
        country = _country(state)
        if country is None:
            continue
        for entry in _objects(state, "clinicalTrialStatusHistory"):
            moment, word = entry.get("trialStatusDate"), entry.get("trialStatus")
            if isinstance(moment, str) and isinstance(word, str) and word.strip() and _day(moment):
                statuses.setdefault(country, set()).add((moment, clean(word)))
        for key in _PERIODS:
            yield from _periods(state, key, country)
    for country, dated in statuses.items():
        yield from _spans(country, sorted(dated))


def _periods(state: Mapping[str, Any], key: str, country: str) -> Iterator[DatedFact]:
    kind, begin, end, said, status = _PERIODS[key]
    for entry in _objects(state, key):
        if day := _day(entry.get(begin)):
            yield DatedFact(
                kind=kind,
                date=day,
                until=_day(entry.get(end)),
                registered=_day(entry.get("fromDate")),
                country=country,
                said=said,
                recruitment_status=status,
            )


def _spans(country: str, dated: Sequence[tuple[str, str]]) -> Iterator[DatedFact]:
    """The statuses of a member state one after the other; each ends with the next one, as long as that is another."""
    begun = [next(same) for _, same in groupby(dated, key=lambda one: one[1])]
    following = [*(_day(moment) for moment, _ in begun[1:]), None]
    for (moment, word), until in zip(begun, following, strict=True):
        day = _day(moment)
        assert day is not None  # others were left out
        status = words.STATUS_WORDS.get(word, "OTHER")
        yield DatedFact(
            kind="status", date=day, until=until, registered=day, country=country, said=word, recruitment_status=status
        )


def _applications(said: Mapping[str, Any]) -> Iterator[DatedFact]:
    """What was applied for, when that was decided, and how each member state decided."""
    for application in [*_objects(said, "applicationInfo"), *_objects(said, "applications")]:
        name = _name(application)
        if day := _day(application.get("submissionDate")):
            yield DatedFact(kind="application", date=day, registered=day, said=f"{name} submitted")
        if day := _day(application.get("decisionDate")):
            yield DatedFact(kind="decision", date=day, registered=day, said=f"{name} decided")
        for decision in _objects(application, "decisions"):
            day, country, word = _day(decision.get("decisionDate")), _country(decision), decision.get("decision")
            if day and country and isinstance(word, str):
                words_ = clean(word).replace("_", " ")
                yield DatedFact(kind="decision", date=day, registered=day, country=country, said=f"{name}: {words_}")


def _name(application: Mapping[str, Any]) -> str:
    """``Substantial modification SM-1``."""
    kind, key = (application.get(part) for part in ("type", "businessKey"))
    known = words.APPLICATIONS.get(kind, clean(kind)) if isinstance(kind, str) else "Application"
    return " ".join(filter(None, (known, clean(key) if isinstance(key, str) and key != "IN" else None)))


def _notices(said: Mapping[str, Any]) -> Iterator[tuple[str, DatedFact]]:
    """What sponsors notified, with the kind of the period that says the same."""
    events = said.get("events")
    told = events if isinstance(events, dict) else {}
    for list_, type_ in GRAVE.items():
        for event in grave(told.get(list_), type_):
            if day := _day(event.date):
                yield "", DatedFact(kind="notice", date=day, country=event.country, said=_worded(event.type))
    lists = [(state, "events") for state in _objects(told, "trialEvents")]
    lists += [(state, "mscNotificationsListInfo") for state in _objects(said, "mscTrialNotificationsInfoList")]
    for state, key in lists:
        country = _country(state)
        for notice in _objects(state, key):
            given, day = notice.get("notificationType"), _day(notice.get("date"))
            if isinstance(given, str) and day:
                kind = words.NOTICES.get(given, clean(given))
                sent = _day(notice.get("submitDate"))
                fact = DatedFact(kind="notice", date=day, registered=sent, country=country, said=_worded(kind))
                yield _BEGINNINGS.get(kind, ""), fact


def _worded(kind: str) -> str:
    """``END_OF_RECRUITMENT`` as a notice reads."""
    return f"{kind.replace('_', ' ').capitalize()} notified"


def _country(entry: Mapping[str, Any]) -> str | None:
    named = entry.get("mscName") or entry.get("countryName")
    return clean(named) if isinstance(named, str) else None


def _objects(within: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    found = within.get(key)
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []


def _inner(entries: Iterable[Mapping[str, Any]], key: str) -> Iterator[dict[str, Any]]:
    for entry in entries:
        found = entry.get(key)
        if isinstance(found, dict):
            yield found


def _day(given: object) -> date | None:
    """The day of ``2024-04-24T15:14:58.509`` or ``2024-04-24``."""
    try:
        return date.fromisoformat(given[:10]) if isinstance(given, str) else None
    except ValueError:
        return None
