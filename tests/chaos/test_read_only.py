"""A database that may only be read: reading goes on, and whatever would write says so in a sentence."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.limits import small_disk
from tests.cli.program import inside
from tests.world import SENDS, World, study

A, B = "NCT00000101", "NCT00000102"
ALL = ("--since", "2026-01-01")
READING = [("list",), ("show", A), ("changes", *ALL), ("diff", A), ("digest", *ALL), ("deadlines",), ("outbox",)]
WRITING = [("sync",), ("sync", "--json"), ("run",), ("migrate",), ("silence", A), ("outbox", "retry")]


@pytest.fixture(params=["closed", "killed"])
def mounted(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[World]:
    """A world whose disk can only be read; the last program to write was closed, or killed with its log behind it."""
    with small_disk(tmp_path / "disk", "24m") as disk, World(disk) as world:
        world.studies = {nct: study(nct) for nct in (A, B)}
        world.configure(f'[[watch]]\nname = "mine"\ntrials = ["{A}", "{B}"]\n' + SENDS)
        world.day()
        world.day(change=lambda: world.amend(A, statusModule__overallStatus="COMPLETED"))
        left = {file.name: file.read_bytes() for file in disk.iterdir()}
        world.store.close()
        if request.param == "killed":
            assert "tracker.db-wal" in left
            for name, content in left.items():
                (disk / name).write_bytes(content)
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        yield world


def test_what_is_stored_can_be_read_and_nothing_is_written_in_silence(mounted: World) -> None:
    for args in READING:
        ended = inside("--config", mounted.config, *args)
        assert (ended.code, ended.err) == (0, ""), args
    assert "Completed" in inside("--config", mounted.config, "changes", *ALL).out
    for args in WRITING:
        ended = inside("--config", mounted.config, *args)
        assert (ended.code, ended.out) == (1, ""), args
        assert ended.err.count("\n") == 1
        assert "writable for this user" in ended.err
    assert mounted.registry.requests[-1].path.endswith("/studies"), "nobody was asked for what could not be kept"


def test_doctor_says_that_the_database_can_only_be_read(mounted: World) -> None:
    findings = inside("--config", mounted.config, "doctor", "--json").json["findings"]
    [problem] = [item for item in findings if (item["subject"], item["state"]) == ("database", "problem")]
    assert "can only be read" in problem["text"]
    assert "writable" in problem["remedy"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="permissions do not bind root")
def test_a_folder_of_somebody_elses_is_read_all_the_same(tmp_path: Path) -> None:
    with World(tmp_path) as world:
        world.studies = {A: study(A)}
        world.configure(f'[[watch]]\nname = "mine"\ntrials = ["{A}"]\n' + SENDS)
        world.day()
        world.store.close()
        tmp_path.chmod(0o555)
        try:
            assert inside("--config", world.config, "list").code == 0
            ended = inside("--config", world.config, "sync")
        finally:
            tmp_path.chmod(0o755)
        assert ended.code == 1
        assert "not writable for this user" in ended.err
