"""Whole numbers in the ways people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.text.numbers import whole_number

MARKS = [",", ".", " ", "'", "’", "\u00a0", "\u2009", "\u202f"]


@pytest.mark.parametrize("mark", MARKS)
def test_thousands_may_be_grouped_by_any_one_mark(mark: str) -> None:
    assert whole_number(f"1{mark}240") == 1240
    assert whole_number(f"12{mark}345{mark}678") == 12345678


@pytest.mark.parametrize(
    "text", ["1.24", "1,2400", "1.5", "0.240.1", "1,240.500", "-3", "12a", "", "about 40", "40-60", "1 24"]
)
def test_what_is_no_whole_number_is_not_read_as_one(text: str) -> None:
    assert whole_number(text) is None


@given(st.integers(0, 10**15), st.sampled_from(MARKS))
def test_every_number_is_read_back(number: int, mark: str) -> None:
    assert whole_number(str(number)) == whole_number(f"{number:,}".replace(",", mark)) == number
