"""The duties of one trial over all its registrations: what is asked for in which register, and how it stands there on a day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

import msgspec

from tracker.duties import DUTIES, NotJudged, ResultsDuty, facts, has_results, judgements
from tracker.model.dates import RegistryDate
from tracker.model.details import DutyLaw
from tracker.model.ids import split_key
from tracker.model.record import CountryStatus, Eligibility, TrialRecord

NOTICE = dt.timedelta(days=30)
"""Results are called due this long before the day."""

DutyState = Literal["posted", "submitted", "returned", "overdue", "grace", "due", "ahead", "projected", "not_judged", "unknown"]
"""How a duty stands in a register: ``returned`` awaits the sponsor, ``grace`` is past the day and not called overdue yet,
``projected`` follows from a planned end, ``not_judged`` is named only, ``unknown`` where the record there is not held."""

_BY_COUNTRY = "euctr"
"""The register that keeps a record for each country of a trial."""


class RegisteredTrial(msgspec.Struct, frozen=True, kw_only=True):
    """A trial in one register: its key, the register's title, its record where one is held.

    ``results_state`` stands in for the record's where none is held. ``duties`` are the rules its records are judged by.
    """

    trial: str
    registry: str
    record: TrialRecord | None = None
    results_state: str | None = None
    duties: frozenset[str] = frozenset()

    @property
    def number(self) -> str:
        """The trial's number in the register."""
        return split_key(self.trial).number

    @property
    def results(self) -> str | None:
        """Where results stand in the register; None where that is not known."""
        if self.record is None:
            return self.results_state
        return "POSTED" if has_results(self.record) else self.record.results_state or "NONE_POSTED"


class RegistrationDuty(msgspec.Struct, frozen=True, kw_only=True):
    """What one law asks for in one register, and how that stands: an estimate with its reasons, never a legal finding."""

    trial: str
    registry: str
    number: str
    law: DutyLaw
    state: DutyState
    due: dt.date | None
    reasons: tuple[str, ...]
    source: str


class Presence(msgspec.Struct, frozen=True, kw_only=True):
    """In which registers of a trial results are, by title: posted, on their way there, missing, or not known."""

    posted: tuple[str, ...] = ()
    under_way: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def presence(registrations: Sequence[RegisteredTrial]) -> Presence:
    """Where results of a trial are, register by register; one of several records in a register suffices."""
    found: dict[str, set[str | None]] = {}
    for one in registrations:
        found.setdefault(one.registry, set()).add(one.results)
    posted = tuple(title for title, states in found.items() if "POSTED" in states)
    under_way = tuple(title for title, states in found.items() if title not in posted and states & {"SUBMITTED", "RETURNED"})
    unknown = tuple(title for title, states in found.items() if states == {None})
    missing = tuple(title for title in found if title not in (*posted, *under_way, *unknown))
    return Presence(posted=posted, under_way=under_way, missing=missing, unknown=unknown)


def over_registrations(registrations: Sequence[RegisteredTrial], day: dt.date) -> tuple[RegistrationDuty, ...]:
    """What each law asks for in each register of a trial, by register in the order given."""
    joined = _without_moved(_joined(registrations))
    judged = [(one, _judged(one)) for one in joined]
    everywhere = [
        duty
        for _, duties in judged
        for duty in duties
        if isinstance(duty, ResultsDuty) and duty.law and DUTIES[duty.law.rule].each_registry
    ]
    return tuple(row for one, duties in judged for row in _rows(one, [*duties, *_carried(everywhere, duties)], day))


def state_of(duty: ResultsDuty, results: str | None, day: dt.date) -> DutyState:
    """How a duty stands on a day, by where results stand: what is posted, submitted or returned is never overdue."""
    match results:
        case "POSTED":
            return "posted"
        case "SUBMITTED":
            return "submitted"
        case "RETURNED":
            return "returned"
        case None:
            return "unknown"
    if duty.projected:
        return "projected"
    if day < duty.due - NOTICE:
        return "ahead"
    if day <= duty.due:
        return "due"
    return "grace" if day <= duty.due + duty.grace else "overdue"


