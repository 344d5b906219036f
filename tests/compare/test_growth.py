"""A registry's longest lists are compared in time that grows with their length, not with its square."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import tracker.compare
from tests.builders import changed, make_record, measure, site
from tracker.compare import compare
from tracker.model.event import Change
from tracker.model.record import OutcomeMeasure, Site, TrialRecord

_MANY = 600  # so many sites replaced in one city are too many to hold each against each
_FEWER = 150  # enough where the work for each is long
_OURS = str(Path(tracker.compare.__file__).parent)

Pair = tuple[TrialRecord, TrialRecord]


def _sites(one: Callable[[int], Site], other: Callable[[int], Site]) -> Callable[[int], Pair]:
    def pair(count: int) -> Pair:
        old = make_record(sites=tuple(map(one, range(count))))
        return old, changed(old, sites=tuple(map(other, range(count))))

    return pair


def _outcome_measures(one: Callable[[int], OutcomeMeasure], other: Callable[[int], OutcomeMeasure]) -> Callable[[int], Pair]:
    def pair(count: int) -> Pair:
        old = make_record(secondary_outcomes=tuple(map(one, range(count))))
        return old, changed(old, secondary_outcomes=tuple(map(other, range(count))))

    return pair


def _letters(number: int) -> str:
    """Four letters for a number, so that names of cities differ from their beginning."""
    return "".join(chr(ord("a") + int(digit)) for digit in reversed(f"{number:04}"))


def _lines_run(old: TrialRecord, new: TrialRecord) -> tuple[int, tuple[Change, ...]]:
    """How many lines of the comparison ran, each round of a loop counted, and what it found."""
    lines = 0

    def count(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal lines
        lines += event == "line"
        return count

    def enter(frame: FrameType, event: str, _: Any) -> Any:
        return count if frame.f_code.co_filename.startswith(_OURS) else None

    before = sys.gettrace()
    sys.settrace(enter)
    try:
        changes = compare(old, new)
    finally:
        sys.settrace(before)
    return lines, changes


@pytest.mark.parametrize(
    ("pair", "told", "many"),
    [
        pytest.param(
            _sites(lambda n: site(f"Site {n}"), lambda n: site(f"Site 9{n:05}")),
            2,
            _MANY,
            id="all sites of a city replaced",
        ),
        pytest.param(
            _sites(lambda n: site("Research Site", zip=f"{n}"), lambda n: site("Research Site", zip=f"9{n:05}")),
            1,
            _MANY,
            id="sites of one name under other codes",
        ),
        pytest.param(
            _sites(
                lambda n: site("Research Site", recruitment_status="RECRUITING"),
                lambda n: site("Research Site", recruitment_status="COMPLETED"),
            ),
            1,
            _MANY,
            id="equal sites in another status",
        ),
        pytest.param(
            _sites(
                lambda n: site("Research Site", f"{_letters(n)} town"),
                lambda n: site("Research Site", f"{_letters(n)} village"),
            ),
            2,
            _FEWER,
            id="sites of one name in other cities",
        ),
        pytest.param(
            _outcome_measures(lambda n: measure(f"Score {n}", "1 week"), lambda n: measure(f"Score {n}", "2 weeks")),
            1,
            _MANY,
            id="outcome measures at another time",
        ),
        pytest.param(
            _outcome_measures(lambda n: measure("Score", f"{n} days"), lambda n: measure("Score", f"{n} weeks")),
            1,
            _MANY,
            id="outcome measures of one name",
        ),
    ],
)
def test_twice_as_long_a_list_is_about_twice_the_work(pair: Callable[[int], Pair], told: int, many: int) -> None:
    compare(*pair(1))  # what is loaded once is loaded now
    once, _ = _lines_run(*pair(many))
    twice, changes = _lines_run(*pair(2 * many))
    assert len(changes) == told * 2 * many
    assert twice < 2.4 * once  # four times as much if each entry were held against each
