"""Registries that are read from saved files: their forms, their words, and texts that end anywhere."""

from __future__ import annotations

import io
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from defusedxml.ElementTree import fromstring

from tracker import sources
from tracker.compare import compare
from tracker.detect import unread
from tracker.errors import AnswerError, LayoutError
from tracker.extract.blocks import html_lines
from tracker.extract.xml_reader import plain
from tracker.model.record import TrialRecord
from tracker.model.source import Document, FileEntry, FileTrouble, FromFiles, Parsed
from tracker.sources.anzctr.words import STATUSES as ANZCTR
from tracker.sources.cris.words import STATUSES as CRIS
from tracker.sources.ctri.read import STATUSES as CTRI
from tracker.sources.umin.words import STATUSES as UMIN

FIXTURES = Path(__file__).parent.parent / "fixtures"
AT = datetime(2026, 2, 1, 6, 0, tzinfo=UTC)
SOURCES = sources.load()


def text_of(name: str) -> str:
    return (FIXTURES / name).read_text(encoding="utf-8")


def document(key: str, body: bytes) -> Document:
    trial = SOURCES[key].sniff(body)
    assert trial is not None
    return Document(source=key, trial=trial, url="", body=body, content_type="", fetched_at=AT, as_of=AT)


def parsed(key: str, text: str) -> Parsed:
    return SOURCES[key].parse(document(key, text.encode()))


def record(key: str, text: str) -> TrialRecord:
    return parsed(key, text).record


def codes(found: Parsed) -> set[tuple[str, str]]:
    return {(issue.code, issue.path) for issue in found.issues}


def test_two_texts_of_one_page_of_ctri_give_one_record() -> None:
    one, other = (text_of(f"ctri/{name}.txt") for name in ("opening", "opening_table"))
    assert parsed("ctri", one) == parsed("ctri", other)
    digests = {SOURCES["ctri"].digest(document("ctri", text.encode())) for text in (one, other)}
    assert len(digests) == 1


def test_the_xml_of_anzctr_and_its_json_give_one_record() -> None:
    xml = text_of("anzctr/recruiting.xml")
    as_json = json.dumps({"ANZCTR_Trial": emptied(plain(fromstring(xml)))})
    assert '"utrn": null' in as_json
    assert parsed("anzctr", xml) == parsed("anzctr", as_json)


def emptied(value: Any) -> Any:
    """As the JSON at hand writes what is empty."""
    if isinstance(value, dict):
        return {key: emptied(inner) for key, inner in value.items()}
    return [emptied(inner) for inner in value] if isinstance(value, list) else value or None


def test_one_element_and_a_list_of_one_are_the_same() -> None:
    page = json.loads(text_of("anzctr/stopped.json"))
    before = record("anzctr", json.dumps(page))
    page["ANZCTR_Trial"]["sponsorship"]["secondarysponsor"] = page["ANZCTR_Trial"]["sponsorship"]["secondarysponsor"][0]
    assert record("anzctr", json.dumps(page)) == before


def with_status(key: str, word: str) -> str:
    """A record of a registry that says this word of its status."""
    if key == "cris":
        page = json.loads(text_of("cris/completed.json"))
        return json.dumps({**page, "recruitment_status_en": word, "recruitment_status_kr": ""})
    name, old = {
        "anzctr": ("recruiting.xml", "<recruitmentstatus>Recruiting<"),
        "ctri": ("whole.html", "<td>Open to Recruitment <"),
        "umin": ("whole.json", '"Recruitment status": "Completed"'),
    }[key]
    text = text_of(f"{key}/{name}")
    assert old in text
    return text.replace(old, re.sub(r"Recruiting(?=<)|Open to Recruitment |Completed", word, old))


WORDS = [(key, word, status) for key, table in (("anzctr", ANZCTR), ("cris", CRIS), ("ctri", CTRI), ("umin", UMIN))
         for word, status in table.items()]  # fmt: skip


@pytest.mark.parametrize(("key", "word", "status"), WORDS)
def test_a_status_is_read_by_the_registrys_exact_word(key: str, word: str, status: str | None) -> None:
    found = parsed(key, with_status(key, word))
    assert found.record.recruitment_status == status
    assert found.record.recruitment_status_as_given == (word if status in (None, "OTHER") else None)
    assert not found.issues


@pytest.mark.parametrize("key", ["anzctr", "cris", "ctri", "umin"])
@pytest.mark.parametrize("word", ["Paused for the harvest", "recruiting", "COMPLETED", "Recruitment", "Completed, Suspended"])
def test_any_other_word_is_told_and_kept_and_never_guessed_at(key: str, word: str) -> None:
    found = parsed(key, with_status(key, word))
    assert found.record.recruitment_status == "OTHER"
    assert found.record.recruitment_status_as_given == word
    assert [issue.value for issue in found.issues if issue.code == "unknown_word"] == [word]


