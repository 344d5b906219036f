"""The parsers of registries and sites: a record and issues, or AnswerError; the same each time; nothing changed in itself."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import detected
from tests.fuzz import fuzzed
from tests.fuzz.mutation import JSON, mutated, shuffled_tokens, torn
from tests.pages import FIXTURES, HTML, TEXT, document
from tests.renderings import STYLES, model
from tracker import sources
from tracker.compare import compare
from tracker.errors import AnswerError
from tracker.extract.labels import Vocabulary
from tracker.model.event import read_event
from tracker.model.source import Document, Parsed
from tracker.render import kinds
from tracker.sources.meddatax.words import RECORD_PAGE, RESULTS_PAGE
from tracker.sources.trialx.read import VOCABULARY

SOURCES = sources.load()
STUDIES = {
    f"{key}/{example.fixture}": (example.trial, json.loads((FIXTURES / key / example.fixture).read_bytes()))
    for key, source in SOURCES.items()
    for example in source.EXAMPLES
    if example.fixture.endswith(".json")
}
PAGES: dict[str, tuple[str, str, Vocabulary]] = {
    "meddatax/record": ("meddatax:NCT90000001", "https://meddatax.com/clinical-trials/NCT90000001", RECORD_PAGE),
    "meddatax/label_less": ("meddatax:NCT90000002", "https://meddatax.com/clinical-trials/NCT90000002", RECORD_PAGE),
    "meddatax/results": ("meddatax:NCT90000003", "https://meddatax.com/clinical-trials/NCT90000003/results", RESULTS_PAGE),
    "trialx/listing": ("trialx:900001", "https://www.trialx.com/clinical-trials/listings/900001/light-therapy/", VOCABULARY),
    "trialx/odd": ("trialx:900001", "https://www.trialx.com/clinical-trials/listings/900001/light-therapy/", VOCABULARY),
}


def read(document: Document) -> Parsed | None:
    """What is read of a document, None when it is refused; the rules every source keeps are checked on the way."""
    source = SOURCES[document.source]
    source.sniff(document.body)
    with contextlib.suppress(AnswerError):
        assert len(source.digest(document)) == 64
        assert source.digest(document) == source.digest(document)
    try:
        parsed = source.parse(document)
    except AnswerError:
        return None
    assert source.parse(document) == parsed
    assert msgspec.json.decode(msgspec.json.encode(parsed), type=Parsed) == parsed, "it can be kept and told as JSON"
    assert parsed.record.trial == document.trial
    assert compare(parsed.record, parsed.record) == ()
    assert all(len(issue.value) <= 200 for issue in parsed.issues)
    return parsed


def tell(old: Parsed | None, new: Parsed | None) -> None:
    """The step from one record to another is detected and put into words, each on one line and fit to be stored."""
    if old is None or new is None:
        return
    found = detected(old.record, new.record)
    assert kinds.story_headline(found.events).isprintable()
    for event in found.events:
        assert kinds.headline(event).isprintable()
        kept = msgspec.json.encode(event)
        assert msgspec.json.encode(read_event(kept)) == kept


def study(value: Any, name: str) -> Document:
    body = value if isinstance(value, bytes) else json.dumps(value, allow_nan=False).encode()
    return document(STUDIES[name][0], body, "application/json", "https://registry.example/record")


@pytest.mark.parametrize("name", STUDIES)
@fuzzed(60)
@given(data=st.data())
def test_a_study_of_another_shape_is_read_or_refused(name: str, data: st.DataObject) -> None:
    original = STUDIES[name][1]
    tell(read(study(original, name)), read(study(data.draw(mutated(original)), name)))


@fuzzed(100)
@given(data=st.data(), name=st.sampled_from(sorted(STUDIES)))
def test_torn_json_is_read_or_refused(data: st.DataObject, name: str) -> None:
    read(study(data.draw(torn(json.dumps(STUDIES[name][1]).encode())), name))


@fuzzed(100)
@given(body=st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()), name=st.sampled_from(sorted(STUDIES)))
def test_any_bytes_are_no_study(body: bytes, name: str) -> None:
    assert read(study(body, name)) is None


def page(name: str, body: str | bytes, content_type: str = HTML) -> Document:
    trial, url, _ = PAGES[name]
    return document(trial, body, content_type, url)


def text_of(name: str) -> str:
    return (FIXTURES / f"{name}.txt").read_text("utf-8")


@pytest.mark.parametrize("name", PAGES)
@fuzzed(40)
@given(data=st.data(), style=st.sampled_from(sorted(STYLES)))
def test_a_page_of_another_layout_is_read_or_refused(name: str, data: st.DataObject, style: str) -> None:
    html = STYLES[style](model(text_of(name), PAGES[name][2]))
    tell(read(page(name, html)), read(page(name, data.draw(shuffled_tokens(html)))))


@fuzzed(60)
@given(data=st.data(), name=st.sampled_from(sorted(PAGES)))
def test_a_saved_text_of_another_layout_is_read_or_refused(data: st.DataObject, name: str) -> None:
    trial, _, _ = PAGES[name]
    read(document(trial, data.draw(shuffled_tokens(text_of(name))), TEXT))


@fuzzed(60)
@given(
    data=st.data(),
    name=st.sampled_from(sorted(PAGES)),
    charset=st.sampled_from(["utf-8", "utf-16", "latin-1", "punycode", "idna", "undefined", "base64", "utf-7", "gb18030", "x"]),
)
def test_torn_pages_of_any_character_set_are_read_or_refused(data: st.DataObject, name: str, charset: str) -> None:
    body = data.draw(torn(STYLES[sorted(STYLES)[0]](model(text_of(name), PAGES[name][2])).encode()))
    read(page(name, body, f"text/html; charset={charset}"))
    read(page(name, f"<meta charset={charset}>".encode() + body, "text/html"))


@fuzzed(60)
@given(body=st.binary(max_size=300), name=st.sampled_from(sorted(PAGES)), kind=st.sampled_from([HTML, TEXT, "", "text/html"]))
def test_any_bytes_are_no_page(body: bytes, name: str, kind: str) -> None:
    assert read(page(name, body, kind)) is None
