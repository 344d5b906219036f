"""A study that is decoded at once and the same study read by the accounting reader are one record."""

from __future__ import annotations

import contextlib
import random
from codecs import BOM_UTF8
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.acceptance.test_ctgov_records import studies
from tests.sources.test_ctgov_parse import NAMES, Study, document, load, put
from tracker.errors import AnswerError
from tracker.extract.json_reader import PartReader
from tracker.extract.read_log import LONGEST, OversizedValueError
from tracker.model.source import Document
from tracker.sources.ctgov import SOURCE, payload
from tracker.sources.ctgov.parse import at_once, read

T = TypeVar("T")

PLAIN = [name for name in NAMES if name != "odd"]
WRONG: tuple[Any, ...] = (
    None,
    5,
    -1,
    True,
    1.5,
    "12",
    "x",
    "",
    [],
    ["x"],
    [None],
    {},
    {"a": 1},
    [{"a": 1}],
    10**30,
    "2023-02-29",
)


def assert_same(found: Document) -> bool:
    """Whether it was decoded at once; then the accounting reader says the same, and has nothing to tell.

    In any case it is the same whether that reader goes through every field, or only through those of what is not as declared.
    """
    slow = read(payload.study(found))
    assert read(payload.study(found), PartReader) == slow
    quick = at_once(found)
    if quick is None:
        return False
    assert (
        (quick.record, quick.issues, quick.nulls) == (slow.record, slow.issues, slow.nulls) == (quick.record, (), frozenset())
    )
    assert SOURCE.parse(found) == slow
    return True


@pytest.mark.parametrize("name", PLAIN)
def test_a_study_as_declared_is_decoded_at_once(name: str) -> None:
    assert assert_same(document(load(name)))
    assert assert_same(document(BOM_UTF8 + document(load(name)).body))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("identificationModule.newField", "x"),
        ("newModule", {}),
        ("statusModule.overallStatus", "PAUSED"),
        ("designModule.phases", ["PHASE9"]),
        ("statusModule.statusVerifiedDate", "Spring 2026"),
        ("statusModule.statusVerifiedDate", "2023-02-29"),
        ("statusModule.statusVerifiedDate", "0000-01-01"),
        ("statusModule.statusVerifiedDate", "2023-04-31"),
        ("statusModule.statusVerifiedDate", "2023-04-30\n"),
        ("statusModule.startDateStruct", {"type": "ESTIMATED"}),
        ("identificationModule.acronym", None),
        ("designModule.enrollmentInfo", {"count": "40", "type": "ACTUAL"}),
        ("designModule.enrollmentInfo", {"count": 40.0, "type": "ACTUAL"}),
        ("designModule.enrollmentInfo", {"count": 2**63, "type": "ACTUAL"}),
        ("oversightModule.isPpsd", "true"),
        ("conditionsModule.conditions", ["x"] * (LONGEST + 1)),
    ],
)
def test_what_has_to_be_told_is_left_to_the_accounting_reader(path: str, value: object) -> None:
    found = document(put(load(), path, value))
    assert at_once(found) is None
    with contextlib.suppress(OversizedValueError):
        assert not assert_same(found)


class CountingReader(PartReader):
    """Counts the objects that are gone through by fields."""

    __slots__ = ()
    gone_through: ClassVar[list[str]] = []

    def as_declared(self, kind: type[T]) -> T | None:
        whole = super().as_declared(kind)
        if whole is None:
            self.gone_through.append(self.path)
        return whole


def test_a_study_with_a_new_field_is_gone_through_only_on_the_way_to_it() -> None:
    study = load()
    sites = study["protocolSection"]["contactsLocationsModule"]["locations"]
    sites.append(sites[-1] | {"newField": "x"})
    CountingReader.gone_through.clear()
    [issue] = read(study, CountingReader).issues
    assert issue.path == "protocolSection.contactsLocationsModule.locations[].newField"
    assert CountingReader.gone_through == [
        "",
        "protocolSection",
        "protocolSection.contactsLocationsModule",
        "protocolSection.contactsLocationsModule.locations[]",
    ]


def test_the_29th_of_february_is_read_as_any_other_day() -> None:
    found = SOURCE.parse(document(put(load(), "statusModule.statusVerifiedDate", "2024-02-29")))
    assert found.record.verified_on is not None
    assert (found.record.verified_on.date, found.issues) == ("2024-02-29", ())


def test_what_is_kept_in_a_list_is_kept_by_the_name_of_its_entry() -> None:
    study = load()
    infos = [
        {"releaseDate": "2026-01-01", "mcpReleaseN": 1},
        {"releaseDate": "2026-01-01", "mcpReleaseN": 2},
        {"mcpReleaseN": 3},
    ]
    study["derivedSection"]["miscInfoModule"]["submissionTracking"] = {"submissionInfos": infos}
    assert assert_same(document(study))
    path = "derivedSection.miscInfoModule.submissionTracking.submissionInfos[].mcpReleaseN"
    assert SOURCE.parse(document(study)).record.rest[path] == {"2026-01-01": 1, "2026-01-01 #2": 2, "?": 3}


def places(value: Any) -> list[tuple[Any, Any]]:
    """Each place of a study: what it lies in, and its key there."""
    keys = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    return [found for key in list(keys) for found in ((value, key), *places(value[key]))]


def damage(study: Study, chosen: random.Random) -> None:
    """The study with one thing wrong in it, in place."""
    inside, key = chosen.choice(places(study))
    match chosen.choice(("replaced", "removed", "added", "renamed")):
        case "replaced":
            inside[key] = chosen.choice(WRONG)
        case "removed":
            del inside[key]
        case "added" if isinstance(inside, dict):
            inside["newField"] = chosen.choice(WRONG)
        case _ if isinstance(inside, dict):
            inside[f"{key}x"] = inside.pop(key)


@given(st.sampled_from(NAMES), st.randoms(use_true_random=False), st.integers(1, 3))
@settings(max_examples=300, deadline=None)
def test_a_damaged_study_is_read_alike_on_both_ways(name: str, chosen: random.Random, times: int) -> None:
    study = load(name)
    for _ in range(times):
        damage(study, chosen)
    with contextlib.suppress(AnswerError):
        assert_same(document(study, "ctgov:NCT90000001"))


@pytest.mark.real_data
def test_real_studies_are_read_alike_on_both_ways(real_data: Path) -> None:
    """As they are, and with one thing wrong."""
    chosen, quick, count = random.Random(14), 0, 0
    for number, body in enumerate(studies(real_data)):
        if number % 30:
            continue
        count += 1
        quick += assert_same(document(body))
        study = msgspec.json.decode(body)
        damage(study, chosen)
        with contextlib.suppress(AnswerError):
            assert_same(document(study, SOURCE.sniff(body) or ""))
    assert quick > 0.9 * count
