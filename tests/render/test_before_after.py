"""Which changes are shown as old and new value, and in which words."""

from __future__ import annotations

from typing import Any

import pytest

from tests.render.samples import make_event
from tracker.model.event import Change
from tracker.render.before_after import Pair, pairs


def pair(path: tuple[str, ...], old: Any, new: Any) -> Pair | None:
    found = pairs(make_event("some_kind", headline="x", changes=(Change(path=path, old=old, new=new),)))
    return found[0] if found else None


@pytest.mark.parametrize(
    ("path", "old", "new", "expected"),
    [
        (
            ("enrollment",),
            {"count": 1200, "type": "ESTIMATED"},
            {"count": 47, "type": "ACTUAL"},
            "1,200 (estimated)|47 (actual)",
        ),
        (("enrollment",), {"count": None, "type": None}, {"count": 47, "type": None}, "unknown|47"),
        (("lead_sponsor", "name"), "Old GmbH", "New GmbH", "Old GmbH|New GmbH"),
        (("eligibility", "minimum_age"), "18 Years", "16 Years", "18 Years|16 Years"),
        (("eligibility", "healthy_volunteers"), False, True, "no|yes"),
        (("masking",), "NONE", "DOUBLE", "None|Double"),
        (("study_type",), "OBSERVATIONAL", "INTERVENTIONAL", "Observational|Interventional"),
        (("acronym",), None, "CALYPSO", "|CALYPSO"),
    ],
)
def test_plain_values_are_pairs_in_words(path: tuple[str, ...], old: Any, new: Any, expected: str) -> None:
    found = pair(path, old, new)
    assert found is not None
    assert f"{found.old}|{found.new}" == expected


@pytest.mark.parametrize(
    "path",
    [
        ("phases", "PHASE2"),
        ("conditions", "Lupus"),
        ("primary_outcomes", "Death", "time_frame"),
        ("brief_summary",),
        ("central_contacts", "name"),
        ("rest", "type"),
    ],
)
def test_lists_long_texts_and_people_are_no_pairs(path: tuple[str, ...]) -> None:
    assert pair(path, "a", "b") is None


def test_a_value_longer_than_a_glance_is_no_pair() -> None:
    assert pair(("official_title",), "a", "b " * 100) is None


def test_a_new_value_that_the_headline_already_quotes_is_not_repeated() -> None:
    change = Change(path=("why_stopped",), old=None, new="No funding")
    assert pairs(make_event(headline="Reason: “No funding”", changes=(change,))) == ()
    assert pairs(make_event(headline="Reason for stopping added", changes=(change,))) != ()
