"""What is read of a record of DRKS: its words, languages, dates, numbers, places and results; and what says nothing."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.builders import detected
from tests.lab.drks_register import ORDINARY
from tracker import sources
from tracker.errors import AnswerError, LayoutError
from tracker.links import named_numbers
from tracker.model import vocabulary
from tracker.model.record import SecondaryId, TrialRecord
from tracker.model.source import Document, Parsed
from tracker.sources.drks import words

SOURCE = sources.load()["drks"]
AT = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
RECORD: dict[str, Any] = json.loads(ORDINARY.read_bytes())
Change = Callable[[dict[str, Any]], object]


def document(record: object, trial: str = "DRKS90000001") -> Document:
    body = record if isinstance(record, bytes) else json.dumps(record).encode()
    return Document(source="drks", trial=f"drks:{trial}", url="", body=body, content_type="", fetched_at=AT, as_of=AT)


def changed(*changes: Change) -> dict[str, Any]:
    """The ordinary record after some changes."""
    record = copy.deepcopy(RECORD)
    for change in changes:
        change(record)
    return record


def read(*changes: Change) -> Parsed:
    return SOURCE.parse(document(changed(*changes)))


def put(part: str, **values: object) -> Change:
    return lambda record: record[part].update(values)


def quiet(*changes: Change) -> TrialRecord:
    """The record, of which everything was read."""
    parsed = read(*changes)
    assert parsed.issues == ()
    return parsed.record


# --- words


@pytest.mark.parametrize(("word", "status"), words.STATUSES.items())
def test_each_status_word_is_read_exactly(word: str, status: str) -> None:
    record = quiet(put("recruitment", status=word))
    assert (record.recruitment_status, record.recruitment_status_as_given) == (status, None)
    assert status in vocabulary.REGISTRY_STATUSES


@pytest.mark.parametrize("word", ["discontiniued", "RECRUITING ", "Recruiting ongoing", "COMPLETE"])
def test_a_status_word_that_is_only_like_one_is_other_and_told(word: str) -> None:
    parsed = read(put("recruitment", status=word))
    assert (parsed.record.recruitment_status, parsed.record.recruitment_status_as_given) == ("OTHER", word)
    assert [issue.path for issue in parsed.issues] == ["recruitment.status"]


@pytest.mark.parametrize("change", [put("recruitment", status=""), put("recruitment", status=None)])
def test_an_empty_status_is_not_stated(change: Change) -> None:
    assert quiet(change).recruitment_status is None


def test_an_empty_word_is_none_wherever_it_stands() -> None:
    empty = dict.fromkeys(("phase", "type", "allocation", "purpose", "timing", "blindingType", "assignment"), "")
    record = quiet(put("studyCharacteristic", **empty), put("recruitment", gender="", actualStartDate=""))
    assert (record.phases, record.study_type, record.allocation, record.masking) == (None, None, None, None)


def test_a_record_without_recruitment_has_no_status() -> None:
    record = quiet(lambda given: given.pop("recruitment"))
    assert (record.recruitment_status, record.sites, record.eligibility) == (None, None, None)


def test_every_table_leads_into_the_vocabulary() -> None:
    assert {phase for phases in words.PHASES.values() for phase in phases} <= vocabulary.PHASES
    for table, known in (
        (words.STUDY_TYPES, vocabulary.STUDY_TYPES),
        (words.ALLOCATIONS, vocabulary.ALLOCATIONS),
        (words.ASSIGNMENTS, vocabulary.INTERVENTION_MODELS),
        (words.MASKINGS, vocabulary.MASKINGS),
        (words.PURPOSES, vocabulary.PRIMARY_PURPOSES),
        (words.TIMINGS, vocabulary.TIME_PERSPECTIVES),
        (words.GENDERS, vocabulary.SEXES),
        (words.SUPPORTS, vocabulary.ORGANISATION_CLASSES),
    ):
        assert {word for word in table.values() if word} <= known
    assert {role for role, _ in words.MASKED.values() if role} <= vocabulary.WHO_MASKED
    assert {kind for _, kind in words.PUBLICATIONS.values() if kind} <= vocabulary.REFERENCE_TYPES


def test_blinded_does_not_say_how_many_are() -> None:
    record = quiet(put("studyCharacteristic", blindingType="BLINDED", blindingWhoList=[]))
    assert (record.masking, record.masking_description, record.who_masked) == (None, "Blinded", None)
    assert quiet(put("studyCharacteristic", blindingType="OPEN", blindingWhoList=None)).masking == "NONE"


@pytest.mark.parametrize("purpose", ["PROGNOSIS", "PHARMACOGENETICS", "HEALTH_ECONOMICS"])
def test_a_purpose_that_becomes_other_is_kept_in_its_word(purpose: str) -> None:
    record = quiet(put("studyCharacteristic", purpose=purpose))
    assert record.primary_purpose == "OTHER"
    assert record.rest["studyCharacteristic.purpose"] == words.plain(purpose)


@pytest.mark.parametrize(
    ("age", "said"),
    [
        ({"amount": 18, "unit": "YEARS"}, "18 Years"),
        ({"amount": 1, "unit": "DAYS"}, "1 Day"),
        ({"amount": 24, "unit": "WEEK_OF_PREGNANCY"}, "24 Weeks of pregnancy"),
        ({"amount": None, "unit": "NO_MIN_AGE"}, None),
        ({"amount": 0, "unit": "NO_MIN_AGE"}, None),
        ({"amount": None, "unit": "YEARS"}, None),
        (None, None),
    ],
)
def test_ages_are_read_with_their_unit(age: object, said: str | None) -> None:
    eligibility = quiet(put("recruitment", minimumAge=age)).eligibility
    assert eligibility is not None
    assert eligibility.minimum_age == said


# --- languages


def test_a_text_is_english_where_that_is_given_and_else_german() -> None:
    def without(locale: str) -> Change:
        return lambda record: record.update(
            trialDescriptions=[one for one in record["trialDescriptions"] if one["idLocale"]["locale"] != locale]
        )

    assert quiet().brief_title == quiet(without("de")).brief_title == "Inventazole against testitis of the knee"
    assert quiet(without("en")).brief_title == "Inventazol gegen Testitis des Knies"


@pytest.mark.parametrize("empty", [None, "", "  \r\n"])
def test_an_empty_english_text_leaves_the_german_one(empty: str | None) -> None:
    record = quiet(lambda given: given["trialDescriptions"][1].update(summary=empty))
    assert record.brief_summary == "Wir prüfen, ob ein neues Mittel gegen Schmerz im Knie hilft."
    assert record.brief_title == "Inventazole against testitis of the knee"


def test_the_order_of_languages_and_of_groups_does_not_matter() -> None:
    def turned(record: dict[str, Any]) -> None:
        for name in ("trialDescriptions", "observationalGroups"):
            record[name].reverse()

    assert quiet(turned).brief_title == quiet().brief_title
    assert SOURCE.digest(document(changed(turned))) == SOURCE.digest(document(RECORD))
    assert detected(quiet(), quiet(turned)).events == ()


def test_texts_in_a_third_language_or_given_twice_are_told() -> None:
    parsed = read(lambda given: given["trialDescriptions"].append({"idLocale": {"locale": "fr"}, "title": "Titre"}))
    assert [(one.code, one.path) for one in parsed.issues] == [("unknown_field", "trialDescriptions.inOtherLanguages")]
    parsed = read(lambda given: given["trialDescriptions"].append(given["trialDescriptions"][0]))
    assert [one.path for one in parsed.issues] == ["trialDescriptions.inOtherLanguages"]


# --- dates and sizes


def test_the_actual_date_stands_before_the_planned_one_which_is_kept() -> None:
    record = quiet(put("recruitment", actualCompletionDate="2026-12-01"))
    assert record.completion_date is not None
    assert (record.completion_date.date, record.completion_date.type) == ("2026-12-01", "ACTUAL")
    assert record.rest["recruitment.scheduledCompletionDate"] == "2027-06-30"


@pytest.mark.parametrize(
    ("status", "final", "target", "size"),
    [
        ("RECRUITING", None, 160, (160, "ESTIMATED")),
        ("RECRUITING", 0, 160, (160, "ESTIMATED")),
        ("WITHDRAWN", 0, 160, (0, "ACTUAL")),
        ("DISCONTINIUED", 0, None, (0, "ACTUAL")),
        ("COMPLETE_FOLLOW_UP_COMPLETE", 37, 160, (37, "ACTUAL")),
        ("RECRUITING", None, 99999999, (None, "ESTIMATED")),
        ("RECRUITING", None, None, None),
    ],
)
def test_participants_are_the_final_number_or_the_target(
    status: str, final: int | None, target: int | None, size: tuple[int | None, str] | None
) -> None:
    enrollment = quiet(put("recruitment", status=status, totalParticipants=final, plannedParticipants=target)).enrollment
    assert (enrollment and (enrollment.count, enrollment.type)) == size


# --- numbers


def numbered(**fields: object) -> tuple[SecondaryId, ...]:
    def only(record: dict[str, Any]) -> None:
        record["secondaryIds"] = fields
        record["otherSecondaryIds"] = fields.pop("others", [])

    return quiet(only).secondary_ids or ()


@pytest.mark.parametrize(
    ("fields", "numbers"),
    [
        ({"eudraCtNumber": "2018-900012-34"}, [("2018-900012-34", "EUDRACT_NUMBER", None)]),
        ({"eudraCtNumber": "EUCTR2018-900012-34"}, [("EUCTR2018-900012-34", "EUDRACT_NUMBER", None)]),
        ({"eudraCtNumber": "2024 - 590001-12-00"}, [("2024-590001-12-00", "CTIS", None)]),
        ({"universalTrialNumber": "U1111-9000-0001"}, [("U1111-9000-0001", "REGISTRY", "WHO UTN")]),
        (
            {"otherPrimaryRegisterId": "nct90000041", "otherPrimaryRegisterName": "clinicaltrials"},
            [("NCT90000041", "REGISTRY", "ClinicalTrials.gov")],
        ),
        ({"otherPrimaryRegisterId": "X-1", "otherPrimaryRegisterName": "A list"}, [("X-1", "REGISTRY", "A list")]),
        (
            {"otherPrimaryRegisterId": "NCT90000041, ISRCTN90000055"},
            [("NCT90000041", "REGISTRY", "ClinicalTrials.gov"), ("ISRCTN90000055", "REGISTRY", "ISRCTN")],
        ),
        ({"others": [{"value": "NCT90000041", "description": "CT.gov"}]}, [("NCT90000041", "REGISTRY", "ClinicalTrials.gov")]),
        ({"others": [{"value": "FFT 12, 13", "description": "A fund"}]}, [("FFT 12, 13", "OTHER", "A fund")]),
        ({"eudraCtNumber": "n/a", "others": [{"value": "-"}, {"value": "[---]*"}, {"value": "Nil known"}]}, []),
        ({"noOtherIdentificationNumbersAvailable": True}, []),
    ],
)
def test_numbers_are_typed_by_the_registry_that_they_are_of(
    fields: dict[str, object], numbers: list[tuple[str, str, str | None]]
) -> None:
    assert [(one.id, one.type, one.domain) for one in numbered(**fields)] == numbers


def test_the_registries_of_the_numbers_are_linked_and_related_studies_are_not() -> None:
    linked = {one.other for one in named_numbers(quiet())}
    assert linked == {"ctis:2024-590001-12", "ctgov:NCT90000041", "isrctn:ISRCTN90000055"}


# --- places and people


@pytest.mark.parametrize(
    ("codes", "city", "place"),
    [
        (["DE"], "80331 München", ("München", "80331", "Germany")),
        (["DE"], "D-10117 Berlin", ("Berlin", "10117", "Germany")),
        (["DE"], "Berlin", ("Berlin", None, "Germany")),
        (["DE", "AT"], "Wien", ("Wien", None, None)),
        (["FR"], "75013 Paris", ("75013 Paris", None, "France")),
        ([], "Berlin", ("Berlin", None, None)),
    ],
)
def test_a_place_has_its_postcode_and_the_country_where_the_study_has_one(
    codes: list[str], city: str, place: tuple[str, str | None, str | None]
) -> None:
    countries = [{"idCountry": {"code": code}} for code in codes]
    institutes = [{"city": city, "name": "A house", "type": "OTHER"}]
    [site] = quiet(put("recruitment", countries=countries, institutes=institutes)).sites or ()
    assert (site.city, site.zip, site.country) == place


def test_persons_at_committees_and_funders_are_not_taken() -> None:
    person = {"firstName": "Dora", "lastName": "Geheim", "email": "dora@example.org"}

    def named(record: dict[str, Any]) -> None:
        record["ethicsCommittee"]["ethicVotes"][0]["contact"].update(person)
        record["materialSupports"][0]["contact"].update(person)

    assert "Geheim" not in str(quiet(named))
    assert "dora@" not in str(quiet(named))


@pytest.mark.parametrize("other", words.OTHER_CONTACTS)
def test_the_type_of_a_further_address_says_what_it_is(other: str) -> None:
    contact = {"contact": {"affiliation": "Someone new"}, "idContactIdType": {"type": "COLLABORATOR_OTHER_ADDRESS"}}
    record = quiet(lambda given: given["trialContacts"].append(contact | {"otherType": other}))
    parts = {"official": record.officials, "collaborator": record.collaborators}
    assert "Someone new" in str(parts.get(words.OTHER_CONTACTS[other], record.central_contacts))


# --- results


def summary(text: str) -> list[dict[str, object]]:
    return [{"idLocale": {"locale": "de"}, "briefSummaryOfResultsDescription": text}]


@pytest.mark.parametrize(
    ("values", "state"),
    [
        ({}, "NONE_POSTED"),
        ({"firstResultPublication": "2026-02-01"}, "POSTED"),
        ({"publications": [{"type": "BASICREPORTING", "description": "A report"}]}, "POSTED"),
        ({"publications": [{"type": "RESULT", "link": "https://example.org"}]}, "POSTED"),
        ({"publications": [{"type": "ABSTRACT", "description": "A poster"}]}, "NONE_POSTED"),
        ({"publications": [{"type": "TRIALPROTOCOL", "description": "A protocol"}]}, "NONE_POSTED"),
        ({"trialResultsDescriptions": [{"idLocale": {"locale": "de"}, "briefSummaryOfResultsDescription": "Gut."}]}, "POSTED"),
        (
            {"trialResultsDescriptions": [{"idLocale": {"locale": "de"}, "briefSummaryOfResultsDescription": "-"}]},
            "NONE_POSTED",
        ),
    ],
)
def test_results_are_posted_once_there_is_something_of_them(values: dict[str, object], state: str) -> None:
    record = quiet(lambda given: given["trialResults"].update({"publications": []} | values))
    assert record.results_state == state


def test_another_file_of_the_same_name_is_seen_and_never_kept_whole() -> None:
    def filled(content: str) -> Change:
        return lambda given: given["trialResults"]["publications"][0]["document"]["file"].update(base64Encoded=content)

    one, other = quiet(filled("AAAA" * 1000)), quiet(filled("BBBB" * 1000))
    assert "AAAA" not in str(one)
    assert one != other
    assert SOURCE.digest(document(changed(filled("AAAA")))) != SOURCE.digest(document(changed(filled("BBBB"))))


# --- what is no record


def test_nulls_and_empty_lists_do_not_show_in_the_digest() -> None:
    bare = changed(lambda given: given["recruitment"].pop("totalParticipants"), lambda given: given.update(newList=[]))
    assert SOURCE.digest(document(bare)) == SOURCE.digest(document(RECORD))


def test_a_record_is_found_in_a_list_of_them() -> None:
    other = RECORD | {"drksId": "DRKS90000007"}
    assert SOURCE.parse(document([other, RECORD])).record == SOURCE.parse(document(RECORD)).record
    assert SOURCE.digest(document([other, RECORD])) == SOURCE.digest(document(RECORD))
    assert SOURCE.sniff(json.dumps([other, RECORD]).encode()) == "drks:DRKS90000007"
    with pytest.raises(AnswerError):
        SOURCE.parse(document([other]))


@pytest.mark.parametrize(
    ("record", "error"),
    [
        ({}, LayoutError),
        ({"drksId": "DRKS90000001"}, LayoutError),
        ({"drksId": "DRKS1", "recruitment": {"status": "RECRUITING"}}, LayoutError),
        ({"drksId": ["DRKS90000001"], "recruitment": {"status": "RECRUITING"}}, LayoutError),
        (RECORD | {"drksId": "DRKS90000002"}, AnswerError),
        ([], AnswerError),
        (b"<html></html>", AnswerError),
        (b"", AnswerError),
        (b'{"drksId": "DRKS90000001", "recruitment": ' + b'{"a":' * 100 + b"1" + b"}" * 101, AnswerError),
    ],
)
def test_what_is_no_record_of_the_study_is_refused(record: object, error: type[Exception]) -> None:
    for asked in (SOURCE.parse, SOURCE.digest):
        with pytest.raises(error):
            asked(document(record))
