"""What is read of a record of EU CTIS, and what is not made of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tracker import sources
from tracker.errors import AnswerError, LayoutError
from tracker.model.source import Document, Parsed
from tracker.sources.ctis.words import PUBLIC_STATUSES

SOURCE = sources.load()["ctis"]
ORDINARY = Path(__file__).parent.parent / "fixtures" / "ctis" / "ordinary.json"
AT = datetime(2026, 3, 2, tzinfo=UTC)


def ordinary() -> dict[str, Any]:
    made: dict[str, Any] = json.loads(ORDINARY.read_bytes())
    return made


def document(record: object) -> Document:
    body = record if isinstance(record, bytes) else json.dumps(record).encode()
    return Document(source="ctis", trial="ctis:2023-590001-11", url="", body=body, content_type="", fetched_at=AT, as_of=AT)


def read(record: object) -> Parsed:
    return SOURCE.parse(document(record))


@pytest.mark.parametrize("code", PUBLIC_STATUSES)
def test_the_public_code_is_the_status_whatever_the_application_or_the_countries_say(code: int) -> None:
    made = ordinary() | {"ctPublicStatusCode": code, "ctStatus": "Authorised"}
    for state in made["authorizedApplication"]["memberStatesConcerned"]:
        state["mscPublicStatusCode"] = 8
    record = read(made).record
    assert (record.recruitment_status_as_given, record.recruitment_status) == PUBLIC_STATUSES[code]
    assert {one.status for one in record.country_status or ()} == {"COMPLETED"}


@pytest.mark.parametrize("code", [0, 13, "4", True, None])
def test_a_code_never_met_before_is_other_and_told(code: object) -> None:
    parsed = read(ordinary() | {"ctPublicStatusCode": code, "ctStatus": "Authorised"})
    assert parsed.record.recruitment_status == "OTHER"
    assert "unknown_word" in {issue.code for issue in parsed.issues}


def test_participants_are_those_of_the_member_states_and_those_elsewhere_together() -> None:
    made = ordinary()
    assert read(made).record.enrollment is not None
    del made["authorizedApplication"]["authorizedPartsII"][1]["recruitmentSubjectCount"]
    assert read(made).record.enrollment is None


@pytest.mark.parametrize("part", ["summaryResults", "laypersonResults", "clinicalStudyReports"])
def test_results_are_posted_once_any_of_them_is_there(part: str) -> None:
    empty: dict[str, Any] = {"summaryResults": [], "laypersonResults": [], "clinicalStudyReports": []}
    assert read(ordinary() | {"results": empty}).record.results_state == "NONE_POSTED"
    parsed = read(ordinary() | {"results": empty | {part: [{"title": "x"}]}})
    assert parsed.record.results_state == "POSTED"
    assert parsed.record.rest[f"results.{part}"] == [{"title": "x"}]


@pytest.mark.parametrize(
    ("part", "kind"),
    [
        ("temporaryHaltList", "TEMPORARY_HALT"),
        ("unexpectedEvents", "UNEXPECTED_EVENT"),
        ("seriousBreaches", "SERIOUS_BREACH"),
        ("urgentSafetyMeasures", "URGENT_SAFETY_MEASURE"),
    ],
)
def test_halts_breaches_and_safety_measures_are_regulatory_events_and_kept_whole(part: str, kind: str) -> None:
    made = ordinary()
    made["events"] |= {"temporaryHaltList": [], part: [{"mscName": "Spain", "eventDate": "2026-02-18T08:00:00", "what": "x"}]}
    parsed = read(made)
    [event] = [event for event in parsed.record.regulatory_events or () if event.type == kind]
    assert (event.date, event.country) == ("2026-02-18", "Spain")
    assert parsed.record.rest[f"events.{part}"] == made["events"][part]
    assert parsed.issues == ()


def test_a_range_of_ages_never_met_before_is_told_and_kept_behind_the_others() -> None:
    made = ordinary()
    information = made["authorizedApplication"]["authorizedPartI"]["trialDetails"]["trialInformation"]
    information["populationOfTrialSubjects"]["ageRanges"] = [{"ageRangeCategory": code} for code in ("9", "4", "2")]
    parsed = read(made)
    assert parsed.record.eligibility is not None
    assert parsed.record.eligibility.std_ages == ("CHILD", "OLDER_ADULT", "9")
    assert [issue.value for issue in parsed.issues] == ["9"]


def test_a_site_has_the_status_of_its_member_state() -> None:
    record = read(ordinary()).record
    assert {(site.country, site.recruitment_status) for site in record.sites or ()} == {
        ("Germany", "RECRUITING"),
        ("Spain", "SUSPENDED"),
    }


def test_internal_keys_order_and_decimal_points_say_nothing() -> None:
    made = ordinary()
    inner = made["authorizedApplication"]
    inner["authorizedPartsII"].reverse()
    inner["memberStatesConcerned"].reverse()
    inner["authorizedPartI"]["id"] = 123
    inner["authorizedPartI"]["productRoleGroupInfos"][0]["products"][0]["maxTreatmentPeriod"] = 28.0
    assert SOURCE.digest(document(made)) == SOURCE.digest(document(ordinary()))
    inner["authorizedPartI"]["rowSubjectCount"] = 41
    assert SOURCE.digest(document(made)) != SOURCE.digest(document(ordinary()))


@pytest.mark.parametrize(
    ("served", "error", "said"),
    [
        (b"{}", AnswerError, "knows no trial with this number"),
        (b"<html>soon back</html>", AnswerError, "web page"),
        (b"[1]", AnswerError, "not a record"),
        (b'{"ctNumber": "2023-590002-22-00", "authorizedPartI": {}}', AnswerError, "record of 2023-590002-22-00"),
        (b'{"ctNumber": "2023-590001-11-00"}', LayoutError, "lacks authorizedPartI, ctPublicStatusCode"),
        (b'{"ctNumber": "2023-590001-11-00", "authorizedApplication": []}', LayoutError, "lacks authorizedPartI"),
        (b'{"error": "x"}', LayoutError, "no EU CT number"),
    ],
)
def test_what_is_not_the_trial_s_record_is_refused(served: bytes, error: type[AnswerError], said: str) -> None:
    with pytest.raises(error, match=said):
        read(served)


def test_the_last_pair_of_the_number_is_not_part_of_the_trial() -> None:
    record = read(ordinary() | {"ctNumber": "2023-590001-11-02"}).record
    assert record.trial == "ctis:2023-590001-11"
    assert record.url == "https://euclinicaltrials.eu/ctis-public/view/2023-590001-11-02"
