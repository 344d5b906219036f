"""What a record names: numbers of other registries, from its secondary ids alone."""

from __future__ import annotations

import pytest

from tests.builders import make_record
from tracker.links import named_numbers, registration_of
from tracker.model.record import SecondaryId


def named(*ids: tuple[str, str | None], trial: str = "ctgov:NCT01234567", **fields: object) -> list[str]:
    given = tuple(SecondaryId(id=number, type=kind) for number, kind in ids)
    return [one.other for one in named_numbers(make_record(trial=trial, secondary_ids=given, **fields))]


@pytest.mark.parametrize(
    ("given", "kind", "other"),
    [
        ("2019-001234-12", "EUDRACT_NUMBER", "euctr:2019-001234-12"),
        ("2023-501234-12-00", "CTIS", "ctis:2023-501234-12"),
        ("2023-501234-12-02", "EUDRACT_NUMBER", "ctis:2023-501234-12"),  # under the wrong heading, and a later round
        ("CTIS2023-501234-12-01", "REGISTRY", "ctis:2023-501234-12"),
        ("EUCTR2019-001234-12-DE", "REGISTRY", "euctr:2019-001234-12"),
        ("EudraCT number: 2019-001234-12", "OTHER", "euctr:2019-001234-12"),
        ("ISRCTN 12345678", "REGISTRY", "isrctn:ISRCTN12345678"),
        ("DRKS00012345 (German register)", "REGISTRY", "drks:DRKS00012345"),
        ("JPRN-UMIN000012345", "OTHER", "umin:UMIN000012345"),
        ("2019-001234-12", "ORG_STUDY_ID", "euctr:2019-001234-12"),
        ("2019\u2011001234\u201112", None, "euctr:2019-001234-12"),
    ],
)
def test_a_number_of_a_registry_is_recognised_as_it_is_written(given: str, kind: str | None, other: str) -> None:
    assert named((given, kind)) == [other]


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ("NCT01234567", "REGISTRY"),  # its own
        ("2022-A01479-34", "REGISTRY"),
        ("U1111-1280-3661", "REGISTRY"),
        ("R01-2019-001234-12", "NIH"),
        ("ABC-2019-001234-12-7", "ORG_STUDY_ID"),
        ("12019-001234-123", "EUDRACT_NUMBER"),
        ("IND 75,061; 125,097", "REGISTRY"),
    ],
)
def test_what_is_no_number_of_another_registry_names_nothing(given: str, kind: str) -> None:
    assert named((given, kind)) == []


def test_titles_and_texts_name_nothing() -> None:
    text = "A follow-up of NCT07654321 (EudraCT 2019-001234-12)"
    assert named(brief_title=text, official_title=text, brief_summary=text, aliases=("NCT07654321",)) == []


def test_each_number_is_named_once_with_the_words_that_give_it() -> None:
    ids = (SecondaryId(id="2023-501234-12-00", type="CTIS"), SecondaryId(id="2023-501234-12-01", type="REGISTRY"))
    (one,) = named_numbers(make_record(secondary_ids=ids))
    assert (one.trial, one.type, one.evidence) == ("ctgov:NCT01234567", "CTIS", "2023-501234-12-00")


def test_one_of_two_numbers_in_one_field_is_not_read_as_part_of_the_other() -> None:
    assert named(("2023-501234-12-00 / 2019-001234-12", "OTHER")) == ["ctis:2023-501234-12", "euctr:2019-001234-12"]


def test_records_of_single_countries_are_joined_by_the_number_of_their_trial() -> None:
    assert named(("NCT01234567", "REGISTRY"), trial="euctr:2019-001234-12-DE") == ["euctr:2019-001234-12", "ctgov:NCT01234567"]
    assert registration_of("euctr:2019-001234-12-3RD") == "euctr:2019-001234-12"
    assert registration_of("ctgov:NCT01234567") == "ctgov:NCT01234567"
