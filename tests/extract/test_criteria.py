"""Eligibility criteria as lines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.extract import list_marks
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


MEANT = [
    "c. difficile infection",
    "s. aureus bacteremia",
    "v. cholerae",
    "i. v. antibiotics",
    "- 5 °C cold pack tolerated",
    "+ 2 SD or more",
    "[18]F-FDG positive lesion",
    "*28/*28 genotype",
    "*2 allele carrier",
    "2) or more relapses",
    "2. Line therapy planned",
    "o positive donors only",
    "3.5) mm",
    "5. 5 mg weekly",
    "-ve for HIV",
]


@pytest.mark.parametrize("line", MEANT)
@pytest.mark.parametrize("mark", ["", "* ", "- "])
def test_a_sign_that_belongs_to_the_line_is_kept_with_it(line: str, mark: str) -> None:
    """With and without a bullet before it, alone and among others."""
    if mark == "- " and (line[0].isdigit() or line.startswith("- ")):
        return  # "- 2. line" may say minus two, and is left as it is
    assert criteria(f"Inclusion Criteria:\n\n{mark}{line}") == lines((line,))
    assert criteria(f"Exclusion Criteria:\n\n* Adults.\n{mark}{line}\n* Smokers.").exclusion[1] == line


@given(st.lists(st.sampled_from(MEANT), min_size=1, max_size=6, unique=True))
def test_no_two_such_lines_make_one_another_a_list(chosen: list[str]) -> None:
    assert criteria("Inclusion Criteria:\n" + "\n".join(f"* {line}" for line in chosen)) == lines(tuple(chosen))


@pytest.mark.parametrize(
    "marks",
    [
        ("1. ", "2. ", "4. "),
        ("* 1. ", "* 2. ", "* 3. "),
        ("- (a) ", "- (b) ", "- (c) "),
        ("a. ", "b. ", "c. "),
        ("i. ", "ii. ", "iii. "),
        ("h) ", "i) ", "j) "),
        ("[17]", "[18]", "[19] "),
        ("* - ", "* - ", "* - "),
        ("1. ", "1.1. ", "1.2. "),
        ("* 1. (a) ", "* 2. (b) ", "* 3. (c) "),
    ],
)
def test_a_number_is_a_mark_where_its_neighbours_count_on(marks: tuple[str, str, str]) -> None:
    texts = ("adults", "smokers.", "or nurses")
    found = criteria("Exclusion Criteria:\n" + "\n".join(map("".join, zip(marks, texts, strict=True)))).exclusion
    assert found == texts


def test_an_inner_list_does_not_end_the_outer_ones_count() -> None:
    text = "Inclusion Criteria:\n1. Any\n6. blood\n7. liver\n1. bilirubin.\n2. enzymes.\n3. albumin.\n8. kidney"
    assert criteria(text).inclusion == ("Any", "blood", "liver", "bilirubin.", "enzymes.", "albumin.", "kidney")


def test_a_dash_before_a_number_is_a_mark_where_other_lines_have_it() -> None:
    assert criteria("Inclusion Criteria:\n- 18 years or older\n- Nurses") == lines(("18 years or older", "Nurses"))
    assert criteria("Inclusion Criteria:\n- 5 points\n+ 5 points") == lines(("- 5 points", "+ 5 points"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("* c. difficile", "* s. difficile"),
        ("* - 5 points", "* + 5 points"),
        ("* - 5 points", "* 5 points"),
        ("* *2 allele", "* 2 allele"),
        ("* 2. Line therapy", "* 3. Line therapy"),
        ("2. Line therapy", "3. Line therapy"),
        ("[18]F-FDG", "[19]F-FDG"),
        ("* 2) or more", "* 3) or more"),
        ("* c. 50 mg", "* d. 50 mg"),
    ],
)
def test_an_edit_of_such_a_sign_is_seen(old: str, new: str) -> None:
    assert criteria(f"Inclusion Criteria:\n{old}") != criteria(f"Inclusion Criteria:\n{new}")


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


@given(
    st.lists(
        st.sampled_from(["1.", "2.", "10)", "(a)", "b)", "iv.", "*", "-", "-ve", "•", "**2", "[18]", "1.2.", "E."]), max_size=5
    ),
    st.text("aA1 .)*-\u2003", max_size=6),
)
def test_a_mark_is_known_from_the_beginning_of_its_line(begin: list[str], rest: str) -> None:
    line = " ".join([*begin, rest])
    assert list_marks._mark(line) == (list_marks._mark_of(line) if list_marks._MAY_BE_MARK.match(line) else None)
