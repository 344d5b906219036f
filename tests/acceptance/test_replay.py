"""Forty real days: the registry's records as they were sighted, replayed over HTTP through the whole sync."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.lab.recorded_days import replay
from tests.world import World, accepted
from tracker.model.event import EventFilter


@pytest.mark.real_data
def test_no_event_on_a_day_without_a_change_worth_one(real_data: Path, tmp_path: Path) -> None:
    """Each day's events belong to the studies that changed that day, and each such study has at least one."""
    with World(tmp_path) as world:
        numbers: set[str] = set()
        told = 0
        for replayed in replay(real_data):
            world.now = datetime.fromisoformat(replayed.day.data_timestamp).replace(tzinfo=UTC)
            numbers |= set(replayed.day.studies)
            listed = ", ".join(f'"{number}"' for number in sorted(numbers))
            world.configure(f'[[watch]]\nname = "all"\ntrials = [{listed}]\n')
            world.registry.show(replayed.day)
            report = world.sync_shown()
            assert report.state in ("done", "partly"), report.sources
            assert all(source_report.state == "accepted" and not source_report.failures for source_report in report.sources)
            # What the calendar makes true belongs to the day and not to the record.
            events = [event for event in accepted(world.store, report) if event.cause == "record"]
            assert {event.trial.partition(":")[2] for event in events} == set(replayed.changed), replayed.day.data_timestamp
            told += report.events
        assert len(world.store.events(EventFilter())) == told > 0
        # 56 contents differ from the one before, four of them in nothing but what the registry derives by itself
        assert world.store.size().snapshots == 211 + 52
