"""What is the same thing in other words, and which entries of two lists belong together."""

from __future__ import annotations

import pytest

from tracker.text.pairing import match_by_section
from tracker.text.similarity import similarity


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Change in HbA1c at week 24", "Change in body weight at week 24", False),
        ("Overall survival", "Progression-free survival", False),
        ("Objective response in Arm 5 and Arm 6", "Objective response in Arm 5, Arm 6, and Arm 8", True),
        ("Number of participants with adverse events", "Number of Participants With an Adverse Event (AE)", True),
        ("Overall Survival (OS)", "Overall survival", True),
        ("Pain", "Sleep", False),
        ("OS", "Overall survival at 5 years", True),
        ("PFS", "Progression-free survival (PFS)", True),
        ("PFS", "Overall survival", False),
        ("DOR by central review", "Duration of response by central review", True),
        ("Number of SAEs", "Serious Adverse Events", True),
        ("Mean 6MWD", "6-minute walk distance", True),
        ("Change in BAD scale", "Change in score on the Barry-Albright Dystonia scale", True),
        ("Overall response rate (ORR)", "Objective Response Rate", True),
        ("Progression-free survival (PFS)", "Pain-free status (PFS)", False),
        ("ALT elevation", "At least two relapses", False),
        ("Angioedema Quality of Life (AE-QoL)", "Quality of Life by the Angioedema Quality of Life questionnaire", True),
    ],
)
def test_similarity_looks_past_the_words_that_all_measures_share(one: str, other: str, same: bool) -> None:
    assert (similarity(one, other) > 0) is same
    assert (similarity(other, one) > 0) is same


def test_same_words_anywhere_are_paired_before_similar_ones_in_the_same_section() -> None:
    removed = [("a", "Overall survival in arm 1"), ("a", "Pain")]
    added = [("a", "Overall survival in arm 2"), ("b", "overall survival in arm 1"), ("b", "Sleep")]
    pairs, gone, came = match_by_section(
        removed,
        added,
        section=lambda entry: entry[0],
        same=lambda entry: entry[1].casefold(),
        score=lambda old, new: similarity(old[1], new[1]),
        text=lambda entry: entry[1],
    )
    assert pairs == [(removed[0], added[1])]
    assert (gone, came) == ([removed[1]], [added[0], added[2]])


def test_of_the_same_words_those_in_the_same_section_are_paired_first() -> None:
    removed, added = [("a", "Pain"), ("b", "Pain")], [("b", "Pain"), ("a", "Pain")]
    pairs, gone, came = match_by_section(
        removed,
        added,
        section=lambda entry: entry[0],
        same=lambda entry: entry[1],
        score=lambda _old, _new: 0.0,
        text=lambda entry: entry[1],
    )
    assert (pairs, gone, came) == ([(removed[0], added[1]), (removed[1], added[0])], [], [])
