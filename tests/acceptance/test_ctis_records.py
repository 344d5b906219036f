"""Real records of EU CTIS: every value taken, left out by name or told; and what changed between two days, checked by hand."""

from __future__ import annotations

import csv
import gzip
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from tests.builders import detected
from tracker import sources
from tracker.geo.gazetteer import near_distance
from tracker.model.history import OwnHistory
from tracker.model.record import TrialRecord
from tracker.model.source import Document, Parsed, SelfDated
from tracker.model.watch import Near

pytestmark = pytest.mark.real_data

CHANGES = Path(__file__).with_name("expected_ctis_changes.csv")
SOURCE = sources.load()["ctis"]
NO_RECORD = {"search_diabetes_page1_of_67_2026-08.json", "search_vitiligo_page1_2026-04.json", "README.md"} | {
    "search_one_2025-523616-36-00_2026-06.json",
    "retrieve_unknown_number_answer.json",
    "status_codes_of_14_trials_2026-09-14.csv",
}

FACTS = {
    "2022-501417-31": ("WITHDRAWN", "Not authorised", None, None, 9),
    "2025-523333-26": ("NOT_YET_RECRUITING", "Under evaluation", None, None, 0),
    "2022-500244-37": ("NOT_YET_RECRUITING", "Authorised, not started", 440, "2022-06-01", 1),
    "2022-502516-37": ("RECRUITING", "Ongoing, recruiting", 12, "2021-07-12", 1),
    "2024-510663-34": ("RECRUITING", "Ongoing, recruiting", 11, "2021-01-29", 2),
    "2022-500676-59": ("RECRUITING", "Ongoing, recruiting", 57, "2022-12-06", 1),
    "2022-501142-30": ("RECRUITING", "Ongoing, recruiting", 520, "2023-01-17", 1),
    "2022-501180-40": ("RECRUITING", "Ongoing, recruiting", 1078, "2022-06-17", 2),
    "2023-505613-24": ("RECRUITING", "Ongoing, recruiting", 32, "2021-04-28", 3),
    "2023-508143-51": ("NOT_YET_RECRUITING", "Authorised, not started", 11, "2023-05-23", 1),
    "2024-512095-35": ("RECRUITING", "Ongoing, recruiting", 86, "2022-12-27", 7),
}
"""Of each trial's latest record: status, its words, participants, start, member states with a status."""


def files(folder: Path) -> list[Path]:
    """The records, the days of one trial in their order."""
    found = [path for path in (folder / "ctis").rglob("*") if path.is_file() and path.name not in NO_RECORD]
    return sorted(found, key=lambda path: (path.parent.name, path.name))


def read(path: Path) -> tuple[Document, Parsed]:
    body = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    at = datetime(2026, 9, 1, tzinfo=UTC)
    document = Document(
        source="ctis",
        trial=SOURCE.sniff(body) or "",
        url="",
        body=body,
        content_type="application/json",
        fetched_at=at,
        as_of=at,
    )
    return document, SOURCE.parse(document)


def test_every_value_is_taken_or_left_out_by_name(real_data: Path) -> None:
    assert len(files(real_data)) >= 19
    for path in files(real_data):
        assert read(path)[1].issues == (), path


def test_every_trial_is_read_as_a_careful_reader_would(real_data: Path) -> None:
    latest: dict[str, TrialRecord] = {}
    for path in files(real_data):
        record = read(path)[1].record
        latest[record.trial.removeprefix("ctis:")] = record
    assert {number: _facts(record) for number, record in latest.items()} == FACTS


def _facts(record: TrialRecord) -> tuple[object, ...]:
    size, start = record.enrollment, record.start_date
    status = (record.recruitment_status, record.recruitment_status_as_given)
    return (*status, size.count if size else None, start.date if start else None, len(record.country_status or ()))


def test_dates_of_starts_and_applications_are_those_of_the_record(real_data: Path) -> None:
    [path] = [path for path in files(real_data) if path.parent.name == "2024-510663-34-00" and "2026-03-08" in path.name]
    events = read(path)[1].record.regulatory_events or ()
    assert [(event.type, event.date, event.country) for event in events] == [
        ("Initial application submitted", "2024-03-04", None),
        ("Initial application decided", "2024-04-24", None),
        ("Addition of a member state AM-1 submitted", "2024-08-14", None),
        ("Addition of a member state AM-1 decided", "2024-10-23", None),
        ("Non-substantial modification NSM-1 of part I submitted", "2025-05-12", None),
        ("Non-substantial modification NSM-1 of part I decided", "2025-05-12", None),
        ("Non-substantial modification NSM-2 of part I submitted", "2025-09-15", None),
        ("Non-substantial modification NSM-2 of part I decided", "2025-09-15", None),
        ("START_OF_TRIAL", "2021-01-29", "Spain"),
        ("START_OF_RECRUITMENT", "2022-11-21", "Spain"),
        ("START_OF_TRIAL", "2025-01-17", "Italy"),
        ("START_OF_RECRUITMENT", "2025-01-17", "Italy"),
    ]


