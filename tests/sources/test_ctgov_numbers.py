"""The compact set of numbers is a set like any other."""

from __future__ import annotations

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from tracker.sources.ctgov.numbers import NumberSet

NUMBERS = st.lists(st.one_of(st.integers(0, 99_999_999).map(lambda n: f"NCT{n:08d}"), st.text(max_size=12)))


@given(NUMBERS, NUMBERS)
def test_a_number_is_in_it_if_and_only_if_it_was_put_in(added: list[str], asked: list[str]) -> None:
    plain: set[str] = set()
    compact = NumberSet()
    for number in added:
        assert compact.add(number) == (number not in plain)
        plain.add(number)
    assert len(compact) == len(plain)
    assert all((number in compact) == (number in plain) for number in [*added, *asked])


def test_a_whole_registry_takes_a_few_bytes_a_number() -> None:
    tracemalloc.start()
    try:
        compact = NumberSet()
        for number in range(0, 200_000, 2):
            compact.add(f"NCT{number:08d}")
        used = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert used < 4 * len(compact)
