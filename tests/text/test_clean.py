"""Cleaning of registry texts."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.text import clean as cleaning
from tracker.text.clean import clean, cleaned

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
    *("<sup>", "</sup>", "<sub>", "&#150;", "&#150", "&shy;", "\x96", "\x85", "\x81", "\u00ad", "9", "10"),
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
        ("the <mark>new</mark>est m<sup>2</sup>", "the newest m^2"),
        ("bell\x07 soft\u00adhyphen zero\u200bwidth \ufeffmark", "bell softhyphen zerowidth mark"),
        ("می\u200cشود", "می\u200cشود"),
        ("&#1114112; &#55296;x", "&#1114112; x"),
        ("5\x07\u200b10 and a\x07b", "5 10 and a b"),
        ("18\u200b65 and 18&shy;65 and 10\u206010", "18 65 and 18-65 and 10 10"),
        ("\u200e18\u200e years \x00(\x00a)", "18 years (a)"),
        ("", ""),
        (" \n ", ""),
    ],
)
def test_clean(text: str, expected: str) -> None:
    assert clean(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("18&#150;65 years", "18–65 years"),
        ("18&#150 65 and 5&#x96;10", "18– 65 and 5–10"),
        ("18&amp;#150;65", "18–65"),
        ("5\x9610 mg, patient\x92s", "5–10 mg, patient’s"),
        ("\x93pain\x94 \x85 \x80 5", "“pain” … € 5"),
        ("Pain\x85\nat rest", "Pain…\nat rest"),
        ("1\x8d2 &#141; 3&#129;4", "1 2 3 4"),
    ],
)
def test_windows_signs_are_read_as_html_reads_them(text: str, expected: str) -> None:
    assert clean(text) == expected


@given(st.sampled_from([*range(0x80, 0xA0), 7, 0xAD, 0x200B, 0x200E, 0x2060, 0xFEFF]))
def test_no_character_is_removed_so_that_two_numbers_become_one(code: int) -> None:
    for written in (chr(code), f"&#{code};", f"&#x{code:x};"):
        assert "510" not in clean(f"5{written}10")
        assert "5a" not in clean(f"5{written}a")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.5 x 10<sup>9</sup>/L", "1.5 x 10^9/L"),
        ("1.5 x 10 <SUP class='x'> 9 </SUP>/L", "1.5 x 10 ^ 9 /L"),
        ("10&lt;sup&gt;-6&lt;/sup&gt;", "10^-6"),
        ("<i>10</i><sup><b>6</b></sup>", "10^6"),
        ("10<sup>310<sup>6", "10^310^6"),
        ("10<sup>3</sup>10<sup>6</sup>", "10^3 10^6"),
        ("Ca<sup>2+</sup> and CD4<sup>+</sup>", "Ca^2+ and CD4+"),
        ("disease.<sup>1</sup>", "disease.^1"),
        ("2<sup>nd</sup> line, Drug<sup>®</sup>, 2<sup>n</sup>", "2nd line, Drug®, 2^n"),
        ("<sup>18</sup>F-FDG, [<sup>11</sup>C]choline, with <sup>68</sup>Ga", "18F-FDG, [11C]choline, with 68Ga"),
        ("H<sub>2</sub>O, V600<sub>E</sub>, AUC<sub>0-24</sub>, log<sub>10</sub>5", "H2O, V600E, AUC0-24, log10 5"),
        ("base 10<sub>2</sub>", "base 10_2"),
        ("a </sup> b <sup></sup>c", "a b c"),
    ],
)
def test_raised_and_lowered_text_keeps_its_meaning(text: str, expected: str) -> None:
    assert clean(text) == expected


@pytest.mark.parametrize("filler", ["", "word " * 80])
@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (r"p \< 0.05 and \> 2", "p < 0.05 and > 2"),
        (r"a \x b \1", r"a \x b \1"),
        (r"two \\* stars", "two * stars"),
        ("a < b and c <5", "a < b and c <5"),
        ("x\x07y", "x y"),
        ("x\u200by", "xy"),
        ("one\n\n  * two", "one\n* two"),
    ],
)
def test_a_long_text_is_cleaned_as_a_short_one_is(text: str, shown: str, filler: str) -> None:
    assert clean(f"{filler}{text}") == f"{filler}{shown}"


@given(PIECES | st.text(st.characters(max_codepoint=127), max_size=8))
def test_a_text_that_is_known_to_be_plain_is_what_cleaning_it_gives(text: str) -> None:
    assert clean(text) == cleaning._clean(text)
    assert (cleaned(text) or "") == clean(text)


@given(PIECES | st.text(st.characters(max_codepoint=127), max_size=8))
def test_a_text_that_cleaning_hid_nothing_in_is_clean(text: str) -> None:
    once = cleaning._cleaned_once(text)
    assert not cleaning._hid_nothing(text, once) or (cleaning._is_clean(once) and cleaning._cleaned_once(once) == once)
