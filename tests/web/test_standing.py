"""What pages keep in memory of the present is what the read layer says, whatever moved it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from tests.archive.builders import keep_trials, numbered
from tests.store.builders import DAY_0, Pass, check, snapshot
from tests.world import put
from tracker import sources
from tracker.archive import Archive
from tracker.model.watch import Near, Watch
from tracker.store import Store, migrate
from tracker.web.standing import Standings

TODAY = date(2026, 1, 9)
MUNICH = Near(place="Munich", country="Germany", km=50, latitude=48.137, longitude=11.576)
SITE = {"facility": "Hospital", "city": "Munich", "country": "Germany", "status": "RECRUITING"}
STUDIES = numbered(3)
KEYS = [f"ctgov:{number}" for number in STUDIES]


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    url = f"sqlite:///{tmp_path}/tracker.db"
    migrate(url, now=DAY_0)
    watches = (Watch(name="all", trials=tuple(KEYS)), Watch(name="near", trials=(KEYS[0], KEYS[1]), near=MUNICH))
    with Store.open(url) as store:
        keep_trials(store, STUDIES, watches)
        yield Archive(store=store, sources=sources.load(), watches=watches)


def accept(store: Store, number: float, **changes: dict[str, object]) -> None:
    """Another version of the first trial."""
    made = json.loads(json.dumps(STUDIES[KEYS[0].removeprefix("ctgov:")]))
    for module, values in changes.items():
        for name, value in values.items():
            put(made, f"{module}__{name}", value)
    run = Pass(store, number)
    run.stage(checks=(check(KEYS[0], "changed", run.now),), snapshots=(snapshot(KEYS[0], json.dumps(made).encode(), run.now),))
    run.accept()


def require_same(standings: Standings, archive: Archive) -> None:
    for watch in ("all", "near"):
        shown = standings.rows(archive, TODAY, standings.of(archive, watch), watch)
        listed = list(archive.present(watch=watch))
        assert shown == listed, watch
        assert standings.due(archive, TODAY, watch) == list(archive.deadlines(TODAY, watch=watch))


def test_rows_and_deadlines_follow_versions_places_and_fields_that_are_believed_again(archive: Archive) -> None:
    store, standings = archive.store, Standings()
    require_same(standings, archive)
    accept(store, 1, designModule={"enrollmentInfo": {"count": 999, "type": "ESTIMATED"}})
    require_same(standings, archive)
    first, second = [meta.id for meta in archive.timeline(KEYS[0])]
    with store.writing() as connection:
        connection.exec_driver_sql(
            "INSERT INTO kept_fields (snapshot, field, earlier, why, since, path, said) "
            f"VALUES ({second}, 'enrollment', {first}, 'unreadable', '2026-01-06 00:00:00.000000', '', '')"
        )
    Pass(store, 2).accept()
    kept = standings.all(archive)[KEYS[0]].row.enrollment
    assert kept is not None
    assert kept.count != 999
    require_same(standings, archive)
    with store.writing() as connection:
        connection.exec_driver_sql("DELETE FROM kept_fields")
    Pass(store, 3).accept()
    require_same(standings, archive)
    found = standings.all(archive)[KEYS[0]].row.enrollment
    assert found is not None
    assert found.count == 999
    accept(store, 4, contactsLocationsModule={"locations": [SITE]})
    require_same(standings, archive)
    near = standings.rows(archive, TODAY, standings.of(archive, "near"), "near")[0].nearest
    assert near is not None
    assert near.place == "Munich"
