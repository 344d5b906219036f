"""The tracker's own reading of the demo: every record parses without an issue, and the events are the expected ones."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from tests.lab import EXPECTED, MINOR, Day, days
from tracker import config, sources
from tracker.compare import compare
from tracker.demo.days import config_text
from tracker.events import KINDS, TrialContext, detect
from tracker.model.event import Event, Seen, Version
from tracker.model.record import TrialRecord
from tracker.model.source import Document
from tracker.model.vocabulary import rank
from tracker.model.watch import Near
from tracker.sources import ctgov

DAYS = days()
LISTING_KINDS = frozenset({"new_registration", "removed"})
MUNICH = Near(place="80331 München", country="Germany", km=100, latitude=48.137, longitude=11.575)


def at(day: Day) -> datetime:
    return datetime.fromisoformat(day.data_timestamp).replace(tzinfo=UTC)


def document(source: str, day: Day, trial: str, body: bytes, content_type: str) -> Document:
    return Document(
        source=source,
        trial=f"{source}:{trial}",
        url="",
        body=body,
        content_type=content_type,
        fetched_at=at(day),
        as_of=at(day),
        data_version=day.data_timestamp[:10],
    )


def record(day: Day, nct: str) -> TrialRecord:
    parsed = ctgov.SOURCE.parse(document("ctgov", day, nct, day.body(nct), "application/json"))
    assert parsed.issues == (), nct
    return parsed.record


def events(number: int, nct: str) -> tuple[Event, ...]:
    before, after = DAYS[number - 1], DAYS[number]
    old, new = record(before, nct), record(after, nct)
    return detect(
        Version(record=old, seen=seen(before, nct)),
        Version(record=new, seen=seen(after, nct)),
        compare(old, new),
        at=at(after),
        known=TrialContext(
            source=ctgov.SOURCE.info,
            label=nct,
            tracking_since=at(DAYS[0]),
            near={"near Munich": MUNICH} if nct == "NCT09900004" else {},
        ),
    ).events


def seen(day: Day, nct: str) -> Seen:
    digest = sha256(day.body(nct)).hexdigest()
    return Seen(sha256=f"sha256:{digest}", first_seen_at=at(day), last_seen_at=at(day), data_version=day.data_timestamp[:10])


@pytest.mark.parametrize("day", DAYS, ids=lambda day: day.data_timestamp[:10])
def test_every_study_parses_without_an_issue(day: Day) -> None:
    for nct in day.studies:
        assert record(day, nct).nct_number == nct


@pytest.mark.parametrize("day", DAYS, ids=lambda day: day.data_timestamp[:10])
def test_every_page_parses_without_an_issue(day: Day) -> None:
    for path, html in day.pages.items():
        source = path.split("/")[1]
        trial = "NCT07177911" if source == "meddatax" else "302681"
        parsed = importlib.import_module(f"tracker.sources.{source}").SOURCE.parse(
            document(source, day, trial, html.encode(), "text/html; charset=utf-8")
        )
        assert parsed.issues == (), path
        assert parsed.record.nct_number == ("NCT07177911" if source == "meddatax" else "NCT06801119")


def heavy(found: tuple[Event, ...], *, minor: bool) -> frozenset[str]:
    return frozenset(event.kind for event in found if (rank(event.severity) == 0) is minor)


@pytest.mark.parametrize("number", [1, 2])
def test_the_expected_kinds_and_no_others_are_detected(number: int) -> None:
    common = DAYS[number - 1].studies.keys() & DAYS[number].studies.keys()
    found = {f"ctgov:{nct}": events(number, nct) for nct in sorted(common)}
    assert without_empty({trial: heavy(some, minor=False) for trial, some in found.items()}) == without_empty(
        {trial: kinds - LISTING_KINDS for trial, kinds in EXPECTED[number].items()}
    )
    assert without_empty({trial: heavy(some, minor=True) for trial, some in found.items()}) == MINOR[number]


def without_empty(kinds: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    return {trial: some for trial, some in kinds.items() if some}


def test_one_update_is_one_story() -> None:
    assert len({event.story for event in events(2, "NCT09900007")}) == 1


@pytest.mark.parametrize(
    ("number", "nct", "kind", "effects"),
    [
        (1, "NCT07177911", "recruitment_status_changed", {"started"}),
        (1, "NCT07177911", "start_date_changed", {"happened"}),
        (1, "NCT09900002", "primary_completion_date_changed", {"slipped"}),
        (1, "NCT09900003", "enrollment_changed", {"lowered"}),
        (1, "NCT09900005", "primary_outcomes_changed", {"promoted", "demoted"}),
        (2, "NCT09900007", "recruitment_status_changed", {"terminated"}),
        (2, "NCT09900008", "primary_completion_date_changed", {"corrected"}),
        (2, "NCT09900009", "recruitment_status_changed", {"went_unknown"}),
        (2, "NCT09900011", "primary_completion_date_changed", {"refined"}),
    ],
)
def test_the_demo_shows_this_effect(number: int, nct: str, kind: str, effects: set[str]) -> None:
    by_kind = {event.kind: event for event in events(number, nct)}
    assert effects <= set(by_kind[kind].effects)


def test_the_configuration_loads_without_a_mistake(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(config_text("http://127.0.0.1:8080", 2525), encoding="utf-8")
    settings = config.load(
        path,
        sources={key: source.info for key, source in sources.load().items()},
        kinds={name: frozenset(info.effects) for name, info in KINDS.items()},
        environ={},
        page_of=sources.page_of,
    )
    assert [watch.name for watch in settings.watches] == ["lupus", "vasculitis", "scleroderma near Munich"]
    assert [page.trial for page in settings.watches[0].pages] == ["meddatax:NCT07177911", "trialx:302681"]
    assert settings.sources["ctgov"].base_url == "http://127.0.0.1:8080/api/v2"
