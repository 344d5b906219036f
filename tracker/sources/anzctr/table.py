"""A row of a table that was made from the registry's XML (2020): number, dates, status, sizes and a few words of each trial."""

from __future__ import annotations

import csv
import io
from typing import Final

from tracker.extract import who
from tracker.extract.read_log import ReadLog
from tracker.extract.saved_record import day_of, kept, status_of, value_of
from tracker.model.record import Eligibility, Enrollment, TrialRecord
from tracker.model.source import Document, Parsed
from tracker.sources.anzctr.words import STATUSES

_COLUMNS: Final = frozenset({"number", "submitted", "approved", "update", "study_status"})
_KEPT: Final = ("submitted", "intervention_code", "end_date", "pub", "age_min", "age_max", "funding")
"""Columns that do not say what exactly they hold (which end, which unit), or that a record does not model."""


def is_table(opening: bytes) -> bool:
    """Whether a file begins with the header of such a table."""
    line = opening.removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0]
    return {name.strip().strip('"') for name in line.decode("utf-8", "replace").split(",")} >= _COLUMNS


def only_row(body: bytes) -> dict[str, str] | None:
    """The one row under the header, by the names of its columns; None for several and for one that does not fit."""
    try:
        rows = [row for row in csv.reader(io.StringIO(body.decode("utf-8-sig"), newline="")) if any(map(str.strip, row))]
    except (UnicodeDecodeError, csv.Error):
        return None
    if len(rows) != 2 or len(rows[0]) != len(rows[1]):
        return None
    return {name.strip(): cell.strip() for name, cell in zip(*rows, strict=True)}


def parsed(document: Document, row: dict[str, str]) -> Parsed:
    """The record of one trial. The table has no titles."""
    log = ReadLog({})
    row = dict(row)
    row.pop("number", None)
    status, given = status_of(log, "study_status", row.pop("study_status", ""), STATUSES)
    condition = row.pop("condition", "")
    sex = value_of(log, "gender", row.pop("gender", ""), who.sex)
    record = TrialRecord(
        trial=document.trial,
        recruitment_status=status,
        recruitment_status_as_given=given,
        first_posted=day_of(log, "approved", row.pop("approved", "")),
        last_update_posted=day_of(log, "update", row.pop("update", "")),
        start_date=day_of(log, "start_anticipated", row.pop("start_anticipated", ""), "ESTIMATED"),
        conditions=None if who.says_nothing(condition) else (condition,),
        phases=value_of(log, "phase", row.pop("phase", ""), who.phases),
        enrollment=_enrollment(log, row),
        eligibility=Eligibility(sex=sex) if sex else None,
    )
    for name, cell in row.items():
        if name not in _KEPT and cell:
            log.note("unknown_field", name, cell)
        kept(log, name, cell)
    return log.parsed(record)


def _enrollment(log: ReadLog, row: dict[str, str]) -> Enrollment | None:
    planned = value_of(log, "samplesize_target", row.pop("samplesize_target", ""), lambda text: who.size(text, "ESTIMATED"))
    actual = value_of(log, "samplesize_actual", row.pop("samplesize_actual", ""), lambda text: who.size(text, "ACTUAL"))
    if planned and actual:
        log.keep("samplesize_target", planned.count)
    return actual or planned
