"""JSON is read so that every value is taken, ignored by name, kept by name, or an Issue."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tracker.errors import AnswerError
from tracker.extract.json_reader import JsonReader, read_object, sniff_object
from tracker.extract.read_log import OversizedValueError, ReadLog, canonical_digest, guarded, is_deep
from tracker.model.record import TrialRecord
from tracker.model.source import Document, Issue

AT = datetime(2026, 2, 1, tzinfo=UTC)


def reader(value: dict[str, Any], **tables: Any) -> tuple[JsonReader, ReadLog]:
    log = ReadLog(tables.get("ignored", {}), dict.fromkeys(tables.get("kept", ()), object))
    return JsonReader(value, "", log), log


def codes(log: ReadLog) -> list[tuple[str, str, str]]:
    return [(issue.code, issue.path, issue.value) for issue in log.finish()]


def document(body: bytes) -> Document:
    return Document(source="x", trial="x:1", url="", body=body, content_type="", fetched_at=AT, as_of=AT)


def test_values_come_back_cleaned_and_of_their_type() -> None:
    top, log = reader(
        {"t": " a&amp;b ", "v": " a ", "f": False, "n": 0, "d": 47, "l": ["a ", "b"], "day": "2026-01", "w": "YES", "c": "ja"}
    )
    assert (top.text("t"), top.verbatim("v"), top.flag("f"), top.count("n"), top.degrees("d")) == ("a&b", " a ", False, 0, 47.0)
    assert (top.texts("l"), top.day("day"), top.word("w", {"YES"}), top.coded("c", {"ja": "YES"})) == (
        ("a", "b"),
        "2026-01",
        "YES",
        "YES",
    )
    top.close()
    assert (codes(log), log.rest) == ([], {})


def test_absent_and_null_are_nothing_and_nulls_are_noted() -> None:
    top, log = reader(dict.fromkeys("tvfndlcx"))
    assert (top.text("t"), top.verbatim("v"), top.flag("f"), top.count("n"), top.degrees("d")) == (None,) * 5
    assert (top.texts("l"), top.child("c"), top.children("x"), top.raw("absent"), top.date("absent")) == (
        (),
        None,
        [],
        None,
        None,
    )
    top.close()
    assert (codes(log), log.nulls) == ([], set("tvfndlcx"))


@pytest.mark.parametrize(
    ("method", "value"),
    [
        ("text", 5),
        ("verbatim", ["a"]),
        ("flag", "true"),
        ("count", -1),
        ("count", True),
        ("count", 2**63),
        ("count", 1.5),
        ("degrees", "48"),
        ("degrees", True),
        ("texts", "a"),
        ("texts", ["a", 5]),
        ("child", ["a"]),
        ("children", {"a": 1}),
        ("children", [{"a": 1}, "b"]),
        ("date", 2026),
    ],
)
def test_a_value_of_another_type_is_an_issue_and_kept(method: str, value: object) -> None:
    top, log = reader({"key": value})
    assert not getattr(top, method)("key")
    top.close()
    assert codes(log) == [("unreadable_value", "key", str(value))]
    assert log.rest == {"key": value}


def test_what_is_not_taken_is_ignored_by_name_kept_by_name_or_an_issue() -> None:
    top, log = reader(
        {"module": {"taken": "a", "noise": 1, "odd": 2, "new": [3]}}, ignored={"module.noise": "moves"}, kept={"module.odd"}
    )
    module = top.child("module")
    assert module is not None
    module.text("taken")
    module.close()
    top.close()
    assert codes(log) == [("unknown_field", "module.new", "[3]")]
    assert log.rest == {"module.odd": 2, "module.new": [3]}


def test_a_reader_that_a_source_forgets_to_close_absorbs_nothing() -> None:
    top, log = reader({"module": {"new": 1}, "list": [{"other": 2}]})
    top.child("module")
    top.children("list")
    top.close()
    assert codes(log) == [("unknown_field", "module.new", "1"), ("unknown_field", "list[].other", "2")]
    assert log.rest == {"module.new": 1, "list[].other": {"?": 2}}
    assert log.finish() == log.finish()


def test_values_in_a_list_are_kept_by_the_name_of_their_entry() -> None:
    top, log = reader({"sites": [{"beds": 1}, {"beds": 2}, {"beds": 3}]}, kept={"sites[].beds"})
    for entry, name in zip(top.children("sites"), ("Oslo", "Oslo", None), strict=True):
        entry.close(name, None)
    assert log.rest == {"sites[].beds": {"Oslo": 1, "Oslo #2": 2, "?": 3}}


def test_an_issue_is_noted_once_for_a_path_short_and_printable() -> None:
    top, log = reader({"phases": ["A", "B"], "bad\x1b[31m": "x" * 500})
    assert top.words("phases", {"C"}) == ("A", "B")
    top.close()
    unknown, field = log.finish()
    assert unknown == Issue(code="unknown_word", path="phases", value="A")
    assert field.path == "bad [31m"
    assert len(field.value) == 200


def test_dates_and_words_that_are_not_understood_come_back_verbatim() -> None:
    top, log = reader({"date": "Spring 2026", "code": "vielleicht"})
    date = top.date("date", "ESTIMATED")
    assert date is not None
    assert (date.date, date.type, date.precision) == ("Spring 2026", "ESTIMATED", "none")
    assert top.coded("code", {"ja": "YES"}) == "vielleicht"
    assert codes(log) == [("unreadable_date", "date", "Spring 2026"), ("unknown_word", "code", "vielleicht")]


def test_an_unknown_status_is_other_with_the_word_as_given() -> None:
    top, log = reader({"known": "Offen", "unknown": "Träumt", "empty": None})
    assert top.status("known", {"Offen": "RECRUITING"}) == ("RECRUITING", None)
    assert top.status("unknown", {"Offen": "RECRUITING"}) == ("OTHER", "Träumt")
    assert top.status("empty", {}) == (None, None)
    assert codes(log) == [("unknown_word", "unknown", "Träumt")]


def test_a_record_leaves_with_what_was_kept_and_all_issues() -> None:
    _, log = reader({"new": 1})
    parsed = log.parsed(TrialRecord(trial="x:1"))
    assert (parsed.record.rest, [issue.code for issue in parsed.issues]) == ({"new": 1}, ["unknown_field"])


def test_what_would_take_hours_to_compare_is_refused() -> None:
    deep: Any = "end"
    for _ in range(60):
        deep = [deep]
    assert is_deep(deep)
    for value, read in (({"key": deep}, "close"), ({"key": ["a"] * 10_001}, "texts"), ({"key": [{}] * 10_001}, "children")):
        top, _ = reader(value)
        with pytest.raises(AnswerError, match="x:1: the answer cannot be compared: key "), guarded(document(b"")):
            top.close() if read == "close" else getattr(top, read)("key")
    with pytest.raises(OversizedValueError):
        reader({})[1].keep("path", deep)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b" ", "empty"),
        (b"<html>", "a web page"),
        (b"{", "is not readable JSON"),
        (b"[1]", "a JSON list"),
        (b'{"a": NaN}', "is not readable JSON"),
        (b"[" * 100_000, "is not readable JSON"),
        (b'{"a": "\\ud800"}', "is not readable JSON"),
    ],
)
def test_an_answer_that_is_not_an_object_is_refused_with_trial_and_remedy(body: bytes, said: str) -> None:
    with pytest.raises(AnswerError, match=said) as caught:
        read_object(document(body))
    assert (caught.value.trial, bool(caught.value.remedy)) == ("x:1", True)
    assert sniff_object(body) == {}


def test_a_digest_is_of_the_content_and_not_of_its_spelling() -> None:
    assert canonical_digest({"a": 1, "b": [2]}) == canonical_digest({"b": [2], "a": 1})
    assert canonical_digest({"a": [1, 2]}) != canonical_digest({"a": [2, 1]})
    assert sniff_object(b' {"a": 1} ') == read_object(document(b'{"a":1}')) == {"a": 1}
