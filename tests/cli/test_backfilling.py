"""``tracker backfill``, as it is typed."""

from __future__ import annotations

import json

import pytest

from tests.backfill.builders import KEY, A, asked_for, begin, past
from tests.cli.conftest import Run
from tests.lab.server import Reply
from tests.world import World


@pytest.fixture
def begun(world: World) -> World:
    begin(world)
    world.registry.requests.clear()
    return world


def test_it_says_before_it_asks_how_many_requests_it_takes_and_how_long(begun: World, run: Run) -> None:
    config = begun.config.read_text("utf-8")
    begun.config.write_text(config.replace("pace = 1000", "pace = 50", 1), "utf-8")
    ended = run("backfill", "--watch", "mine")
    assert ended.code == 0, ended.err
    assert "3 requests for the index of versions, one a trial: about 1 s at 50 a second." in ended.err
    assert "Read the index of 3 of 3 trials: 15 versions." in ended.out
    ended = run("backfill", A, "--versions", "all")
    assert "5 requests for 4 records, and 1 to see that each index is still the same" in ended.err
    assert "Versions added: 4." in ended.out
    assert "Added to the change log: 4 changes of the past; nobody is alerted of them." in ended.out
    assert begun.mailbox.letters == [] or all("2019" not in str(letter.message) for letter in begun.mailbox.letters)


def test_it_says_in_json_what_it_did(begun: World, run: Run) -> None:
    found = run("backfill", A, "--versions", "all", "--max", "2", "--json").json
    assert found["counts"] == {"read": 1, "stored": 1, "seen": 1, "failed": 0, "left": 3, "events": 1}
    [trial] = found["trials"]
    assert (trial["trial"], trial["versions"], trial["first"], trial["last"]) == (KEY, 5, "2019-04-02", "2026-02-01")


def test_what_cannot_be_read_is_named_and_the_command_ends_with_3(begun: World, run: Run) -> None:
    begun.registry.fault = lambda request: Reply(403, {}, b"no") if request.path.endswith("/history/2") else None
    ended = run("backfill", A, "--versions", "all")
    assert ended.code == 3
    assert f"{KEY}: version 2 could not be read: " in ended.out


def test_a_history_that_is_gone_is_told_once(begun: World, run: Run) -> None:
    begun.registry.fault = lambda request: Reply(404, {}, b"no") if "/int/" in request.path else None
    ended = run("backfill", "--watch", "mine")
    assert ended.code == 1
    assert ended.out.count("The history of ClinicalTrials.gov cannot be read") == 1
    assert run("list").code == 0


def test_without_trials_nothing_is_asked(begun: World, run: Run) -> None:
    ended = run("backfill")
    assert ended.code == 2
    assert "Name trials, a watch" in ended.err
    assert asked_for(begun) == []
    ended = run("backfill", "ACTRN12612345678901")
    assert ended.code == 1
    assert "no history that the tracker reads" in ended.out


def test_files_are_imported_without_a_question(begun: World, run: Run) -> None:
    folder = begun.folder / "versions"
    folder.mkdir()
    for number in range(5):
        (folder / f"{number}.json").write_text(json.dumps(past().version(number)), "utf-8")
    assert "Added 4 versions of 1 trial." in run("backfill", "--from", folder).out
    (folder / "cut.json").write_text('{"stud', "utf-8")
    ended = run("backfill", A, "--from", folder)
    assert ended.code == 3
    assert "Kept already: 5 versions." in ended.out
    assert "cut.json: it is no readable JSON" in ended.out
    found = run("backfill", "--from", folder, "--json").json
    assert found["counts"] == {"stored": 0, "known": 5, "events": 0}
    assert asked_for(begun) == []
