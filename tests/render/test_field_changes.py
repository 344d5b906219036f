"""Which changes are shown as old and new value, and in which words."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import pytest

from tests.render.samples import make_event, make_story
from tracker.model.details import WhyStoppedDetails
from tracker.model.event import Change
from tracker.render.field_changes import FieldChange, field_changes
from tracker.render.story_view import story_view


def compared(kind: str, path: tuple[str, ...], old: Any, new: Any) -> FieldChange | None:
    found, others = field_changes(make_event(kind, changes=(Change(path=path, old=old, new=new),)), "Something changed")
    assert len(found) + len(others) == 1, "a change is compared or left to the lines"
    return found[0] if found else None


@pytest.mark.parametrize(
    ("kind", "path", "old", "new", "expected"),
    [
        (
            "enrollment_changed",
            ("enrollment",),
            {"count": 1200, "type": "ESTIMATED"},
            {"count": 47, "type": "ACTUAL"},
            "1,200 (estimated)|47 (actual)",
        ),
        ("enrollment_changed", ("enrollment",), {"count": None, "type": None}, {"count": 47, "type": None}, "unknown|47"),
        ("sponsors_changed", ("lead_sponsor", "name"), "Old GmbH", "New GmbH", "Old GmbH|New GmbH"),
        ("eligibility_changed", ("eligibility", "minimum_age"), "18 Years", "16 Years", "18 Years|16 Years"),
        ("eligibility_changed", ("eligibility", "healthy_volunteers"), False, True, "no|yes"),
        ("design_changed", ("masking",), "NONE", "DOUBLE", "None|Double"),
        ("design_changed", ("study_type",), "OBSERVATIONAL", "INTERVENTIONAL", "Observational|Interventional"),
        ("titles_changed", ("acronym",), None, "CALYPSO", "|CALYPSO"),
    ],
)
def test_plain_values_are_compared_in_words(kind: str, path: tuple[str, ...], old: Any, new: Any, expected: str) -> None:
    found = compared(kind, path, old, new)
    assert found is not None
    assert f"{found.old}|{found.new}" == expected


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("phases_changed", ("phases", "PHASE2")),
        ("conditions_changed", ("conditions", "Lupus")),
        ("primary_outcomes_changed", ("primary_outcomes", "Death", "time_frame")),
        ("description_changed", ("brief_summary",)),
        ("contacts_changed", ("central_contacts", "name")),
        ("other_fields_changed", ("rest", "type")),
    ],
)
def test_lists_long_texts_and_people_are_not_compared_by_value(kind: str, path: tuple[str, ...]) -> None:
    assert compared(kind, path, "a", "b") is None


def test_a_value_longer_than_a_glance_is_not_compared() -> None:
    assert compared("titles_changed", ("official_title",), "a", "b " * 100) is None


def test_a_new_value_that_the_headline_already_quotes_is_not_repeated() -> None:
    change = Change(path=("why_stopped",), old=None, new="No funding")
    event = make_event("why_stopped_changed", changes=(change,))
    assert field_changes(event, "Reason: “No funding”") == ((), ())
    assert field_changes(event, "Reason for stopping added") != ((), ())


def test_a_value_is_never_said_twice() -> None:
    """A change that is compared by value has no line beside it."""
    reason = Change(path=("why_stopped",), old="Sponsor's decision", new="No funding")
    given = WhyStoppedDetails(old=reason.old, new=reason.new, recruitment_status=None)
    age = Change(path=("eligibility", "minimum_age"), old="18 Years", new="12 Years")
    for event in (
        make_event("why_stopped_changed", details=given, changes=(reason,)),
        make_event("eligibility_changed", changes=(age,)),
        make_event("titles_changed", effects=("acronym",), changes=(Change(path=("acronym",), old="A", new="B"),)),
    ):
        part = story_view(make_story(event), [event], None, timezone=UTC).first
        assert (len(part.changes), part.lines) == (1, ()), event.kind
