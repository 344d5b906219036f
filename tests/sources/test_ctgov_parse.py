"""ClinicalTrials.gov: bytes of one study to a record."""

from __future__ import annotations

import contextlib
import copy
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tracker.errors import AnswerError, LayoutError
from tracker.model.source import Document, Parsed
from tracker.sources.ctgov import SOURCE
from tracker.sources.ctgov.fields import IGNORED
from tracker.sources.ctgov.parse import read

FIXTURES = Path(__file__).parent.parent / "fixtures" / "ctgov"
NAMES = ("ordinary", "ended_early", "with_results", "expanded_access", "odd")
Study = dict[str, Any]


def load(name: str = "ordinary") -> Study:
    study: Study = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    return study


def document(study: Study | bytes, trial: str = "") -> Document:
    body = study if isinstance(study, bytes) else json.dumps(study).encode()
    now = datetime(2026, 3, 10, tzinfo=UTC)
    key = trial or SOURCE.sniff(body) or "ctgov:NCT90000001"
    return Document(
        source="ctgov", trial=key, url="https://x.test", body=body, content_type="application/json", fetched_at=now, as_of=now
    )


def parsed(study: Study) -> Parsed:
    return SOURCE.parse(document(study))


def put(study: Study, path: str, value: object) -> Study:
    """The study with one value of its protocolSection replaced."""
    *parents, last = path.split(".")
    place = study["protocolSection"]
    for parent in parents:
        place = place[parent]
    place[last] = value
    return study


def issues(found: Parsed) -> set[tuple[str, str]]:
    return {(issue.code, issue.path.removeprefix("protocolSection.")) for issue in found.issues}


def test_ordinary_records_have_no_issues() -> None:
    for name in NAMES[:-1]:
        assert parsed(load(name)).issues == ()


def test_every_ignored_field_has_a_reason() -> None:
    assert all(reason.strip() for reason in IGNORED.values())


# --- nothing is absorbed in silence ---------------------------------------------------------------------------------


