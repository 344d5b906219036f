"""``show --at``, ``diff`` between moments, ``timeline``: the past as it is stored, or as the registry only lists it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from openpyxl import load_workbook

from tests.cli.conftest import Run
from tests.cli.program import inside
from tests.store.pasts import KEY, NCT, Brought, backfilled, index_read, said, seen_live, with_events
from tests.world import World
from tracker.model.history import OriginalData
from tracker.model.record import Enrollment

REGISTERED = Brought(0, "2024-04-02", said(status="NOT_YET_RECRUITING", completion="2026-12", count=60))
STARTED = Brought(1, "2025-05-20", said(status="RECRUITING", completion="2026-12", count=60))
SLIPPED = Brought(2, "2025-10-09", said(status="RECRUITING", completion="2027-03", count=80))
LISTED = (REGISTERED.listed(), STARTED.listed("Study Status"), SLIPPED.listed("Study Status", "Study Design"))
COMPARISON = f"https://clinicaltrials.gov/study/{NCT}?tab=history&a=2&b=3#version-content-panel"


@pytest.fixture
def tracked(tmp_path: Path) -> Iterator[World]:
    """A trial that is tracked since 5 January 2026, and seen changed on the 10th."""
    with World(tmp_path) as world:
        world.configure(f'[[watch]]\nname = "lupus"\ntrials = ["{NCT}"]\n', extra='[digest]\ntimezone = "America/New_York"\n')
        seen_live(world.store, 0, said(status="RECRUITING", completion="2027-03", count=80))
        seen_live(world.store, 5, said(status="COMPLETED", completion="2027-06", count=80))
        yield world


@pytest.fixture
def indexed(tracked: World) -> World:
    """The same with the registry's index of its versions; no text was brought."""
    with_events(tracked.store, 6)
    index_read(tracked.store, 6, LISTED, original=OriginalData(enrollment=Enrollment(count=60, type="ESTIMATED")))
    return tracked


@pytest.fixture
def brought(tracked: World) -> World:
    """The same with the text of the first two versions as well, the later one brought first."""
    backfilled(tracked.store, 6, [STARTED, REGISTERED])
    with_events(tracked.store, 7)
    index_read(tracked.store, 8, LISTED)
    return tracked


def run_in(world: World) -> Run:
    return lambda *args, **options: inside("--config", world.config, *args, **options)


# --- show --at ------------------------------------------------------------------------------------------------------


def test_a_day_before_tracking_is_refused_with_what_is_known(tracked: World) -> None:
    ended = run_in(tracked)("show", NCT, "--at", "2025-06-01")
    assert (ended.code, ended.out) == (2, "")
    assert f"Nothing is known of {NCT} before 2026-01-05, when tracking began." in ended.err


def test_of_a_day_that_only_the_index_covers_status_and_dates_are_told_and_the_rest_is_refused(indexed: World) -> None:
    run = run_in(indexed)
    ended = run("show", NCT, "--at", "2025-06-01")
    assert ended.code == 0
    assert f"{NCT}, registry version 1, in force from 20 May 2025 until 9 Oct 2025" in ended.out
    assert "Status: Recruiting" in ended.out
    assert f"`tracker backfill {NCT} --versions all` brings the texts." in ended.out
    told = run("show", NCT, "--at", "2025-06-01", "--json").json
    assert (told["registry_version"], told["recruitment_status"], told["record"]) == (1, "RECRUITING", None)
    before = run("show", NCT, "--at", "2024-04-01")
    assert before.code == 2
    assert f"{NCT} was registered on 2024-04-02: there was no record of it on 2024-04-01." in before.err


def test_a_registrys_day_is_that_day_in_every_time_zone(indexed: World) -> None:
    """In New York the day ends when the next has begun in UTC: the version of the next day does not stand yet."""
    run = run_in(indexed)
    assert "registry version 0" in run("show", NCT, "--at", "2025-05-19").out
    assert "registry version 1" in run("show", NCT, "--at", "2025-05-20").out


