"""XML is read so that every element and attribute is taken, ignored by name, kept by name, or an Issue; and safely."""

from __future__ import annotations

import itertools
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.errors import AnswerError
from tracker.extract.read_log import OversizedValueError, ReadLog, canonical_digest
from tracker.extract.xml_reader import Element, XmlReader, name_of, plain, read_root, reader_of, sniff_root
from tracker.model.source import Document

AT = datetime(2026, 2, 1, tzinfo=UTC)
XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'


def document(body: str | bytes) -> Document:
    body = body.encode() if isinstance(body, str) else body
    return Document(source="x", trial="x:1", url="", body=body, content_type="", fetched_at=AT, as_of=AT)


def root(body: str) -> Element:
    return read_root(document(body))


def reader(body: str, **tables: Any) -> tuple[XmlReader, ReadLog]:
    log = ReadLog(tables.get("ignored", {}), dict.fromkeys(tables.get("kept", ()), object))
    return reader_of(root(body), log), log


def codes(log: ReadLog) -> list[tuple[str, str, str]]:
    return [(issue.code, issue.path, issue.value) for issue in log.finish()]


def test_values_come_back_cleaned_and_of_their_type() -> None:
    top, log = reader(
        '<trial id="7"><t> a&amp;b </t><f>false</f><n> 12 </n><d>-47.5</d><l>a</l><l> b</l><l/>'
        "<day>2026-01</day><w>YES</w></trial>"
    )
    assert (top.text("@id"), top.text("t"), top.flag("f"), top.count("n"), top.degrees("d")) == ("7", "a&b", False, 12, -47.5)
    assert (top.texts("l"), top.day("day"), top.word("w", {"YES"})) == (("a", "b"), "2026-01", "YES")
    top.close()
    assert (codes(log), log.rest) == ([], {})


def test_absent_and_empty_are_nothing() -> None:
    top, log = reader(f'<a {XSI}><t/><v a=""/><f> </f><n xsi:nil="true"/><l/></a>')
    child = top.child("v")
    assert child is not None
    assert child.text("@a") is None
    child.close()
    assert (top.text("t"), top.flag("f"), top.count("n"), top.degrees("x"), top.texts("l")) == (None, None, None, None, ())
    assert (top.child("x"), top.children("x"), top.raw("x"), top.date("x")) == (None, [], None, None)
    top.close()
    assert codes(log) == []


def test_namespaces_and_what_is_said_of_the_schema_do_not_show() -> None:
    top, log = reader(
        f'<r:trial xmlns:r="urn:r" xmlns="urn:d" {XSI} xsi:schemaLocation="urn:d x.xsd">'
        '<title>A</title><r:site r:city="Oslo"/></r:trial>'
    )
    assert top.text("title") == "A"
    site = top.child("site")
    assert site is not None
    assert site.text("@city") == "Oslo"
    site.close()
    top.close()
    assert codes(log) == []


def test_two_attributes_of_one_local_name_are_both_seen() -> None:
    top, log = reader('<a xmlns:o="urn:o" id="1" o:id="2"/>')
    assert top.text("@id") == "1"
    top.close()
    assert codes(log) == [("unknown_field", "@{urn:o}id", "2")]


@pytest.mark.parametrize(
    ("method", "body"),
    [
        ("text", "<key>a</key><key>b</key>"),
        ("text", "<key>a<b>c</b></key>"),
        ("flag", "<key>maybe</key>"),
        ("count", "<key>-1</key>"),
        ("count", "<key>1_0</key>"),
        ("count", "<key>٣</key>"),
        ("count", "<key>9223372036854775808</key>"),
        ("degrees", "<key>nan</key>"),
        ("degrees", "<key>1e400</key>"),
        ("texts", "<key>a</key><key><b/></key>"),
        ("child", "<key>a</key><key>b</key>"),
    ],
)
def test_a_value_of_another_shape_is_an_issue_and_kept(method: str, body: str) -> None:
    top, log = reader(f"<a>{body}</a>")
    assert not getattr(top, method)("key")
    top.close()
    assert [(code, path) for code, path, _ in codes(log)] == [("unreadable_value", "key")]
    assert log.rest == plain(root(f"<a>{body}</a>"))


def test_what_is_not_taken_is_ignored_by_name_kept_by_name_or_an_issue() -> None:
    top, log = reader(
        '<a><m v="1" w="2"><taken>a</taken><noise>1</noise><odd>2</odd><new>3</new>words</m></a>',
        ignored={"m.noise": "moves", "m.@v": "the version of the form"},
        kept={"m.odd"},
    )
    module = top.child("m")
    assert module is not None
    module.text("taken")
    module.close()
    top.close()
    assert codes(log) == [
        ("unknown_field", "m.@w", "2"),
        ("unknown_field", "m.#text", "words"),
        ("unknown_field", "m.new", "3"),
    ]
    assert log.rest == {"m.odd": "2", "m.@w": "2", "m.#text": "words", "m.new": "3"}


def test_attributes_of_a_text_that_is_taken_are_accounted_for() -> None:
    top, log = reader('<a><date kind="planned">2026</date><word lang="de">ja</word><word lang="en">yes</word></a>')
    assert top.day("date") == "2026"
    assert top.texts("word") == ("ja", "yes")
    top.close()
    assert codes(log) == [("unknown_field", "date.@kind", "planned"), ("unknown_field", "word[].@lang", "de")]
    assert log.rest == {"date.@kind": "planned", "word[].@lang": {"ja": "de", "yes": "en"}}


def test_a_text_with_attributes_can_be_read_as_an_element() -> None:
    top, log = reader('<a><date kind="planned">2026-05</date></a>')
    child = top.child("date")
    assert child is not None
    assert (child.text("@kind"), child.day("#text")) == ("planned", "2026-05")
    child.close()
    top.close()
    assert codes(log) == []


