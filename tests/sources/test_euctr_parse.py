"""How the text of the EU Clinical Trials Register is read: labels, countries, and what is refused."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker import sources
from tracker.compare import compare
from tracker.duties import judgements
from tracker.errors import AnswerError, LayoutError
from tracker.links.numbers import named_numbers
from tracker.model.record import TrialRecord
from tracker.model.source import Document, Parsed

SOURCE = sources.load()["euctr"]
FIXTURES = Path(__file__).parent.parent / "fixtures" / "euctr"
ORDINARY = (FIXTURES / "ordinary.txt").read_text(encoding="utf-8")
TRIAL = "euctr:2090-000001-10"
AT = datetime(2091, 5, 1, tzinfo=UTC)


def document(text: str, trial: str = TRIAL) -> Document:
    body = text.encode()
    return Document(source="euctr", trial=trial, url="", body=body, content_type="text/plain", fetched_at=AT, as_of=AT)


def parsed(text: str, trial: str = TRIAL) -> Parsed:
    return SOURCE.parse(document(text, trial))


def record(text: str, trial: str = TRIAL) -> TrialRecord:
    return parsed(text, trial).record


def parts(text: str) -> list[str]:
    return [part for part in re.split(r"(?m)^(?=Summary$)", text) if part.startswith("Summary")]


def of_country(text: str, code: str) -> str:
    return next(part for part in parts(text) if f"/{code}/" in part)


def test_the_order_of_the_countries_says_nothing() -> None:
    other = "\n".join(reversed(parts(ORDINARY)))
    assert compare(record(ORDINARY), record(other)) == ()
    assert SOURCE.digest(document(ORDINARY)) == SOURCE.digest(document(other))


def test_two_records_of_one_country_stay_two() -> None:
    found = record(ORDINARY)
    assert [state.country for state in found.country_status or ()] == ["Germany", "Poland", "Poland", "Italy"]
    assert set(found.rest["national_values.official_title"]) == {"Poland"}


def test_countries_that_agree_give_the_status() -> None:
    text = ORDINARY.replace("Status: Ongoing", "Status: Completed")
    assert (record(text).recruitment_status, record(text).recruitment_status_as_given) == ("COMPLETED", "Completed")


@pytest.mark.parametrize(
    ("other", "status", "words"),
    [
        ("Ongoing", "OTHER", "Completed, Ongoing"),
        ("Restarted", "RECRUITING", "Completed, Restarted"),
        ("Prematurely Ended", "COMPLETED", "Completed, Prematurely Ended"),
        ("GB - no longer in EU/EEA", "COMPLETED", "Completed, GB - no longer in EU/EEA"),
        ("", "COMPLETED", "Completed"),
    ],
)
def test_of_countries_that_disagree_the_most_open_counts_with_the_words_of_all(other: str, status: str, words: str) -> None:
    found = parsed(ORDINARY.replace("Status: Ongoing", f"Status: {other}"))
    assert (found.record.recruitment_status, found.record.recruitment_status_as_given) == (status, words)
    assert found.issues == ()


def test_the_end_is_the_latest_global_end_of_all_countries() -> None:
    end = record(ORDINARY).completion_date
    assert end is not None
    assert (end.date, end.type) == ("2091-03-04", "ACTUAL")


def test_an_end_that_cannot_be_read_does_not_stand_before_one_that_can() -> None:
    found = parsed(ORDINARY.replace("2090-12-24", "Christmas"))
    assert found.record.completion_date is not None
    assert found.record.completion_date.date == "2091-03-04"
    assert [issue.code for issue in found.issues] == ["unreadable_date"]
    assert found.record.rest["national_values.completion_date"]["Poland"] == {"date": "Christmas", "type": "ACTUAL"}


def test_an_end_while_a_country_goes_on_is_not_judged_and_the_countries_are_named() -> None:
    [duty] = [one for one in judgements(record(ORDINARY), SOURCE.info.duties) if one.law and one.law.rule == "eudract"]
    assert "ended in Germany, Poland but not ended in Italy" in " ".join(duty.reasons)


def test_numbers_of_other_registers_are_linked_and_placeholders_are_not() -> None:
    assert [one.other for one in named_numbers(record(ORDINARY))] == ["isrctn:ISRCTN90000019", "ctgov:NCT90000001"]
    assert "U0000-0000-0000" not in str(record(ORDINARY))


def test_a_plan_for_children_in_one_country_is_one_of_the_trial() -> None:
    text = ORDINARY.replace("Investigation Plan: No", "Investigation Plan: Yes", 1)
    assert record(text).rest["paediatric_investigation_plan"] == "Yes"


def test_codes_of_another_section_are_words_of_a_text() -> None:
    found = record(ORDINARY).eligibility
    assert found is not None
    assert found.criteria is not None
    assert "B.1.1.7 variant: infection within a month" in found.criteria.exclusion


def test_a_translation_stands_in_only_where_there_is_no_english() -> None:
    translated = "A.3 Full title of the trial (de): Eine Studie\n"
    alone = re.sub(r"A\.3 Full title of the trial: .*\n", translated, of_country(ORDINARY, "DE"))
    assert record(alone).official_title == "Eine Studie"
    both = of_country(ORDINARY, "DE").replace("A.3.1 Title", f"{translated}A.3.1 Title", 1)
    assert record(both).official_title == "A randomised study of inventazole in testitis"


def test_every_label_that_nobody_knows_is_told() -> None:
    text = ORDINARY.replace("E.8.7 Trial has", "E.8.77 Trial has a moon: Yes\nE.8.7 Trial has", 1)
    [issue] = parsed(text).issues
    assert (issue.code, issue.path, issue.value) == ("unknown_field", "e8_77_trial_has_a_moon", "Yes")


def test_parts_of_other_trials_in_one_file_are_left_aside() -> None:
    other = (FIXTURES / "odd.txt").read_text(encoding="utf-8")
    assert record(f"{other}\n{ORDINARY}") == record(ORDINARY)


def test_a_text_without_line_breaks_is_refused() -> None:
    with pytest.raises(LayoutError, match="line breaks"):
        parsed(ORDINARY.replace("\n", ""))


@pytest.mark.parametrize("text", ["", "<html><body>EudraCT Number: 2090-000001-10\n</body></html>", "No trials."])
def test_what_is_no_text_of_the_register_is_refused(text: str) -> None:
    with pytest.raises(AnswerError):
        parsed(text)
    assert SOURCE.sniff(text.encode()) is None


def test_a_part_without_its_sections_is_refused() -> None:
    with pytest.raises(LayoutError, match="section E"):
        parsed(ORDINARY.replace("E. General Information on the Trial", "Information"))


def test_contacts_of_other_countries_are_nowhere() -> None:
    text = ORDINARY.replace("trials@example.org", "other@example.org").replace("other@", "trials@", 1)
    assert "other@example.org" not in str(record(text))


EDITS = st.tuples(st.integers(0, ORDINARY.count("\n")), st.sampled_from(["drop", "double", "cut", "join"]))


@settings(max_examples=25, deadline=None)
@given(st.lists(EDITS, max_size=8))
def test_a_damaged_text_is_read_or_refused_and_never_anything_else(edits: list[tuple[int, str]]) -> None:
    lines = ORDINARY.split("\n")
    for at, edit in edits:
        line = lines[at % len(lines)]
        piece = {"drop": [], "double": [line, line], "cut": [line[: len(line) // 2]], "join": [line + line]}[edit]
        lines[at % len(lines) : at % len(lines) + 1] = piece
    text = "\n".join(lines)
    try:
        found = record(text)
    except AnswerError:
        return
    assert msgspec.json.decode(msgspec.json.encode(found), type=TrialRecord) == record(text)
    assert compare(found, record(text)) == ()
    assert SOURCE.digest(document(text))
