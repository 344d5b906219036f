"""The demo's days hold what they are meant to hold: real shapes, the changes to be told, and noise that is only noise."""

from __future__ import annotations

import gzip
import json
import re
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from tests.lab import EXPECTED, MINOR, days
from tests.lab.recorded_days import essence
from tracker.demo.days import config_text
from tracker.model.ids import recognise
from tracker.model.vocabulary import RECRUITMENT_STATUSES

DAYS = days()
SILENT = {
    1: {"NCT06801119", "NCT09900007", "NCT09900008", "NCT09900009", "NCT09900010", "NCT09900011"},
    2: {"NCT07177911", "NCT06801119"} | {f"NCT099000{n:02d}" for n in (1, 2, 3, 4, 5, 10)},
}


def paths(value: Any, path: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from paths(item, f"{path}.{name}")
    elif isinstance(value, list):
        for item in value:
            yield from paths(item, f"{path}[]")
    else:
        yield path


def enumerations(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from enumerations(item, f"{path}.{name}")
    elif isinstance(value, list):
        for item in value:
            yield from enumerations(item, path)
    elif isinstance(value, str) and path.rpartition(".")[2] in ENUMERATED:
        yield path, value


ENUMERATED = frozenset(
    {
        *("overallStatus", "status", "type", "class", "phases", "allocation", "interventionModel", "primaryPurpose", "masking"),
        *("whoMasked", "sex", "stdAges", "studyType", "ipdSharing", "lastKnownStatus", "role", "paramType", "dispersionType"),
    }
)


@pytest.mark.real_data
def test_every_field_of_the_demo_is_a_field_of_real_records(real_data: Path) -> None:
    known: set[str] = set()
    words: set[tuple[str, str]] = set()
    for path in sorted((real_data / "ctgov" / "studies").glob("*.ndjson.gz")):
        with gzip.open(path, "rb") as file:
            for line in file:
                study = json.loads(line)
                known.update(paths(study))
                words.update(enumerations(study))
    for day in DAYS:
        for nct in day.studies:
            assert set(paths(day.study(nct))) <= known, nct
            assert set(enumerations(day.study(nct))) <= words, nct


@pytest.mark.parametrize("day", DAYS, ids=lambda day: day.data_timestamp[:10])
def test_every_study_is_whole_and_stamped_with_the_days_data_version(day: Any) -> None:
    for nct in day.studies:
        study = day.study(nct)
        protocol = study["protocolSection"]
        number = recognise(nct)
        assert protocol["identificationModule"]["nctId"] == nct
        assert number is not None
        assert number.number == nct
        assert protocol["statusModule"]["overallStatus"] in RECRUITMENT_STATUSES
        assert study["derivedSection"]["miscInfoModule"]["versionHolder"] == day.data_timestamp[:10]
        assert study["hasResults"] is ("resultsSection" in study)
        has_site_statuses = [site for site in protocol["contactsLocationsModule"]["locations"] if "status" in site]
        may_have = protocol["statusModule"]["overallStatus"] in ("RECRUITING", "UNKNOWN")
        assert bool(has_site_statuses) is may_have, f"{nct}: sites state a status only while the trial recruits"


@pytest.mark.parametrize("number", [1, 2])
def test_what_really_changes_is_what_is_to_be_told(number: int) -> None:
    """Judged on the raw JSON: nothing else changes, and nothing that is to be told is only noise."""
    before, after = DAYS[number - 1], DAYS[number]
    common = before.studies.keys() & after.studies.keys()
    changed = {nct for nct in common if essence(before.body(nct)) != essence(after.body(nct))}
    told = {trial.removeprefix("ctgov:") for trial in (*EXPECTED[number], *MINOR[number])}
    assert changed == told & common
    assert SILENT[number] == common - told


def test_noise_is_there_to_be_overlooked() -> None:
    """Each silent trial of day 2 differs in more than the day's stamp, so that silence means something."""
    for nct in SILENT[1]:
        before, after = (json.loads(day.body(nct)) for day in DAYS[:2])
        for study in (before, after):
            del study["derivedSection"]["miscInfoModule"]["versionHolder"]
        assert before != after, nct


def test_one_trial_vanishes_for_two_days_and_one_turns_up() -> None:
    assert [("NCT09900006" in day.studies, "NCT09900012" in day.studies) for day in DAYS] == [
        (True, False),
        (False, False),
        (False, True),
    ]


def test_the_flip_to_unknown_moves_no_date() -> None:
    before, after = (dict(day.study("NCT09900009")["protocolSection"]["statusModule"]) for day in DAYS[1:])
    assert (after.pop("overallStatus"), after.pop("lastKnownStatus")) == ("UNKNOWN", before.pop("overallStatus"))
    assert before == after


def test_the_mirror_page_lags_a_day_behind_the_registry() -> None:
    def registry_and_page(index: int) -> tuple[str, str]:
        day = DAYS[index]
        status = day.study("NCT07177911")["protocolSection"]["statusModule"]["overallStatus"]
        page = day.pages["/meddatax/clinical-trials/NCT07177911"]
        return status, "NOT_YET_RECRUITING" if ">NOT_YET_RECRUITING<" in page else "RECRUITING"

    assert [registry_and_page(index) for index in range(3)] == [
        ("NOT_YET_RECRUITING", "NOT_YET_RECRUITING"),
        ("RECRUITING", "NOT_YET_RECRUITING"),
        ("RECRUITING", "RECRUITING"),
    ]


def test_the_demos_files_stay_small_and_name_nobody() -> None:
    data = Path(str(files("tracker.demo"))) / "data"
    texts = [item.read_text(encoding="utf-8") for item in data.rglob("*") if item.is_file()]
    assert sum(map(len, texts)) < 200_000
    hosts = {host for text in texts for host in re.findall(r"[\w.+-]+@([\w-]+\.[\w.-]+)", text)}
    assert hosts == {"example.org"}


def test_the_configuration_is_toml_that_points_at_the_loopback() -> None:
    config = tomllib.loads(config_text("http://127.0.0.1:8080", 2525))
    assert config["sources"]["ctgov"]["base_url"] == "http://127.0.0.1:8080/api/v2"
    assert config["mail"]["port"] == 2525
    assert config["store"]["url"] == "sqlite:///tracker.db"
    listed = {trial if isinstance(trial, str) else trial["id"] for trial in config["watch"][0]["trials"]}
    assert listed <= set(DAYS[0].studies)
    assert "@" not in "".join(page for page in config["watch"][0]["pages"])
