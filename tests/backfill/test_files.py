"""Versions that somebody fetched otherwise: files of either interface, one or many, packed, or in a git repository."""

from __future__ import annotations

import gzip
import json
import subprocess
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.backfill.builders import KEY, A, asked_for, backfilled, begin, log, told, versions
from tests.lab.history import RecordPast
from tests.world import World, study
from tracker.backfill import reading
from tracker.backfill.files import Imported, import_versions
from tracker.errors import UsageError
from tracker.replay import job_of

PAST = RecordPast(versions=versions())


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    (tmp_path / "world").mkdir()
    with World(tmp_path / "world") as made:
        yield begin(made)


def imported(world: World, place: Path, *trials: str) -> Imported:
    settings = world.settings
    job = job_of(settings.store_url, settings.watches, settings.severities)
    return import_versions(world.store, world.sources, job, world.clock, reading.read(place), trials or (KEY,))


def write(folder: Path, name: str, content: object) -> Path:
    folder.mkdir(exist_ok=True)
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    (folder / name).write_bytes(body)
    return folder / name


def enveloped(folder: Path, *numbers: int) -> Path:
    for number in numbers:
        write(folder, f"{number}.json", PAST.version(number))
    return folder


def named(found: Imported) -> dict[str, str]:
    return {one.name: one.what for one in found.troubles}


def test_a_folder_of_history_answers_becomes_the_past_and_nobody_is_asked(world: World, tmp_path: Path) -> None:
    found = imported(world, enveloped(tmp_path / "v", 0, 1, 2, 3, 4))
    assert (found.stored, found.known, found.events, found.troubles) == (4, 1, 4, [])
    assert [meta.registry_version for meta in world.store.timeline(KEY)] == [0, 1, 2, 3, 4]
    assert [event.effective_at.date().isoformat() for event in log(world)] == [
        "2019-09-10", "2021-03-04", "2023-11-20", "2026-02-01",
    ]  # fmt: skip
    assert asked_for(world) == []
    assert world.store.ready_alerts() == []


def test_a_second_import_adds_nothing(world: World, tmp_path: Path) -> None:
    folder = enveloped(tmp_path / "v", 0, 1, 2, 3, 4)
    imported(world, folder)
    once = told(world)
    again = imported(world, folder)
    assert (again.stored, again.known, again.events, again.troubles) == (0, 5, 0, [])
    assert told(world) == once


def test_records_of_api_v2_are_dated_by_their_last_update(world: World, tmp_path: Path) -> None:
    lines = b"\n".join(json.dumps(one.study).encode() for one in reversed(PAST.versions))
    found = imported(world, write(tmp_path / "v", "all.ndjson", lines))
    assert (found.stored, found.known, found.troubles) == (4, 1, [])
    assert [meta.valid_from.date().isoformat() for meta in world.store.timeline(KEY)] == [
        "2019-04-02", "2019-09-10", "2021-03-04", "2023-11-20", "2026-02-01",
    ]  # fmt: skip
    assert len(log(world)) == 4


def packed_gz(folder: Path) -> Path:
    return write(folder, "all.ndjson.gz", gzip.compress(b"\n".join(json.dumps(one.study).encode() for one in PAST.versions)))


def packed_zip(folder: Path) -> Path:
    folder.mkdir()
    with zipfile.ZipFile(folder / "all.zip", "w") as archive:
        for number in range(5):
            archive.writestr(f"deep/{number}.json", json.dumps(PAST.version(number)))
        archive.writestr("README.txt", "of no interest")
    return folder / "all.zip"


def as_list(folder: Path) -> Path:
    return write(folder, "all.json", [one.study for one in PAST.versions])


def as_page(folder: Path) -> Path:
    return write(folder, "all.json", {"studies": [one.study for one in PAST.versions], "nextPageToken": "x"})


@pytest.mark.parametrize("make", [packed_gz, packed_zip, as_list, as_page])
def test_files_may_be_packed_or_hold_many(world: World, tmp_path: Path, make: Any) -> None:
    found = imported(world, make(tmp_path / "v"))
    assert (found.stored, found.known, found.events, found.troubles) == (4, 1, 4, [])