def _judged(one: RegisteredTrial) -> tuple[ResultsDuty | NotJudged, ...]:
    """What binds or would bind in one register; where its own law is not judged, no other is judged there either."""
    found = judgements(one.record, one.duties) if one.record else ()
    not_judged = next((duty for duty in found if isinstance(duty, NotJudged)), None)
    if not_judged:
        return (not_judged,)
    return tuple(
        duty for duty in found if isinstance(duty, ResultsDuty) and (duty.legal or duty.projected or duty.good_practice)
    )


def _carried(everywhere: Sequence[ResultsDuty], own: Sequence[ResultsDuty | NotJudged]) -> Iterator[ResultsDuty]:
    """Duties of the trial that hold in each register: those that this register's own record does not show."""
    known = {duty.law.rule for duty in own if duty.law}
    if any(isinstance(duty, NotJudged) for duty in own):
        return
    for duty in everywhere:
        if duty.law and duty.law.rule not in known:
            known.add(duty.law.rule)
            yield duty


def _rows(one: RegisteredTrial, duties: Sequence[ResultsDuty | NotJudged], day: dt.date) -> Iterator[RegistrationDuty]:
    for duty in duties:
        if duty.law is None or day < DUTIES[duty.law.rule].valid_from:
            continue
        judged = isinstance(duty, ResultsDuty)
        yield RegistrationDuty(
            trial=one.trial,
            registry=one.registry,
            number=one.number,
            law=duty.law,
            state=state_of(duty, one.results, day) if isinstance(duty, ResultsDuty) else _unjudged(one.results),
            due=duty.due if judged and isinstance(duty, ResultsDuty) else None,
            reasons=duty.reasons,
            source=DUTIES[duty.law.rule].source,
        )


def _unjudged(results: str | None) -> DutyState:
    return "posted" if results == "POSTED" else "not_judged"


def _without_moved(registrations: Sequence[RegisteredTrial]) -> list[RegisteredTrial]:
    """Without the older EU register where the trial went on in EU CTIS: its duty went with it."""
    moved = any(one.record and facts.was_moved(one.record) for one in registrations)
    return [one for one in registrations if not (moved and split_key(one.trial).source == _BY_COUNTRY)]


def _joined(registrations: Sequence[RegisteredTrial]) -> list[RegisteredTrial]:
    """The registrations, with the records of one trial's countries as one: the duty counts from the latest global end."""
    by_country = [one for one in registrations if split_key(one.trial).source == _BY_COUNTRY and one.record]
    if len(by_country) < 2:
        return list(registrations)
    first = by_country[0]
    whole = msgspec.structs.replace(first, record=_whole([one.record for one in by_country if one.record]))
    return [whole if one is first else one for one in registrations if one is first or one not in by_country]


def _whole(records: Sequence[TrialRecord]) -> TrialRecord:
    """One record of all countries: the latest actual end, each country's status, everyone who can take part."""
    ends = [one.completion_date for one in records if one.completion_date and one.completion_date.type == "ACTUAL"]
    states = tuple(state for one in records for state in one.country_status or _own_state(one))
    ages = tuple(dict.fromkeys(age for one in records if one.eligibility for age in one.eligibility.std_ages or ()))
    rest: Mapping[str, object] = {key: value for one in records for key, value in one.rest.items()}
    posted = next((one for one in records if has_results(one)), None)
    return msgspec.structs.replace(
        records[0],
        completion_date=max(ends, key=_last, default=records[0].completion_date),
        country_status=states or None,
        phases=tuple(dict.fromkeys(phase for one in records for phase in one.phases or ())) or None,
        eligibility=Eligibility(std_ages=ages) if ages else records[0].eligibility,
        results_state="POSTED" if posted else records[0].results_state,
        rest=dict(rest),
    )


def _own_state(record: TrialRecord) -> tuple[CountryStatus, ...]:
    country = next(iter(record.countries or ()), split_key(record.trial).number[-2:])
    return (CountryStatus(country=country, status=record.recruitment_status, as_given=record.recruitment_status_as_given),)


def _last(date: RegistryDate) -> dt.date:
    return date.last or dt.date.min
