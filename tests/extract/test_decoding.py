"""Which bytes mean which letters: as browsers read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.extract.decoding import decode, looks_like

FAR = b"<script>var a = '<meta charset=big5>';</script>" * 60  # past the 1,024 bytes that browsers look through first


@pytest.mark.parametrize(
    ("label", "codec", "text"),
    [
        ("gb2312", "gb18030", "夜班護士 é"),
        ("GBK", "gb18030", "镕 ≥"),
        ("shift_jis", "cp932", "①髙 ㈱"),
        ("euc-kr", "cp949", "똠방각하"),
        ("euc-jp", "euc_jis_2004", "① 看護"),
        ("iso-2022-jp", "iso2022_jp", "看護"),
        ("big5", "big5hkscs", "護士 㗎"),
        ("iso-8859-1", "cp1252", "“naïve” – €"),
        ("us-ascii", "cp1252", "“naïve”"),
        ("windows-1251", "cp1251", "Привет"),
        ("koi8-r", "koi8_r", "Привет"),
        ("x-cp1250", "cp1250", "Łódź"),
        ("iso-8859-9", "cp1254", "İğ €"),
    ],
)
@pytest.mark.parametrize("way", ["header", "meta", "http-equiv", "late"])
def test_a_label_means_what_the_whatwg_table_says(label: str, codec: str, text: str, way: str) -> None:
    metas = {
        "header": b"",
        "meta": b"<meta charset='" + label.encode() + b"'>",
        "http-equiv": b'<META content="text/html; charset=' + label.encode() + b'" http-equiv=Content-Type />',
        "late": FAR + b"<meta name=x content='charset=koi8-r'><meta charset=" + label.encode() + b">",
    }
    content_type = f"text/html; charset={label}" if way == "header" else "text/html"
    assert decode(metas[way] + text.encode(codec), content_type).endswith(text)


def test_the_order_is_mark_then_header_then_page() -> None:
    page = '<meta charset="koi8-r">é'
    assert decode(b"\xef\xbb\xbf" + page.encode(), "text/html; charset=big5") == page
    assert decode(page.encode("cp1252"), "text/html; charset=windows-1252") == page
    assert decode(page.encode("cp1252"), "text/html; charset=no-such-set") == page.replace("é", "И")


@pytest.mark.parametrize(
    "page",
    [
        "<!-- <meta charset=koi8-r> -->é",
        "<script><meta charset=koi8-r></script>é",
        "<title><meta charset=koi8-r></title>é",
        "<meta name=charset content=koi8-r>é",
        "<meta http-equiv=refresh content='charset=koi8-r'>é",
        "<meta charset=utf-16>é",
        "<meta charset=iso-2022-kr>é",
    ],
)
def test_what_names_no_character_set_is_passed_over(page: str) -> None:
    assert decode(page.encode(), "text/html") == page


def test_a_page_that_says_nothing_is_utf_8_or_else_windows_1252() -> None:
    assert decode("<p>é".encode(), "text/html") == "<p>é"
    assert decode(b"<p>\xe9 \x96", "text/html") == "<p>é –"
    assert decode(b"a\xffb", "text/plain") == "a\ufffdb"


def test_bytes_outside_a_set_are_what_browsers_make_of_them() -> None:
    assert decode(b"\x81a", "text/html; charset=windows-1252") == "\x81a"
    assert decode(b"\x80 5", "text/html; charset=gbk") == "€ 5"
    assert decode(b"\xffa", "text/html; charset=euc-kr") == "\ufffda"
    assert decode('<?xml version="1.0" encoding="windows-1251"?>я'.encode("cp1251")).endswith("я")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("né".encode(), "UTF-8"),
        ("né".encode("cp1252"), "Windows-1252"),
        ("né".encode("utf-16"), "UTF-16-LE"),
        ("a longer text".encode("utf-16-be"), "UTF-16 without"),
        ("a longer text".encode("utf-32"), "UTF-32"),
    ],
)
def test_a_person_hears_what_the_bytes_look_like(body: bytes, words: str) -> None:
    assert looks_like(body).startswith(words)


@given(
    st.binary(max_size=200),
    st.sampled_from(["gbk", "big5", "euc-jp", "windows-1253", "iso-2022-jp", "x-user-defined", "utf-16"]),
)
def test_no_bytes_break_the_decoder(body: bytes, label: str) -> None:
    assert isinstance(decode(body, f"text/html; charset={label}"), str)
    assert isinstance(decode(b"<meta charset=" + label.encode() + b">" + body, ""), str)
    assert looks_like(body)
