"""A real index of a record's versions, as the registry gives it: the days in each status, and what stood on which day."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from tracker.archive import asof, ledgers
from tracker.model.history import RecordHistory, RegistryVersion, StoredHistory

pytestmark = pytest.mark.real_data

NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture
def stored(real_data: Path) -> StoredHistory:
    """The index of NCT03690141."""
    given = msgspec.json.decode((real_data / "ctgov" / "history" / "NCT03690141.history.json").read_bytes())
    versions = tuple(
        RegistryVersion(
            number=one["version"],
            date=date.fromisoformat(one["date"]),
            recruitment_status=one["status"],
            said=one["status"],
            touched=tuple(one["moduleLabels"]),
        )
        for one in given["history"]["changes"]
    )
    return StoredHistory(history=RecordHistory(trial="ctgov:NCT03690141", versions=versions), read_at=NOW)


def test_the_days_in_each_status_of_a_real_index_add_up_to_its_span(stored: StoredHistory) -> None:
    spans = ledgers.statuses(ledgers.Facts(trial=stored.history.trial, history=stored))
    assert spans[0].status == "NOT_YET_RECRUITING"
    assert not spans[0].at_least
    first = stored.history.versions[0].valid_from
    assert sum(one.days(NOW) for one in spans) == pytest.approx((NOW - first) / timedelta(days=1))
    assert all(one.status != other.status and one.until == other.since for one, other in itertools.pairwise(spans))


def test_each_day_of_a_real_index_has_one_version(stored: StoredHistory) -> None:
    versions = stored.history.versions
    for one, following in itertools.pairwise(versions):
        if one.date == following.date:
            continue  # two versions of one day: the later one is the day's
        day = datetime.combine(following.date - timedelta(days=1), datetime.max.time(), UTC)
        assert asof.in_force([], stored, day) == one
    assert asof.in_force([], stored, versions[0].valid_from - timedelta(seconds=1)) is None
    assert asof.in_force([], stored, NOW) == versions[-1]
