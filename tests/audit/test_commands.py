"""``tracker audit outcomes`` and ``tracker evidence``, on stored histories."""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import io
import json
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from openpyxl import load_workbook

from tests.audit.builders import DESIGN, NCT, OUTCOMES, TRIAL, import_versions, index, outcomes
from tests.cli.program import Ended, inside
from tests.world import World, study
from tracker.model.event import EventFilter
from tracker.model.history import OriginalData
from tracker.model.record import OutcomeMeasure

OTHER = "NCT00000102"
Run = Callable[..., Ended]
V0 = outcomes(["Clearance of warts"], ["Grip strength"])
V1 = outcomes(["Clearance of warts"], ["Grip strength", "Zinc level"])
NOW = outcomes(["Complete clearance of warts"], ["Zinc level"])
INDEX = index(("2025-01-10", ()), ("2025-05-02", OUTCOMES), ("2025-09-01", OUTCOMES))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Two trials read once, one of them as it stands after two amendments."""
    with World(tmp_path) as made:
        made.configure(f'[[watch]]\nname = "warts"\ntrials = ["{NCT}", "{OTHER}"]\n')
        made.studies = {NCT: NOW, OTHER: study(OTHER)}
        made.sync()
        yield made


@pytest.fixture
def run(world: World) -> Run:
    return lambda *args, **options: inside("--config", world.config, *args, **options)


@pytest.fixture
def history(world: World) -> World:
    """The same with the earlier versions and the registry's index."""
    import_versions(world, [(0, "2025-01-10", V0), (1, "2025-05-02", V1)])
    world.store.keep_history(INDEX.history, INDEX.read_at)
    return world


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_each_outcome_has_a_row_against_registration_and_against_the_start(history: World, run: Run) -> None:
    rows = rows_of(run("audit", "outcomes", NCT, "--format", "csv").out)
    said = [(row["baseline"], row["measure_now"] or row["measure_before"], row["found"], row["facet"]) for row in rows]
    assert said == [
        ("registration", "Complete clearance of warts", "redefined", "measure"),
        ("registration", "Zinc level", "added", ""),
        ("registration", "Grip strength", "dropped", ""),
        ("start", "Complete clearance of warts", "redefined", "measure"),
        ("start", "Zinc level", "same", ""),
        ("start", "Grip strength", "dropped", ""),
    ]
    assert [row["window"] for row in rows] == ["during", "before start", "during", "during", "", "during"]
    assert rows[0]["changed_by"] == "2025-09-01"
    assert [row["baseline_version"] for row in rows] == ["0"] * 3 + ["1"] * 3
    assert rows[0]["link_comparison"] == f"https://clinicaltrials.gov/study/{NCT}?tab=history&a=1&b=3#version-content-panel"
    assert {row[name] for row in rows for name in ("reader_1", "reader_2", "verdict")} == {""}


def test_what_is_not_known_is_a_row_with_its_reason_and_never_the_same(world: World, run: Run) -> None:
    rows = rows_of(run("audit", "outcomes", NCT, "--format", "csv").out)
    assert [(row["baseline"], row["found"]) for row in rows] == [("registration", "refused"), ("start", "refused")]
    assert "tracker backfill" in rows[0]["reason"]
    world.store.keep_history(
        index(
            ("2025-01-10", ()),
            ("2025-05-02", OUTCOMES),
            ("2025-09-01", OUTCOMES),
            original=OriginalData(primary_outcomes=(OutcomeMeasure(measure="Clearance of warts", time_frame="24 weeks"),)),
        ).history,
        INDEX.read_at,
    )
    rows = rows_of(run("audit", "outcomes", NCT, "--format", "csv").out)
    assert [(row["baseline"], row["found"]) for row in rows if row["level_now"] != "secondary"] == [
        ("registration", "redefined"),
        ("start", "refused"),
    ]
    assert "tracker backfill --versions needed" in rows[-1]["reason"]
    assert rows[0]["baseline_from"] == "index"


def test_one_baseline_alone_can_be_asked_for(history: World, run: Run) -> None:
    rows = rows_of(run("audit", "outcomes", NCT, "--from", "first", "--format", "csv").out)
    assert {row["baseline"] for row in rows} == {"registration"}
    assert run("audit", "outcomes", NCT, "--from", "results", "--format", "csv").code == 0


