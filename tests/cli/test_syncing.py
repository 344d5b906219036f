"""``sync`` and ``release``: what they print, send, keep, and how they exit."""

from __future__ import annotations

import hashlib
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from tests.cli.conftest import A, B, Run, publish
from tests.world import SENDS, World, study

WATCH = f'[[watch]]\nname = "mine"\ntrials = ["{A}", "{B}"]\n'


@pytest.fixture
def following(world: World) -> World:
    """A world with a configuration; nothing was read yet."""
    world.configure(WATCH + SENDS)
    publish(world)
    return world


@pytest.fixture
def changed(following: World, run: Run) -> World:
    """A world whose first trial has completed since the baseline; the welcome mail was sent."""
    assert run("sync").code == 0
    following.mailbox.letters.clear()
    following.now += timedelta(days=1)
    following.amend(A, statusModule__overallStatus="COMPLETED")
    publish(following)
    return following


def rows(folder: Path) -> dict[str, str]:
    """A digest of every table."""
    with sqlite3.connect(folder / "tracker.db") as database:
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found = {name: repr(database.execute(f"SELECT * FROM {name}").fetchall()) for name in names}
    database.close()
    return {name: hashlib.sha256(text.encode()).hexdigest() for name, text in found.items()}


def test_the_first_sync_ends_with_the_table_of_the_present_and_one_line_of_counts(following: World, start: Run) -> None:
    ended = start("sync")
    assert ended.code == 0
    assert ended.err == "", "nothing but logs and progress, and there is neither"
    lines = ended.out.splitlines()
    assert "Trial        Name" in ended.out
    assert [line.split()[0] for line in lines if line.startswith("NCT")] == [A, B]
    assert "2 trials" in lines
    assert "ClinicalTrials.gov: 2 trials checked, 2 new, 0 events, data of 2026-03-02." in lines
    assert lines[-1] == "Sent to me: Now following “mine”: 2 trials, 2 recruiting"
    assert len(following.mailbox.letters) == 1


def test_json_is_all_there_is_on_stdout(changed: World, start: Run) -> None:
    ended = start("sync", "--json", "-vv")
    assert ended.code == 0
    assert set(ended.json) >= {"run", "counts", "events"}
    assert ended.json["run"]["state"] == "done"
    assert [source["source"] for source in ended.json["run"]["sources"]] == ["ctgov"]
    assert (ended.json["counts"]["checked"], ended.json["counts"]["changed"]) == (2, 1)
    assert [event["kind"] for event in ended.json["events"]] == ["recruitment_status_changed"]
    assert " DEBUG fetch source=ctgov" in ended.err, "-vv logs to stderr"


def test_a_second_sync_at_the_same_data_version_asks_for_nothing(following: World, run: Run) -> None:
    run("sync")
    asked = len(following.registry.requests)
    ended = run("sync")
    assert [request.path.rpartition("/")[2] for request in following.registry.requests[asked:]] == ["version"]
    assert "ClinicalTrials.gov: 0 trials checked, 0 events" in ended.out
    asked = len(following.registry.requests)
    assert run("sync", "--full", "--json").json["counts"]["checked"] == 2
    assert [request.path.rpartition("/")[2] for request in following.registry.requests[asked:]] == ["version", "studies"]


def test_a_dry_run_tells_what_would_be_told_and_keeps_and_sends_nothing(changed: World, run: Run) -> None:
    before, database = rows(changed.folder), (changed.folder / "tracker.db").read_bytes()
    ended = run("sync", "--dry-run")
    assert ended.code == 0
    assert "Completed" in ended.out
    assert rows(changed.folder) == before
    assert (changed.folder / "tracker.db").read_bytes() == database
    assert changed.mailbox.letters == []


def test_a_dry_run_before_the_first_sync_makes_no_database(following: World, run: Run) -> None:
    ended = run("sync", "--dry-run", "--json")
    assert ended.json["counts"]["baseline"] == 2
    assert not (following.folder / "tracker.db").exists()
    assert following.mailbox.letters == []


