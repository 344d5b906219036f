"""The present, deadlines and the outbox: filters, cursors, names, and memory that stays flat."""

from __future__ import annotations

import dataclasses
import json
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest

from tests.archive.builders import keep_trials, numbered
from tests.builders import DAY, make_record
from tests.store.builders import DAY_0, Pass, check, message, snapshot
from tests.world import put, study
from tracker.archive import Archive, Nearest
from tracker.archive.present import nearest_site
from tracker.model.record import Site
from tracker.model.source import Document, Parsed
from tracker.model.watch import Near, Watch
from tracker.sources.ctgov import SOURCE as CTGOV
from tracker.store import Store
from tracker.sync.present import note_present

MUNICH = Near(place="Munich", country="Germany", km=50, latitude=48.137, longitude=11.576)
SITE = {"facility": "Hospital", "city": "Munich", "country": "Germany", "status": "RECRUITING"}


@pytest.fixture
def near_archive(store: Store, archive: Archive) -> Archive:
    """Three trials, the second in Munich, the third completed; watch ``near`` follows the first two from Munich."""
    studies = numbered(3)
    first, second, third = studies
    put(studies[second], "contactsLocationsModule__locations", [SITE])
    put(studies[third], "statusModule__overallStatus", "COMPLETED")
    watches = (
        Watch(name="all", trials=tuple(f"ctgov:{number}" for number in studies), labels={f"ctgov:{first}": "My first"}),
        Watch(name="near", trials=(f"ctgov:{first}", f"ctgov:{second}"), near=MUNICH),
    )
    keep_trials(store, studies, watches)
    return dataclasses.replace(archive, watches=watches)


def numbers(archive: Archive, **given: object) -> list[int]:
    return [int(row.trial[-1]) for row in archive.present(**given)]  # type: ignore[arg-type]


def test_the_present_is_narrowed_by_watch_status_and_distance(near_archive: Archive) -> None:
    assert numbers(near_archive) == [0, 1, 2]
    assert numbers(near_archive, watch="near") == [0, 1]
    assert numbers(near_archive, status="COMPLETED") == [2]
    assert numbers(near_archive, near=True) == [1]
    assert numbers(near_archive, watch="all", near=True) == [], "another watch's radius does not count"


def test_a_row_says_the_name_the_users_label_and_the_nearest_site(near_archive: Archive) -> None:
    first, second, _ = near_archive.present()
    assert (first.name, first.label, first.nearest) == ("My first", "My first", None)
    assert (second.name, second.label) == ("An Invented Study 001", "")
    assert second.nearest
    assert (second.nearest.place, second.nearest.recruitment_status) == ("Munich", "RECRUITING")
    assert second.nearest.in_city


def site(city: str, status: str | None) -> Site:
    return Site(facility="Clinic", city=city, country="Germany", recruitment_status=status)


def nearest(*sites: Site, near: Near = MUNICH, trial: str = "RECRUITING") -> Nearest:
    found = nearest_site(make_record(recruitment_status=trial, sites=sites), near)
    assert found
    return found


def test_the_nearest_site_is_an_open_one_and_a_closer_closed_one_stands_beside_it() -> None:
    found = nearest(site("Munich", "COMPLETED"), site("Augsburg", "RECRUITING"), site("Hamburg", "RECRUITING"))
    assert (found.place, found.recruitment_status) == ("Augsburg", "RECRUITING")
    assert found.closer
    assert (found.closer.place, found.closer.recruitment_status, found.closer.in_city) == ("Munich", "COMPLETED", True)


def test_where_an_open_site_is_the_nearest_no_other_stands_beside_it() -> None:
    found = nearest(site("Munich", "COMPLETED"), site("Munich", "RECRUITING"), site("Augsburg", "COMPLETED"))
    assert (found.place, found.recruitment_status, found.closer) == ("Munich", "RECRUITING", None)


def test_a_site_without_a_status_of_its_own_has_the_trials() -> None:
    assert nearest(site("Munich", "WITHDRAWN"), site("Augsburg", None)).place == "Augsburg"
    assert nearest(site("Munich", None), site("Augsburg", None), trial="COMPLETED").place == "Munich"


def test_where_none_is_open_one_that_is_to_open_comes_first() -> None:
    found = nearest(site("Munich", "COMPLETED"), site("Augsburg", "NOT_YET_RECRUITING"))
    assert (found.place, found.closer and found.closer.place) == ("Augsburg", "Munich")


def test_a_site_that_cannot_be_placed_comes_after_those_inside_and_before_those_outside() -> None:
    unplaced = site("Xyzzyville", "RECRUITING")
    assert nearest(unplaced, site("Munich", "RECRUITING")).place == "Munich"
    assert (nearest(unplaced, site("Hamburg", "RECRUITING")).km, nearest(unplaced).within) == (None, True)


def test_within_the_city_no_distance_is_measured_and_a_town_beside_it_is_not_the_city() -> None:
    augsburg = Near(place="Augsburg", country="Germany", km=100, latitude=48.37154, longitude=10.89851)
    assert nearest(site("Munich", "RECRUITING")).in_city
    assert not nearest(site("Munich", "RECRUITING"), near=augsburg).in_city
    assert nearest(site("Augsburg", "RECRUITING"), near=augsburg).in_city


