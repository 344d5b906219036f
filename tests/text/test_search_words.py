"""The words of a text are the same whichever way they are cut."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from tracker.model.record import TrialRecord
from tracker.model.search import BREAK
from tracker.text.search import LONGEST_WORD, search_texts, words

SIGNS = st.text(alphabet=st.sampled_from("abZ1_ -'.,\t\n/≥é\u0301漢\u200b"), max_size=40)


def names(title: str) -> list[str]:
    return list(search_texts(TrialRecord(trial="ctgov:NCT00000001", brief_title=title)).names)


@given(SIGNS)
def test_a_sign_beyond_ascii_changes_no_other_word(text: str) -> None:
    assert words(f"{text} ≥") == words(text)
    assert words(f"{text} é") == [*words(text), "e"]


@given(SIGNS)
def test_words_hold_letters_and_digits_only(text: str) -> None:
    assert all(unicodedata.category(sign)[0] in "LN" for word in words(text) for sign in word)


def test_a_word_is_cut_where_it_is_too_long() -> None:
    assert words("a" * 100 + " b") == ["a" * LONGEST_WORD, "b"]


def test_any_hyphen_or_apostrophe_joins_and_nothing_else_does() -> None:
    for joiner in "-'’‐–":
        assert names(f"anti{joiner}PD{joiner}1 x") == ["anti", "pd", "1", "x", *_broken("antipd", "antipd1", "pd1"), BREAK]
    for apart in "/_ ≥.":
        assert names(f"PD{apart}1") == ["pd", "1", BREAK]


def _broken(*joined: str) -> list[str]:
    return [part for word in joined for part in (BREAK, word)]
