"""``tracker search``, and the log narrowed by a group."""

from __future__ import annotations

import tracker
from tests.cli.conftest import Run
from tests.cli.program import inside
from tests.world import World, study


def test_what_holds_the_words_is_listed_with_the_passage(ask: Run) -> None:
    ended = ask("search", "lupus")
    assert ended.code == 0
    assert "NCT07177911" in ended.out
    assert ended.out.splitlines()[-1].endswith("trials")
    assert ask("search", "NCT07177911", "--json").json["trials"][0]["trial"].endswith("NCT07177911")


def test_a_limit_says_how_many_there_are_and_a_watch_narrows(ask: Run) -> None:
    every = ask("search", "study", "--json").json
    few = ask("search", "study", "--limit", "2", "--json").json
    assert (few["total"], len(few["trials"]), bool(few["next"])) == (every["total"], 2, True)
    assert "in all; these are the best" in ask("search", "study", "--limit", "2").out
    assert 0 < ask("search", "study", "--watch", "vasculitis", "--json").json["total"] < every["total"]


def test_what_cannot_be_found_or_asked_is_said_plainly(ask: Run) -> None:
    for words in ("unheardof", '"', "???", "(", "🙂"):
        ended = ask("search", words)
        assert (ended.code, ended.err) == (0, ""), words
        assert "No followed trial holds all of these words" in ended.out
    ended = ask("search", "x" * 301)
    assert ended.code == 2
    assert "300 characters" in ended.err
    assert ask("search", "lupus", "--watch", "lups").code == 2


def test_the_library_gives_what_the_command_gives(ask: Run, demo: object) -> None:
    with tracker.open(f"sqlite:///{demo}/tracker.db") as found:
        given = found.search("lupus", limit=3)
        assert [hit.trial for hit in given.trials] == [
            hit["trial"] for hit in ask("search", "lupus", "--limit", "3", "--json").json["trials"]
        ]
        assert found.search("lupus", limit=3, after=given.next).trials != given.trials


def test_changes_of_a_group(world: World) -> None:
    numbers = [f"NCT0000000{number}" for number in (1, 2)]
    (world.folder / "list.csv").write_text(f"id,group\n{numbers[0]},Rivals\n{numbers[1]},Ours\n", "utf-8")
    world.studies = {number: study(number) for number in numbers}
    world.configure('[[watch]]\nname = "mine"\ntrials_file = "list.csv"\n')
    world.day()
    world.day(change=lambda: [world.amend(number, statusModule__overallStatus="SUSPENDED") for number in numbers])

    def told(*more: str) -> set[str]:
        return {event["trial"] for event in inside("--config", world.config, "changes", "--json", *more).json["events"]}

    assert told() == {f"ctgov:{number}" for number in numbers}
    assert told("--group", "rivals") == {f"ctgov:{numbers[0]}"}
    assert told("--group", "rivals", "--trial", numbers[1]) == set()
    ended = inside("--config", world.config, "changes", "--group", "nobody")
    assert ended.code == 2
    assert "Groups: Ours, Rivals." in ended.err