def leaves(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if isinstance(value, dict):
        for key, child in value.items():
            yield from leaves(child, (*path, key))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from leaves(child, (*path, index))
    elif value is not None:
        yield path


def is_ignored(path: tuple[str | int, ...]) -> bool:
    """Whether the path, or what it lies in, is in the table of ignored fields."""
    steps = ""
    for step in path:
        steps = f"{steps}[]" if isinstance(step, int) else f"{steps}.{step}".lstrip(".")
        if steps in IGNORED:
            return True
    return False


@pytest.mark.parametrize("name", NAMES)
def test_a_changed_leaf_changes_the_record_unless_it_is_ignored_by_name(name: str) -> None:
    before = parsed(load(name)).record
    blind = []
    for path in leaves(load(name)):
        if path[-1] == "nctId" and path[1] == "identificationModule":
            continue
        study = load(name)
        place: Any = study
        for step in path[:-1]:
            place = place[step]
        old = place[path[-1]]
        place[path[-1]] = not old if isinstance(old, bool) else old + 7 if isinstance(old, int | float) else f"{old}x"
        if (parsed(study).record == before) != is_ignored(path):
            blind.append(path)
    said_twice = {"hasResults", "unreleaseDateUnknown"}  # by the date of posting, and by unpostedEvents
    assert [path for path in blind if path[-1] not in said_twice] == []


@pytest.mark.parametrize("name", NAMES)
def test_what_is_left_in_a_study_was_ignored_by_name(name: str) -> None:
    study = load(name)
    read(study)
    assert [path for path in leaves(study) if not is_ignored(path)] == []


def test_unknown_field_is_told_once_and_kept_by_the_name_of_its_entry() -> None:
    found = parsed(load("odd"))
    assert ("unknown_field", "contactsLocationsModule.locations[].beds") in issues(found)
    assert found.record.rest["protocolSection.contactsLocationsModule.locations[].beds"] == {
        "Research Site, Quito, Ecuador": 3,
        "Research Site, Quito, Ecuador #2": 4,
    }
    assert found.record.rest["protocolSection.visitsModule"] == {"visits": 3}
    assert found.record.rest["futureSection"] == {"anything": [1, 2]}


def test_unknown_status_is_other_with_the_word_as_given() -> None:
    found = parsed(load("odd"))
    assert found.record.recruitment_status == "OTHER"
    assert found.record.recruitment_status_as_given == "PAUSED_FOR_REVIEW"
    assert ("unknown_word", "statusModule.overallStatus") in issues(found)


def test_other_unknown_words_stay_verbatim() -> None:
    found = parsed(load("odd"))
    assert found.record.phases == ("PHASE9",)
    assert ("unknown_word", "designModule.phases") in issues(found)


def test_unreadable_dates_stay_verbatim() -> None:
    found = parsed(load("odd"))
    start = found.record.start_date
    assert start is not None
    assert (start.date, start.precision) == ("Spring 2026", "none")
    assert ("unreadable_date", "statusModule.startDateStruct.date") in issues(found)
    assert ("unreadable_date", "statusModule.primaryCompletionDateStruct.date") in issues(found)


def test_wrong_types_are_told_and_kept() -> None:
    found = parsed(load("odd"))
    assert ("unreadable_value", "conditionsModule.conditions") in issues(found)
    assert found.record.conditions == ()
    assert found.record.rest["protocolSection.conditionsModule.conditions"] == "Not a list"
    assert ("unreadable_value", "outcomesModule.secondaryOutcomes") in issues(found)


def test_the_count_99999999_means_unknown_and_anticipated_means_estimated() -> None:
    enrollment = parsed(load("odd")).record.enrollment
    assert enrollment is not None
    assert (enrollment.count, enrollment.type) == (None, "ESTIMATED")


def test_null_is_absent() -> None:
    found = parsed(put(load(), "identificationModule.acronym", None))
    assert found.record.acronym is None
    assert found.issues == ()


@pytest.mark.parametrize("wrong", [5, True, "text", [], ["text"], {}, {"a": 1}, 1.5, [[]], 10**30])
def test_no_type_anywhere_gives_a_traceback(wrong: object) -> None:
    study = load()
    for module, content in study["protocolSection"].items():
        for target in (module, *(f"{module}.{key}" for key in content)):
            broken = put(load(), target, copy.deepcopy(wrong))
            try:
                SOURCE.parse(document(broken, "ctgov:NCT90000001"))
                SOURCE.digest(document(broken, "ctgov:NCT90000001"))
            except AnswerError:
                continue
    for section in ("hasResults", "derivedSection", "annotationSection", "documentSection", "resultsSection"):
        SOURCE.parse(document({**load(), section: wrong}))


# --- results and quality control ------------------------------------------------------------------------------------


def with_steps(infos: list[dict[str, Any]], events: list[dict[str, Any]]) -> Parsed:
    study = load()
    study["derivedSection"]["miscInfoModule"]["submissionTracking"] = {"submissionInfos": infos}
    study["annotationSection"] = {"annotationModule": {"unpostedAnnotation": {"unpostedEvents": events}}}
    return parsed(study)


def steps(found: Parsed) -> list[tuple[str, str | None]]:
    return [(step.type, step.date) for step in found.record.results_submissions or ()]


def test_quality_control_unites_both_places() -> None:
    found = with_steps(
        [{"releaseDate": "2026-01-01", "resetDate": "2026-02-01"}, {"releaseDate": "2026-03-01"}],
        [{"type": "RELEASE", "date": "2026-01-01"}, {"type": "RESET", "date": "2026-02-01"}],
    )
    assert steps(found) == [("RELEASE", "2026-01-01"), ("RESET", "2026-02-01"), ("RELEASE", "2026-03-01")]
    assert found.record.results_state == "SUBMITTED"


@pytest.mark.parametrize(
    ("last", "state"), [("RELEASE", "SUBMITTED"), ("RESET", "RETURNED"), ("UNRELEASE", "NONE_POSTED"), ("NEWS", "NONE_POSTED")]
)
def test_the_last_step_decides_the_state(last: str, state: str) -> None:
    found = with_steps([], [{"type": "RELEASE", "date": "2026-01-01"}, {"type": last, "date": "2026-01-02"}])
    assert found.record.results_state == state


def test_a_step_of_unknown_date_stays_behind_its_predecessor() -> None:
    found = with_steps([{"releaseDate": "2026-01-01", "unreleaseDateUnknown": True}, {"releaseDate": "2026-02-01"}], [])
    assert steps(found) == [("RELEASE", "2026-01-01"), ("UNRELEASE", None), ("RELEASE", "2026-02-01")]


def test_returned_and_submitted_again_on_one_day_is_submitted() -> None:
    found = with_steps(
        [{"releaseDate": "2026-01-01", "resetDate": "2026-02-01"}, {"releaseDate": "2026-02-01"}],
        [{"type": "RELEASE", "date": "2026-01-01"}, {"type": "RESET", "date": "2026-02-01"}],
    )
    assert found.record.results_state == "SUBMITTED"


def test_no_step_is_none_posted_and_posted_results_win() -> None:
    assert parsed(load()).record.results_state == "NONE_POSTED"
    found = parsed(load("with_results"))
    assert found.record.results_state == "POSTED"
    assert steps(found) == [("RELEASE", "2025-05-01"), ("RESET", "2025-05-20")]


def test_a_results_module_is_digested_by_content_and_not_by_layout() -> None:
    study = load("with_results")
    before = parsed(study).record.results_digests
    flow = study["resultsSection"]["participantFlowModule"]
    study["resultsSection"]["participantFlowModule"] = dict(reversed(flow.items()))
    assert parsed(study).record.results_digests == before
    flow["groups"][0]["title"] = "Everyone"
    study["resultsSection"]["participantFlowModule"] = flow
    after = parsed(study).record.results_digests
    assert after is not None
    assert before is not None
    assert after.participant_flow != before.participant_flow
    assert after.baseline == before.baseline


# --- answers that are none ------------------------------------------------------------------------------------------


def cut(body: bytes) -> bytes:
    return body[: len(body) // 2]


BAD: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda body: b"  ",
    "object": lambda body: b"{}",
    "list": lambda body: b"[]",
    "error object": lambda body: b'{"error": "try later"}',
    "maintenance page": lambda body: b"<!doctype html><title>Down</title>",
    "truncated": cut,
    "two documents": lambda body: body + body,
    "NaN": lambda body: body.replace(b'"count": 40', b'"count": NaN'),
    "huge number": lambda body: body.replace(b'"count": 40', b'"count": 1e400'),
    "lone surrogate": lambda body: body.replace(b"Mornings", b"\\ud800"),
    "invalid UTF-8": lambda body: body.replace(b"Mornings", b"\xff\xfe"),
    "deep": lambda body: body.replace(b'"count": 40', b'"count": ' + b"[" * 100_000 + b"]" * 100_000),
    "two studies": lambda body: b'{"studies": [' + body + b"," + body + b"]}",
    "no study": lambda body: b'{"studies": []}',
}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("read_it", [SOURCE.parse, SOURCE.digest])
def test_an_answer_that_is_no_study_is_an_error_with_trial_and_remedy(name: str, read_it: Callable[[Document], object]) -> None:
    body = BAD[name](json.dumps(load()).encode())
    with pytest.raises(AnswerError, match="NCT90000001") as caught:
        read_it(document(body, "ctgov:NCT90000001"))
    assert caught.value.trial == "ctgov:NCT90000001"
    assert caught.value.remedy


def test_a_huge_whole_number_is_told_and_kept() -> None:
    found = parsed(put(load(), "designModule.enrollmentInfo.count", 10**40))
    assert ("unreadable_value", "designModule.enrollmentInfo.count") in issues(found)
    assert found.record.enrollment is not None
    assert found.record.enrollment.count is None
    assert digest(put(load(), "designModule.enrollmentInfo.count", 10**40)) != digest(load())


def test_nesting_that_just_decodes_gives_no_traceback() -> None:
    for depth in range(900, 1001, 4):
        nested = b"[" * depth + b"]" * depth
        for field in (b'"futureSection":', b'"resultsSection": {"moreInfoModule":'):
            end = b"}" if b"{" in field else b""
            body = json.dumps(load()).encode()[:-1] + b"," + field + nested + end + b"}"
            for read_it in (SOURCE.parse, SOURCE.digest):
                with contextlib.suppress(AnswerError):
                    read_it(document(body, "ctgov:NCT90000001"))


def test_another_trials_record_is_refused() -> None:
    with pytest.raises(AnswerError, match="record of NCT90000001"):
        SOURCE.parse(document(load(), "ctgov:NCT90000002"))


def test_a_former_number_of_the_trial_is_its_own() -> None:
    record = SOURCE.parse(document(load(), "ctgov:NCT90000009")).record
    assert record.trial == "ctgov:NCT90000001"
    assert record.aliases == ("NCT90000009",)


@pytest.mark.parametrize(
    "path",
    [
        "identificationModule",
        "identificationModule.briefTitle",
        "statusModule",
        "statusModule.overallStatus",
        "statusModule.lastUpdatePostDateStruct",
        "sponsorCollaboratorsModule.leadSponsor",
        "designModule",
    ],
)
def test_a_missing_anchor_is_a_layout_error(path: str) -> None:
    """Unless something of a wrong type stands in its place, or a null: the field cannot be read then, and keeps its value."""
    without = load()
    *parents, last = path.split(".")
    module = without["protocolSection"]
    for parent in parents:
        module = module[parent]
    nothing = "" if isinstance(module[last], str) else {}
    del module[last]
    for broken in (without, put(load(), path, nothing)):
        with pytest.raises(LayoutError):
            SOURCE.parse(document(broken, "ctgov:NCT90000001"))
    for wrong in (None, [], 7) if path != "identificationModule" else ():  # it holds the number
        found = parsed(put(load(), path, wrong))
        assert ("unreadable_value", path) in issues(found) or f"protocolSection.{path}" in found.nulls


def test_a_withheld_record_may_lack_its_design() -> None:
    study = put(load(), "statusModule.overallStatus", "WITHHELD")
    del study["protocolSection"]["designModule"]
    assert parsed(study).record.recruitment_status == "WITHHELD"


# --- digest and recognition -----------------------------------------------------------------------------------------


def digest(study: Study) -> str:
    return SOURCE.digest(document(study))


def shuffled(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: shuffled(value[key]) for key in reversed(value)}
    return [shuffled(entry) for entry in value] if isinstance(value, list) else value


def test_digest_ignores_key_order_white_space_and_what_moves_on_its_own() -> None:
    study = load("ended_early")
    study["protocolSection"]["contactsLocationsModule"] = load()["protocolSection"]["contactsLocationsModule"]
    before = digest(study)
    assert digest(shuffled(study)) == before
    assert SOURCE.digest(document(json.dumps(study, indent=4, ensure_ascii=False).encode())) == before
    study["derivedSection"]["miscInfoModule"]["versionHolder"] = "2026-02-05"
    study["derivedSection"]["conditionBrowseModule"] = {}
    study["protocolSection"]["contactsLocationsModule"]["locations"][0]["geoPoint"] = {"lat": 1.0, "lon": 2.0}
    assert digest(study) == before


@pytest.mark.parametrize("part", ["submissionTracking", "removedCountries"])
def test_digest_sees_quality_control_and_removed_countries(part: str) -> None:
    study = load("ended_early")
    before = digest(study)
    del study["derivedSection"]["miscInfoModule"][part]
    assert digest(study) != before


def test_digest_sees_the_order_of_lists_and_any_new_field() -> None:
    study = load()
    before = digest(study)
    assert digest({**study, "futureSection": {}}) != before
    study["protocolSection"]["outcomesModule"]["secondaryOutcomes"].reverse()
    assert digest(study) != before


def test_recognises_a_study_and_a_page_with_just_one() -> None:
    body = json.dumps(load()).encode()
    page = b'{"studies": [' + body + b"]}"
    assert SOURCE.sniff(body) == SOURCE.sniff(page) == "ctgov:NCT90000001"
    assert SOURCE.parse(document(page)) == SOURCE.parse(document(body))
    assert SOURCE.digest(document(page)) == SOURCE.digest(document(body))


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"<html>", b"NCT90000001", b'{"studies":[]}', b"\xff", b"[" * 100_000])
def test_recognises_nothing_else(body: bytes) -> None:
    assert SOURCE.sniff(body) is None