def test_no_deliver_keeps_what_the_next_delivery_sends(changed: World, run: Run) -> None:
    assert "Sent" not in run("sync", "--no-deliver").out
    assert changed.mailbox.letters == []
    assert "1 alert of watch mine to me: ready, immediate" in run("outbox").out
    assert "Sent to me: " in run("sync").out
    assert changed.subjects() == ["Completed: An Invented Study 101 (NCT00000101)"]


def test_exit_code_says_whether_there_were_changes(changed: World, start: Run, run: Run) -> None:
    assert start("sync", "--exit-code").code == 10
    assert run("sync", "--exit-code").code == 0


def test_only_the_named_watches_are_read(following: World, run: Run) -> None:
    following.configure(WATCH.replace(f', "{B}"', "") + f'[[watch]]\nname = "other"\ntrials = ["{B}"]\n')
    assert run("sync", "other", "--json").json["counts"]["checked"] == 1
    assert [trial["trial"] for trial in run("list", "--json").json["trials"]] == [f"ctgov:{B}"]


def test_an_unknown_watch_is_refused_with_the_names_of_those_there_are(following: World, run: Run) -> None:
    ended = run("sync", "nobody's")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == f"error: There is no watch nobody's. Watches in {following.config}: mine.\n"
    assert following.registry.requests == []


def test_a_configuration_without_watches_says_what_to_do(following: World, run: Run) -> None:
    following.configure("")
    ended = run("sync")
    assert ended.code == 0
    assert "Nothing is followed yet. Put in trials with `tracker add NCT…`." in ended.out


def test_a_mail_server_that_is_down_is_told_and_is_exit_code_3(changed: World, run: Run) -> None:
    changed.mailbox.drop = "at_connect"
    ended = run("sync")
    assert ended.code == 3
    assert "NOT sent to me: Completed: An Invented Study 101" in ended.out
    changed.mailbox.drop = "never"
    assert run("outbox", "retry").code == 0
    assert changed.subjects() == ["Completed: An Invented Study 101 (NCT00000101)"]


@pytest.fixture
def held(world: World, run: Run) -> World:
    """A world in which 7 of 10 trials lost their conditions overnight: the run is held."""
    world.studies = {f"NCT000003{n:02}": study(f"NCT000003{n:02}") for n in range(10)}
    world.configure(f'[[watch]]\nname = "mine"\ntrials = {list(world.studies)}\n' + SENDS)
    publish(world)
    run("sync")
    world.now += timedelta(days=1)
    for nct in list(world.studies)[:7]:
        world.amend(nct, conditionsModule__conditions=[])
    publish(world)
    world.mailbox.letters.clear()
    return world


def test_a_held_run_tells_no_change_and_how_to_go_on(held: World, run: Run) -> None:
    ended = run("sync")
    assert ended.code == 3
    assert "ClinicalTrials.gov: run 2 is HELD." in ended.out
    assert "tracker release 2; if not: add --discard" in ended.out
    assert run("changes", "--json").json == {"events": []}
    assert held.subjects() == []
    assert len(held.subjects("operator@example.org")) == 1
    assert "run 2 of ctgov is held" in run("doctor", terminal=False).out.replace("\n", " ")


def test_release_accepts_a_held_run_and_sends_what_it_holds(held: World, run: Run) -> None:
    run("sync")
    ended = run("release", "2")
    assert ended.code == 0
    assert "Run 2 is released: 7 events accepted, " in ended.out
    assert len(run("changes", "--json").json["events"]) == 7
    again = run("release", "2")
    assert again.code == 1
    assert again.err == "error: run 2 is accepted, not held. Only a held run can be released or discarded.\n"


def test_release_without_a_number_takes_the_run_that_is_held(held: World, run: Run) -> None:
    run("sync")
    assert run("release", "meddatax").err == "error: no run of meddatax is held.\n"
    assert "Run 2 is released: 7 events accepted, " in run("release").out
    nothing = run("release")
    assert (nothing.code, nothing.err) == (1, "error: no run is held.\n")
    held.now += timedelta(days=1)
    publish(held)
    run("sync")
    operator = [subject.strip() for subject in held.subjects("operator@example.org")]
    assert operator == ["Trial tracker: Run 2 of ClinicalTrials.gov is held"], "who let it go knows that it is over"


