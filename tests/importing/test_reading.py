"""Exports are cut into trials and read, in each of their forms and with each of their damages."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.importing.exports import Row, as_csv, as_xml, row
from tracker import sources
from tracker.extract import who
from tracker.extract.who import Unread
from tracker.model.dates import RegistryDate
from tracker.model.record import TrialRecord
from tracker.model.source import DataVersion, Document, FileEntry, FileTrouble, FromFiles, Parsed

ICTRP = sources.load()["ictrp"]
NOW = datetime(2026, 11, 1, tzinfo=UTC)
WHOLE_DATABASE = {
    "Public_title": "public_title",
    "web_address": "url",
    "Recruitment_Status": "Recruitment_status",
    "Inclusion_agemin": "Agemin",
    "Inclusion_gender": "Gender",
    "Condition": "Conditions",
    "Intervention": "Interventions",
    "Primary_outcome": "Primary_Outcome",
}


def entries(body: bytes) -> list[FileEntry | FileTrouble]:
    assert isinstance(ICTRP, FromFiles)
    return list(ICTRP.entries(io.BytesIO(body)))


def parsed(entry: FileEntry | FileTrouble) -> Parsed:
    assert isinstance(entry, FileEntry), entry
    return ICTRP.parse(document(entry))


def document(entry: FileEntry) -> Document:
    return Document(
        source="ictrp", trial=entry.trial, url="", body=entry.body, content_type=entry.content_type, fetched_at=NOW, as_of=NOW
    )


def record(one: Row) -> TrialRecord:
    [entry] = entries(as_xml(one))
    return parsed(entry).record


def test_the_three_sets_of_names_say_the_same() -> None:
    forms = as_xml(row()), as_csv(row()), as_csv(row(), names=WHOLE_DATABASE)
    read = [parsed(entry) for form in forms for entry in entries(form)]
    assert len(read) == 3
    assert read[0] == read[1] == read[2]
    assert not read[0].issues


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_an_export_is_read_in_the_encodings_of_spreadsheets(encoding: str) -> None:
    text = as_csv(row(Public_title="Étude inventée")).decode()
    [entry] = entries(text.encode(encoding))
    assert parsed(entry).record.brief_title == "Étude inventée"


@pytest.mark.parametrize(
    ("given", "status", "as_given"),
    [
        ("Recruiting", "RECRUITING", None),
        ("Not recruiting", "NOT_RECRUITING_UNSPECIFIED", None),
        ("Not Recruiting", "NOT_RECRUITING_UNSPECIFIED", None),
        ("Authorised", "OTHER", "Authorised"),
        ("Not Available", None, "Not Available"),
        ("", None, None),
        ("Completed early", "OTHER", "Completed early"),
    ],
)
def test_a_status_says_no_more_than_the_word(given: str, status: str | None, as_given: str | None) -> None:
    read = record(row(Recruitment_Status=given))
    assert (read.recruitment_status, read.recruitment_status_as_given) == (status, as_given)


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("2020-02-16", "2020-02-16"),
        ("2020-02-16 00:00:00", "2020-02-16"),
        ("20200216", "2020-02-16"),
        ("16/02/2020", "2020-02-16"),
        ("3/08/2005", "2005-08-03"),
        ("21-10-2013", "2013-10-21"),
        ("2020/02/16", "2020-02-16"),
        ("17 February 2020", "2020-02-17"),
        ("January 28, 2020", "2020-01-28"),
        ("April 2024", "2024-04"),
        ("01/01/1900", None),
        ("", None),
    ],
)
def test_dates_are_read_day_first_in_all_their_forms(given: str, read: str | None) -> None:
    found = who.day(given)
    assert (found.date if isinstance(found, RegistryDate) else found) == read


@pytest.mark.parametrize("given", ["02/25/2020", "31/02/2020", "soon", "2020-13-01"])
def test_a_day_that_is_none_is_never_guessed(given: str) -> None:
    assert isinstance(who.day(given), Unread)


def made(*stated: str, latest: str) -> str | None:
    assert isinstance(ICTRP, FromFiles)
    found = ICTRP.made_at(stated, date.fromisoformat(latest), NOW)
    assert found is None or isinstance(found, DataVersion)
    return found.date if found else None


def test_the_export_date_is_month_first_in_the_row_whose_other_dates_are_day_first() -> None:
    assert made("06/09/2024 16:01:13", latest="2024-05-27") == "2024-06-09"
    assert made("3/25/2020 9:29:22 PM", latest="2020-03-24") == "2020-03-25"


def test_a_spreadsheet_that_turned_the_export_date_round_is_found_out_by_what_the_export_holds() -> None:
    assert made("2020-06-07 17:53:51", latest="2020-07-06") == "2020-07-06"
    assert made("2020-04-01 10:00:00", latest="2020-03-30") == "2020-04-01"
    assert made("2020-12-05 11:05:20", latest="2020-05-11") == "2020-05-12", "the earlier of two that may be"


@pytest.mark.parametrize("stated", ["", "sometime", "10/04/2036 04:51:51"])
def test_an_export_without_a_day_that_can_be_is_not_dated(stated: str) -> None:
    assert made(stated, latest="2026-09-21") is None


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ("CTIS2023-507385-11-00", "2023-507385-11"),
        ("JPRN-UMIN000013698", "UMIN000013698"),
        ("JPRN-jRCTs031190227", "jRCTs031190227"),
        ("JPRN-JapicCTI-205238", "JapicCTI-205238"),
        ("NL-OMON12345", "NL-OMON12345"),
        ("ITMCTR2023000001", "ITMCTR2023000001"),
        ("NL8483", "NL8483"),
        ("NEW-REG-000123", "NEW-REG-000123"),
    ],
)
def test_numbers_come_without_the_prefixes_of_the_portal(given: str, key: str) -> None:
    assert record(row(given)).trial == f"ictrp:{key}"


@pytest.mark.parametrize("given", ["../../etc/passwd", "x", "number", "a b", "NCT1;DROP"])
def test_what_is_no_number_is_named_and_not_taken_for_a_key(given: str) -> None:
    [trouble] = entries(as_xml(row(given)))
    assert isinstance(trouble, FileTrouble)
    assert "no number" in trouble.what


def test_padding_breaks_escapes_and_misread_letters_are_no_change() -> None:
    plain = row(Public_title="Étude – 5 °C", Inclusion_Criteria="Inclusion criteria: 1. Adults\n2. Thirsty")
    mangled = row(
        Public_title="Étude – 5 °C".encode().decode("mac_roman") + " " * 900,
        Inclusion_Criteria="Inclusion criteria: 1. Adults_x000D_<br>2. Thirsty",
    )
    [first], [second] = entries(as_xml(plain)), entries(as_csv(mangled))
    assert parsed(first).record == parsed(second).record
    assert isinstance(first, FileEntry)
    assert isinstance(second, FileEntry)
    assert ICTRP.digest(document(first)) == ICTRP.digest(document(second))


def test_texts_that_a_spreadsheet_cut_are_not_read() -> None:
    long = "Pain " * 100
    rows = [row(f"NCT9000000{n}", Intervention=long[:255], Primary_outcome=("x" * 260)[:255]) for n in range(3)]
    read = [parsed(entry) for entry in entries(as_csv(*rows))]
    assert {one.record.primary_outcomes for one in read} == {None}
    assert {issue.code for one in read for issue in one.issues} == {"cut_text"}
    one_as_long_by_chance = entries(as_csv(row(Intervention="y" * 255), row("NCT90000002", Intervention="z" * 400)))
    assert not [issue for entry in one_as_long_by_chance for issue in parsed(entry).issues]


def test_rows_broken_at_line_ends_are_put_together_and_others_named() -> None:
    whole = as_csv(row(Inclusion_Criteria="one<br>two"), row("NCT90000002"))
    broken = whole.replace(b"one<br>two", b"one\n<br>two").replace(b"NCT90000002,12 January 2026,", b"NCT90000002,")
    first, second = entries(broken)
    assert parsed(first).record.trial == "ictrp:NCT90000001"
    assert isinstance(second, FileTrouble)
    assert "NCT90000002" in second.name


def test_what_a_cut_off_download_holds_is_read_and_the_rest_named() -> None:
    whole = as_xml(row(), row("NCT90000002"))
    first, trouble = entries(whole[: whole.index(b"NCT90000002") + 40])
    assert isinstance(first, FileEntry)
    assert isinstance(trouble, FileTrouble)
    assert "in the middle" in trouble.what


@pytest.mark.parametrize("evil", [b'<!DOCTYPE x [<!ENTITY a "aaaa">]>', b"<!DOCTYPE x SYSTEM 'file:///etc/passwd'>"])
def test_a_document_type_is_refused_unread(evil: bytes) -> None:
    body = as_xml(row(Public_title="&a;")).replace(b"<Trials_down", evil + b"<Trials_down", 1)
    [trouble] = entries(body)
    assert isinstance(trouble, FileTrouble)
    assert "document type" in trouble.what


def test_hostile_files_are_read_in_a_time_that_grows_with_their_size() -> None:
    header = as_csv(row()).splitlines(keepends=True)[0]
    assert len(entries(header + b"NCT90000001,x\n" + b"a\n" * 200_000)) < 20
    assert len(entries(header + b'"' + b"x\n" * 200_000)) < 20
    assert len(entries(as_xml(row())[:100] + b"<Trial>" * 100_000)) < 20
    padded = row(Inclusion_Criteria="<br>" + " " * 200_000 + "x" + "\n" * 200_000)
    assert record(padded).eligibility is not None
    chictr = sources.load()["chictr"]
    assert isinstance(chictr, FromFiles)
    assert len(list(chictr.entries(io.BytesIO(b"<trials>" + b"<trial>" * 100_000)))) == 1


@given(st.binary(max_size=400), st.integers(0, 2000))
def test_no_damage_raises(noise: bytes, at: int) -> None:
    for form in (as_xml(row(), row("NCT90000002")), as_csv(row(), row("NCT90000002"))):
        damaged = form[:at] + noise + form[at + len(noise) :]
        for entry in entries(damaged):
            if isinstance(entry, FileEntry):
                assert entry.trial.startswith("ictrp:")
