"""What sponsors applied for and notified: applications, starts and ends, halts, breaches and safety measures."""

from __future__ import annotations

from collections.abc import Iterable

from tracker.extract.json_reader import JsonReader
from tracker.model.record import RegulatoryEvent
from tracker.sources.ctis import words

GRAVE = {
    "temporaryHaltList": "TEMPORARY_HALT",
    "unexpectedEvents": "UNEXPECTED_EVENT",
    "seriousBreaches": "SERIOUS_BREACH",
    "urgentSafetyMeasures": "URGENT_SAFETY_MEASURE",
}
_GRAVE_DATES = ("date", "startDate", "haltDate", "eventDate", "dateOfEvent", "submissionDate", "submitDate", "publishDate")
_GRAVE_COUNTRIES = ("mscName", "countryName", "country")


def regulatory_events(reader: JsonReader) -> tuple[RegulatoryEvent, ...] | None:
    """All of them, in the portal's order; None where the record holds none."""
    found: list[RegulatoryEvent] = []
    for key in ("applicationInfo", "applications"):
        found += [event for application in reader.children(key) for event in _application(application)]
    if events := reader.child("events"):
        found += _notices(events, "trialEvents", "events")
        for key, kind in GRAVE.items():
            found += grave(events.peek(key), kind)
        events.close()
    found += _notices(reader, "mscTrialNotificationsInfoList", "mscNotificationsListInfo")
    found += grave(reader.peek("correctiveMeasures"), "CORRECTIVE_MEASURE")
    return tuple(dict.fromkeys(found)) or None


def _application(application: JsonReader) -> Iterable[RegulatoryEvent]:
    """What was applied for, by its key at the portal (IN, SM-2, NSM-1, AM-1), when, and when it was decided."""
    key, kind = application.text("businessKey"), application.coded("type", words.APPLICATIONS)
    scope = application.coded("modScope", words.SCOPES)
    submitted, decided = application.day("submissionDate"), application.day("decisionDate")
    application.close(key)
    name = " ".join(filter(None, (kind, key if key != "IN" else None, scope)))
    if submitted:
        yield RegulatoryEvent(type=f"{name} submitted", date=submitted)
    if decided:
        yield RegulatoryEvent(type=f"{name} decided", date=decided)


def _notices(reader: JsonReader, key: str, inner: str) -> Iterable[RegulatoryEvent]:
    """What sponsors notified in each member state: start and end of the trial and of recruitment."""
    for state in reader.children(key):
        country = state.text("mscName")
        for notice in state.children(inner):
            kind, day = notice.coded("notificationType", words.NOTICES), notice.day("date")
            notice.close(kind, day)
            if kind:
                yield RegulatoryEvent(type=kind, date=day, country=country)
        state.close(country)


def grave(entries: object, kind: str) -> Iterable[RegulatoryEvent]:
    """Halts, breaches and the like: what and, as far as the entry says it under a known name, when and where."""
    for entry in entries if isinstance(entries, list) else ():
        said = entry if isinstance(entry, dict) else {}
        day = next((said[name][:10] for name in _GRAVE_DATES if isinstance(said.get(name), str)), None)
        country = next((said[name] for name in _GRAVE_COUNTRIES if isinstance(said.get(name), str)), None)
        yield RegulatoryEvent(type=kind, date=day, country=country)