def test_release_takes_a_source_for_the_number_of_its_run(held: World, run: Run) -> None:
    run("sync")
    assert run("release", "ctgov", "--discard").out == "Run 2 is discarded; nothing of it was kept or told.\n"


def test_a_held_run_that_another_replaced_is_followed_by_a_message_that_names_the_new_one(held: World, run: Run) -> None:
    run("sync")
    held.now += timedelta(days=1)
    held.amend(list(held.studies)[8], conditionsModule__conditions=[])
    publish(held)
    run("sync")
    operator = [subject.strip() for subject in held.subjects("operator@example.org")]
    assert operator == [f"Trial tracker: Run {number} of ClinicalTrials.gov is held" for number in (2, 3)]
    old = run("release", "2")
    assert old.code == 1
    assert "Run 3 of ctgov is held in its place: look at it, then `tracker release 3`." in old.err
    assert run("release", "3").code == 0


def test_a_held_run_stays_while_later_ones_see_the_same(held: World, run: Run) -> None:
    for _ in range(3):
        assert "run 2 is HELD" in run("sync").out
        held.now += timedelta(days=1)
        publish(held)
    assert len(held.subjects("operator@example.org")) == 1
    assert run("release", "2").code == 0


def test_discard_drops_a_held_run(held: World, run: Run) -> None:
    run("sync", "--no-deliver")
    assert run("release", "2", "--discard").out == "Run 2 is discarded; nothing of it was kept or told.\n"
    assert run("changes", "--json").json == {"events": []}
    assert {len(held.store.timeline(f"ctgov:{nct}")) for nct in held.studies} == {1}


def test_a_run_that_is_not_there_is_named(following: World, run: Run) -> None:
    run("sync")
    ended = run("release", "99")
    assert ended.code == 1
    assert ended.err == "error: there is no run 99. `tracker doctor` lists those that are held.\n"
    assert run("release", "soon").code == 2


def test_a_bad_search_ends_sync_with_3_after_everything_else_was_read(following: World, run: Run) -> None:
    bad = '\n[[watch]]\nname = "bad"\nsearch = "https://clinicaltrials.gov/search?cond=lupus&cond=nephritis"\n'
    following.config.write_text(following.config.read_text("utf-8") + bad, "utf-8")
    ended = run("sync")
    assert ended.code == 3
    assert "2 trials checked" in ended.out
    assert 'search of watch bad: "cond" is given more than once' in ended.out.replace("\n", " ")
    assert "given more than once" in run("doctor").out.replace("\n", " ")
    assert run("check").code == 2


# --- unmerge ------------------------------------------------------------------------------------------------------------


def merged(world: World) -> None:
    """A's number leads to B's record on two days: it is believed to be merged into it."""
    world.configure(f'[[watch]]\nname = "mine"\ntrials = ["{A}"]\n')
    world.day()
    for _ in range(2):
        world.studies.pop(A, None)
        world.day(change=lambda: world.amend(B, identificationModule__nctIdAliases=[A]))


def test_a_merge_is_undone_by_hand(world: World, run: Run) -> None:
    merged(world)
    assert [member.trial for member in world.store.memberships()] == [f"ctgov:{B}"]
    ended = run("unmerge", A)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == f"ctgov:{A} is followed by itself again, no longer as ctgov:{B}. The next sync asks for it.\n"
    assert f"ctgov:{A}" in [member.trial for member in world.store.memberships()]
    ended = run("unmerge", A)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"error: ctgov:{A} is not merged into another trial.")


def test_a_merge_is_undone_by_hand_in_json_and_a_number_that_is_none_is_refused(world: World, run: Run) -> None:
    merged(world)
    assert run("unmerge", "nonsense").code == 2
    assert run("unmerge", f"ctgov:{A}", "--json").json == {
        "unmerged": [{"trial": f"ctgov:{A}", "was_followed_as": f"ctgov:{B}"}]
    }


def test_of_several_merges_either_all_are_undone_or_none(world: World, run: Run) -> None:
    merged(world)
    assert run("unmerge", A, B).code == 2
    assert [member.trial for member in world.store.memberships()] == [f"ctgov:{B}"]
