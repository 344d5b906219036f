"""Days rebuilt from real sightings: ordered by data version, complete, stamped, and judged by the raw JSON alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.lab import LoopbackRegistry
from tests.lab.asking import ask, numbers
from tests.lab.recorded_days import essence, replay


def body(**parts: object) -> bytes:
    protocol = {"statusModule": {"overallStatus": "RECRUITING"}, **parts}
    return json.dumps({"protocolSection": protocol, "derivedSection": {"miscInfoModule": {"versionHolder": "x"}}}).encode()


def test_essence_leaves_out_the_quiet_parts() -> None:
    quiet = {
        "overallStatus": "RECRUITING",
        "statusVerifiedDate": "2026-01",
        "lastUpdateSubmitDate": "2026-01-02",
        "lastUpdatePostDateStruct": {"date": "2026-01-05", "type": "ACTUAL"},
    }
    assert essence(body(statusModule=quiet)) == essence(body())
    one, two = ({"studyFirstPostDateStruct": {"date": "2026-01-05", "type": kind}} for kind in ("ACTUAL", "ESTIMATED"))
    assert essence(body(statusModule=one)) == essence(body(statusModule=two))


def test_essence_leaves_out_order_white_space_and_places_on_the_map() -> None:
    one = {"locations": [{"city": "Leeds", "geoPoint": {"lat": 1, "lon": 2}}, {"city": "Lyon"}]}
    two = {"locations": [{"city": " Lyon"}, {"city": "Leeds", "geoPoint": {"lat": 1.5, "lon": 2}}]}
    assert essence(body(contactsLocationsModule=one)) == essence(body(contactsLocationsModule=two))


def test_essence_keeps_results_tracking_and_repeated_sites() -> None:
    tracked = json.loads(body())
    tracked["derivedSection"]["miscInfoModule"]["submissionTracking"] = {"estimatedResultsFirstSubmitDate": "2026-01-02"}
    assert essence(json.dumps(tracked).encode()) != essence(body())
    once, twice = ({"locations": [{"city": "Leeds"}] * n} for n in (1, 2))
    assert essence(body(contactsLocationsModule=once)) != essence(body(contactsLocationsModule=twice))


@pytest.mark.real_data
def test_the_recorded_sightings_give_34_days_with_45_changes_worth_telling(real_data: Path) -> None:
    """The records' own description counts 56 pairs, 45 of them worth an event."""
    versions, changed, touched, known = [], 0, 0, frozenset[str]()
    for replayed in replay(real_data):
        versions.append(replayed.day.data_timestamp)
        changed += len(replayed.changed)
        touched += len(replayed.touched)
        assert replayed.changed <= replayed.touched
        assert not replayed.touched & replayed.appeared
        assert known | replayed.appeared == replayed.day.studies.keys()
        known = frozenset(replayed.day.studies)
    assert versions == sorted(set(versions))
    assert (len(versions), changed, touched, len(known)) == (34, 45, 56, 211)


@pytest.mark.real_data
def test_a_replayed_day_is_served_with_every_study_stamped_with_its_version(real_data: Path) -> None:
    *_, last = replay(real_data)
    with LoopbackRegistry(last.day) as registry:
        page = ask(registry.base_url + "/studies", {"pageSize": "1000"})
    assert sorted(numbers(page)) == sorted(last.day.studies)
    holders = {study["derivedSection"]["miscInfoModule"]["versionHolder"] for study in page.json["studies"]}
    assert holders == {last.day.data_timestamp[:10]}
