"""What is read of a record of ISRCTN: its status by overrides and days, both generations of fields, and what says nothing."""

from __future__ import annotations

import datetime as dt
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.lab.isrctn_registry import ORDINARY
from tracker import sources
from tracker.errors import AnswerError, LayoutError
from tracker.model.record import TrialRecord
from tracker.model.source import Document, FollowsCalendar, Parsed
from tracker.sources.isrctn.words import LASTING, STATED

SOURCE = sources.load()["isrctn"]
assert isinstance(SOURCE, FollowsCalendar)
TURNING: FollowsCalendar = SOURCE
WHO = ORDINARY.with_name("who.xml")


def document(body: str | bytes, day: str = "2026-03-02", trial: str = "ISRCTN90000019") -> Document:
    at = datetime.fromisoformat(day).replace(tzinfo=UTC)
    served = body if isinstance(body, bytes) else body.encode()
    return Document(source="isrctn", trial=f"isrctn:{trial}", url="", body=served, content_type="", fetched_at=at, as_of=at)


def ordinary(**texts: str) -> str:
    """The ordinary record with other texts in some elements; empty ones included."""
    text = ORDINARY.read_text(encoding="utf-8")
    for name, value in texts.items():
        pattern = rf"<{name}(?:/>|>[^<]*</{name}>)"
        text, count = re.subn(pattern, f"<{name}>{value}</{name}>", text, count=1)
        if not count:
            text = text.replace("<participants>" if "ecruit" in name else "<studyDesign/>", rf"\g<0><{name}>{value}</{name}>")
            text = text.replace(r"\g<0>", "<participants>" if "ecruit" in name else "<studyDesign/>")
    return text


def read(body: str | bytes, day: str = "2026-03-02") -> Parsed:
    return SOURCE.parse(document(body, day))


def status(day: str, **texts: str) -> tuple[str | None, str | None]:
    record = read(ordinary(**texts), day).record
    return record.recruitment_status, record.recruitment_status_as_given


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("2025-10-31", "NOT_YET_RECRUITING"),
        ("2025-11-01", "RECRUITING"),
        ("2027-06-30", "RECRUITING"),
        ("2027-07-01", "ACTIVE_NOT_RECRUITING"),
        ("2028-12-31", "ACTIVE_NOT_RECRUITING"),
        ("2029-01-01", "COMPLETED"),
    ],
)
def test_without_an_override_the_days_say_the_status(day: str, said: str) -> None:
    assert status(day) == (said, None)


@pytest.mark.parametrize("day", ["2025-10-31", "2026-03-02", "2030-01-01"])
@pytest.mark.parametrize("word", LASTING)
@pytest.mark.parametrize("element", ["recruitmentStatusOverride", "overallStatusOverride"])
def test_an_override_holds_on_every_day_and_is_kept_in_its_own_word(element: str, word: str, day: str) -> None:
    assert status(day, **{element: word}) == (LASTING[word], word)


@pytest.mark.parametrize(
    ("day", "said"),
    [("2026-03-02", "ACTIVE_NOT_RECRUITING"), ("2028-12-31", "ACTIVE_NOT_RECRUITING"), ("2029-01-01", "COMPLETED")],
)
def test_recruitment_that_an_override_ended_leaves_the_end_of_the_study_to_its_day(day: str, said: str) -> None:
    assert status(day, recruitmentStatusOverride="No longer recruiting") == (said, "No longer recruiting")


def test_an_override_of_the_start_holds_until_recruitment_ends() -> None:
    assert status("2026-03-02", recruitmentStartStatusOverride="Not yet recruiting")[0] == "NOT_YET_RECRUITING"
    assert status("2025-10-01", recruitmentStartStatusOverride="Recruiting")[0] == "RECRUITING"
    assert status("2027-07-01", recruitmentStartStatusOverride="Recruiting")[0] == "ACTIVE_NOT_RECRUITING"