def test_who_may_come_is_no_part_of_a_status_of_umin() -> None:
    found = parsed("umin", with_status("umin", "Open public recruiting(outpatients can be recruited publicly)"))
    assert (found.record.recruitment_status, found.issues) == ("RECRUITING", ())


@pytest.mark.parametrize(
    ("india", "world", "status", "given"),
    [
        ("Completed", "Not Applicable", "COMPLETED", None),
        ("Completed", "Completed", "COMPLETED", None),
        ("Not Applicable", "Suspended", "SUSPENDED", None),
        ("Completed", "Open to Recruitment", "OTHER", "India: Completed; Global: Open to Recruitment"),
        ("Not Applicable", "Not Applicable", None, "Not Applicable"),
        ("Asleep", "Not Applicable", "OTHER", "Asleep"),
    ],
)
def test_statuses_of_india_and_of_the_world_that_differ_are_no_one_status(
    india: str, world: str, status: str | None, given: str | None
) -> None:
    text = with_status("ctri", india).replace("<td>Not Applicable </td>", f"<td>{world} </td>", 1)
    found = record("ctri", text)
    assert (found.recruitment_status, found.recruitment_status_as_given) == (status, given)


TEXTS = ("ctri/opening.txt", "ctri/opening_table.txt", "umin/opening.txt", "umin/opening_newer.txt", "anzctr/opening.txt")


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_that_is_cut_anywhere_says_nothing_that_the_whole_does_not_say(name: str) -> None:
    key = name.partition("/")[0]
    text = text_of(name)
    whole = msgspec.to_builtins(record(key, text))
    read = 0
    for end in (end for end in range(len(text) - 1, 0, -1) if end > len(text) - 200 or not end % 4):
        try:
            part = msgspec.to_builtins(record(key, text[:end]))
        except (LayoutError, AssertionError):
            continue
        read += 1
        for field, value in part.items():
            if field != "rest":
                assert value in (None, whole[field]), f"{field} of the text up to {text[:end][-40:]!r}"
    assert read > 20


def test_the_last_word_of_a_text_is_a_status_only_where_it_is_one() -> None:
    text = whole_text("ctri")
    end = text.index("Open to Recruitment") + len("Open to Recruitment")
    assert record("ctri", text[:end]).recruitment_status == "RECRUITING"
    assert record("ctri", text[: end - 3]).recruitment_status is None
    assert ("cut_text", "recruitment_status") in codes(parsed("ctri", text[: end - 3]))


def whole_text(key: str) -> str:
    """A whole page as text, label and value in lines of their own."""
    if key == "ctri":
        return "\n".join(line.text for line in html_lines(text_of("ctri/whole.html")))
    page = json.loads(text_of("umin/whole.json"))
    lines = [part for label, value in page["meta"].items() for part in (label, value)]
    for section, values in page["sections"].items():
        lines += [section, *(part for label, value in values.items() for part in (label, value.replace("|", "")))]
    return "\n".join(lines)


@pytest.mark.parametrize("key", ["ctri", "umin"])
def test_what_a_text_that_ends_early_does_not_say_is_as_it_was(key: str) -> None:
    text = whole_text(key)
    before = parsed(key, text)
    assert {issue.code for issue in before.issues} <= {"missing_shape"}
    read = 0
    last = text.index({"ctri": "Publication Details", "umin": "Management information"}[key])
    for end in range(last, 300, -17):
        after = parsed(key, text[:end])
        words = SOURCES[key].info.path_words
        old, new = unread.readable(before.record, after.record, before.issues, after.issues, words)
        read += 1
        old, new = (msgspec.structs.replace(one, rest={}) for one in (old, new))
        assert compare(old, new) == (), text[:end][-60:]
        behind = {issue.path for issue in after.issues if issue.code == "cut_text"}
        gone = {name for name, value in before.record.rest.items() if after.record.rest.get(name) != value}
        assert gone <= behind, "what is kept of the version before is found by its label"
    assert read > 30


@pytest.mark.parametrize("name", TEXTS)
def test_a_field_behind_the_end_of_a_text_is_told(name: str) -> None:
    key = name.partition("/")[0]
    text = text_of(name)
    half = text[: text.index("itle") + 200]
    told = {path for code, path in codes(parsed(key, half)) if code == "cut_text"}
    assert "study_type" in told or record(key, half).study_type
    assert "recruitment_status" in told or record(key, half).recruitment_status


