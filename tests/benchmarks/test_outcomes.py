"""The agreement of the judging of outcomes with readers is measured as docs/audit.md says."""

from __future__ import annotations

import csv
import gzip
import json
import math
from pathlib import Path

import pytest

from benchmarks.outcomes import (
    BEGIN,
    END,
    LOUD,
    PAGE,
    READINGS,
    Pair,
    agreement,
    amendments,
    counts,
    interval,
    kappa,
    labelled,
    told,
)
from benchmarks.outcomes import texts as read_texts
from tracker.model.record import OutcomeMeasure


def pair(before: str, after: str, label: str) -> Pair:
    return Pair("NCT00000101", (OutcomeMeasure(measure=before),), (OutcomeMeasure(measure=after),), label=label)


MADE = [
    pair("Change in Grip Strength", "Mean Change in Grip Strength From Baseline", "SAME"),
    pair("Quality of sleep", "Quality of Sleep by a Wrist Recorder", "REFINED"),
    pair("ACR20 response", "ACR50 response", "DIFFERENT"),
    pair("Peak zinc level", "Trough zinc level", "DIFFERENT"),
]


def test_kappa_is_cohens() -> None:
    pairs = [(True, True)] * 20 + [(True, False)] * 5 + [(False, True)] * 10 + [(False, False)] * 15
    assert kappa(pairs) == pytest.approx(0.4)
    low, high = interval(pairs)
    assert low < 0.4 < high
    assert interval(pairs) == (low, high)
    assert math.isnan(kappa([(True, True)]))


def test_a_change_is_judged_as_the_change_log_tells_it() -> None:
    answers = [told(one) for one in MADE]
    assert [one.loud for one in answers] == [one.label in LOUD for one in MADE]
    assert agreement("made", answers) == "| made | 4 | 1.00 | 1.00 to 1.00 | 1 of 1 | 1 of 1 | 2 of 2 | 0 of 0 |"
    assert counts(MADE).startswith("4 | 2 | 0 | 2 | 1 |")


def test_the_collections_are_read_as_they_are_written(tmp_path: Path) -> None:
    made = tmp_path / "made.ndjson.gz"
    row = {"nctId": "NCT00000101", "primaryBefore": ["Pain\n[ Time Frame: Week 6 ]\n\nBy a scale."], "primaryAfter": ["Pain"]}
    made.write_bytes(gzip.compress(json.dumps(row).encode()))
    (found,) = read_texts(made).values()
    assert found.before == (OutcomeMeasure(measure="Pain", time_frame="Week 6", description="By a scale."),)
    assert found.after == (OutcomeMeasure(measure="Pain"),)
    pairs = tmp_path / "pairs.jsonl"
    same = {"nct": "NCT00000101", "before": ["Pain"], "after": "same", "days_after_pc": 3, "label": "SAME"}
    moved = {**same, "detail": "6 weeks -> 12 months", "label": "DIFFERENT"}
    pairs.write_text(f"{json.dumps(same)}\n{json.dumps(moved)}\n", "utf-8")
    (one,) = labelled(pairs)
    assert told(one).loud
    changes = tmp_path / "changes.json"
    changes.write_text(json.dumps([{"nctId": "NCT00000101", "changes": [{"removed": ["pain"], "added": []}]}]), "utf-8")
    assert list(amendments(changes)) == ["amend-0"]


def test_the_page_has_the_figures_of_every_draw() -> None:
    with READINGS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    text = PAGE.read_text("utf-8")
    made = text[text.index(BEGIN) : text.index(END)]
    for drawn in {row["drawn"] for row in rows}:
        assert sum(row["drawn"] == drawn for row in rows) == 40
        assert f"| {drawn} 40 drawn |" in made
