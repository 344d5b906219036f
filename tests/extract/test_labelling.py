"""Lines to their places: by words, by shape, by position, and never by a guess."""

from __future__ import annotations

import re

import pytest

from tracker.extract.blocks import html_lines, text_lines
from tracker.extract.labelling import read_page
from tracker.extract.labels import HEAD, Label, Page, Section, Vocabulary

DAY = re.compile(r"\d{4}-\d\d-\d\d")
WORDS = Vocabulary(
    head=Section(HEAD, labels=(Label("Number", shape=re.compile(r"N\d+")),)),
    boilerplate=frozenset({"Share this page"}),
    sections=(
        Section(
            "Facts",
            intros=("The facts at a glance.",),
            positional=True,
            labels=(
                Label("State", shape=re.compile("OPEN|CLOSED")),
                Label("Begin", shape=DAY),
                Label("End", shape=DAY),
                Label("Size", shape=re.compile(r"\d+ people")),
            ),
        ),
        Section("Story", intros=("What it is about.",)),
        Section("Groups", prose=True, labels=(Label("Kind", shape=re.compile("[A-Z]+"), repeats=True),)),
        Section("Others", intros=("More of the kind.",), ignored="other studies"),
    ),
)


def read(text: str, title: str | None = None) -> Page:
    return read_page(text_lines(text), WORDS, title)


def facts(page: Page) -> dict[str, str]:
    return {entry.label: entry.text for entry in page.all("Facts") if entry.label and entry.text}


GIVEN = {"State": "OPEN", "Begin": "2026-01-01", "End": "2026-02-02", "Size": "9 people"}


@pytest.mark.parametrize(
    "html",
    [
        "".join(f"<div>{label}</div><div>{value}</div>" for label, value in GIVEN.items()),
        "".join(f"<p><b>{label}:</b> {value}</p>" for label, value in GIVEN.items()),
        "".join(f"<p><b>{label}</b>{value}</p>" for label, value in GIVEN.items()),
        "<br>".join(f"{label} {value}" for label, value in GIVEN.items()),
        " ".join(f"<span>{label}:</span><span>{value}</span>" for label, value in GIVEN.items()),
        "".join(f"<th>{label}</th>" for label in GIVEN) + "".join(f"<div>{value}</div>" for value in GIVEN.values()),
        "<table><tr><th>" + "<th>".join(GIVEN) + "<tr><td>" + "<td>".join(GIVEN.values()) + "</table>",
        "".join(f"<p>{value}</p>" for value in GIVEN.values()),
    ],
)
def test_labels_and_values_in_any_arrangement(html: str) -> None:
    page = read_page(html_lines(f"<h2>Facts</h2><p>The facts at a glance.</p>{html}"), WORDS)
    assert facts(page) == GIVEN
    assert page.finish() == ()


def test_an_intro_sentence_tells_the_heading_from_the_sponsors_text() -> None:
    page = read("Story\nWhat it is about.\nFacts\nare few.\nFacts\nThe facts at a glance.\nState: OPEN")
    assert [entry.text for entry in page.texts("Story")] == ["Facts", "are few."]
    assert facts(page) == {"State": "OPEN"}


def test_heading_intro_and_text_may_share_a_line() -> None:
    page = read("Story: What it is about. Sleep.")
    assert [entry.text for entry in page.texts("Story")] == ["Sleep."]
    assert page.intros == 1


def test_a_heading_without_intro_counts_only_in_its_usual_place() -> None:
    page = read("Facts\nThe facts at a glance.\nState: OPEN\nStory\nSleep.\nOthers\nMore of the kind.\nx")
    assert [entry.text for entry in page.texts("Story")] == ["Sleep."]
    assert not read("Story\nOthers\nMore of the kind.\nFacts\nThe facts at a glance.").has("Story")


def test_a_heading_that_stands_twice_is_told() -> None:
    page = read("Story\nOne.\nStory\nTwo.")
    assert "missing_shape" in [issue.code for issue in page.finish()]


def test_an_ignored_section_ends_where_the_next_one_starts_and_may_stand_anywhere() -> None:
    page = read("Story\nWhat it is about.\nOthers\nN2\nFacts\nThe facts at a glance.\nCLOSED")
    assert [entry.text for entry in page.all("Others")] == ["N2"]
    assert facts(page) == {"State": "CLOSED"}
    assert page.texts("Story") == []


def test_an_empty_label_does_not_take_the_next_ones_value() -> None:
    page = read("Facts\nThe facts at a glance.\nState\nBegin\n2026-01-01\nEnd\nSize\n9 people")
    assert facts(page) == {"Begin": "2026-01-01", "Size": "9 people"}


def test_position_places_what_has_no_shape_only_when_the_numbers_fit() -> None:
    assert facts(read("Facts\nThe facts at a glance.\nPAUSED\n2026-01-01\nsoon\n9 people")) == {
        "State": "PAUSED",
        "Begin": "2026-01-01",
        "End": "soon",
        "Size": "9 people",
    }
    page = read("Facts\nThe facts at a glance.\nOPEN\n2026-01-01\n9 people")
    assert facts(page) == {"State": "OPEN", "Size": "9 people"}
    assert page.value("Facts", "Begin", expected=True) is None


def test_an_unknown_label_is_left_over_and_shifts_nothing() -> None:
    page = read("Facts\nThe facts at a glance.\nMood\ngood\nState\nOPEN\nBegin\n2026-01-01")
    assert facts(page) == {"State": "OPEN", "Begin": "2026-01-01"}
    fresh = read("Facts\nThe facts at a glance.\nMood\ngood\nState\nOPEN")
    fresh.value("Facts", "State")
    assert [issue.value for issue in fresh.finish()] == ["Mood", "good"]


def test_labels_in_prose_need_a_colon_or_a_single_word() -> None:
    page = read("Groups\nFirst\nKind A\nKind words were said.\nKind: B\nKind\nof a group")
    assert page.values("Groups", "Kind") == ["A", "B"]
    assert [entry.text for entry in page.texts("Groups")] == ["First", "Kind words were said.", "Kind", "of a group"]


def test_the_title_is_kept_once_and_boilerplate_is_ignored_by_name() -> None:
    page = read("Sleep\nSleep\nN1\nShare this page", title="Sleep")
    assert page.values(HEAD, "Title") == ["Sleep"]
    assert page.value(HEAD, "Number") == "N1"
    assert page.ignored == [("Sleep", "title"), ("Share this page", "boilerplate")]


def test_the_digest_is_over_what_was_taken() -> None:
    def digest(text: str) -> str:
        page = read(text)
        page.values("Facts", "State")
        return page.digest(1)

    text = "Facts\nThe facts at a glance.\nState: OPEN\nOthers\nx"
    assert digest(text) == digest(text.replace("\nx", "\ny")) == digest(text + "\nShare this page")
    assert digest(text) != digest(text.replace("OPEN", "CLOSED"))
