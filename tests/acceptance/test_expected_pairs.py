"""Real records on two dates: which kinds and effects each pair tells, row by row as a person read and agreed to them.

``expected_pairs.csv`` holds no text of any record. A kind's effects stand in the place of the kind, joined by ``+``.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.test_pairs import _bytes, _day, _detected, _record
from tests.builders import detected
from tracker.events import Detected

pytestmark = pytest.mark.real_data

FILE = Path(__file__).with_name("expected_pairs.csv")
COLUMNS = ("trial", "before", "after", "kinds", "effects")


def _row(trial: str, before: Path, after: Path, found: Detected) -> dict[str, Any]:
    events = sorted(found.events, key=lambda event: event.kind)
    return {
        "trial": trial,
        "before": before.name.split(".")[0],
        "after": after.name.split(".")[0],
        "kinds": ";".join(event.kind for event in events),
        "effects": ";".join("+".join(event.effects) for event in events),
    }


def _rows(real_data: Path) -> Iterator[dict[str, Any]]:
    folder = real_data / "ctgov"
    with (folder / "pairs" / "index.csv").open(newline="", encoding="utf-8") as index:
        for row in csv.DictReader(index):
            yield _row(row["nctId"], Path(row["before"]), Path(row["after"]), _detected(folder, row)[2])
    for study in sorted(path for path in (folder / "unchanged").iterdir() if path.is_dir()):
        files = sorted(study.iterdir())
        old, new = (_record(_bytes(path), study.name, _day("2026-02-03")) for path in files)
        yield _row(study.name, files[0], files[1], detected(old, new))


def test_each_pair_tells_what_a_person_agreed_to(real_data: Path) -> None:
    """A missing file is written and the test fails, so that someone reads it."""
    came = list(_rows(real_data))
    if not FILE.exists():
        with FILE.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(came)
        pytest.fail(f"{FILE.name} was missing and is now written: read it row by row, then keep it")
    with FILE.open(newline="", encoding="utf-8") as file:
        expected = list(csv.DictReader(file))
    assert len(expected) == 56 + 24
    assert came == expected
