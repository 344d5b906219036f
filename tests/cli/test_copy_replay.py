"""``tracker copy`` and ``tracker replay``, as they are typed."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

from tests.cli.program import Ended, inside
from tracker.store import Store


def demo(folder: Path, *args: str | Path) -> Ended:
    return inside("--config", folder / "config.toml", *args)


def database(folder: Path) -> Path:
    [file] = folder.rglob("*.db")
    return file


def test_a_copy_answers_as_the_original_does_and_search_finds_in_it(own_demo: Path) -> None:
    before, searched = demo(own_demo, "changes", "--json").json, demo(own_demo, "search", "cancer", "--json").json
    copied = own_demo / "copied.sqlite"
    ended = demo(own_demo, "copy", "--to", f"sqlite:///{copied}")
    assert (ended.code, ended.err) == (0, "")
    assert "Both hold the same" in ended.out
    assert "[store] url" in ended.out
    config = own_demo / "config.toml"
    text = config.read_text("utf-8")
    config.write_text(re.sub(r'(\[store\]\nurl = ")[^"]*', rf"\1sqlite:///{copied}", text), "utf-8")
    assert str(copied) in config.read_text("utf-8")
    assert demo(own_demo, "changes", "--json").json == before
    assert demo(own_demo, "search", "cancer", "--json").json == searched


def test_a_copy_says_in_json_what_it_did(own_demo: Path) -> None:
    found = demo(own_demo, "copy", "--to", f"sqlite:///{own_demo}/copied.sqlite", "--json").json
    assert found["indexed"] > 0
    assert {table["name"] for table in found["copy"]["tables"]} >= {"trials", "snapshots", "events"}
    assert all(len(table["sha256"]) == 64 for table in found["copy"]["tables"])


def test_mistakes_of_a_copy_are_named(own_demo: Path) -> None:
    itself = demo(own_demo, "copy", "--to", f"sqlite:///{database(own_demo)}")
    assert (itself.code, itself.out) == (1, "")
    assert itself.err == "error: that is the database itself. Name another one with --to.\n"
    assert "cannot be read" in demo(own_demo, "copy", "--to", "nonsense").err
    assert demo(own_demo, "copy", "--to", f"sqlite:///{own_demo}/one.sqlite").code == 0
    again = demo(own_demo, "copy", "--to", f"sqlite:///{own_demo}/one.sqlite")
    assert again.code == 1
    assert "is not empty" in again.err


def test_a_replay_of_what_this_version_told_finds_nothing_new(own_demo: Path) -> None:
    found = demo(own_demo, "replay", "--json").json
    assert found["trials"] > 0
    assert found["differing"] == []
    assert sum(kind["said"] for kind in found["kinds"].values()) > 0


def test_a_replay_names_what_is_missing_and_adds_it(own_demo: Path) -> None:
    with closing(sqlite3.connect(database(own_demo))) as connection:
        connection.execute("PRAGMA foreign_keys=ON")
        [(event, kind)] = connection.execute(
            "SELECT id, kind FROM events WHERE cause = 'record' AND old_snapshot <> new_snapshot ORDER BY id LIMIT 1"
        ).fetchall()
        connection.execute("DELETE FROM alerts WHERE event = ?", (event,))
        connection.execute("DELETE FROM events WHERE id = ?", (event,))
        connection.commit()
    asked = demo(own_demo, "replay")
    assert (asked.code, asked.err) == (0, "")
    assert "not in the log: " in asked.out
    assert kind in asked.out
    assert "1 events are not in the change log" in asked.out
    added = demo(own_demo, "replay", "--store", "--json").json
    assert [one["id"] for trial in added["differing"] for one in trial["missing"]] == [event]
    with Store.open(f"sqlite:///{database(own_demo)}") as store:
        found = store.event(event)
        assert found is not None
        assert found.origin == "backfill"
    assert demo(own_demo, "replay", "--json").json["differing"] == []


def test_an_open_cluster_is_refused(own_demo: Path) -> None:
    ended = demo(own_demo, "replay", "--cluster", "tcp://10.0.0.5:8786")
    assert (ended.code, ended.out) == (2, "")
    assert "runs the code of anybody who reaches it" in ended.err


def test_a_watch_that_there_is_not_is_named(own_demo: Path) -> None:
    assert "There is no watch nobody" in demo(own_demo, "replay", "--watch", "nobody").err


def test_the_password_of_the_other_database_is_not_said(own_demo: Path) -> None:
    ended = demo(own_demo, "copy", "--to", "postgresql+psycopg://someone:hunter2@127.0.0.1:1/there")
    assert ended.code == 1
    assert "refused" in ended.err
    assert "hunter2" not in ended.out + ended.err
