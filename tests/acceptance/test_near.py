"""Real sites: who follows what is near Munich misses no trial whose record says Munich."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.lab.day import Day
from tests.lab.registry import LoopbackRegistry
from tracker.detect.listing import placed
from tracker.fetch import Fetcher
from tracker.geo.circle import regions_within
from tracker.geo.tables import distance_km
from tracker.model.source import Search
from tracker.model.watch import Near
from tracker.sources.ctgov import SOURCE
from tracker.sources.ctgov.asking import listing, sited

pytestmark = pytest.mark.real_data

MUNICH = Near(place="Munich", country="Germany", km=50, latitude=48.13743, longitude=11.57549)
SAYS_MUNICH = re.compile(r"m(ü|u|ue)n(chen|ich)\b(?!.?gladbach)", re.IGNORECASE)
POSTCODE = re.compile(r"8[01]\d{3}\Z")


def test_every_trial_that_says_munich_is_near_munich_and_no_more_is_asked_than_two_lists(real_data: Path) -> None:
    """The registry's own circle misses a fifth of them: their points lie elsewhere or nowhere."""
    bodies = dict(studies(real_data))
    truth = {nct for nct, body in bodies.items() if says_munich(body)}
    with LoopbackRegistry(Day("2026-03-09T09:00:05", bodies)) as registry, Fetcher(user_agent="tracker-tests/1") as fetcher:
        fetch = fetcher.bind(SOURCE.info, base_url=registry.base_url, pace=1000)
        for km in (50, 100):
            near = msgspec.structs.replace(MUNICH, km=km)
            search = Search(near=near)
            asked = len(registry.requests)
            circle = list(listing(search, fetch))
            by_place = list(placed(near, sited(search, regions_within(near), fetch)))
            assert len(registry.requests) - asked <= 2
            found = {entry.trial.removeprefix("ctgov:") for entry in (*circle, *by_place)}
            by_registry = {entry.trial.removeprefix("ctgov:") for entry in circle}
            assert len(truth) > 40
            assert truth - found == set()
            assert len(truth & by_registry) < 0.8 * len(truth)
            assert sum(entry.unplaced for entry in by_place) <= 15


def test_most_points_of_german_sites_agree_with_their_city_and_the_others_are_not_believed(real_data: Path) -> None:
    apart = whole = 0
    for _, body in studies(real_data):
        for site in sites(body):
            point = site.get("geoPoint")
            if point and SAYS_MUNICH.search(site.get("city") or "") and site.get("country") == "Germany":
                whole += 1
                apart += distance_km(48.13743, 11.57549, point["lat"], point["lon"]) > 50
    assert whole > 30
    assert apart > 0


def studies(real_data: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted((real_data / "ctgov" / "studies").glob("*.ndjson.gz")):
        with gzip.open(path) as lines:
            for line in lines:
                record = msgspec.json.decode(line)
                study = record.get("study", record)
                places = study["protocolSection"].get("contactsLocationsModule", {}).get("locations", [])
                if any(place.get("country") in ("Germany", "Austria") for place in places):
                    yield study["protocolSection"]["identificationModule"]["nctId"], msgspec.json.encode(study)


def sites(body: bytes) -> list[dict[str, object]]:
    found = msgspec.json.decode(body)["protocolSection"].get("contactsLocationsModule", {}).get("locations", [])
    assert isinstance(found, list)
    return found


def says_munich(body: bytes) -> bool:
    return any(
        site.get("country") == "Germany" and (SAYS_MUNICH.match(str(site.get("city"))) or POSTCODE.match(str(site.get("zip"))))
        for site in sites(body)
    )
