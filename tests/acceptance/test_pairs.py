"""Real ClinicalTrials.gov records on two dates: every true change is told, and nothing that is none."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.builders import detected, detected_in, make_step, said
from tracker.events import KINDS, Detected
from tracker.model.record import TrialRecord
from tracker.model.source import Document
from tracker.render import kinds
from tracker.sources.ctgov import SOURCE

pytestmark = pytest.mark.real_data

Row = dict[str, str]

_SUBMISSIONS = ("submissionTracking", "removedCountries")
_QUIET_STATUS = ("lastUpdatePostDateStruct", "lastUpdateSubmitDate", "statusVerifiedDate")


def _bytes(path: Path) -> bytes:
    body = path.read_bytes()
    return gzip.decompress(body) if path.suffix == ".gz" else body


def _record(body: bytes, number: str, at: datetime) -> TrialRecord:
    document = Document(
        source="ctgov",
        trial=f"ctgov:{number}",
        url=f"https://clinicaltrials.gov/api/v2/studies/{number}",
        body=body,
        content_type="application/json",
        fetched_at=at,
        as_of=at,
    )
    return SOURCE.parse(document).record


def _settled(value: Any) -> Any:
    """JSON without order of lists and amount of white space."""
    if isinstance(value, dict):
        return {key: _settled(inner) for key, inner in value.items() if key != "geoPoint"}
    if isinstance(value, list):
        return sorted((_settled(inner) for inner in value), key=lambda inner: json.dumps(inner, sort_keys=True))
    return " ".join(value.split()) if isinstance(value, str) else value


def _worth_telling(body: bytes) -> Any:
    """What of a raw answer can be news, judged without the tracker's own parser and rules."""
    study = json.loads(body)
    derived = study.pop("derivedSection", {}).get("miscInfoModule", {})
    study["tracking"] = {name: derived.get(name) for name in _SUBMISSIONS}
    status = study["protocolSection"]["statusModule"]
    for name in _QUIET_STATUS:
        status.pop(name, None)
    for name in ("studyFirstPostDateStruct", "resultsFirstPostDateStruct"):
        status.get(name, {}).pop("type", None)
    return _settled(study)


@pytest.fixture(scope="module")
def rows(real_data: Path) -> list[Row]:
    with (real_data / "ctgov" / "pairs" / "index.csv").open(newline="", encoding="utf-8") as index:
        return list(csv.DictReader(index))


def _day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _detected(folder: Path, row: Row) -> tuple[TrialRecord, TrialRecord, Detected]:
    old_at, new_at = _day(row["dataVersion_before"]), _day(row["dataVersion_after"])
    old = _record(_bytes(folder / row["before"]), row["nctId"], old_at)
    new = _record(_bytes(folder / row["after"]), row["nctId"], new_at)
    step = make_step(old, new, at=new_at)
    found = detected_in(step)
    told = [id(change) for event in found.events for change in event.changes]
    assert sorted(told) == sorted(map(id, step.changes)), "each change is told by exactly one event"
    return old, new, found


def _each(real_data: Path, rows: list[Row]) -> Iterator[tuple[Row, TrialRecord, TrialRecord, Detected]]:
    for row in rows:
        yield row, *_detected(real_data / "ctgov", row)


def test_pairs_tell_every_true_change_and_nothing_else(real_data: Path, rows: list[Row]) -> None:
    """45 of 56 pairs hold a change worth an event; which ones is worked out from the raw JSON alone."""
    telling = 0
    for row, _, _, found in _each(real_data, rows):
        before, after = (_worth_telling(_bytes(real_data / "ctgov" / row[side])) for side in ("before", "after"))
        assert bool(found.events) == (before != after), f"{row['nctId']} {row['after']}"
        telling += bool(found.events)
    assert (telling, len(rows)) == (45, 56)


_COLUMNS = {
    "overallStatus": ("recruitment_status_changed", "recruitment_status"),
    "whyStopped": ("why_stopped_changed", "why_stopped"),
    "startDate": ("start_date_changed", "start_date"),
    "primaryCompletionDate": ("primary_completion_date_changed", "primary_completion_date"),
    "completionDate": ("completion_date_changed", "completion_date"),
    "enrollmentCount": ("enrollment_changed", "enrollment"),
}


