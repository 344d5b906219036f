"""The name people call a trial by: own label, acronym, start of the title, number."""

from __future__ import annotations

from tests.builders import make_record
from tracker.model.labels import LONGEST_TITLE, trial_label

KEY = "ctgov:NCT07177911"


def test_the_users_own_label_comes_first() -> None:
    assert trial_label(KEY, make_record(acronym="SUNRISE"), own="CC312 in SLE") == "CC312 in SLE"


def test_the_acronym_comes_before_the_title() -> None:
    assert trial_label(KEY, make_record(acronym="SUNRISE", brief_title="A Study")) == "SUNRISE"


def test_a_title_is_cut_between_two_words() -> None:
    title = "A Phase 2, Randomised, Double-Blind, Placebo-Controlled, Parallel Group Study of Something"
    label = trial_label(KEY, make_record(acronym=None, brief_title=title))
    assert label == "A Phase 2, Randomised, Double-Blind, Placebo-Controlled…"
    assert len(label) <= LONGEST_TITLE + 1


def test_a_title_without_blanks_is_cut_all_the_same() -> None:
    assert trial_label(KEY, make_record(acronym=None, brief_title="x" * 90)) == "x" * (LONGEST_TITLE - 1) + "…"


def test_without_a_name_the_number_stands() -> None:
    assert trial_label(KEY) == "NCT07177911"
    assert trial_label(KEY, make_record(acronym=None, brief_title=None)) == "NCT07177911"


def test_a_page_names_its_site() -> None:
    record = make_record(acronym="SUNRISE")
    assert trial_label("meddatax:NCT07177911", record, site="MedDataX") == "SUNRISE (MedDataX)"
