"""ClinicalTrials.gov: documents whose fingerprints are equal have equal digests."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sources.test_ctgov_parse import NAMES, document, load
from tracker.errors import SourceError
from tracker.model.source import Document, Fingerprint
from tracker.sources.ctgov import SOURCE
from tracker.sources.ctgov.payload import fingerprint, stated_dates

Study = dict[str, Any]


def taken(study: Study | bytes) -> Fingerprint:
    found = fingerprint(document(study, "ctgov:NCT90000001"))
    assert found is not None
    return found


def digest_of(served: Document) -> str | None:
    try:
        return SOURCE.digest(served)
    except SourceError:
        return None


@pytest.mark.parametrize("name", NAMES)
def test_a_new_day_of_the_data_leaves_the_fingerprint_and_is_stated_beside_it(name: str) -> None:
    study = load(name)
    before = taken(study)
    study["derivedSection"]["miscInfoModule"]["versionHolder"] = "2026-03-09"
    study["derivedSection"]["conditionBrowseModule"] = {"meshes": [{"id": "D000001", "term": "Another term"}]}
    assert taken(study) == Fingerprint(value=before.value, data_version="2026-03-09")
    assert before.data_version == stated_dates(document(load(name))).data_version


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("hasResults", "yes"),
        ("protocolSection.statusModule.overallStatus", "COMPLETED"),
        ("protocolSection.newModule", {}),
        ("newSection", {}),
        ("annotationSection", {"annotationModule": {}}),
        ("derivedSection.miscInfoModule.submissionTracking", {"submissionInfos": []}),
        ("derivedSection.miscInfoModule.removedCountries", ["Chile"]),
    ],
)
def test_everything_else_that_a_digest_looks_at_changes_the_fingerprint(path: str, value: object) -> None:
    study = load()
    before = taken(study)
    *parents, last = path.split(".")
    place = study
    for parent in parents:
        place = place[parent]
    place[last] = value
    assert taken(study).value != before.value


def test_what_stands_in_one_section_is_not_taken_for_what_stands_in_another() -> None:
    one, other = ({"a": 1, "b": "12"}, {"a": 11, "b": "2"})
    values = {taken(json.dumps(study).encode()).value for study in (one, other, {"ab": 1}, {}, {"derivedSection": {}})}
    assert len(values) == 4  # a derivedSection that says nothing is as none
    misc = {"derivedSection": {"miscInfoModule": {"a": 1}}}
    assert taken(json.dumps({"a": 1}).encode()).value != taken(json.dumps(misc).encode()).value


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b"<html>", b"\xef\xbb\xbf{}", b'{"derivedSection": 1}', b"\xff", b"[" * 5000]
)
def test_bytes_that_cannot_be_judged_have_no_fingerprint(body: bytes) -> None:
    assert fingerprint(document(body, "ctgov:NCT90000001")) is None


def _places(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, one in inner for place in _places(one, (*path, key)))]


_STUDY = load("with_results")
_PLACES = [place for place in _places(_STUDY) if place]
_VALUES = st.sampled_from([None, 1, "x", [], {}, {"versionHolder": "2026-03-09"}, "2026-03-09"])


@given(st.lists(st.tuples(st.sampled_from(_PLACES), _VALUES), min_size=1, max_size=3))
def test_equal_fingerprints_mean_equal_digests_whatever_was_changed(
    changes: list[tuple[tuple[str | int, ...], object]],
) -> None:
    study: Any = copy.deepcopy(_STUDY)
    for path, value in changes:
        place = study
        for step in path[:-1]:
            fits = (isinstance(place, dict) and step in place) or (isinstance(place, list) and step in range(len(place)))
            if not fits:
                break
            place = place[step]
        else:
            if isinstance(place, dict) or (isinstance(place, list) and path[-1] in range(len(place))):
                place[path[-1]] = value
    served, before = document(study, "ctgov:NCT90000003"), document(_STUDY, "ctgov:NCT90000003")
    found, first = fingerprint(served), fingerprint(before)
    if found is not None and first is not None and found.value == first.value:
        assert digest_of(served) == digest_of(before)
    if found is not None and digest_of(served) is not None:
        assert found.data_version == stated_dates(served).data_version
