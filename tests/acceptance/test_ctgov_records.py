"""All real ClinicalTrials.gov studies at hand are read whole, without surprises."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.sources.test_ctgov_parse import document, is_ignored, leaves, shuffled
from tracker.sources.ctgov import SOURCE
from tracker.sources.ctgov.parse import read

pytestmark = pytest.mark.real_data

# Left in by the collections that stored the records; the registry has no such fields.
OF_THE_COLLECTIONS = {
    ("unknown_field", "protocolSection.contactsLocationsModule.locations_nested"): 40,
    ("unknown_field", "protocolSection.armsInterventionsModule.interventions[].interventionMappedName"): 14,
}


def studies(real_data: Path) -> Iterator[bytes]:
    for file in sorted((real_data / "ctgov" / "studies").glob("*.ndjson.gz")):
        with gzip.open(file) as lines:
            yield from lines


def load(file: Path) -> dict[str, Any]:
    raw = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    found: dict[str, Any] = msgspec.json.decode(raw)
    return found


def test_every_study_is_read_and_every_leaf_is_accounted_for(real_data: Path) -> None:
    told: Counter[tuple[str, str]] = Counter()
    count = 0
    for body in studies(real_data):
        count += 1
        study = msgspec.json.decode(body)
        found = read(study)
        told.update((issue.code, issue.path) for issue in found.issues)
        # What was taken or kept is gone from the study; what is left must be ignored by name.
        assert [path for path in leaves(study) if not is_ignored(path)] == []
        assert SOURCE.parse(document(body)) == found
    assert count == 1808
    assert dict(told) == OF_THE_COLLECTIONS


def test_a_record_survives_being_written_and_read(real_data: Path) -> None:
    for number, body in enumerate(studies(real_data)):
        if number % 20 == 0:
            record = SOURCE.parse(document(body)).record
            assert msgspec.json.decode(msgspec.json.encode(record), type=type(record)) == record


def test_a_changed_leaf_changes_the_record_unless_it_is_ignored_by_name(real_data: Path) -> None:
    """On one study in 400; what stands twice in a study (results, quality control) is tested on fixtures."""
    blind: Counter[str] = Counter()
    for number, body in enumerate(studies(real_data)):
        if number % 400 or len(body) > 60_000:
            continue
        before = SOURCE.parse(document(body)).record
        for path in leaves(json.loads(body)):
            if path[-1] in {"nctId", "hasResults"} or path[0] == "derivedSection" or is_ignored(path):
                continue
            study = json.loads(body)
            place: Any = study
            for step in path[:-1]:
                place = place[step]
            old = place[path[-1]]
            place[path[-1]] = not old if isinstance(old, bool) else old + 7 if isinstance(old, int | float) else f"{old}x"
            if SOURCE.parse(document(study)).record == before:
                blind[".".join(str(step) for step in path)] += 1
    assert blind == {}


def test_digest_does_not_hang_on_key_order_or_the_day_of_the_data(real_data: Path) -> None:
    for number, body in enumerate(studies(real_data)):
        if number % 10:
            continue
        study = json.loads(body)
        before = SOURCE.digest(document(body))
        study["derivedSection"]["miscInfoModule"]["versionHolder"] = "2030-01-01"
        assert SOURCE.digest(document(shuffled(study))) == before


def test_unchanged_studies_have_equal_digests_and_records(real_data: Path) -> None:
    folders = sorted((real_data / "ctgov" / "unchanged").glob("NCT*"))
    assert len(folders) == 24
    for folder in folders:
        versions = [document(load(file)) for file in sorted(folder.iterdir())]
        assert len(versions) == 2
        assert len({SOURCE.digest(version) for version in versions}) == 1
        assert SOURCE.parse(versions[0]) == SOURCE.parse(versions[1])


def test_pairs_differ_in_digest_and_are_read_without_surprises(real_data: Path) -> None:
    for folder in sorted((real_data / "ctgov" / "pairs").glob("NCT*")):
        versions = [document(load(file)) for file in sorted(folder.iterdir())]
        for version in versions:
            told = {(issue.code, issue.path) for issue in SOURCE.parse(version).issues}
            assert told <= set(OF_THE_COLLECTIONS)
        assert len({SOURCE.digest(version) for version in versions}) > 1 or only_derived_differs(versions)


def only_derived_differs(versions: list[Any]) -> bool:
    """Whether nothing but linked MeSH terms and places on the map differ, which the digest leaves out on purpose."""
    protocols = set()
    for version in versions:
        study = msgspec.json.decode(version.body)
        for location in study["protocolSection"].get("contactsLocationsModule", {}).get("locations", []):
            location.pop("geoPoint", None)
        protocols.add(msgspec.json.encode(study["protocolSection"], order="deterministic"))
    return len(protocols) == 1
