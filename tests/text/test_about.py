"""What a reader hears about: whole words in any case, in the trial's text or in what changed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import DAY, day
from tracker.model.details import read_details
from tracker.model.event import Change, Event
from tracker.model.record import Contact, Intervention, TrialRecord
from tracker.model.watch import About
from tracker.text.about import Word, about_of, about_word, concerns

RECORD = TrialRecord(
    trial="ctgov:NCT01234567",
    brief_title="Pembrolizumab for Non-Small Cell Lung Cancer",
    recruitment_status="RECRUITING",
    interventions=(Intervention(type="DRUG", name="MK-3475 (Anti‑PD‑1)"),),
    central_contacts=(Contact(name="Erika Mustermann"),),
)


def event(*changes: Change, kind: str = "titles_changed") -> Event:
    return Event(
        id="e",
        kind=kind,
        trial=RECORD.trial,
        label="x",
        severity="minor",
        rule="r",
        details=read_details(kind, {}),
        changes=changes,
        detected_at=DAY,
        seen_between=(day(-1), DAY),
        effective_at=DAY,
    )


def heard(*given: str, changes: tuple[Change, ...] = (), record: TrialRecord | None = RECORD) -> bool:
    words = [about_word(one) for one in given]
    assert all(isinstance(word, Word) for word in words), words
    return concerns(about_of(word for word in words if isinstance(word, Word)), event(*changes), record)


@pytest.mark.parametrize(
    "words",
    [
        ["pembrolizumab"],
        ["PEMBROLIZUMAB"],
        ["nivolumab", "pembrolizumab"],
        ["-paediatric"],
        ["pembrolizumab", "-paediatric"],
        ["non small cell"],
        ["non–small-cell lung"],
        ["pd-1"],
        ["PD 1"],
        ["mk-3475"],
    ],
    ids=str,
)
def test_what_holds_one_plain_word_and_no_unwanted_one_is_heard(words: list[str]) -> None:
    assert heard(*words)


@pytest.mark.parametrize(
    "words",
    [
        ["pembro"],
        ["izumab"],
        ["pd-10"],
        ["nivolumab"],
        ["-pembrolizumab"],
        ["lung", "-pembrolizumab"],
        ["cancer mk"],
        ["recruiting"],
        ["drug"],
        ["mustermann"],
    ],
    ids=str,
)
def test_parts_of_words_other_words_enumerations_and_people_are_not(words: list[str]) -> None:
    assert not heard(*words)


def test_the_changed_text_counts_before_and_after() -> None:
    swapped = Change(path=("interventions", "nivolumab", "name"), old="Nivolumab", new="Ipilimumab")
    assert heard("nivolumab", changes=(swapped,))
    assert heard("ipilimumab", changes=(swapped,))
    assert not heard("lung", "-ipilimumab", changes=(swapped,))


def test_people_in_what_changed_do_not_count() -> None:
    came = Change(path=("central_contacts", "Max Beispiel", "name"), new="Max Beispiel")
    assert not heard("beispiel", changes=(came,))


def test_of_a_trial_of_which_nothing_is_known_everything_is_heard() -> None:
    assert heard("pembrolizumab", record=None)


@pytest.mark.parametrize("text", ["-", "", "--", "+", "−", "x" * 101])
def test_what_holds_no_word_is_refused(text: str) -> None:
    assert isinstance(about_word(text), str)


@given(st.text(min_size=1, max_size=30), st.text(max_size=20), st.text(max_size=20))
def test_any_word_is_found_where_it_stands_by_itself(word: str, before: str, after: str) -> None:
    read = about_word(word)
    if not isinstance(read, Word) or read.unwanted:
        return
    record = TrialRecord(trial="ctgov:NCT01234567", brief_title=f"{before} {word} {after}")
    assert concerns(About(words=(read.text,)), event(), record)
    assert not concerns(About(without=(read.text,)), event(), record)
