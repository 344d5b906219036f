"""Edits within a text: the same words in every medium, marked in each one's own way."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from tests.render.samples import digest, make_digest, make_entry, make_event
from tracker.model.event import Change, Event
from tracker.render.inline_diff import difference, edit, plain, spans

OLD = "Adults with active disease in spite of two earlier treatments, willing to come to the clinic every four weeks"
NEW = "Adults with active disease in spite of three earlier treatments, willing to come to the clinic every month"


def reworded() -> Event:
    change = Change(path=("brief_summary",), old=OLD, new=NEW)
    return make_event("description_changed", changes=(change,))


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        (f"Arm {edit('6', '8')} of", "Arm [6 → 8] of"),
        (f"a {edit('b', '')} c", "a [−b] c"),
        (f"a {edit('', 'b')} c", "a [+b] c"),
        (edit("", "") + "as it was", "as it was"),
    ],
)
def test_plain_text_has_edits_in_brackets(marked: str, expected: str) -> None:
    assert plain(spans(marked)) == expected


def test_html_has_edits_as_del_and_ins() -> None:
    page = LexborHTMLParser(digest(make_digest(make_entry(reworded()))).html)
    (line,) = page.css(".detail")
    assert [(node.tag, node.text()) for node in line.css("del, ins")] == [
        ("del", "two"),
        ("ins", "three"),
        ("del", "four weeks"),
        ("ins", "month"),
    ]
    assert "spite of two three earlier" in line.text()


def test_the_text_twin_says_the_same_in_brackets() -> None:
    text = " ".join(digest(make_digest(make_entry(reworded()))).text.split())
    assert "in spite of [two → three] earlier" in text
    assert "clinic every [four weeks → month]”" in text


def test_a_text_that_keeps_few_of_its_words_is_replaced_as_a_whole() -> None:
    other = "The trial is done at two places and it is for children who have never been given anything for their disease"
    line = spans(difference(OLD, other, 80))
    assert [span.mark for span in line] == ["", "gone", "came", ""]
    assert all(span.text.endswith("…") for span in line if span.mark)


def test_a_text_that_only_grew_shows_what_was_added() -> None:
    line = spans(difference("Pregnancy", "Pregnancy or a wish to become pregnant within one year"))
    assert [span.mark for span in line] == ["", "came", ""]


def test_a_long_title_is_told_by_the_words_that_changed() -> None:
    change = Change(path=("official_title",), old=OLD, new=NEW)
    made = digest(make_digest(make_entry(make_event("titles_changed", changes=(change,)))))
    assert "[two → three]" in " ".join(made.text.split())
    assert "before:" not in made.text


def test_marks_forged_in_a_registrys_text_are_taken_out() -> None:
    change = Change(path=("brief_summary",), old=OLD, new=NEW.replace("active", "\ufdd1active\ufdd2"))
    page = LexborHTMLParser(digest(make_digest(make_entry(make_event("description_changed", changes=(change,))))).html)
    (line,) = page.css(".detail")
    assert [node.text() for node in line.css("ins")] == ["three", "month"]


@given(st.text(), st.text(), st.integers(1, 80))
def test_a_line_is_never_longer_than_its_limit(old: str, new: str, limit: int) -> None:
    line = spans(f"Reworded: {edit('x' + old, new)} and so on", limit)
    assert sum(len(span.text) for span in line) <= limit + 1