def test_a_word_never_met_before_is_other_kept_and_told() -> None:
    parsed = read(ordinary(recruitmentStatusOverride="Paused"))
    assert (parsed.record.recruitment_status, parsed.record.recruitment_status_as_given) == ("OTHER", "Paused")
    assert [(issue.code, issue.value) for issue in parsed.issues] == [("unknown_word", "Paused")]


def test_ongoing_says_no_more_than_the_days_do() -> None:
    assert status("2025-10-31", overallStatusOverride="Ongoing") == ("NOT_YET_RECRUITING", None)


def test_a_study_without_its_days_has_no_status_by_days() -> None:
    assert status("2026-03-02", recruitmentStart="", recruitmentEnd="") == (None, None)
    assert status("2027-07-01", overallEndDate="") == ("NOT_RECRUITING_UNSPECIFIED", None)


DAYS = st.dates(dt.date(2025, 1, 1), dt.date(2030, 12, 31))


@given(begins=DAYS, closes=DAYS, ends=DAYS, day=DAYS)
def test_the_status_turns_on_no_day_but_the_turning_days(begins: dt.date, closes: dt.date, ends: dt.date, day: dt.date) -> None:
    text = ordinary(recruitmentStart=str(begins), recruitmentEnd=str(closes), overallEndDate=str(ends))
    before = read(text, str(day - dt.timedelta(days=1))).record
    record = read(text, str(day)).record
    if day not in TURNING.turning_days(record):
        assert record == before


def test_turning_days_are_those_of_the_record_whatever_day_it_is_read_on() -> None:
    for day in ("2025-01-01", "2030-01-01"):
        days = TURNING.turning_days(read(ordinary(), day).record)
        assert [str(one) for one in days] == ["2025-11-01", "2027-07-01", "2029-01-01"]


def test_nothing_but_the_status_follows_the_calendar() -> None:
    early, late = (read(ordinary(), day).record for day in ("2025-10-31", "2029-01-01"))
    differing = [name for name in TrialRecord.__struct_fields__ if getattr(early, name) != getattr(late, name)]
    assert differing == ["recruitment_status"]


@pytest.mark.parametrize("word", STATED)
def test_the_who_format_states_the_status(word: str) -> None:
    text = WHO.read_text(encoding="utf-8").replace("No longer recruiting", word)
    for day in ("2017-01-01", "2026-03-02"):
        assert SOURCE.parse(document(text, day, "ISRCTN90000046")).record.recruitment_status == STATED[word]


@pytest.mark.parametrize(
    "given", ["2026-07-27T09:27:35.342944265Z", "2026-07-27T09:27:35Z", "2026-07-27", "2026-07-27T00:00:00+01:00"]
)
def test_a_time_of_any_exactness_is_its_day(given: str) -> None:
    parsed = read(ordinary().replace("2026-01-27T09:27:35.342944265Z", given))
    assert parsed.record.last_update_posted is not None
    assert (parsed.record.last_update_posted.date, parsed.issues) == ("2026-07-27", ())


def test_zero_participants_are_none_yet_but_of_a_stopped_study() -> None:
    assert read(ordinary()).record.enrollment.count == 240  # type: ignore[union-attr]
    stopped = read(ordinary(recruitmentStatusOverride="Stopped")).record.enrollment
    assert stopped is not None
    assert (stopped.count, stopped.type) == (0, "ACTUAL")


@pytest.mark.parametrize("number", ["Nil known", "-", "N/A", "None", "Not provided at time of registration", ""])
def test_a_field_that_is_filled_and_says_nothing_is_no_number(number: str) -> None:
    text = ordinary(eudraCTNumber=number, clinicalTrialsGovNumber=number)
    ids = read(text).record.secondary_ids or ()
    assert {one.type for one in ids} == {"OTHER", "CTIS", "ORG_STUDY_ID"}


def test_a_registry_s_number_is_named_as_such_wherever_it_stands() -> None:
    ids = read(ordinary(protocolSerialNumber="nct 01234567")).record.secondary_ids or ()
    assert ("REGISTRY", "NCT01234567", "ClinicalTrials.gov") in {(one.type, one.id, one.domain) for one in ids}


