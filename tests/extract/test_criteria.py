"""Eligibility criteria as lines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.extract.criteria import criteria
from tracker.model.record import Criteria


def lines(inclusion: tuple[str, ...] = (), exclusion: tuple[str, ...] = (), other: tuple[str, ...] = ()) -> Criteria:
    return Criteria(inclusion=inclusion, exclusion=exclusion, other=other)


@pytest.mark.parametrize(
    ("inclusion", "exclusion"),
    [
        ("Inclusion Criteria:", "Exclusion Criteria:"),
        ("Inclusion criteria", "Exclusion criteria."),
        ("INCLUSION CRITERIA :", "EXCLUSION CRITERIA"),
        ("Key Inclusion Criteria:", "Main Exclusion Criteria:"),
        ("* INCLUSION CRITERIA:", "* EXCLUSION CRITERIA:"),
        ("1) Inclusion Criteria", "2) Exclusion Criteria"),
        ("**Inclusion Criteria:**", "**Exclusion Criteria**:"),
        ("## Inclusion", "## Exclusion"),
        ("Inclusion:", "Exclusion:"),
        ("Criteria of inclusion:", "Criteria for exclusion:"),
        ("Inclusion Criterion:", "Non-Inclusion Criteria:"),
    ],
)
def test_headings_in_their_usual_spellings_open_their_list(inclusion: str, exclusion: str) -> None:
    assert criteria(f"{inclusion}\n\n* A\n* B\n\n{exclusion}\n\n* C") == lines(("A", "B"), ("C",))


@pytest.mark.parametrize(
    "heading",
    [
        "Exclusion Criteria for healthy controls:",
        "Part 2 exclusion criteria:",
        "Donor Exclusion Criteria:",
        "Phase 1 Key Exclusion Criteria",
    ],
)
def test_a_heading_that_says_more_opens_its_list_and_stays_in_it(heading: str) -> None:
    assert criteria(f"Inclusion Criteria:\n\n* A\n\n{heading}\n\n* C") == lines(("A",), (heading, "C"))


def test_a_heading_with_its_text_on_one_line() -> None:
    assert criteria("Inclusion Criteria: adults\nExclusion Criteria - none") == lines(("adults",), ("none",))
    assert criteria("Inclusion Criteria: -\n- adults\nExclusion criteria: • none") == lines(("adults",), ("none",))
    assert criteria("Inclusion Criteria: 1. Adults. Exclusion Criteria: 1. None.") == lines(("Adults.",), ("None.",))


@pytest.mark.parametrize(
    "line",
    [
        "Does not meet the inclusion criteria",
        "Patient meets the inclusion criteria for trial entry.",
        "Other inclusion/exclusion criteria may apply.",
        "Pregnancy is not a criterion for exclusion.",
        "Inclusion and exclusion criteria are the doctor's",
        "Other protocol-defined exclusion criteria may apply",
    ],
)
def test_sentences_about_criteria_are_no_headings(line: str) -> None:
    assert criteria(f"Inclusion Criteria:\n\n* A\n* {line}\n* B") == lines(("A", line, "B"))


@pytest.mark.parametrize(
    "mark",
    [
        "* ",
        "- ",
        "• ",
        "•",
        "– ",
        "+ ",
        "1. ",
        "12) ",
        "(3) ",
        "1.2. ",
        "a) ",
        "(b) ",
        "c. ",
        "iv) ",
        "ii. ",
        "[1] ",
        "* 1. ",
        "o ",
    ],
)
def test_list_marks_are_no_part_of_the_line(mark: str) -> None:
    assert criteria(f"Inclusion Criteria:\n\n{mark}Healthy adults") == lines(("Healthy adults",))


@pytest.mark.parametrize(
    "line",
    [
        "18 years or older",
        "2.5 mg a day",
        "-5 °C stored",
        "E. coli infection",
        "≥ 18 years",
        "<2.0 mg/dl",
        "I. V. drug use",
        "1.5 times",
    ],
)
def test_what_looks_like_a_mark_and_is_none_stays(line: str) -> None:
    assert criteria(f"Inclusion Criteria:\n\n* {line}") == lines((line,))
    assert criteria(line) == lines(other=(line,))


def test_nested_lines_are_lines_of_their_own() -> None:
    text = "Inclusion Criteria:\n\n1. Either of\n\n   * one\n   * two\n2. Three"
    assert criteria(text) == lines(("Either of", "one", "two", "Three"))


def test_a_list_item_wrapped_by_hand_is_one_line() -> None:
    text = "Exclusion Criteria:\n- Diabetes and\n  high blood pressure\n- Asthma."
    assert criteria(text) == lines(exclusion=("Diabetes and high blood pressure", "Asthma."))


def test_unmarked_lines_are_not_glued_together() -> None:
    assert criteria("Exclusion Criteria:\npregnant\nnursing") == lines(exclusion=("pregnant", "nursing"))


def test_text_under_no_heading_is_other() -> None:
    assert criteria("Adults only.\n\nInclusion Criteria:\n\n* A") == lines(("A",), (), ("Adults only.",))
    assert criteria("") == lines()


def test_escapes_and_page_spelling_give_the_same_lines() -> None:
    registry = "Inclusion Criteria:\n\n* Age \\>= 18\n* Platelets \\< 50 x 10\\^9/L\n\nExclusion Criteria:\n\n1. None"
    page = "Inclusion Criteria\nAge &gt;= 18\nPlatelets &lt; 50 x 10^9/L\nExclusion Criteria\nNone"
    assert criteria(registry) == criteria(page)


@given(
    st.lists(
        st.sampled_from(["* ", "1. ", "a", "Inclusion Criteria:", "exclusion criteria", "\n", ":", " ", "**", "- ", "x."])
    ).map("".join)
)
def test_criteria_of_anything_are_clean_lines(text: str) -> None:
    found = criteria(text)
    for line in (*found.inclusion, *found.exclusion, *found.other):
        assert line
        assert line == line.strip()