def test_values_in_a_list_are_kept_by_the_name_of_their_entry() -> None:
    top, log = reader("<a><s><beds>1</beds></s><s><beds>2</beds></s></a>", kept={"s[].beds"})
    for entry in top.children("s"):
        entry.close("Oslo")
    assert log.rest == {"s[].beds": {"Oslo": "1", "Oslo #2": "2"}}


def test_a_reader_that_a_source_forgets_to_close_absorbs_nothing() -> None:
    top, log = reader("<a><m><new>1</new></m></a>")
    top.child("m")
    assert codes(log) == [("unknown_field", "m.new", "1")]


def test_an_element_as_json_does_not_depend_on_its_spelling() -> None:
    one = root('<a x="1" y="2"><b>t</b><c/><d>1</d><d>2</d><!-- said by nobody --></a>')
    two = root("<a\n y='2' x='1'>\n  <b>\n t </b> <c></c><d><![CDATA[1]]></d>\n<d>2</d><?go on?></a>\n")
    assert plain(one) == plain(two) == {"@x": "1", "@y": "2", "b": "t", "c": "", "d": ["1", "2"]}
    assert canonical_digest(plain(one)) == canonical_digest(plain(two))
    assert name_of(root("<p:a xmlns:p='urn:p'/>")) == "a"


BOMB = (
    '<!DOCTYPE a [<!ENTITY e0 "ha">'
    + "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    + "]><a>&e11;</a>"
)
HOSTILE = {
    "entity bomb": BOMB,
    "quadratic bomb": f'<!DOCTYPE a [<!ENTITY e "{"x" * 50_000}">]><a>{"&e;" * 50_000}</a>',
    "external entity": '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>',
    "external parameter entity": '<!DOCTYPE a [<!ENTITY % e SYSTEM "http://127.0.0.1:9/x.dtd">%e;]><a/>',
    "external document type": '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd"><a/>',
    "document type alone": "<!DOCTYPE a><a/>",
    "html page": "<!doctype html><html><body><p>Maintenance</body></html>",
    "default attributes": '<!DOCTYPE a [<!ATTLIST a status CDATA "Recruiting">]><a/>',
    "undefined entity": "<a>&nbsp;</a>",
    "deep": "<a>" * 100_000 + "</a>" * 100_000,
    "just too deep": "<a>" * 51 + "</a>" * 51,
    "cut off": "<a><b>text</b>",
    "two roots": "<a/><a/>",
    "text": "no XML at all",
    "JSON": '{"a": 1}',
    "control character": "<a>\x00</a>",
    "empty": "  ",
    "undeclared prefix": "<p:a/>",
    "same attribute twice": '<a x="1" x="2"/>',
    "unknown encoding": '<?xml version="1.0" encoding="klingon"?><a/>',
    "encoding of many bytes": '<?xml version="1.0" encoding="shift_jis"?><a/>',
    "encoding that is no text": '<?xml version="1.0" encoding="base64"?><a/>',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_xml_is_refused_at_once_with_trial_and_remedy(name: str) -> None:
    began = time.process_time()
    with pytest.raises(AnswerError, match="x:1: the answer") as caught:
        read_root(document(HOSTILE[name]))
    assert (caught.value.trial, bool(caught.value.remedy)) == ("x:1", True)
    assert sniff_root(HOSTILE[name].encode()) is None
    assert time.process_time() - began < 5


def test_nothing_outside_of_the_document_is_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hunter2", encoding="utf-8")
    include = f'<a xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="{secret.as_uri()}" parse="text"/></a>'
    assert "hunter2" not in str(plain(root(include)))
    with pytest.raises(AnswerError) as caught:
        root(f'<!DOCTYPE a [<!ENTITY e SYSTEM "{secret.as_uri()}">]><a>&e;</a>')
    assert "hunter2" not in str(caught.value)


def test_what_would_take_hours_to_compare_is_refused() -> None:
    for read in ("texts", "children"):
        top, _ = reader(f"<a>{'<key>a</key>' * 10_001}</a>")
        with pytest.raises(OversizedValueError, match="key has 10,001 entries"):
            getattr(top, read)("key")


def test_other_encodings_are_read_as_they_say() -> None:
    for encoding in ("utf-8", "utf-16", "iso-8859-1"):
        body = f'<?xml version="1.0" encoding="{encoding}"?><a><t>Köln</t></a>'.encode(encoding)
        assert plain(read_root(document(body))) == {"t": "Köln"}


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: f"<a>{text}</a>".encode()))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    try:
        element = read_root(document(body))
    except AnswerError:
        return
    top = reader_of(element, ReadLog({}))
    top.close()


NAMES = st.sampled_from(["a", "b", "c"])
TREES = st.recursive(
    st.sampled_from(["", "x", "2026", "&amp;"]),
    lambda inner: st.lists(st.tuples(NAMES, NAMES, inner), max_size=4).map(
        lambda parts: "".join(f'<{name} {attribute}="v">{text}</{name}>' for name, attribute, text in parts)
    ),
    max_leaves=12,
)


@given(TREES, st.permutations(["text", "texts", "child", "children", "count"]))
def test_whatever_is_asked_for_no_value_is_lost(tree: str, methods: list[str]) -> None:
    """Every text and attribute of the document is taken, or stands in what is kept."""
    element = root(f"<r>{tree}</r>")
    log = ReadLog({})
    top = reader_of(element, log)
    taken: list[object] = []
    for key, method in zip("abc", itertools.cycle(methods), strict=False):
        got = getattr(top, method)(key)
        taken.append([] if isinstance(got, XmlReader | list) else got)
    top.close()
    log.finish()
    assert tree.count('="v"') == str(log.rest).count("'v'")
