"""What two texts have in common is found in bounded work; short texts are compared as ever."""

from __future__ import annotations

import random
from difflib import SequenceMatcher

from hypothesis import given
from hypothesis import strategies as st

from tracker.text import matching
from tracker.text.matching import MOST_STEPS, BoundedMatcher, same_blocks

WORDS = st.lists(st.sampled_from("abcdefgh"), max_size=60)


def _text(count: int, words: int, seed: int = 1) -> list[str]:
    draw = random.Random(seed)
    return [f"w{draw.randrange(words)}" for _ in range(count)]


def _shuffled(words: list[str], seed: int = 2) -> list[str]:
    words = list(words)
    random.Random(seed).shuffle(words)
    return words


@given(WORDS, WORDS)
def test_short_texts_are_compared_as_difflib_does_it(old: list[str], new: list[str]) -> None:
    assert same_blocks(old, new) == SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()


def test_registry_sized_texts_are_compared_as_difflib_does_it() -> None:
    old = _text(3_000, 800)
    new = [word for place, word in enumerate(old) if place % 40] + _text(50, 800, seed=9)
    assert same_blocks(old, new) == SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()


@given(WORDS, WORDS, st.integers(0, 400))
def test_anchored_blocks_are_the_same_words_in_order(old: list[str], new: list[str], steps: int) -> None:
    i = j = 0
    for a, b, size in matching._anchored(old, new, steps):
        assert a >= i
        assert b >= j
        assert old[a : a + size] == new[b : b + size]
        i, j = a + size, b + size


def test_a_very_long_text_with_a_few_edits_is_compared_word_by_word() -> None:
    old = _text(60_000, 50)
    new = [*old[:10_000], "this", "is", "new", *old[10_000:40_000], *old[40_010:]]
    kept = sum(block.size for block in same_blocks(old, new))
    assert kept == len(old) - 10


def test_a_very_long_text_in_another_order_is_given_up_within_its_steps() -> None:
    old = _text(60_000, 50)
    assert sum(block.size for block in same_blocks(old, _shuffled(old))) < len(old) / 2


@given(st.integers(1, 4), st.integers(2, 60))
def test_the_matcher_takes_no_more_than_its_steps(size: int, words: int) -> None:
    old = _text(size * 300, words)
    matcher = BoundedMatcher(old, _shuffled(old), 5_000)
    matcher.get_matching_blocks()
    assert matcher.left >= 0
    assert matcher.exhausted or matcher.cost <= 5_000
    assert MOST_STEPS > 5_000