def test_german_sites_are_placed_by_their_postcodes(real_data: Path) -> None:
    [path] = [path for path in files(real_data) if path.parent.name == "2022-500676-59-00" and "2024-05-16" in path.name]
    near = Near(place="Munich", country="Germany", km=30, latitude=48.137, longitude=11.575)
    sites = read(path)[1].record.sites or ()
    placed = [near_distance(site, near) for site in sites]
    assert all(distance.km is not None for distance in placed)
    assert {site.city for site, distance in zip(sites, placed, strict=True) if distance.within} == {"Munich"}


def test_what_changed_between_two_days_is_told_and_nothing_else(real_data: Path) -> None:
    told: set[tuple[str, str, str, str]] = set()
    before: tuple[Document, Parsed] | None = None
    for path in files(real_data):
        document, parsed = read(path)
        if before and before[0].trial == document.trial:
            same = SOURCE.digest(before[0]) == SOURCE.digest(document)
            found = detected(before[1].record, parsed.record, at=datetime(2026, 9, 1, tzinfo=UTC)).events
            assert not (same and found), path
            day, number = path.name.split(".")[0], document.trial.removeprefix("ctis:")
            told |= {(number, day, event.kind, " ".join(event.effects)) for event in found}
            told |= set() if found else {(number, day, "", "")}
        before = (document, parsed)
    with CHANGES.open(newline="", encoding="utf-8") as file:
        assert told == {tuple(row) for row in list(csv.reader(file))[1:]}


def test_the_answers_of_a_search_are_read_whole(real_data: Path) -> None:
    from tracker.sources.ctis import asking

    folder = real_data / "ctis" / "more" / "search"
    rows = [row for path in sorted(folder.glob("search_*.json")) for row in asking.read_page(path.read_bytes()).data]
    assert len(rows) == 7
    assert all(asking.listed(row).first_posted and asking.listed(row).last_update_posted for row in rows)
    assert msgspec.to_builtins(asking.listed(rows[0]))["trial"].startswith("ctis:20")


def dated_in(value: object, country: str | None = None) -> set[tuple[str | None, str, str, str]]:
    """An own reading: every dated status and period anywhere in a record, by the member state that it stands under."""
    found: set[tuple[str | None, str, str, str]] = set()
    if isinstance(value, dict):
        country = value.get("mscName") or country
        for one in value.get("clinicalTrialStatusHistory") or ():
            found.add((country, one["trialStatus"], one["trialStatusDate"][:10], one["trialStatusDate"][:10]))
        for key, start, word in (
            ("trialPeriod", "trialStartDate", "trial under way"),
            ("trialRecruitmentPeriod", "recruitmentStartDate", "recruiting"),
        ):
            found |= {(country, word, one[start], one["fromDate"]) for one in value.get(key) or ()}
        for inner in value.values():
            found |= dated_in(inner, country)
    elif isinstance(value, list):
        for inner in value:
            found |= dated_in(inner, country)
    return found


def own_history(document: Document) -> OwnHistory:
    assert isinstance(SOURCE, SelfDated)
    return SOURCE.own_history(document)


def test_histories_are_equal_to_the_dates_in_their_records(real_data: Path) -> None:
    dated = 0
    for path in files(real_data):
        document, _ = read(path)
        facts = own_history(document).facts
        served = msgspec.json.decode(document.body)
        told = {
            (fact.country, fact.said, str(fact.date), str(fact.registered))
            for fact in facts
            if fact.kind in ("status", "trial", "recruitment")
        }
        assert told == dated_in(served), path
        inner = served.get("authorizedApplication", served)
        sent = {one["submissionDate"] for key in ("applicationInfo", "applications") for one in inner.get(key) or ()}
        assert {str(fact.date) for fact in facts if fact.kind == "application"} == sent, path
        dated += bool(told)
    assert dated >= 14


def test_what_we_saw_and_what_the_record_dates_never_contradict_each_other(real_data: Path) -> None:
    """A later record of a trial tells again all statuses and recruitment that an earlier one of the same portal told."""
    compared = 0
    days = files(real_data)
    for old, new in pairwise(days):
        (before, _), (after, parsed) = read(old), read(new)
        if before.trial != after.trial or ("authorizedApplication" in before.body.decode()) != (
            "authorizedApplication" in after.body.decode()
        ):
            continue
        earlier, later = own_history(before), own_history(after)
        assert {(one.kind, one.country, one.date, one.said) for one in earlier.facts} <= {
            (one.kind, one.country, one.date, one.said) for one in later.facts
        }, new
        last_seen = date.fromisoformat(old.name[:10])
        further = set(later.facts) - set(earlier.facts)
        assert all(one.known_since >= last_seen for one in further if one.registered and one.kind == "recruitment"), new
        recruiting = {one.country for one in later.facts if one.kind == "recruitment" and one.until is None}
        seen = {one.country for one in parsed.record.country_status or () if one.status == "RECRUITING"}
        assert seen <= recruiting, new
        compared += 1
    assert compared >= 5
