"""Cleaning of registry texts."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.text.clean import clean

# Pieces that the cleaning reacts to, so that random texts hit its corners.
REACTED_TO = [
    *(
        "&",
        "amp;",
        "&lt;",
        "&amp;lt;",
        "&#60;",
        "#38;",
        "&nbsp;",
        "\\",
        "\\<",
        "<",
        ">",
        "<br>",
        "</p>",
        "<mark>",
        "b>",
        "x",
        "2.0",
    ),
    *("*", " ", "  ", "\n", "\r\n", "\t", "\x07", "\u00a0", "\u200b", "\u2028", "e", "\u0301", "\ud800", "\x1c"),
]
PIECES = st.lists(st.sampled_from(REACTED_TO) | st.text(max_size=4), max_size=25).map("".join)


@given(PIECES)
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@given(PIECES)
def test_clean_text_is_nfc_and_tidy(text: str) -> None:
    cleaned = clean(text)
    assert cleaned == unicodedata.normalize("NFC", cleaned)
    assert "  " not in cleaned
    assert "\n\n" not in cleaned
    assert cleaned == cleaned.strip()
    assert not any(unicodedata.category(mark) in {"Cc", "Cs"} for mark in cleaned if mark != "\n")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A  B\tC\u00a0D", "A B C D"),
        ("one\r\n\r\n  two \n\n\nthree", "one\ntwo\nthree"),
        ("Caf\u0065\u0301", "Café"),
        ("A &amp; B &#8211; C &#x2265; D", "A & B – C ≥ D"),
        ("&amp;amp;lt; 5", "< 5"),
        ("AT&T; R&D &unknown; &lt", "AT&T; R&D &unknown; &lt"),
        ("\\< 2 \\* 3 \\[a\\] \\\\> 4", "< 2 * 3 [a] > 4"),
        ("C:\\path", "C:\\path"),
        ("dose <2.0 mg and >1 mg", "dose <2.0 mg and >1 mg"),
        ("a<b and p<0.05; <LLN> holds", "a<b and p<0.05; <LLN> holds"),
        ("one<br/>two<p class='x'>three</p>", "one\ntwo\nthree"),
        ("the <mark>new</mark>est m<sup>2</sup>", "the newest m2"),
        ("bell\x07 soft\u00adhyphen zero\u200bwidth \ufeffmark", "bell softhyphen zerowidth mark"),
        ("می\u200cشود", "می\u200cشود"),
        ("&#1114112; &#55296;x", "&#1114112; x"),
        ("", ""),
        (" \n ", ""),
    ],
)
def test_clean(text: str, expected: str) -> None:
    assert clean(text) == expected
