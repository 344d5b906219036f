"""The duty to post results by FDAAA 801 (42 CFR 11), for what is probably an applicable clinical trial.

An estimate from the public record, with its reasons. What the record does not show (good cause extensions, trials under an
IND without a site in the US, secondary outcomes that end later) is not known here, so nothing of this is a legal finding.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tracker.duties.results import FINAL_RULE, Expected, last_day
from tracker.duties.rule import Applies
from tracker.model.record import TrialRecord

_PHASES = frozenset({"PHASE2", "PHASE3", "PHASE4", "NA"})
_PRODUCTS = frozenset(
    {"BIOLOGICAL", "DRUG", "DEVICE", "GENETIC", "RADIATION", "COMBINATION_PRODUCT", "DIAGNOSTIC_TEST"},
)
_UNITED_STATES = frozenset(
    {
        "United States",
        "Puerto Rico",
        "Guam",
        "American Samoa",
        "Northern Mariana Islands",
        "Virgin Islands (U.S.)",
        "U.S. Virgin Islands",
    }
)


class _Condition(NamedTuple):
    """One condition of an applicable clinical trial: whether the record meets it, and what it says."""

    met: bool
    says: str


def applies(record: TrialRecord, _expected: Expected) -> Applies:
    """Whether the trial is probably an applicable clinical trial: the reasons, or the first one why not."""
    return _met(_conditions(record))


def _met(conditions: Sequence[_Condition]) -> Applies:
    missed = next((condition for condition in conditions if not condition.met), None)
    if missed:
        return Applies(outcome="does_not", reasons=(f"no legal duty recognised: {missed.says}",))
    return Applies(outcome="applies", reasons=tuple(condition.says for condition in conditions))


def _conditions(record: TrialRecord) -> tuple[_Condition, ...]:
    start = last_day(record.start_date)
    stated = record.start_date.date if record.start_date else ""
    common = (_phase(record), _purpose(record), _in_reach(record))
    if start is None:
        return (_Condition(False, "no start date is given"),)
    if start >= FINAL_RULE:
        return (_Condition(True, f"interventional, started {stated}"), *common, _regulated(record))
    return (
        _Condition(True, f"interventional, started {stated}, still under way on {FINAL_RULE.isoformat()}"),
        *common,
        _product(record),
        _not_unregulated(record),
    )


def _phase(record: TrialRecord) -> _Condition:
    phases = record.phases or ()
    names = "/".join(phase.removeprefix("PHASE") for phase in phases)
    if not phases:
        return _Condition(False, "no phase is stated")
    if not _PHASES & set(phases):
        return _Condition(False, "phase 1 or earlier")
    return _Condition(True, "phase not applicable" if names == "NA" else f"phase {names}")


def _purpose(record: TrialRecord) -> _Condition:
    feasibility = record.primary_purpose == "DEVICE_FEASIBILITY"
    return _Condition(not feasibility, "a study of a device's feasibility" if feasibility else "not a feasibility study")


def _in_reach(record: TrialRecord) -> _Condition:
    countries = {*(record.countries or ()), *(site.country for site in record.sites or ())}
    if countries & _UNITED_STATES:
        return _Condition(True, "a site in the United States")
    if record.oversight and record.oversight.us_export:
        return _Condition(True, "a product exported from the United States")
    return _Condition(False, "no site in the United States and no export from there")


def _regulated(record: TrialRecord) -> _Condition:
    oversight = record.oversight
    if oversight and oversight.fda_drug:
        return _Condition(True, "studies an FDA-regulated drug")
    if oversight and oversight.fda_device:
        return _Condition(True, "studies an FDA-regulated device")
    return _Condition(False, "not stated to study an FDA-regulated drug or device")


def _product(record: TrialRecord) -> _Condition:
    found = sorted({entry.type for entry in record.interventions or () if entry.type} & _PRODUCTS)
    if not found:
        return _Condition(False, "no drug, biological or device among the interventions")
    return _Condition(True, "studies a " + found[0].replace("_", " ").lower())


def _not_unregulated(record: TrialRecord) -> _Condition:
    """Records of older trials often leave out whether the FDA regulates the product; only a plain no counts."""
    stated = (record.oversight.fda_drug, record.oversight.fda_device) if record.oversight else (None, None)
    denied = False in stated and True not in stated
    return _Condition(not denied, "stated as not FDA-regulated" if denied else "not stated as outside FDA regulation")
