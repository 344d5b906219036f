"""The real record of DRKS, its schema and the table of its whole register: every value is taken, left out by name, or told."""

from __future__ import annotations

import copy
import csv
import gzip
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.lab.drks_register import ORDINARY
from tracker import sources
from tracker.model.source import Document, Parsed
from tracker.sources.drks.words import STATUSES

pytestmark = pytest.mark.real_data

SOURCE = sources.load()["drks"]
AT = datetime(2026, 3, 1, tzinfo=UTC)
NUMBER = "DRKS00038775"
IMPORT_ONLY = {"drksId": NUMBER}


def read(record: dict[str, Any]) -> Parsed:
    body = json.dumps(record).encode()
    trial = f"drks:{record['drksId']}"
    document = Document(source="drks", trial=trial, url="", body=body, content_type="", fetched_at=AT, as_of=AT)
    assert SOURCE.digest(document)
    assert SOURCE.sniff(body) == trial
    return SOURCE.parse(document)


@pytest.fixture
def schema(real_data: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((real_data / "drks" / "DRKS_Schema-2.0.19.json").read_bytes())
    return found


def test_the_real_record_is_read_as_a_careful_reader_would(real_data: Path) -> None:
    parsed = read(json.loads((real_data / "drks" / f"{NUMBER}.json").read_bytes()))
    assert parsed.issues == ()
    record = parsed.record
    assert record.brief_title == "Retrospective characterization of patients with rare osteological diseases"
    assert record.recruitment_status == "RECRUITING"
    assert (record.study_type, record.time_perspective, record.primary_purpose) == (
        "OBSERVATIONAL",
        "RETROSPECTIVE",
        "DIAGNOSTIC",
    )
    assert record.start_date is not None
    assert (record.start_date.date, record.start_date.type) == ("2025-11-01", "ACTUAL")
    assert record.completion_date is not None
    assert (record.completion_date.date, record.completion_date.type) == ("2026-12-31", "ESTIMATED")
    assert record.enrollment is None
    assert record.lead_sponsor is not None
    assert record.lead_sponsor.name == "Endokrinologikum Berlin"
    assert [(site.facility, site.city, site.country) for site in record.sites or ()] == [
        ("Immanuelkrankenhaus Berlin Wannsee", "Berlin", "Germany"),
        ("Doctor's practice", "Berlin", "Germany"),
    ]
    assert [official.name for official in record.officials or ()] == [
        "PD Dr. Paula Hoff",
        "Dr. Katja Warnecke",
        "Dr. Udo Schneider",
    ]
    assert record.eligibility is not None
    assert (record.eligibility.minimum_age, record.eligibility.maximum_age, record.eligibility.sex) == ("18 Years", None, "ALL")
    assert (record.results_state, record.secondary_ids, record.references) == ("NONE_POSTED", None, None)
    assert record.ipd_sharing is not None
    assert record.ipd_sharing.plan == "NO"
    assert len(record.secondary_outcomes or ()) == 16
    assert record.rest["ethicsCommittee.ethicVotes[].vote"] == {
        "Ethik-Kommission der Ärztekammer Berlin": "Approved, 2025-08-21"
    }


@pytest.mark.parametrize("name", ["ordinary", "stopped", "german"])
def test_the_invented_records_are_valid_by_the_registrys_schema(name: str, schema: dict[str, Any]) -> None:
    record = json.loads(ORDINARY.with_name(f"{name}.json").read_bytes())
    if record["recruitment"]["status"] == "":  # as the register has it and its schema does not
        record["recruitment"]["status"] = None
    assert list(_strange(record, schema, schema, "")) == []


def test_every_value_that_the_schema_allows_is_read(schema: dict[str, Any]) -> None:
    """A record with every field filled, once with each word of each enumeration: nothing is unknown or unreadable."""
    count = 0
    for record in _filled(schema):
        assert list(_strange(record, schema, schema, "")) == []
        assert read(record).issues == (), record
        count += 1
    assert count >= 12  # as many as the longest enumeration has words


def test_every_status_of_the_whole_register_is_known(real_data: Path) -> None:
    table = real_data / "drks" / "more" / "registry_table_2025-05-13.csv.gz"
    rows = list(csv.DictReader(io.StringIO(gzip.decompress(table.read_bytes()).decode("utf-8-sig"))))
    assert len(rows) > 18_000
    ordinary = json.loads(ORDINARY.read_bytes())
    found: dict[str, str | None] = {}
    for word in {row["status"] for row in rows}:
        record = copy.deepcopy(ordinary)
        record["recruitment"]["status"] = word
        parsed = read(record)
        assert parsed.issues == ()
        found[word] = parsed.record.recruitment_status
    assert found == {"": None} | {word: STATUSES[word] for word in found if word}


def _filled(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Records with every field, the n-th with the n-th word of each enumeration, until each word has been used."""
    longest = max(_lengths(schema))
    for turn in range(longest):
        record = _instance(schema, schema, turn)
        assert isinstance(record, dict)
        yield record | IMPORT_ONLY


def _lengths(node: object) -> Iterator[int]:
    if isinstance(node, dict):
        if isinstance(node.get("enum"), list):
            yield len(node["enum"])
        for inner in node.values():
            yield from _lengths(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _lengths(inner)


def _strange(value: object, node: dict[str, Any], schema: dict[str, Any], at: str) -> Iterator[str]:
    """The places of a value that the schema has no field, no word or no type for."""
    node = _resolved(node, schema)
    if value is None:
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            known = node.get("properties", {}).get(key)
            yield from _strange(inner, known, schema, f"{at}.{key}") if known else [f"{at}.{key}"]
    elif isinstance(value, list):
        for inner in value:
            yield from _strange(inner, node["items"], schema, f"{at}[]")
    elif "enum" in node:
        yield from [] if value in node["enum"] else [f"{at} {value}"]
    elif {bool: "boolean", int: "integer", str: "string"}[type(value)] not in _kinds(node):
        yield f"{at} {value}"


def _resolved(node: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """What a reference or a choice between null and something stands for."""
    if "$ref" in node:
        return _resolved(schema["$defs"][node["$ref"].rpartition("/")[2]], schema)
    if "anyOf" in node:
        return _resolved(next(one for one in node["anyOf"] if one.get("type") != "null"), schema)
    return node


def _instance(node: dict[str, Any], schema: dict[str, Any], turn: int, name: str = "") -> object:
    node = _resolved(node, schema)
    if "enum" in node:
        return node["enum"][turn % len(node["enum"])]
    match next(kind for kind in _kinds(node) if kind != "null"):
        case "object":
            return {key: _instance(inner, schema, turn, key) for key, inner in node["properties"].items()}
        case "array":
            return [_instance(node["items"], schema, turn, name)]
        case "boolean":
            return turn % 2 == 0
        case "integer":
            return turn + 1
    if node.get("format") == "date":
        return f"2024-05-{turn + 1:02}"
    if node.get("pattern", "").startswith("^(en|de)"):
        return ("en", "de")[turn % 2]
    return "DE" if "pattern" in node else f"{name} {turn}"


def _kinds(node: dict[str, Any]) -> list[str]:
    kinds = node["type"]
    return kinds if isinstance(kinds, list) else [kinds]
