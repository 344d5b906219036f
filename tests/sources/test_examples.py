"""Every source's examples: a recorded answer, the values that must be read from it, and its golden record."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import msgspec
import pytest
from defusedxml.ElementTree import fromstring

from tracker import sources
from tracker.compare import compare
from tracker.errors import AnswerError
from tracker.model.record import TrialRecord
from tracker.model.source import Document, Example, Parsed, Source

FIXTURES = Path(__file__).parent.parent / "fixtures"
AT = datetime(2026, 2, 1, 6, 0, tzinfo=UTC)
CONTENT_TYPES = {
    ".json": "application/json",
    ".xml": "application/xml",
    ".html": "text/html; charset=utf-8",
    ".txt": "text/plain",
    ".csv": "text/csv",
}
SOURCES = list(sources.load().values())
EXAMPLES = [
    pytest.param(source, example, id=f"{source.info.key}/{example.fixture}")
    for source in SOURCES
    for example in source.EXAMPLES
]

every_source = pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.info.key)
every_example = pytest.mark.parametrize(("source", "example"), EXAMPLES)


def file_of(source: Source, example: Example) -> Path:
    return FIXTURES / source.info.key / example.fixture


def document(source: Source, example: Example, body: bytes | None = None) -> Document:
    file = file_of(source, example)
    return Document(
        source=source.info.key,
        trial=example.trial,
        url="",
        body=file.read_bytes() if body is None else body,
        content_type=CONTENT_TYPES[file.suffix],
        fetched_at=AT,
        as_of=AT,
    )


@every_source
def test_a_source_has_three_examples_and_says_where_they_come_from(source: Source) -> None:
    files = {example.fixture for example in source.EXAMPLES}
    assert len(files) >= 3, f"{source.info.key} declares fewer than three examples"
    assert not all(example.lacks for example in source.EXAMPLES), "one example at least has every anchor"
    provenance = FIXTURES / source.info.key / "PROVENANCE.md"
    assert provenance.exists(), f"{provenance} must say who made each file, and from what"
    said = provenance.read_text(encoding="utf-8")
    assert [file for file in sorted(files) if f"`{file}`" not in said] == []


@every_source
def test_a_source_says_what_it_reads_and_what_every_answer_has(source: Source) -> None:
    info = source.info
    assert info.reads
    assert info.access
    assert info.attribution
    assert info.anchors
    assert set(info.anchors) <= set(TrialRecord.__struct_fields__)


@every_source
def test_examples_of_different_trials_differ_in_their_digest(source: Source) -> None:
    digests = [source.digest(document(source, example)) for example in source.EXAMPLES]
    assert len(set(digests)) == len(digests)
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in digests)


@every_example
def test_an_example_is_read_as_declared(source: Source, example: Example) -> None:
    record = source.parse(document(source, example)).record
    assert example.expected, "declare a few values of the record"
    assert {path: at(record, path) for path in example.expected} == dict(example.expected)
    assert record.trial == example.trial
    body = document(source, example).body
    assert source.sniff(body) == (example.trial if example.sniffed is msgspec.UNSET else example.sniffed)


@every_example
def test_an_example_is_the_golden_record(source: Source, example: Example) -> None:
    parsed = source.parse(document(source, example))
    found = golden_form(parsed)
    golden = file_of(source, example).with_suffix(".golden.json")
    if not golden.exists():
        golden.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        pytest.fail(f"{golden.name} was missing and is now written: read it line by line, then keep it")
    assert found == json.loads(golden.read_text(encoding="utf-8"))


@every_example
def test_every_anchor_is_filled_unless_the_example_lacks_it(source: Source, example: Example) -> None:
    record = source.parse(document(source, example)).record
    empty = {anchor for anchor in source.info.anchors if getattr(record, anchor) in (None, (), "")}
    assert empty == example.lacks


@every_example
def test_a_record_compared_with_itself_has_not_changed(source: Source, example: Example) -> None:
    first, second = (source.parse(document(source, example)) for _ in range(2))
    assert first == second
    assert compare(first.record, second.record) == ()


@every_example
def test_the_digest_stays_where_only_the_spelling_of_the_file_differs(source: Source, example: Example) -> None:
    body = document(source, example).body
    digest = source.digest(document(source, example))
    for name, other in respelt(body, file_of(source, example).suffix).items():
        assert other != body, name
        assert source.digest(document(source, example, other)) == digest, name
        assert source.parse(document(source, example, other)) == source.parse(document(source, example)), name


@every_example
def test_the_digest_stays_where_only_volatile_parts_differ(source: Source, example: Example) -> None:
    text = file_of(source, example).read_text(encoding="utf-8")
    digest = source.digest(document(source, example))
    for now, then in example.volatile.items():
        assert now in text, f"{example.fixture} does not hold {now!r}"
        assert source.digest(document(source, example, text.replace(now, then).encode())) == digest, now


@pytest.mark.parametrize(
    ("source", "example"),
    [param for param in EXAMPLES if param.values[1].sniffed is msgspec.UNSET],  # the file names its trial
)
def test_another_trials_answer_is_refused(source: Source, example: Example) -> None:
    """An answer whose number can be read is never taken for another trial's."""
    stranger = msgspec.structs.replace(document(source, example), trial=re.sub(r"\d", "9", example.trial))
    with pytest.raises(AnswerError, match=re.escape(stranger.trial)):
        source.parse(stranger)


def at(value: Any, path: str) -> Any:
    for step in path.split("."):
        value = getattr(value, step)
    return value


def golden_form(parsed: Parsed) -> dict[str, Any]:
    """The record and its issues as JSON, without the fields that have no value."""
    found: dict[str, Any] = json.loads(msgspec.json.encode(parsed))
    found = {key: value for key, value in found.items() if key != "nulls"}
    found["record"] = {key: value for key, value in found["record"].items() if value not in (None, {})}
    return found


def respelt(body: bytes, suffix: str) -> dict[str, bytes]:
    """The same content as other bytes: other order of keys, other white space."""
    if suffix == ".json":
        value = json.loads(body)
        return {
            "key order": json.dumps(shuffled(value)).encode(),
            "white space": json.dumps(value, indent=7, ensure_ascii=False).encode(),
        }
    if suffix == ".xml":
        return {"order of attributes, white space": spelt_xml(fromstring(body)).encode()}
    return {"line ends": body.replace(b"\n", b"\r\n"), "blank lines": body + b"\n\n \n"}


def shuffled(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: shuffled(value[key]) for key in reversed(value)}
    return [shuffled(entry) for entry in value] if isinstance(value, list) else value


def spelt_xml(element: Any) -> str:
    """The element with its attributes reversed and every leaf's text and every tag on a line of its own."""
    name = element.tag.rpartition("}")[2]
    attributes = "".join(f"\n {key.rpartition('}')[2]}={quoteattr(value)}" for key, value in reversed(element.attrib.items()))
    inner = "".join(spelt_xml(child) + escape((child.tail or "").strip()) for child in element)
    return f"<{name}{attributes}>{escape((element.text or '').strip())}{inner}\n</{name}>\n"