def test_what_is_odd_is_named_and_the_rest_is_imported(world: World, tmp_path: Path) -> None:
    folder = enveloped(tmp_path / "v", 0, 3)
    write(folder, "again.json", PAST.version(3))
    write(folder, "other.json", study("NCT00000999"))
    write(folder, "cut.json", json.dumps(PAST.version(1)).encode()[:400])
    write(folder, "empty.json", b"")
    write(folder, "page.json", b"<html>")
    write(folder, "nothing.json", {"hello": 1})
    write(folder, "bad.json.gz", b"not gzip")
    write(folder, "bad.zip", b"not zip")
    bare = study(A)
    del bare["protocolSection"]["statusModule"]["overallStatus"]
    write(folder, "bare.json", bare)
    write(folder, "notes.txt", b"of no interest")
    found = imported(world, folder)
    assert (found.stored, found.known) == (2, 1)
    said = named(found)
    odd = ("again", "other", "cut", "empty", "page", "nothing", "bare")
    assert set(said) == {*(f"{name}.json" for name in odd), "bad.json.gz", "bad.zip"}
    assert said["again.json"] == "it is the same version as 3.json"
    assert "NCT00000999, which was not asked for" in said["other.json"]
    assert "no readable JSON" in said["cut.json"]
    assert "overallStatus" in said["bare.json"]


def test_a_place_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="neither a file nor a folder"):
        list(reading.read(tmp_path / "nowhere"))


def test_the_registry_s_own_index_and_files_make_one_past(world: World, tmp_path: Path) -> None:
    imported(world, enveloped(tmp_path / "v", 0, 2))
    found = backfilled(world, "all", KEY)[KEY]
    assert (found.stored, found.seen) == (2, 1)
    assert [meta.registry_version for meta in world.store.timeline(KEY)] == [0, 1, 2, 3, 4]
    assert [event.effective_at.date().isoformat() for event in log(world)] == [
        "2019-09-10", "2021-03-04", "2023-11-20", "2026-02-01",
    ], "finer steps took the place of the one from version 0 to 2"  # fmt: skip


# --- git


class Repository:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.git("init", "-q", "-b", "main")

    def git(self, *arguments: str, when: str = "2020-01-01T12:00:00Z") -> None:
        who = {f"GIT_{role}_{part}": "x@example.org" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
        dates = {"GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when}
        subprocess.run(["git", *arguments], cwd=self.folder, check=True, env={"PATH": "/usr/bin:/bin", **who, **dates})

    def commit(self, content: object, when: str, name: str = f"{A}.json") -> None:
        write(self.folder, name, content)
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "data", "--allow-empty", when=when)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "repository")
    for one in PAST.versions[:4]:
        made.commit(one.study, f"{one.date}T12:00:00Z")
        made.commit(
            one.study | {"derivedSection": {"miscInfoModule": {"versionHolder": "2020-01-01"}}}, f"{one.date}T18:00:00Z"
        )
    return made


def test_the_history_of_a_repository_is_read_with_the_dates_of_its_commits(world: World, repository: Repository) -> None:
    repository.commit(b'{"cut', "2024-01-01T12:00:00Z", "notes.json")
    found = imported(world, repository.folder)
    assert found.stored == 4
    timeline = world.store.timeline(KEY)
    assert [meta.first_seen_at for meta in timeline[:2]] == [
        datetime(2019, 4, 2, 12, tzinfo=UTC), datetime(2019, 9, 10, 12, tzinfo=UTC),
    ]  # fmt: skip
    assert [meta.valid_from.date().isoformat() for meta in timeline[:2]] == ["2019-04-02", "2019-09-10"]
    assert "notes.json of 2024-01-01" in named(found)
    again = imported(world, repository.folder)
    assert (again.stored, again.events) == (0, 0)


def test_a_repository_that_was_pushed_to_by_force_or_is_shallow_says_so(
    world: World, repository: Repository, tmp_path: Path
) -> None:
    repository.git("reset", "-q", "--hard", "HEAD~2")
    found = imported(world, repository.folder)
    assert found.stored == 4, "what the replaced commits hold is still there"
    assert "on no branch any more" in named(found)[str(repository.folder)]
    shallow = tmp_path / "shallow"
    subprocess.run(["git", "clone", "-q", "--depth", "1", f"file://{repository.folder}", str(shallow)], check=True)
    assert "shallow" in named(imported(world, shallow))[str(shallow)]


def test_nothing_that_a_repository_brings_along_is_run(world: World, repository: Repository, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    script = write(tmp_path / "s", "run.sh", f"#!/bin/sh\ntouch {ran}\ncat\n".encode())
    script.chmod(0o755)
    for name in ("core.fsmonitor", "diff.x.textconv", "diff.x.command", "diff.external", "filter.x.smudge", "core.sshCommand"):
        repository.git("config", name, str(script))
    repository.commit(b"*.json diff=x filter=x\n", "2024-02-01T12:00:00Z", ".gitattributes")
    ran.unlink(missing_ok=True)
    assert imported(world, repository.folder).stored == 4
    assert not ran.exists()


def test_a_folder_that_only_looks_like_a_repository_is_named(world: World, tmp_path: Path) -> None:
    (tmp_path / "odd" / ".git").mkdir(parents=True)
    assert "its history cannot be read" in named(imported(world, tmp_path / "odd"))[str(tmp_path / "odd")]