def test_a_version_that_was_brought_is_shown_as_of_its_day(brought: World) -> None:
    run = run_in(brought)
    record = run("show", NCT, "--at", "2025-06-01", "--json").json
    assert (record["recruitment_status"], record["enrollment"]["count"]) == ("RECRUITING", 60)
    shown = run("show", NCT, "--at", "2025-06-01").out
    assert "Registry version 1 of 2025-05-20" in shown
    assert "10 Jan 2026" not in shown, "nor is its future told"
    # The one after it is in force on its day, and its text is not here.
    assert "registry version 2" in run("show", NCT, "--at", "2025-12-01").out
    assert run("show", NCT, "--at", "2026-01-06", "--json").json["enrollment"]["count"] == 80


# --- diff -----------------------------------------------------------------------------------------------------------


def test_diff_goes_from_the_first_version_and_from_the_one_at_the_start(brought: World) -> None:
    run = run_in(brought)
    first = run("diff", NCT, "--from", "first")
    assert first.code == 0
    assert "--from first: registry version 0, valid from 2024-04-02" in first.err
    assert "Not yet recruiting -> Completed" in first.out
    start = run("diff", NCT, "--from", "start", "--to", "2026-01-06")
    assert "registry version 1, valid from 2025-05-20" in start.err
    assert "in force at the start as now known (2025-06-01)" in start.err
    assert "From the registry's own history: the version of" in start.out, "the older one was not seen before the newer"
    assert "last seen unchanged" not in start.out
    kinds = {event["kind"] for event in run("diff", NCT, "--from", "start", "--to", "2026-01-06", "--json").json["events"]}
    assert {"enrollment_changed", "primary_completion_date_changed"} <= kinds
    assert "recruitment_status_changed" not in kinds


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("first", "Only the registry's index tells of NCT00000101: version 0 of 2024-04-02, in force until 2025-05-20"),
        ("start", "Only the registry's index tells of NCT00000101 on 2025-06-01: version 1 of 2025-05-20"),
        ("2025-06-01", "recruitment status RECRUITING. Its text is not stored."),
        ("primary_completion", "The primary completion of NCT00000101 is planned for 2027-06: it has not come."),
        ("results", "No results of NCT00000101 are posted."),
        ("begin", "begin is neither a day nor a time span"),
    ],
)
def test_what_diff_cannot_compare_is_refused_with_the_reason(indexed: World, given: str, words: str) -> None:
    ended = run_in(indexed)("diff", NCT, "--from", given)
    assert (ended.code, ended.out) == (2, "")
    assert words in ended.err


def test_diff_goes_from_the_last_version_before_results(tracked: World) -> None:
    run = run_in(tracked)
    posted = {"date": "2026-01-12", "type": "ACTUAL"}
    seen_live(tracked.store, 9, said(status="COMPLETED", statusModule__resultsFirstPostDateStruct=posted))
    ended = run("diff", NCT, "--from", "results")
    assert ended.code == 0
    assert "seen 2026-01-10: the last before results were posted" in ended.err
    assert "results_posted" in {event["kind"] for event in run("diff", NCT, "--from", "results", "--json").json["events"]}
    index_read(
        tracked.store,
        10,
        [*LISTED, Brought(3, "2026-01-11", said(status="COMPLETED")).listed(), Brought(4, "2026-01-12").listed()],
    )
    ended = run("diff", NCT, "--from", "results")
    assert (ended.code, ended.out) == (2, "")
    assert "the registry lists version 3 of 2026-01-11" in ended.err


def test_a_trial_that_has_results_in_every_stored_version_has_none_before_them(tmp_path: Path) -> None:
    with World(tmp_path) as world:
        world.configure(f'[[watch]]\nname = "lupus"\ntrials = ["{NCT}"]\n')
        posted = {"date": "2025-01-12", "type": "ACTUAL"}
        seen_live(world.store, 0, said(status="COMPLETED", statusModule__resultsFirstPostDateStruct=posted))
        ended = run_in(world)("diff", NCT, "--from", "results")
        assert ended.code == 2
        assert f"Every stored version of {NCT} has results" in ended.err
        ended = run_in(world)("diff", NCT, "--from", "start")
        assert ended.code == 2
        assert f"Nothing is known of {NCT} before 2026-01-05" in ended.err


# --- timeline -------------------------------------------------------------------------------------------------------