def test_the_formats_say_the_same(history: World, run: Run, tmp_path: Path) -> None:
    rows = rows_of(run("audit", "outcomes", "--watch", "warts", "--format", "csv").out)
    found = run("audit", "outcomes", "--watch", "warts", "--format", "json").json
    assert found == run("audit", "outcomes", "--watch", "warts", "--json").json
    assert [(one["trial"], one["baseline"], one["found"]) for one in found["outcomes"]] == [
        (row["trial"], row["baseline"], row["found"]) for row in rows if row["found"] != "refused"
    ]
    assert {one["trial"] for one in found["refused"]} == {f"ctgov:{OTHER}"}
    file = tmp_path / "outcomes.xlsx"
    assert run("audit", "outcomes", "--watch", "warts", "--format", "xlsx", "--out", file).code == 0
    sheet = load_workbook(file).active
    assert sheet is not None
    assert sheet.max_row == len(rows) + 1
    table = run("audit", "outcomes", "--watch", "warts").out
    assert "redefined (measure)" in table
    assert "OTHER" not in table
    assert f"{OTHER} against registration: the version at registration is not known" in table


def test_strata_stand_at_the_end_and_no_sponsor_is_named(history: World, run: Run) -> None:
    ended = run("audit", "outcomes", "--watch", "warts")
    assert "Against start, without posted results: 1 of 1 trials changed a primary outcome" in ended.out
    assert "with posted results: 0 of 0" in ended.out
    assert "31 days" in ended.out
    found = run("audit", "outcomes", "--watch", "warts", "--json").json
    assert [(one["baseline"], one["name"]) for one in found["summary"]["strata"]][:3] == [
        ("registration", "with posted results"),
        ("registration", "without posted results"),
        ("registration", "changes within 31 days of posting"),
    ]
    assert "Invented Institute" not in ended.out + json.dumps(found)


def test_a_sample_is_drawn_by_its_seed(history: World, run: Run) -> None:
    asked = ("audit", "outcomes", NCT, "--format", "csv", "--sample", "2")
    assert len(rows_of(run(*asked).out)) == 2
    assert run(*asked, "--seed", "3").out == run(*asked, "--seed", "3").out
    assert len({run(*asked, "--seed", str(seed)).out for seed in range(8)}) > 1


def test_a_rob2_sheet_has_a_row_per_outcome_with_facts_and_empty_answers(history: World, run: Run) -> None:
    rows = rows_of(run("audit", "outcomes", NCT, "--format", "rob2").out)
    assert [(row["outcome_now"], row["at_registration_found"], row["at_start_found"]) for row in rows] == [
        ("Complete clearance of warts", "redefined", "redefined"),
        ("Zinc level", "added", "same"),
        ("", "dropped", "dropped"),
    ]
    assert rows[2]["at_start_outcome"] == "Grip strength"
    (other,) = rows_of(run("audit", "outcomes", OTHER, "--format", "rob2").out)
    assert (other["at_registration_found"], other["at_start_found"]) == ("refused", "refused")
    assert "tracker backfill" in other["at_start_why"]
    assert {row[f"{answer}_reader_1"] for row in rows for answer in ("5.1", "5.2", "5.3", "risk_of_bias")} == {""}


def test_a_version_between_that_touched_no_outcomes_is_no_gap(world: World, run: Run) -> None:
    import_versions(world, [(0, "2025-01-10", V0)])
    listed = index(("2025-01-10", ()), ("2025-05-02", DESIGN), ("2025-09-01", OUTCOMES))
    world.store.keep_history(listed.history, listed.read_at)
    rows = rows_of(run("audit", "outcomes", NCT, "--from", "start", "--format", "csv").out)
    assert {row["baseline_version"] for row in rows} == {"0"}


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ((), "of a watch or of trials"),
        ((NCT, "--watch", "warts"), "of a watch or of trials"),
        (("--watch", "nobody"), "There is no watch nobody"),
        (("NCT99999999",), "Nothing is stored of ctgov:NCT99999999"),
        ((NCT, "--seed", "4"), "--seed draws a sample"),
        ((NCT, "--sample", "0"), "--sample"),
        ((NCT, "--sample", "3", "--format", "rob2"), "whole trials"),
        ((NCT, "--out", "x"), "Name a format"),
    ],
)
def test_what_cannot_be_asked_is_said_in_a_sentence(run: Run, args: tuple[str, ...], words: str) -> None:
    ended = run("audit", "outcomes", *args)
    assert ended.code == 2
    assert words in ended.err


