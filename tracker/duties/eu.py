"""The duties of the European Union: summaries of results in EU CTIS, and before it in the EU Clinical Trials Register."""

from __future__ import annotations

from tracker.duties import facts
from tracker.duties.results import Expected, after, expects_results, last_day
from tracker.duties.rule import Applies
from tracker.model.dates import RegistryDate
from tracker.model.record import TrialRecord

_CATEGORY_1 = (
    "category 1 (phase 1, bioequivalence): the register may show its results later than they were sent, so it is not judged"
)
_EXEMPT = "phase 1 in adults outside a paediatric investigation plan: its results are not made public there"


def ctr_clock(record: TrialRecord) -> Expected | None:
    """A year after the end in all member states concerned; six months for a paediatric trial."""
    end = facts.end_in_member_states(record)
    if end is not None:
        return _after_end(record, "end_of_trial", end)
    return _after_end(record, "completion_date", record.completion_date)


def eudract_clock(record: TrialRecord) -> Expected | None:
    """A year after the latest global end; six months for a paediatric trial."""
    return _after_end(record, "completion_date", record.completion_date)


def ctr_applies(record: TrialRecord, expected: Expected) -> Applies:
    """Every trial that was authorised; those of category 1 and those whose countries disagree are not judged."""
    category = facts.category(record)
    if category == "1" or (not category and facts.is_phase_1_alone(record)):
        return Applies(outcome="not_judged", reasons=(_CATEGORY_1,))
    if said := _disagreement(record, expected):
        return Applies(outcome="not_judged", reasons=(said,))
    return Applies(outcome="applies", reasons=("authorised by Regulation (EU) No 536/2014",))


def eudract_applies(record: TrialRecord, expected: Expected) -> Applies:
    """Every trial but phase 1 in adults and what went on in EU CTIS; those whose countries disagree are not judged."""
    if facts.has_moved_to_ctis(record):
        return Applies(outcome="does_not", reasons=("no legal duty recognised: the trial went on in EU CTIS",))
    if facts.is_phase_1_alone(record) and not facts.takes_children(record) and not facts.in_paediatric_plan(record):
        return Applies(outcome="not_judged", reasons=(_EXEMPT,))
    if said := _disagreement(record, expected):
        return Applies(outcome="not_judged", reasons=(said,))
    return Applies(outcome="applies", reasons=("authorised by Directive 2001/20/EC",))


def _after_end(record: TrialRecord, field: str, end: RegistryDate | None) -> Expected | None:
    day = last_day(end)
    if end is None or day is None or not expects_results(record):
        return None
    paediatric = []
    if facts.takes_children(record):
        paediatric.append("people under 18 can take part")
    if facts.in_paediatric_plan(record):
        paediatric.append("part of a paediatric investigation plan")
    return after(field, end, day, months=6 if paediatric else 12, also=tuple(paediatric))


def _disagreement(record: TrialRecord, expected: Expected) -> str:
    """Where an end is stated and countries say otherwise: what they say."""
    if not expected.actual:
        return ""
    ended, under_way = facts.ended_and_not(record)
    if not under_way:
        return ""
    so_far = f"ended in {', '.join(ended)} but " if ended else ""
    stated = expected.counted_from.date
    return f"an end on {stated} is stated, yet by its countries the trial has {so_far}not ended in {', '.join(under_way)}"