def test_a_label_that_nobody_knows_ends_no_title_in_silence() -> None:
    text = text_of("umin/opening.txt").replace("\nAcronym Two", "\nNickname\nThe waters\nAcronym Two")
    found = parsed("umin", text)
    assert found.record.brief_title is None
    assert ("unreadable_value", "brief_title") in codes(found)
    assert found.record.rest["brief_title"] == "Which water helps walkers?\nNickname\nThe waters"


def test_a_sentence_that_begins_like_a_label_is_no_label() -> None:
    text = text_of("umin/opening.txt").replace("Which water helps", "Condition of feet and water of")
    assert record("umin", text).brief_title == "Condition of feet and water of walkers?"
    assert record("umin", text).conditions == ("Thirst after long walks",)
    odd = record("umin", text_of("umin/odd.html"))
    assert "Control group and rain group" in odd.rest["Objectives / Narrative objectives1"]


def test_blanks_within_a_title_do_not_end_it() -> None:
    text = text_of("ctri/opening.txt").replace("Does green tea", "Does  green   tea")
    assert record("ctri", text).brief_title == "Does green tea help people who sing"


def test_persons_of_a_page_are_not_kept() -> None:
    assert "A Person" not in str(record("ctri", text_of("ctri/whole.html")))
    assert "A Person" not in str(record("cris", text_of("cris/page.html")))
    assert "A Person" not in str(record("cris", text_of("cris/completed.json")))
    assert "nobody@example.org" not in str(record("umin", text_of("umin/whole.json")))
    assert "A Person" not in str(record("anzctr", text_of("anzctr/recruiting.xml")))


@pytest.mark.parametrize("key", ["anzctr", "cris", "ctri", "umin"])
@pytest.mark.parametrize("body", [b"", b"hello", b"{}", b"[]", b"<html></html>", b"\x89PNG\r\n\x1a\n\0\0", b"<a><b/></a>"])
def test_a_strangers_file_is_nobodys(key: str, body: bytes) -> None:
    source = SOURCES[key]
    assert isinstance(source, FromFiles)
    assert not source.is_file(body)
    assert source.sniff(body) is None
    assert not [entry for entry in source.entries(io.BytesIO(body)) if isinstance(entry, FileEntry)]


def test_every_example_is_one_registrys_alone() -> None:
    for key in ("anzctr", "cris", "ctri", "umin", "chictr", "repec", "tctr", "ictrp"):
        for example in SOURCES[key].EXAMPLES:
            opening = (FIXTURES / key / example.fixture).read_bytes()[: 1 << 16]
            known = [other for other, one in SOURCES.items() if isinstance(one, FromFiles) and one.is_file(opening)]
            assert known == [key], example.fixture


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("ctri", "CTRI Number  CTRI/2091/11/900002 [Registered on: 13/11/2091]\n"),
        ("umin", "Unique ID issued by UMIN UMIN000900002\n"),
        ("anzctr", "Registration number\nACTRN12690000000004\n"),
        ("cris", '{"trial_id": "KCT0090001", "resultCode": "00"}'),
        ("cris", '{"trial_id": "KCT0090001", "resultCode": "03", "resultMsg": "NODATA_ERROR"}'),
        ("anzctr", "<ANZCTR_Trial><actrnumber>ACTRN12690000000001</actrnumber></ANZCTR_Trial>"),
    ],
)
def test_a_number_alone_is_no_record(key: str, text: str) -> None:
    with pytest.raises(AnswerError):
        parsed(key, text)


def test_rows_of_a_table_are_cut_apart_and_what_is_none_is_named() -> None:
    source = SOURCES["anzctr"]
    assert isinstance(source, FromFiles)
    header, row = text_of("anzctr/row.csv").splitlines()
    body = "\n".join((header, row, row.replace("0003", "0004"), "x,y", row.replace("ACTRN", "NCT"))).encode()
    found = list(source.entries(io.BytesIO(body)))
    assert [one.trial for one in found if isinstance(one, FileEntry)] == [
        "anzctr:ACTRN12690000000003",
        "anzctr:ACTRN12690000000004",
    ]
    assert [one.name for one in found if isinstance(one, FileTrouble)] == ["line 4", "line 5"]


@pytest.mark.parametrize("piece", [" \t", "Name\n", "| ", "[Registered on: ", "Primary Sponsor\nName\n", "Condition\n"])
def test_a_text_made_to_be_slow_is_read_in_a_time_that_grows_with_its_size(piece: str) -> None:
    """Only a hang would exceed the bound that the test run has for each test."""
    for key, opening in (("ctri", "ctri/opening.txt"), ("umin", "umin/opening.txt")):
        assert parsed(key, text_of(opening) + piece * 4_000).record.trial
