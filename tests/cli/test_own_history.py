"""A record that dates its own past: shown as that by ``timeline`` and ``show --at``, with no further request and no alert."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.lab.ctis_portal import LoopbackPortal, change
from tests.world import SENDS, World
from tracker.archive import Archive

NUMBER = "2023-590001-11"
KEY = f"ctis:{NUMBER}"
WATCH = f'[[watch]]\nname = "mine"\ntrials = ["{NUMBER}"]\n' + SENDS
EARLIER = ("--at", "2024-05-01")


@pytest.fixture
def portal() -> Iterator[LoopbackPortal]:
    """A portal whose record dates its past in Spain."""
    with LoopbackPortal() as made:
        held = made.add(f"{NUMBER}-00", msc={"Spain": 724})
        inner = held["record"]["authorizedApplication"]
        inner["authorizedPartsII"][0]["mscInfo"] = {
            "mscName": "Spain",
            "clinicalTrialStatusHistory": [
                {"trialStatus": "Authorised", "trialStatusDate": "2024-04-24T15:14:58.509"},
                {"trialStatus": "Under evaluation", "trialStatusDate": "2024-03-04T14:27:02.283"},
            ],
            "trialRecruitmentPeriod": [{"recruitmentStartDate": "2024-06-01", "fromDate": "2024-06-14"}],
        }
        held["record"]["events"] = {}
        yield made


@pytest.fixture
def world(tmp_path: Path, portal: LoopbackPortal) -> Iterator[World]:
    """The trial is followed since 3 March 2026."""
    with World(tmp_path) as made:
        made.portal = portal
        made.configure(WATCH)
        made.day()
        yield made


def test_the_timeline_tells_what_the_record_dates_and_whose_word_it_is(run: Run) -> None:
    ended = run("timeline", NUMBER)
    assert "the record itself dates its past since 2 Nov 2023" in " ".join(ended.out.split())
    assert "Spain: Authorised, by its own record" in ended.out
    assert "What the record itself dates" in ended.out
    found = json.loads(run("timeline", NUMBER, "--json").out)
    assert found["known"]["dated_since"] == "2023-11-02"
    assert [(one["country"], one["said"], one["date"]) for one in found["country_statuses"]] == [
        ("Spain", "Under evaluation", "2024-03-04"),
        ("Spain", "Authorised", "2024-04-24"),
        ("Spain", "recruiting", "2024-06-01"),
    ]
    assert [one["status"] for one in found["statuses"]] == ["RECRUITING"]


def test_a_day_before_tracking_is_told_by_the_record_alone(run: Run) -> None:
    shown = run("show", NUMBER, *EARLIER)
    assert "by the dates in its own record" in shown.out
    assert "Spain: Authorised since 24 Apr 2024" in shown.out
    assert "recruiting" not in shown.out
    assert "not known for that day" in shown.out
    found = json.loads(run("show", NUMBER, *EARLIER, "--json").out)
    assert (found["record"], found["recruitment_status"]) == (None, None)


def test_a_day_before_all_that_it_dates_is_refused(run: Run) -> None:
    ended = run("show", NUMBER, "--at", "2023-11-01")
    assert ended.code == 2
    assert "before 2023-11-02: its record's own history begins then" in " ".join(ended.err.split())


def test_two_versions_cannot_be_compared_by_dates_alone(run: Run) -> None:
    ended = run("diff", NUMBER, "--from", "2024-05-01")
    assert ended.code == 2
    assert "its text of that day is not known" in ended.err


def test_the_own_history_costs_no_request_and_alerts_nobody(world: World, portal: LoopbackPortal, run: Run) -> None:
    asked = len(portal.requests)
    run("timeline", NUMBER)
    run("show", NUMBER, *EARLIER)
    assert len(portal.requests) == asked
    assert world.kinds() == []
    assert [one for one in world.subjects() if "Spain" in one] == []


def test_what_we_saw_stays_as_it_is_beside_what_the_record_dates(world: World, portal: LoopbackPortal, run: Run) -> None:
    """The days that the record dates add to the ledgers of what was seen, and change none of them."""
    world.day(change=lambda: _publish(portal, code=5))
    past = Archive(store=world.store, sources=world.sources).past(KEY)
    assert past is not None
    assert [one.status for one in past.statuses] == ["RECRUITING", "ACTIVE_NOT_RECRUITING"]
    assert past.own_history is not None
    assert [one.said for one in past.own_history.statuses] == ["Under evaluation", "Authorised", "recruiting"]
    seen = json.loads(run("show", NUMBER, "--at", "2026-03-03", "--json").out)
    assert seen["recruitment_status"] == "RECRUITING"


def test_the_table_of_what_records_date_can_be_exported(run: Run) -> None:
    rows = run("timeline", NUMBER, "--show", "own_history", "--format", "csv").out.splitlines()
    assert rows[0].endswith("date,until,registered,country,kind,said,recruitment_status")
    assert any("2024-06-01,,2024-06-14,Spain,recruitment,recruiting,RECRUITING" in row for row in rows)


def _publish(portal: LoopbackPortal, **changes: object) -> None:
    change(portal.trials[f"{NUMBER}-00"], published="2026-03-04", **changes)
