"""Real exports of WHO ICTRP: sixteen of 2020 one after the other, those of 2024 and 2026, and saved records of registries."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, cast

import pytest

from tracker import sources
from tracker.compare import compare
from tracker.importing.spool import Spool
from tracker.model.record import TrialRecord
from tracker.model.source import Document, FileEntry, FromFiles, Parsed

NOW = datetime(2026, 11, 28, tzinfo=UTC)
ICTRP = sources.load()["ictrp"]
STATUS = {"Recruiting": "RECRUITING", "Not recruiting": "NOT", "Not Recruiting": "NOT", "Authorised": "OTHER"}

pytestmark = pytest.mark.real_data


def exports(real_data: Path) -> list[Path]:
    return sorted((real_data / "ictrp").glob("export_2020-*.gz"))


def read(path: Path) -> Iterator[Parsed]:
    """Every trial of an export; a part that cannot be read fails the test."""
    assert isinstance(ICTRP, FromFiles)
    body = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    for entry in ICTRP.entries(io.BytesIO(body)):
        assert isinstance(entry, FileEntry), entry
        yield ICTRP.parse(
            Document(
                source="ictrp",
                trial=entry.trial,
                url="",
                body=entry.body,
                content_type=entry.content_type,
                fetched_at=NOW,
                as_of=NOW,
            )
        )


def number(text: str) -> str:
    from tracker.sources.ictrp.export import number_of

    return number_of(text) or text


def expected_changes(real_data: Path) -> set[tuple[str, str]]:
    """The trials of which one export says another status than the one before that has them, by the export's day."""
    last: dict[str, str] = {}
    found = set()
    with (real_data / "ictrp" / "status_differences.csv").open(encoding="utf-8") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: row["to_export"])
    for row in rows:
        trial, before, after = number(row["TrialID"]), row["status_from"], row["status_to"]
        if after == "(record absent)":
            last[trial] = before
        elif STATUS.get(last[trial] if before == "(record absent)" else before) != STATUS.get(after):
            found.add((trial, row["to_export"]))
    return found


def test_sixteen_exports_change_status_where_their_words_do_and_nowhere_else(real_data: Path) -> None:
    known: dict[str, TrialRecord] = {}
    moved, turned_round, issues, first_days = set(), [], set(), 0
    for path in exports(real_data):
        for parsed in read(path):
            record = parsed.record
            issues |= {issue.code for issue in parsed.issues}
            before = known.get(record.trial)
            changes = compare(before, record) if before else ()
            paths = {change.path[0] for change in changes}
            first_days += sum(gains_the_first_of_its_month(change.old, change.new) for change in changes)
            if {"recruitment_status", "recruitment_status_as_given"} & paths:
                moved.add((record.trial.partition(":")[2], path.name[7:17]))
            if before and before.start_date and record.start_date and before.start_date.first and record.start_date.first:
                one, other = before.start_date.first, record.start_date.first
                if one != other and (one.day, one.month) == (other.month, other.day):
                    turned_round.append(record.trial)
            known[record.trial] = record
    assert moved == expected_changes(real_data)
    assert len(moved) == 448
    assert issues == {"cut_text"}
    assert turned_round == []
    assert first_days == 0


def gains_the_first_of_its_month(old: object, new: object) -> bool:
    """Whether a date is the same month in both, and in one of them a first day."""
    dates = [str(value["date"]) for value in (old, new) if isinstance(value, dict) and "date" in value]
    return len(dates) == 2 and dates[0] != dates[1] and dates[0].removesuffix("-01") == dates[1].removesuffix("-01")


def test_each_export_says_when_it_was_made_whatever_a_spreadsheet_did_to_its_date(real_data: Path) -> None:
    assert isinstance(ICTRP, FromFiles)
    for path in exports(real_data):
        with Spool(path.name, NOW) as spool, gzip.open(path) as file:
            spool.fill(ICTRP, cast(BinaryIO, file), frozenset())
        assert spool.made_at is not None
        made = datetime.fromisoformat(spool.made_at.date)
        assert abs(made - datetime.fromisoformat(path.name[7:17])) <= timedelta(days=2)
        assert spool.troubles == []


@pytest.mark.parametrize(
    ("name", "trials"),
    [
        ("export_2024-06-09_95_trials.xml.gz", 95),
        ("export_2026-09-25_first_rows.csv", 3),
        ("export_2026-10-04_one_trial_shortened.xml", 1),
    ],
)
def test_newer_exports_are_read_with_nothing_unhandled(name: str, trials: int, real_data: Path) -> None:
    found = list(read(real_data / "ictrp" / "more" / name))
    assert len(found) == trials
    assert [issue for parsed in found for issue in parsed.issues] == []
    assert all((parsed.record.brief_title or parsed.record.official_title) and parsed.record.first_posted for parsed in found)


BY_HAND = {
    "chictr/ChiCTR2000034346.xml": {
        "trial": "chictr:ChiCTR2000034346",
        "first_posted": "2020-07-02",
        "start_date": "2020-04-10",
        "recruitment_status": "COMPLETED",
        "lead_sponsor": "Jianxing He",
        "study_type": None,
        "phases": None,
        "enrollment": None,
        "countries": ("China",),
        "secondary_ids": None,
        "results_state": None,
    },
    "repec/PER-1995.xml": {
        "trial": "repec:PER-001-95",
        "first_posted": "1995-10-27",
        "start_date": None,
        "recruitment_status": "COMPLETED",
        "lead_sponsor": "ELI LILLY INTERAMERICA INC.,",
        "study_type": "INTERVENTIONAL",
        "phases": ("PHASE3",),
        "enrollment": 32,
        "countries": ("Brazil", "Colombia", "Mexico", "Peru", "Venezuela"),
        "secondary_ids": ("B1-Y-MC-HCIB",),
        "brief_title": None,
    },
    "tctr/TCTR20180508003.json": {
        "trial": "tctr:TCTR20180508003",
        "first_posted": "2018-05-07",
        "start_date": "2018-03-16",
        "recruitment_status": "ACTIVE_NOT_RECRUITING",
        "lead_sponsor": "Mae Fah Luang University",
        "study_type": "INTERVENTIONAL",
        "phases": ("NA",),
        "enrollment": 70,
        "countries": ("Thailand",),
        "secondary_ids": ("U1111-1213-6143",),
        "acronym": "YP-COPD",
    },
}
"""What a person reads in the bytes of each record."""


@pytest.mark.parametrize("name", BY_HAND)
def test_a_saved_record_says_what_a_person_reads_in_it(name: str, real_data: Path) -> None:
    body = (real_data / name).read_bytes()
    source = sources.load()[name.partition("/")[0]]
    assert isinstance(source, FromFiles)
    [entry] = source.entries(io.BytesIO(body))
    assert isinstance(entry, FileEntry)
    document = Document(
        source=source.info.key, trial=entry.trial, url="", body=entry.body, content_type="", fetched_at=NOW, as_of=NOW
    )
    parsed = source.parse(document)
    assert parsed.issues == ()
    assert {field: plain(getattr(parsed.record, field)) for field in BY_HAND[name]} == BY_HAND[name]


def plain(value: object) -> object:
    """A date's day, an organisation's name, a number's count: what the table above holds."""
    if isinstance(value, tuple):
        return tuple(getattr(entry, "id", entry) for entry in value)
    for part in ("date", "name", "count"):
        if not isinstance(value, str | tuple | None) and hasattr(value, part):
            return getattr(value, part)
    return value
