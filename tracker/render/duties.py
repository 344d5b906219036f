"""Duties to post results in words: by which laws, and how each stands in each register of a trial."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tracker.duties.registrations import DutyState, Presence, RegistrationDuty
from tracker.model.details import DueDetails, ResultsDueDetails
from tracker.render import times
from tracker.render.phrases import listed
from tracker.render.safe_text import one_line
from tracker.render.vocabulary import first_capital

_STANDS: dict[DutyState, str] = {
    "posted": "results posted",
    "submitted": "results submitted and under review; due by {}",
    "returned": "results returned for correction, which awaits the sponsor; due by {}",
    "overdue": "results overdue since {}",
    "grace": "no results yet; due by {}",
    "due": "results due by {}",
    "ahead": "results due by {}",
    "projected": "results projected to be due by {}, if the trial ends as planned",
    "not_judged": "not judged",
    "unknown": "results due by {}; the record there is not held, so where they stand is not known",
}


def laws(details: DueDetails) -> list[str]:
    """The laws that ask for results by a day, each with its article."""
    return [f"{law.title} ({law.law})" for law in details.laws] if isinstance(details, ResultsDueDetails) else []


def lines(duties: Sequence[RegistrationDuty], where: Presence) -> Iterator[str]:
    """A line for each duty in each register, and one on where results are where registers differ."""
    if said := presence(where):
        yield said
    yield from (line(duty) for duty in duties)


def presence(where: Presence) -> str:
    """In which registers results are and in which they are missing, where registers differ."""
    if not (where.posted and where.missing):
        return ""
    return f"Results are on {listed(where.posted)}, missing on {listed(where.missing)}"


def line(duty: RegistrationDuty) -> str:
    """One duty in one register: an estimate, with its law."""
    day = times.plain_day(duty.due) if duty.due else ""
    stands = _STANDS[duty.state].format(day)
    sure = "likely" if duty.law.likely else "estimate"
    why = f": {duty.reasons[0]}" if duty.state == "not_judged" and duty.reasons else ""
    return one_line(f"{duty.registry} {duty.number}: {stands} ({duty.law.title}, {sure}){why}", 300)


def because(duty: RegistrationDuty) -> str:
    """The reasons of a duty in one line."""
    return one_line(first_capital("; ".join(times.restyled(reason) for reason in duty.reasons)), 600)