def changed(world: World) -> str:
    """Let the trial change; the id of the event."""
    world.now += dt.timedelta(days=1)
    world.amend(NCT, statusModule__overallStatus="COMPLETED")
    world.sync()
    return next(event.id for event in world.store.events(EventFilter()) if event.kind == "recruitment_status_changed")


def test_evidence_is_verified_by_sha256sum_alone_and_holds_what_was_served(world: World, run: Run, tmp_path: Path) -> None:
    event = changed(world)
    file = tmp_path / "evidence.zip"
    ended = run("evidence", NCT, "--event", event, "--out", file)
    assert ended.code == 0
    assert "contact persons" in ended.err
    with zipfile.ZipFile(file) as packed:
        names = packed.namelist()
        packed.extractall(tmp_path / "out")
    assert names == ["before.json", "after.json", "versions.json", "events.json", "CITATION.txt", "SHA256SUMS"]
    checked = subprocess.run(
        ["sha256sum", "-c", "SHA256SUMS"], cwd=tmp_path / "out", capture_output=True, text=True, check=True
    )
    assert checked.stdout.count(": OK") == len(names) - 1
    old, new = world.store.timeline(TRIAL)
    assert (tmp_path / "out/before.json").read_bytes() == world.store.document(old.id).body
    assert (tmp_path / "out/after.json").read_bytes() == world.store.document(new.id).body
    told = json.loads((tmp_path / "out/events.json").read_text("utf-8"))["events"]
    assert event in {one["id"] for one in told}
    versions = json.loads((tmp_path / "out/versions.json").read_text("utf-8"))
    assert versions["after"]["sha256"] == new.sha256
    assert {"valid_from", "first_seen_at", "last_seen_at", "etag", "last_modified"} <= set(versions["before"])
    citation = (tmp_path / "out/CITATION.txt").read_text("utf-8")
    for part in (NCT, "ClinicalTrials.gov", old.sha256, new.sha256, event, "sha256sum -c SHA256SUMS", "contact persons"):
        assert part in citation


def test_the_same_evidence_has_the_same_bytes_and_is_the_latest_change_by_default(
    world: World, run: Run, tmp_path: Path
) -> None:
    event = changed(world)
    files = [tmp_path / name for name in ("one.zip", "two.zip")]
    assert run("evidence", NCT, "--out", files[0]).code == 0
    world.now += dt.timedelta(days=3)
    world.sync()
    assert run("evidence", NCT, "--event", event, "--out", files[1]).code == 0
    with zipfile.ZipFile(files[0]) as one, zipfile.ZipFile(files[1]) as other:
        assert one.read("events.json") == other.read("events.json")
    again = tmp_path / "three.zip"
    run("evidence", NCT, "--event", event, "--out", again)
    assert again.read_bytes() == files[1].read_bytes()


def test_evidence_goes_to_standard_output_where_no_file_is_named(world: World) -> None:
    event = changed(world)
    folder = world.folder / "elsewhere"
    folder.mkdir()
    with (folder / "out.zip").open("wb") as out:
        code = subprocess.run(
            [
                Path(sys.executable).with_name("tracker"),
                "--config",
                world.config,
                "evidence",
                NCT,
                "--event",
                event,
            ],
            stdout=out,
            stderr=subprocess.DEVNULL,
            check=False,
        ).returncode
    assert code == 0
    assert zipfile.is_zipfile(folder / "out.zip")


@pytest.mark.parametrize("side", ["old", "new"])
def test_evidence_of_bytes_that_are_gone_is_refused_and_never_half(world: World, run: Run, side: str) -> None:
    event = changed(world)
    with contextlib.closing(sqlite3.connect(world.folder / "tracker.db")) as database, database:
        database.execute(f"UPDATE events SET {side}_snapshot = NULL WHERE id = ?", (event,))
    ended = run("evidence", NCT, "--event", event)
    assert ended.code == 2
    assert "not kept any more" in ended.err or "comes from no stored version" in ended.err


def test_evidence_that_there_is_none_of_is_said_in_a_sentence(world: World, run: Run) -> None:
    assert "Nothing has changed" in run("evidence", NCT).err
    assert "There is no event nothing" in run("evidence", NCT, "--event", "nothing").err
    event = changed(world)
    assert f"is of {TRIAL}, not of ctgov:{OTHER}" in run("evidence", OTHER, "--event", event).err
    assert "Nothing is stored" in run("evidence", "NCT99999999").err
    assert run("evidence", "NCT99999999").code == 2
