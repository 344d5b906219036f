"""What a rule of the table is: a law as data, with the two pure functions that hold it against a record."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Literal

import msgspec

from tracker.duties.results import NOT_ACTUAL, POSTING, Expected, NotJudged, ResultsDuty
from tracker.model.details import DutyLaw
from tracker.model.record import TrialRecord

Outcome = Literal["applies", "does_not", "not_judged"]


class Applies(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a law asks for results of a trial, with the reasons; ``not_judged`` where the record does not let us say."""

    outcome: Outcome
    reasons: tuple[str, ...]


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """A law that asks for results.

    ``title`` is its name for people, ``law`` the law with its articles, ``binds`` and ``counts`` say in a sentence each of whom
    it asks results and by when, ``source`` where that can be read. It holds for trials that ended on ``valid_from`` or later;
    by then results are not called overdue until ``grace`` is over. ``likely``: what decides is in part not public. ``notes``
    stand with the reasons. ``home``: it is the law of its registry, ``practice``: by whose day results are expected there even
    where it does not bind. ``binding`` is no for a standard of good practice. ``each_registry``: results are asked for in each
    register that a trial stands in. ``reads`` are the record's fields that can decide it.
    """

    id: str
    title: str
    law: str
    binds: str
    counts: str
    source: str
    valid_from: dt.date
    applies: Callable[[TrialRecord, Expected], Applies]
    clock: Callable[[TrialRecord], Expected | None]
    reads: frozenset[str]
    grace: dt.timedelta = POSTING
    notes: tuple[str, ...] = ()
    home: bool = False
    practice: bool = False
    binding: bool = True
    likely: bool = False
    each_registry: bool = False

    @property
    def named(self) -> DutyLaw:
        """The law as events and lists name it."""
        return DutyLaw(rule=self.id, title=self.title, law=self.law, likely=self.likely)


def judge(rule: Rule, record: TrialRecord) -> ResultsDuty | NotJudged | None:
    """A rule held against a record; None where it has nothing to say.

    An estimated end may be long out of date: no duty is said to be broken on its word.
    """
    expected = rule.clock(record)
    if expected is None or expected.end < rule.valid_from:
        return None
    found = rule.applies(record, expected)
    if found.outcome == "not_judged":
        return NotJudged(law=rule.named, reasons=found.reasons)
    binds = found.outcome == "applies"
    why = found.reasons if not binds or expected.actual or not rule.binding else (*found.reasons, NOT_ACTUAL)
    return ResultsDuty(
        due=expected.due,
        legal=binds and expected.actual and rule.binding,
        counted_from=expected.counted_from,
        reasons=(*expected.reasons, *why, *(rule.notes if binds else ())),
        law=rule.named,
        projected=binds and not expected.actual,
        by_practice=rule.practice,
        good_practice=binds and not rule.binding,
        grace=rule.grace,
    )
