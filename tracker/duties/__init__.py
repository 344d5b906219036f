"""Duties to post results that follow from a record, apart from change kinds: a table of rules, each an estimate.

A source names the duties that its records can be judged by (`SourceInfo.duties`). To add one, write a `Rule` with its two pure
functions into the table (`tracker.duties.rules`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tracker.duties.results import Expected, NotJudged, ResultsDuty, has_results, results_expected
from tracker.duties.rule import Rule, judge
from tracker.duties.rules import DUTIES, GOOD_PRACTICE
from tracker.model.record import TrialRecord


def judgements(record: TrialRecord, names: Iterable[str]) -> tuple[ResultsDuty | NotJudged, ...]:
    """What each of the rules named says of a trial, in the order of their names; nothing of one that has nothing to say."""
    found = (judge(DUTIES[name], record) for name in sorted(names))
    return tuple(one for one in found if one is not None)


def duties_of(record: TrialRecord, names: Iterable[str]) -> tuple[ResultsDuty, ...]:
    """What is due of a trial by the rules named: legal duties, else what its registry expects, then good practice.

    Nothing is due of a trial that its registry's own law does not let us judge.
    """
    rules = [DUTIES[name] for name in names]
    found = judgements(record, (rule.id for rule in rules))
    if any(isinstance(one, NotJudged) for one in found):
        return ()
    judged = [one for one in found if isinstance(one, ResultsDuty)]
    legal = sorted((duty for duty in judged if duty.legal), key=lambda duty: duty.due)
    good = tuple(duty for duty in judged if duty.good_practice)
    return (*(legal or _expected(record, judged, rules)), *good)


def _expected(record: TrialRecord, judged: Iterable[ResultsDuty], rules: Sequence[Rule]) -> list[ResultsDuty]:
    """What is expected without a legal duty: by the law of the registry's own, where there is one, else by practice."""
    home = [duty for duty in judged if duty.law and DUTIES[duty.law.rule].home]
    if home:
        return [duty for duty in home[:1] if duty.by_practice or duty.projected]
    expected = None if any(rule.home for rule in rules) else results_expected(record)
    return [_practice(expected, looked=bool(rules))] if expected else []


def _practice(expected: Expected, *, looked: bool) -> ResultsDuty:
    none = "no legal duty recognised" if looked else "no legal duty was looked for: none is known of this registry's records"
    return ResultsDuty(
        due=expected.due, legal=False, counted_from=expected.counted_from, reasons=(*expected.reasons, none), by_practice=True
    )


__all__ = [
    "DUTIES",
    "GOOD_PRACTICE",
    "NotJudged",
    "ResultsDuty",
    "Rule",
    "duties_of",
    "has_results",
    "judgements",
    "results_expected",
]
