"""What differs within a text."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tracker.text.inline_diff import Stretch, edit_span, stretches


def test_the_span_of_an_edit_keeps_its_unit() -> None:
    assert edit_span("(up to 59 months)", "(up to 58 months)") == ("59 months", "58 months")
    assert edit_span("Week 12", "Week 12 and week 24") == ("Week 12", "Week 12 and week 24")


def test_a_single_word_between_two_edits_is_part_of_the_edit() -> None:
    assert stretches(["at", "a", "clinic", "or", "by", "phone"], ["in", "a", "hospital", "or", "by", "phone"]) == [
        Stretch(("at", "a", "clinic"), ("in", "a", "hospital")),
        Stretch(("or", "by", "phone"), ("or", "by", "phone")),
    ]


WORDS = st.lists(st.sampled_from("abcde"), max_size=12)


@given(WORDS, WORDS)
def test_the_stretches_of_a_text_are_the_text_and_take_turns(old: list[str], new: list[str]) -> None:
    found = stretches(old, new)
    assert [word for stretch in found for word in stretch.old] == old
    assert [word for stretch in found for word in stretch.new] == new
    assert all(one.same != other.same for one, other in pairwise(found))
