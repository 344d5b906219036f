"""The walk over what differs finds what DeepDiff finds, and what both sides have alike is out of the way before it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deepdiff import DeepDiff
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import changed, make_record, site
from tracker.compare import compare
from tracker.compare.keyed import keyed_difference
from tracker.model.record import RegistryNotice

KEYS = st.sampled_from(["a", "b", "__a", "a | b", "root['x']", ""])
LEAVES = st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from(["", "x", " x", "y", "1"])
TREES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=12
)
RESTS = st.dictionaries(KEYS, TREES, max_size=4)

Found = dict[tuple[str, ...], tuple[Any, Any]]


def by_deepdiff(old: Mapping[str, Any], new: Mapping[str, Any]) -> Found:
    """What DeepDiff says of the keyed and pruned trees, by path."""
    left, right = keyed_difference({"rest": old}, {"rest": new})
    tree = DeepDiff(left, right, view="tree", threshold_to_diff_deeper=0, ignore_private_variables=False)
    return {
        tuple(str(step) for step in level.path(output_format="list")): (
            None if report == "dictionary_item_added" else level.t1,
            None if report == "dictionary_item_removed" else level.t2,
        )
        for report, levels in tree.items()
        for level in levels
    }


def by_walk(old: Mapping[str, Any], new: Mapping[str, Any]) -> Found:
    record = make_record(rest=old)
    return {change.path: (change.old, change.new) for change in compare(record, changed(record, rest=new))}


@given(RESTS, RESTS)
@settings(max_examples=150, deadline=None)
def test_the_walk_finds_what_deepdiff_finds(old: dict[str, Any], new: dict[str, Any]) -> None:
    found = by_walk(old, new)
    assert {path: sides for path, sides in by_deepdiff(old, new).items() if sides != (False, None)} == {
        path: sides for path, sides in found.items() if sides != (False, None)
    }


def test_what_stands_on_one_side_only_is_one_leaf_whole() -> None:
    assert by_walk({}, {"m": [{"term": "A", "n": 1}]}) == {("rest", "m", "A"): (None, {"term": "A", "n": 1})}
    assert by_walk({"m": {"x": {"y": 1}}}, {}) == {("rest", "m", "x", "y"): (1, None)}
    assert by_walk({"m": {"x": 1}}, {"m": "x"}) == {("rest", "m", "x"): (1, None), ("rest", "m", ""): (None, "x")}


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
