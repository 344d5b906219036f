"""Legal duties that follow from a record, apart from change kinds: one module a duty, each an estimate with its reasons.

A source names the duties that its records can be judged by (`SourceInfo.duties`). To add one, write a module with a function
of the shape of `Judge` and name it in `DUTIES`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from tracker.duties import fdaaa
from tracker.duties.results import Expected, ResultsDuty, results_expected
from tracker.model.record import TrialRecord

Judge = Callable[[TrialRecord, Expected], ResultsDuty]

DUTIES: Mapping[str, Judge] = MappingProxyType({"fdaaa_801": fdaaa.judge})
"""The duties there are, by the name that sources give them."""


def duties_of(record: TrialRecord, names: Iterable[str]) -> tuple[ResultsDuty, ...]:
    """What is due of a trial by the duties named, those that probably apply first; without any, registry practice."""
    expected = results_expected(record)
    if expected is None:
        return ()
    judged = [DUTIES[name](record, expected) for name in sorted(names)]
    return tuple(sorted(judged, key=lambda duty: (not duty.legal, duty.due))) or (_practice(expected),)


def _practice(expected: Expected) -> ResultsDuty:
    reasons = (*expected.reasons, "no legal duty was looked for: none is known of this registry's records")
    return ResultsDuty(due=expected.due, legal=False, counted_from=expected.counted_from, reasons=reasons)


__all__ = ["DUTIES", "Judge", "ResultsDuty", "duties_of"]