@pytest.mark.parametrize(
    ("name", "place", "closer"), [("14_a", "Augsburg", "Munich"), ("14_b", "Augsburg", "Munich"), ("14_c", "Munich", None)]
)
def test_the_nearest_of_the_case_files_is_the_open_one(cases: Path, name: str, place: str, closer: str | None) -> None:
    body = (cases / "inputs" / f"{name}.json").read_bytes()
    document = Document(
        source="ctgov",
        trial=CTGOV.sniff(body) or "",
        url="",
        body=body,
        content_type="application/json",
        fetched_at=DAY,
        as_of=DAY,
    )
    found = nearest_site(CTGOV.parse(document).record, msgspec.structs.replace(MUNICH, km=100))
    assert found
    assert (found.place, found.closer.place if found.closer else None) == (place, closer)


@pytest.mark.parametrize("size", [1, 2, 50])
@pytest.mark.parametrize("kind", ["present", "current", "deadlines", "outbox", "timeline"])
def test_pages_put_together_are_the_whole(store: Store, archive: Archive, kind: str, size: int) -> None:
    keep_trials(store, numbered(7), (Watch(name="all", trials=tuple(f"ctgov:{number}" for number in numbered(7))),))
    for number in range(5):
        store.cut(message(f"m{number}", DAY_0 + timedelta(hours=number // 2)), (), DAY_0)
    today = date(2027, 8, 1)
    ways: dict[str, tuple[Callable[..., Iterator[object]], Callable[..., object]]] = {
        "present": (archive.present, lambda row: row.trial),
        "current": (archive.current, lambda found: found.record.trial),
        "deadlines": (lambda **given: archive.deadlines(today, **given), lambda row: row.cursor),
        "outbox": (archive.outbox, lambda kept: kept.key),
        "timeline": (lambda **given: archive.timeline("ctgov:NCT10000000", **given), lambda version: version.id),
    }
    ask, cursor = ways[kind]
    whole, pages = list(ask()), []
    assert whole
    page = list(ask(limit=size))
    while page:
        pages += page
        page = list(ask(limit=size, after=cursor(page[-1])))
    assert pages == whole


def test_the_outbox_goes_on_behind_a_message_that_is_gone(store: Store, archive: Archive) -> None:
    store.cut(message("m1"), (), DAY_0)
    assert [kept.key for kept in archive.outbox(after="m0")] == ["m1"]


def test_a_long_list_holds_no_records(store: Store, archive: Archive) -> None:
    """1,000 records with 200 lines of criteria each: some 30 MB when all are held."""
    criteria = "Inclusion Criteria:\n\n" + "\n".join(f"* A criterion of its own, number {line}" for line in range(200))
    studies = {number: study(number, eligibilityModule__eligibilityCriteria=criteria) for number in numbered(1000)}
    keep_trials(store, studies, (Watch(name="all", trials=tuple(f"ctgov:{number}" for number in studies)),))
    next(archive.present())
    tracemalloc.start()
    try:
        count = sum(1 for _ in archive.present())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == 1000
    assert peak < 6_000_000, f"{peak:,} bytes at once"


def noted(store: Store, archive: Archive) -> None:
    note_present(store, archive.sources, "ctgov", lambda: False)


def test_what_is_kept_to_be_listed_lists_what_the_records_say(store: Store, near_archive: Archive) -> None:
    before = list(near_archive.present())
    noted(store, near_archive)
    assert list(near_archive.present()) == before
    assert list(near_archive.present(watch="near", near=True)) == [row for row in before if row.nearest and row.nearest.within]


def test_a_list_reads_no_record_that_is_kept_for_it(store: Store, archive: Archive) -> None:
    """Counted: stored bytes that no parser takes are never looked at, but for a trial with a new version."""
    studies = numbered(30)
    keep_trials(store, studies, (Watch(name="all", trials=tuple(f"ctgov:{number}" for number in studies)),))
    noted(store, archive)
    parsed: list[str] = []
    counting = dataclasses.replace(archive, sources={"ctgov": Counting(parsed)})  # type: ignore[dict-item]
    assert len(list(counting.present())) == 30
    assert parsed == []
    moved = dict(list(studies.items())[:1])
    put(moved[next(iter(moved))], "statusModule__overallStatus", "COMPLETED")
    run = Pass(store, 1)
    trial, body = f"ctgov:{next(iter(moved))}", json.dumps(next(iter(moved.values()))).encode()
    run.stage(checks=(check(trial, "changed", run.now),), snapshots=(snapshot(trial, body, run.now),))
    run.accept()
    assert [row.trial for row in counting.present(status="COMPLETED")] == [trial]
    assert parsed == [trial]


class Counting:
    """ClinicalTrials.gov, which notes whose records were read."""

    def __init__(self, parsed: list[str]) -> None:
        self.parsed = parsed

    def __getattr__(self, name: str) -> object:
        return getattr(CTGOV, name)

    def parse(self, document: Document) -> Parsed:
        self.parsed.append(document.trial)
        return CTGOV.parse(document)
