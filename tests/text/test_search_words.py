"""The words of a text are the same whichever way they are cut."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from tracker.model.record import TrialRecord
from tracker.model.search import BREAK
from tracker.text.search import LONGEST_TEXT, LONGEST_WORD, search_texts, words

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


@given(st.lists(SIGNS, max_size=6))
def test_the_words_of_several_texts_are_those_of_each_with_a_break_behind(texts: list[str]) -> None:
    texts = [text for text in texts if text]
    record = TrialRecord(trial="ctgov:NCT00000001", conditions=tuple(texts))
    found = list(search_texts(record).subjects)
    for text in texts:
        each = [*words(text), BREAK]
        assert any(found[at : at + len(each)] == each for at in range(len(found)))
    apart = [word for text in texts for word in names(text)]
    assert sorted(set(found)) == sorted(set(apart))


def test_a_compound_of_several_texts_is_joined_once() -> None:
    record = TrialRecord(trial="ctgov:NCT00000001", keywords=("PD-1", "anti PD-1", "é PD-1"))
    assert list(search_texts(record).subjects).count("pd1") == 1


def test_a_sign_between_texts_joins_no_words() -> None:
    assert words("a\x1fb") == ["a", "b"]
    record = TrialRecord(trial="ctgov:NCT00000001", keywords=("a\x1fb", "c"))
    assert list(search_texts(record).subjects) == ["a", "b", BREAK, "c", BREAK]


def test_words_beyond_the_longest_record_are_left_out() -> None:
    texts = tuple(f"{number} {'b' * 50} " * 20 for number in range(200))
    found = search_texts(TrialRecord(trial="ctgov:NCT00000001", conditions=texts))
    assert LONGEST_TEXT * 0.9 < sum(map(len, found.subjects)) < LONGEST_TEXT * 1.1