def _stated(value: Any) -> str:
    if isinstance(value, dict):
        value = value.get("date", value.get("count"))
    return "" if value is None else str(value)


def test_events_agree_with_the_registrys_values_before_and_after(real_data: Path, rows: list[Row]) -> None:
    compared = 0
    for row, _, _, found in _each(real_data, rows):
        changes = {(event.kind, change.path): change for event in found.events for change in event.changes}
        for column, (kind, field) in _COLUMNS.items():
            old, new = row[f"{column}_before"], row[f"{column}_after"]
            change = changes.get((kind, (field,)))
            if old != new:
                assert change is not None, f"{row['nctId']}: {column} {old} -> {new} was not told"
                compared += 1
            if change is not None:
                assert (_stated(change.old), _stated(change.new)) == (old, new), f"{row['nctId']}: {column}"
    assert compared >= 20


def test_unchanged_studies_tell_nothing(real_data: Path) -> None:
    studies = sorted(path for path in (real_data / "ctgov" / "unchanged").iterdir() if path.is_dir())
    assert len(studies) == 24
    for study in studies:
        bodies = [_bytes(path) for path in sorted(study.iterdir())]
        old, new = (_record(body, study.name, _day("2026-02-03")) for body in bodies)
        assert detected(old, new).events == (), study.name


def _one(real_data: Path, rows: list[Row], number: str, day: str) -> Detected:
    row = next(row for row in rows if row["nctId"] == number and day in row["after"])
    return _detected(real_data / "ctgov", row)[2]


def test_25_like_time_frame_edits_are_one_event_and_quiet(real_data: Path, rows: list[Row]) -> None:
    found = _one(real_data, rows, "NCT07227597", "2026-03-10")
    frames = [event for event in found.events if "time_frame" in event.effects]
    assert [event.kind for event in frames] == ["primary_outcomes_changed"]
    assert said(frames[0])["time_frame"][0]["fields"] == {"primary_outcomes": 3, "secondary_outcomes": 22}
    assert frames[0].severity == "minor"
    told = "Time frame of 3 primary and 22 secondary outcomes: 59 months → 58 months (before the start)"
    assert kinds.headline(frames[0]) == told


def test_a_new_arm_in_the_measures_names_is_no_outcome_switch(real_data: Path, rows: list[Row]) -> None:
    found = _one(real_data, rows, "NCT06780137", "2026-03-10")
    outcomes = [event for event in found.events if "outcomes" in event.kind]
    assert outcomes
    assert all(set(event.effects) <= {"measure_reworded", "time_frame", "description"} for event in outcomes)
    assert all(event.severity != "major" for event in outcomes)


def test_an_actual_date_corrected_by_a_year_is_major(real_data: Path, rows: list[Row]) -> None:
    found = _one(real_data, rows, "NCT04514484", "2026-02-11")
    lead = found.events[0]
    assert (lead.kind, lead.effects, lead.severity) == ("primary_completion_date_changed", ("corrected",), "major")
    assert said(lead)["days"] == -356


def test_sites_of_real_pairs_are_renamed_more_often_than_they_come_and_go(real_data: Path, rows: list[Row]) -> None:
    added = removed = 0
    for _, _, _, found in _each(real_data, rows):
        for event in found.events:
            if event.kind == "sites_changed":
                added += said(event)["counts"]["added"]
                removed += said(event)["counts"]["removed"]
    # By exact keys alone it would be 419 and 371.
    assert added <= 220
    assert removed <= 180


def test_every_pair_reads_in_one_line_without_persons(real_data: Path, rows: list[Row]) -> None:
    for row, old, new, found in _each(real_data, rows):
        events = found.events
        headlines = [kinds.headline(event) for event in events]
        told = headlines + [line for event in events for line in kinds.lines(event)]
        told += [kinds.story_headline(events)] if events else []
        assert all(text and "\n" not in text for text in told), row["nctId"]
        assert all(len(headline) <= 160 for headline in headlines)
        assert all(set(event.effects) <= set(KINDS[event.kind].effects) for event in events)
        people = [*(old.central_contacts or ()), *(new.central_contacts or ())]
        people += [person for record in (old, new) for site in record.sites or () for person in site.contacts or ()]
        parts = {part for person in people for part in (person.email, person.phone) if part}
        assert not any(part in text for part in parts for text in told), row["nctId"]
