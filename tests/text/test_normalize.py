"""When two texts are the same: but for white space, but for spelling, or as names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.text.normalize import fold, same_words, squeeze_whitespace


@pytest.mark.parametrize(
    ("name", "folded"),
    [
        ("Ærøskøbing", "aeroskobing"),
        ("Œuvre", "oeuvre"),
        ("Łódź", "lodz"),
        ("Weißenfels", "weissenfels"),
        ("Þórshöfn", "thorshofn"),
        ("Đà Nẵng", "danang"),
        ("Ħal Għaxaq", "halghaxaq"),
        ("Iğdır", "igdir"),
        ("İzmir", "izmir"),
        ("Bakı / Gəncə", "bakiganca"),
        ("Hôpital Saint-Louis (AP-HP)", "hopitalsaintlouisaphp"),
        ("Chūō-ku", "chuoku"),
        ("СПб", "спб"),
    ],
)
def test_names_are_compared_by_plain_letters_and_digits(name: str, folded: str) -> None:
    """A ligature is both its letters, a letter with a stroke the plain one, and only Latin letters are transcribed."""
    assert fold(name) == folded


@given(st.text())
def test_folding_and_squeezing_twice_change_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert squeeze_whitespace(squeeze_whitespace(text)) == squeeze_whitespace(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Follow-up at Week 4.", "follow up at week 4"),
        ("Overall survival (OS)", "Overall Survival OS"),
        ("10,000 cells", "10000 cells"),
        ("age ≥ 18", "Age >=18"),
        ("e-mail", "email"),
        ("0–12 weeks", "0-12 weeks"),
        ("5 - 10 mg", "5-10 mg"),
        ("10⁻⁶ mol", "10^-6 mol"),
        ("100 x 10⁹/L", "100 x 10^9/L"),
        ("BMI 30 kg/m²", "BMI 30 kg/m^2"),
        ("BMI 30 kg/m2", "BMI 30 kg/m^2"),
        ("¹⁸F-FDG", "18F-FDG"),
        ("H₂O", "H2O"),
        ("- adults", "adults"),
    ],
)
def test_the_same_words_in_another_spelling(one: str, other: str) -> None:
    assert same_words(one, other)
    assert same_words(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Hb > 9 g/dL", "Hb < 9 g/dL"),
        ("1.5 mg", "15 mg"),
        ("10² cells", "102 cells"),
        ("10⁻⁶ mol", "10⁶ mol"),
        ("10₂", "102"),
        ("10^9 cells", "109 cells"),
        ("- 5 °C", "5 °C"),
        ("- 5 points", "+ 5 points"),
        ("*2 allele", "2 allele"),
        ("Arms 1, 2", "Arms 12"),
        ("day -7", "day 7"),
        ("50 % of patients", "50 of patients"),
        ("CD4+ cells", "CD4 cells"),
        ("≥ 18 years", "≤ 18 years"),
        ("कि", "का"),
    ],
)
def test_numbers_and_signs_are_no_spelling(one: str, other: str) -> None:
    assert not same_words(one, other)
    assert not same_words(other, one)


def test_squeezing_makes_no_number_of_two() -> None:
    assert squeeze_whitespace("18\u200b65  –\x96 a\u200bb") == "18 65 –– ab"
