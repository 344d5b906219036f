"""What differs within a text."""

from __future__ import annotations

from tracker.text.inline_diff import edit_span


def test_the_span_of_an_edit_keeps_its_unit() -> None:
    assert edit_span("(up to 59 months)", "(up to 58 months)") == ("59 months", "58 months")
    assert edit_span("Week 12", "Week 12 and week 24") == ("Week 12", "Week 12 and week 24")
