"""When results are due, and whether a legal duty probably stands behind it (FDAAA 801, 42 CFR 11).

An estimate from the public record, with its reasons. What the record does not show (good cause extensions, trials under an
IND without a site in the US, secondary outcomes that end later) is not known here, so nothing of this is a legal finding.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple

import msgspec

from tracker.model.dates import RegistryDate
from tracker.model.record import TrialRecord

FINAL_RULE = dt.date(2017, 1, 18)
"""42 CFR 11 took effect. What was completed before is held to no deadline here."""

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
_LAST_YEAR = 9000
"""Years beyond are slips of the keyboard, and a year later would be no date at all."""


class ResultsDuty(msgspec.Struct, frozen=True, kw_only=True):
    """The day results are due at the latest. ``legal`` says whether a legal duty to post them by then probably applies.

    ``counted_from`` names the date the day follows from: ``field``, ``date``, ``type`` and the ``years`` between.
    """

    due: dt.date
    legal: bool
    counted_from: dict[str, Any]
    reasons: tuple[str, ...]


def results_duty(record: TrialRecord) -> ResultsDuty | None:
    """When results of an interventional trial are due; None where nothing is expected or the record has no usable date."""
    if record.study_type != "INTERVENTIONAL" or record.recruitment_status == "WITHDRAWN" or record.results_waived:
        return None
    field = next((name for name in ("primary_completion_date", "completion_date") if last_day(getattr(record, name))), None)
    if field is None:
        return None
    stated: RegistryDate = getattr(record, field)
    end = last_day(stated)
    if end is None or end < FINAL_RULE:
        return None
    applicable, why = _applicable(record)
    due, counted_from, counted = _due(record, field, stated, end)
    # An estimated end may be long out of date: no duty is said to be broken on its word.
    legal = applicable and stated.type == "ACTUAL"
    doubt = () if legal or not applicable else ("no legal duty is reckoned with while that date is not actual",)
    return ResultsDuty(due=due, legal=legal, counted_from=counted_from, reasons=(*counted, *why, *doubt))


def last_day(date: RegistryDate | None) -> dt.date | None:
    """The latest day a date can mean; None where there is none that can be reckoned with."""
    day = date.last if date else None
    return day if day and day.year < _LAST_YEAR else None


def years_later(day: dt.date, years: int) -> dt.date:
    """The same day some years on; 29 February becomes 28 February where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def milestone(field: str) -> str:
    """A milestone's name inside a sentence."""
    return field.removesuffix("_date").replace("_", " ")


def _due(
    record: TrialRecord, field: str, stated: RegistryDate, end: dt.date
) -> tuple[dt.date, dict[str, Any], tuple[str, ...]]:
    """The due day, what it is counted from, and that in words."""
    due = years_later(end, 1)
    counted_from = {"field": field, "date": stated.date, "type": stated.type, "years": 1}
    reasons = [f"{milestone(field)} {stated.date} ({(stated.type or 'not said whether actual').lower()}) plus one year"]
    if field == "completion_date":
        reasons.append("no primary completion date is given")
    certified = last_day(record.delay_certified_on)
    if certified is None or record.delay_certified_on is None:
        return due, counted_from, tuple(reasons)
    text = record.delay_certified_on.date
    if certified > due:
        return due, counted_from, (*reasons, f"the certification of delay of {text} came after the due date")
    later = years_later(certified, 2)
    if later <= due:
        return due, counted_from, tuple(reasons)
    return (
        later,
        {"field": "delay_certified_on", "date": text, "type": None, "years": 2},
        (f"delay certified on {text}: at most two years after it", *reasons),
    )


class _Condition(NamedTuple):
    """One condition of an applicable clinical trial: whether the record meets it, and what it says."""

    met: bool
    says: str


def _applicable(record: TrialRecord) -> tuple[bool, tuple[str, ...]]:
    """Whether the trial is probably an applicable clinical trial: the reasons, or the first one why it is not."""
    if not record.trial.startswith("ctgov:"):
        return False, ("no legal duty was looked for: not a record of ClinicalTrials.gov",)
    conditions = _conditions(record)
    missed = next((condition for condition in conditions if not condition.met), None)
    if missed:
        return False, (f"no legal duty recognised: {missed.says}",)
    return True, tuple(condition.says for condition in conditions)


def _conditions(record: TrialRecord) -> tuple[_Condition, ...]:
    start = last_day(record.start_date)
    stated = record.start_date.date if record.start_date else ""
    common = (_phase(record), _purpose(record), _place(record))
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


def _place(record: TrialRecord) -> _Condition:
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