def test_several_numbers_in_one_field_are_several() -> None:
    ids = read(ordinary(clinicalTrialsGovNumber="NCT01234567; NCT01234568 and NCT01234569")).record.secondary_ids or ()
    assert [one.id for one in ids if one.domain == "ClinicalTrials.gov"] == ["NCT01234567", "NCT01234568", "NCT01234569"]


def test_empty_elements_numbers_of_storage_and_escapes_say_nothing() -> None:
    digest = SOURCE.digest(document(ordinary()))
    text = ordinary().replace("<studyDesign/>", "").replace('version="36"', 'version="99"')
    text = re.sub("(?<!12121212)-0512-4135-", "-2222-3333-", text)
    text = text.replace("Inventazole eases", "Inventazole &amp;#101;ases")
    assert SOURCE.digest(document(text)) == digest
    assert read(text).record == read(ordinary()).record
    assert SOURCE.digest(document(ordinary(targetEnrolment="241"))) != digest


def test_another_lead_among_the_same_sponsors_is_a_change() -> None:
    first, second = "50000002-0512-4135-8e16-3c668652fa83", "50000001-0512-4135-8e16-3c668652fa83"
    order = "<sponsorId>{}</sponsorId>\n      <sponsorId>{}</sponsorId>"
    text = ordinary().replace(order.format(first, second), order.format(second, first))
    lead = read(text).record.lead_sponsor
    assert lead is not None
    assert lead.name == "Invented Trust"
    assert SOURCE.digest(document(text)) != SOURCE.digest(document(ordinary()))


def test_kept_fields_that_are_empty_are_as_if_they_were_not_there() -> None:
    with_it = ordinary().replace("<publicationStage/>", "<publicationStage/><publicationPlan/>")
    assert read(with_it).record == read(ordinary()).record


@pytest.mark.parametrize(
    ("served", "error", "said"),
    [
        (b"", AnswerError, "is empty"),
        (b"<html>soon back</html>", AnswerError, "web page"),
        (b'<allTrials totalCount="0"/>', AnswerError, "holds no study"),
        (b"<trial><isrctn>90000019</isrctn></trial>", LayoutError, "lacks trialDescription, participants"),
        (b"<trial><isrctn>90000028</isrctn></trial>", AnswerError, "record of ISRCTN90000028"),
        (
            b"<trial><isrctn>90000019</isrctn><trialDescription/><participants/><participants/></trial>",
            LayoutError,
            "more than one participants",
        ),
        (b"<allTrials><fullTrial><trial/></fullTrial></allTrials>", LayoutError, "names no ISRCTN number"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><allTrials>&b;</allTrials>', AnswerError, "document type or entities"),
        (b"<rss/>", AnswerError, "rss, which is no study"),
    ],
)
def test_what_is_not_the_study_s_record_is_refused(served: bytes, error: type[AnswerError], said: str) -> None:
    with pytest.raises(error, match=said):
        read(served)


def test_another_registry_s_record_in_the_who_format_is_not_taken_for_one() -> None:
    assert SOURCE.sniff(b"<trials><trial><main><trial_id>ChiCTR2000029981</trial_id></main></trial></trials>") is None


def test_of_a_saved_list_the_study_that_is_named_is_read() -> None:
    both = (
        ordinary().replace("</allTrials>", "")
        + Path(ORDINARY.with_name("stopped.xml")).read_text(encoding="utf-8").split("?>")[1]
    )
    record = SOURCE.parse(document(both + "</allTrials>", trial="ISRCTN90000028")).record
    assert record.why_stopped == "Too few newborns"


def test_a_publication_that_both_lists_name_is_one() -> None:
    stopped = Path(ORDINARY.with_name("stopped.xml")).read_text(encoding="utf-8")
    references = SOURCE.parse(document(stopped, trial="ISRCTN90000028")).record.references or ()
    assert [(one.pmid, one.type) for one in references] == [("90000028", "RESULT"), ("90000027", "BACKGROUND")]


def test_what_the_registry_calls_protected_is_not_taken() -> None:
    assert [one.name for one in read(ordinary()).record.central_contacts or ()] == ["Dr Ada Invented"]