def test_the_timeline_tells_versions_statuses_slips_and_enrollment(indexed: World) -> None:
    shown = run_in(indexed)("timeline", NCT)
    assert shown.code == 0, shown.err
    lines = shown.out.splitlines()
    assert "Known since registration 2 Apr 2024: the registry's index lists 3 versions, none of them stored; " in shown.out
    assert "2 stored as they were seen, the earliest of 5 Jan 2026." in shown.out
    for heading in ("Versions", "Days in each status", "Dates that moved", "Enrollment"):
        assert heading in lines
    versions = [line for line in lines if "index only" in line]
    assert len(versions) == 3
    assert "Study Status, Study Design" in shown.out
    assert any(line.startswith("Not yet recruiting") and "2 Apr 2024" in line and "413" in line for line in lines)
    assert any("Mar 2027" in line and "Jun 2027" in line and "+91" in line and "1. slip" in line for line in lines)


def test_the_timeline_as_values_has_links_to_the_registrys_own_comparison(brought: World) -> None:
    told = run_in(brought)("timeline", NCT, "--json").json
    assert [(one["version"], one["registry_version"]) for one in told["versions"]] == [
        (1, 0),
        (2, 1),
        (None, 2),
        (3, None),
        (4, None),
    ]
    assert told["versions"][2]["link"] == COMPARISON
    assert told["versions"][0]["link"] is None
    assert [one["kind"] for one in told["versions"][1]["changes"]] == ["recruitment_status_changed"]
    assert told["versions"][2]["sections"] == ["Study Status", "Study Design"]
    assert [(one["old"], one["new"], one["cumulative_days"]) for one in told["slips"]] == [
        ("2026-12", "2027-03", 90),
        ("2027-03", "2027-06", 181),
    ]
    assert [one["count"] for one in told["enrollment"]] == [60, 80]
    assert [one["status"] for one in told["statuses"]] == ["NOT_YET_RECRUITING", "RECRUITING", "COMPLETED"]
    assert told["known"]["registered"] == "2024-04-02"
    assert set(run_in(brought)("timeline", NCT, "--json", "--show", "slips").json) == {"trial", "name", "known", "slips"}


@pytest.mark.parametrize("part", ["versions", "statuses", "slips", "enrollment"])
def test_each_part_is_the_same_as_csv_xlsx_and_export(brought: World, part: str) -> None:
    run = run_in(brought)
    spread = run("timeline", "--watch", "lupus", "--format", "csv", "--show", part)
    assert spread.code == 0, spread.err
    rows = list(csv.DictReader(io.StringIO(spread.out)))
    values = run("timeline", NCT, "--json").json[part]
    assert len(rows) == len(values) > 0
    exported = run("export", "--table", "timeline" if part == "versions" else part, "--trial", NCT)
    if part != "statuses":  # the days of the present one go on
        assert exported.out == spread.out
    file = brought.folder / f"{part}.xlsx"
    assert run("timeline", NCT, "--format", "xlsx", "--show", part, "--out", file).code == 0
    sheet = load_workbook(file).active
    assert sheet is not None
    assert sheet.max_row == len(rows) + 1


def test_the_timeline_of_a_watch_names_its_trials_and_says_why_there_is_no_rate(brought: World) -> None:
    shown = run_in(brought)("timeline", "--watch", "lupus", "--show", "slips").out
    assert NCT in shown
    assert "Too little is known: a rate rests on at least 20 trials over 30 days." in shown
    told = run_in(brought)("timeline", "--watch", "lupus", "--json").json
    assert [one["trial"] for one in told["trials"]] == [KEY]
    assert told["rates"] == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "timeline shows either one trial or a watch."),
        ((NCT, "--watch", "lupus"), "timeline shows either one trial or a watch."),
        (("--watch", "lups"), "There is no watch lups."),
        (("NCT00000000",), "Nothing is stored of ctgov:NCT00000000."),
        ((NCT, "--show", "dates"), "'dates' is not one of"),
        ((NCT, "--out", "file.json"), "--out goes with csv and xlsx."),
    ],
)
def test_timeline_called_wrongly_says_how(tracked: World, arguments: tuple[str, ...], words: str) -> None:
    ended = run_in(tracked)("timeline", *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert words in ended.err
