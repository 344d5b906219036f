"""The leaves of what differs, and what both sides have alike is out of the way before they are looked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.builders import changed, make_record, site
from tracker.compare import compare
from tracker.model.record import RegistryNotice

Found = dict[tuple[str, ...], tuple[Any, Any]]


def leaves(old: Mapping[str, Any], new: Mapping[str, Any]) -> Found:
    record = make_record(rest=old)
    return {change.path: (change.old, change.new) for change in compare(record, changed(record, rest=new))}


def test_what_stands_on_one_side_only_is_one_leaf_whole() -> None:
    assert leaves({}, {"m": [{"term": "A", "n": 1}]}) == {("rest", "m", "A"): (None, {"term": "A", "n": 1})}
    assert leaves({"m": {"x": {"y": 1}}}, {}) == {("rest", "m", "x", "y"): (1, None)}
    assert leaves({"m": {"x": 1}}, {"m": "x"}) == {("rest", "m", "x"): (1, None), ("rest", "m", ""): (None, "x")}


def test_equal_entries_are_taken_out_as_often_as_both_sides_have_them() -> None:
    one, other = site("Research Site", "Rome"), site("Clinic A", "Rome")
    old = make_record(sites=(one, other, one, one))
    changes = compare(old, changed(old, sites=(other, one, one)))
    assert [(change.path, change.new) for change in changes] == [(("sites", "Research Site, Rome, United States"), None)]
    assert compare(old, changed(old, sites=(one, one, one, other))) == ()


def test_words_in_a_list_are_a_set_however_often_they_stand_there() -> None:
    old = make_record(conditions=("a", "a", "b"))
    assert compare(old, changed(old, conditions=("b", "a"))) == ()


def test_entries_that_hold_a_mapping_are_compared_too() -> None:
    notice = RegistryNotice(type="VIOLATION_IDENTIFIED_BY_FDA", dates={"issued_date": "2026-01-01"})
    later = RegistryNotice(type="VIOLATION_IDENTIFIED_BY_FDA", dates={"issued_date": "2026-01-02"})
    old = make_record(compliance_notices=(notice,))
    [change] = compare(old, changed(old, compliance_notices=(later,)))
    assert (change.path[-1], change.old, change.new) == ("issued_date", "2026-01-01", "2026-01-02")
    assert compare(old, changed(old, compliance_notices=(notice,))) == ()
    for one, other in (((), (notice,)), ((notice,), ())):
        before = make_record(compliance_notices=one)
        [change] = compare(before, changed(before, compliance_notices=other))
        assert (change.old is None, change.new is None) == (not one, not other)
