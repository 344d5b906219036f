"""Real updates that a public collection noted, read by number: both records and the day of the later one."""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from tests.acceptance.test_pairs import _bytes, _day, _record
from tracker.model.record import TrialRecord


class CasePair(NamedTuple):
    """One update: the record before and after, and the day of the record after."""

    old: TrialRecord
    new: TrialRecord
    at: datetime


def case_pair(cases: Path, number: str) -> CasePair:
    """The update of that number; ``cases`` is the folder that the fixture of that name gives."""
    with (cases / "pairs" / "index.csv").open(newline="", encoding="utf-8") as index:
        [row] = [row for row in csv.DictReader(index) if row["no"] == number]
    days = [_day(Path(row[side]).name.split(".")[0]) for side in ("old", "new")]
    old, new = (_record(_bytes(cases / row[side]), row["nct"], day) for side, day in zip(("old", "new"), days, strict=True))
    return CasePair(old, new, days[1])
