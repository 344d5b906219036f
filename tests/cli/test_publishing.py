"""``publish`` and ``feeds``: files that move only with news, feeds that feed readers read."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import feedparser
import pytest
from icalendar import Calendar

from tests.cli.conftest import A, Run
from tests.cli.program import inside, process
from tests.world import SENDS, World
from tracker import sources
from tracker.archive import Archive
from tracker.store import Store


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".git" not in path.parts
    }


@pytest.fixture(scope="module")
def published(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("published")
    assert inside("--config", demo / "config.toml", "publish", "--out", folder).code == 0
    return folder


def test_a_second_run_changes_nothing_and_git_sees_nothing(demo: Path, published: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in published.rglob("*")}
    git = ["git", "-C", str(published), "-c", "user.name=t", "-c", "user.email=t@example.org"]
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "log"]):
        subprocess.run([*git, *command], check=True)
    ended = process("--config", demo / "config.toml", "publish", "--out", published, folder=demo)
    assert (ended.code, ended.err.strip()) == (0, f"Nothing new in {published}.")
    assert subprocess.run([*git, "status", "--porcelain"], check=True, capture_output=True).stdout == b""
    assert {path: path.stat().st_mtime_ns for path in before if path.is_file()} == {
        path: at for path, at in before.items() if path.is_file()
    }


def test_every_change_stands_in_one_line_of_its_day_and_of_the_tables(ask: Run, published: Path) -> None:
    events = ask("changes", "--json").json["events"]
    lines = [line for day in sorted((published / "days").rglob("*.md")) for line in day.read_text("utf-8").splitlines()]
    told = [line for line in lines if line.startswith("- ")]
    assert len(told) == len(events)
    assert [json.loads(line)["id"] for line in (published / "changes.jsonl").read_bytes().splitlines()] == [
        event["id"] for event in events
    ]
    for event, line in zip(events, told, strict=True):
        assert event["severity"] in line
        assert event["trial"].partition(":")[2] in line


def test_the_index_leads_to_every_file_it_names(published: Path) -> None:
    text = (published / "README.md").read_text("utf-8")
    names = [part.split(")")[0] for part in text.split("](")[1:]]
    local = [name for name in names if "://" not in name]
    assert local
    assert [name for name in local if not (published / name).is_file()] == []


def test_nobody_and_no_channel_is_published(demo: Path, published: Path) -> None:
    secret = [part for part in (demo / "config.toml").read_text("utf-8").split('"') if "@" in part or "mailto:" in part]
    assert secret
    with Store.open(f"sqlite:///{next(demo.glob('**/tracker.db'))}") as store:
        records = [found.record for found in Archive(store=store, sources=sources.load()).current()]
    people = [part for record in records for one in record.central_contacts or () for part in (one.name, one.phone, one.email)]
    assert len(people) > 5
    everything = b"\n".join(files_of(published).values()).decode()
    assert [text for text in (*secret, *people) if text and text in everything] == []


def test_feeds_are_read_by_a_real_parser_and_keep_their_ids(ask: Run, demo: Path, published: Path, tmp_path: Path) -> None:
    assert ask("feeds", "--out", tmp_path / "feeds").code == 0
    feeds = sorted((tmp_path / "feeds").rglob("*.atom"))
    assert {path.parent.name for path in feeds} == {"feeds", "watches", "trials"}
    assert {path.read_bytes() for path in feeds} == {path.read_bytes() for path in (published / "feeds").rglob("*.atom")}
    ids = set()
    for path in feeds:
        found = feedparser.parse(path.read_bytes())
        assert not found.bozo, (path, found.get("bozo_exception"))
        assert found.version == "atom10"
        ids.add(found.feed.id)
        for entry in found.entries:
            assert entry.id.startswith("urn:uuid:")
            assert entry.title
            assert entry.updated_parsed
            assert entry.content[0].value
        assert [entry.updated for entry in found.entries] == sorted((entry.updated for entry in found.entries), reverse=True)
    assert len(ids) == len(feeds)
    everything = feedparser.parse((tmp_path / "feeds" / "all.atom").read_bytes())
    stories = {event["story"] for event in ask("changes", "--json").json["events"]}
    assert len(everything.entries) == len({entry.id for entry in everything.entries}) >= len(stories)


def test_the_calendar_is_read_and_says_nothing_that_depends_on_today(published: Path) -> None:
    found = Calendar.from_ical((published / "deadlines.ics").read_bytes())
    entries = found.walk("VEVENT")
    assert entries
    assert not [entry["SUMMARY"] for entry in entries if " in " in entry["SUMMARY"] and " days" in entry["SUMMARY"]]


def test_a_watch_that_is_gone_takes_its_files_along(own_demo: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert inside("--config", own_demo / "config.toml", "publish", "--out", out).code == 0
    before = set(files_of(out))
    (out / "watches" / "gone-abc123.md").write_text("# Watch: gone\n")
    (out / "notes.md").write_text("mine\n")
    assert inside("--config", own_demo / "config.toml", "publish", "--out", out).code == 0
    assert set(files_of(out)) == before | {"notes.md"}


@pytest.mark.parametrize("command", ["publish", "feeds"])
def test_a_folder_that_cannot_be_written_is_named(ask: Run, tmp_path: Path, command: str) -> None:
    (tmp_path / "file").write_text("")
    ended = ask(command, "--out", tmp_path / "file" / "log")
    assert ended.code == 1
    assert "cannot be written" in ended.err
    assert ask(command).code == 2


def test_the_readme_of_somebody_else_is_not_overwritten(ask: Run, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# My own\n", "utf-8")
    ended = ask("publish", "--out", tmp_path)
    assert ended.code == 2
    assert "is not of a published log" in ended.err
    assert files_of(tmp_path) == {"README.md": b"# My own\n"}


@pytest.fixture
def followed(world: World) -> World:
    """Two trials whose baseline has been read."""
    world.configure(f'[[watch]]\nname = "mine"\ntrials = ["{A}", "NCT00000102"]\n{SENDS}')
    world.sync()
    return world


def log(world: World) -> dict[str, bytes]:
    assert (
        inside("--config", world.config, "publish", "--out", world.folder / "log", "--news", world.folder / "news.md").code == 0
    )
    return files_of(world.folder / "log")


def news(world: World) -> str:
    file = world.folder / "news.md"
    return file.read_text("utf-8") if file.exists() else ""


def test_days_without_news_move_no_file(followed: World) -> None:
    before = log(followed)
    assert b"BEGIN:VEVENT" in before["deadlines.ics"]
    for _ in range(3):
        followed.day()
    assert log(followed) == before


def test_the_news_are_what_the_folder_did_not_tell(followed: World) -> None:
    log(followed)
    assert news(followed).startswith("Following 2 trials\n\n")
    assert news(followed).count("Recruiting") == 2
    log(followed)
    assert news(followed) == "", "nothing is told twice, and no old file is left to be sent again"
    followed.day(change=lambda: followed.amend(A, statusModule__overallStatus="SUSPENDED"))
    followed.day(change=lambda: followed.amend("NCT00000102", conditionsModule__conditions=["Testitis", "Other"]))
    log(followed)
    title, _, body = news(followed).partition("\n\n")
    assert "An Invented Study 101, and 1 more change" in title
    assert body.index("## Major changes") < body.index("An Invented Study 102")
    log(followed)
    assert news(followed) == ""


def test_minor_changes_alone_are_no_news(followed: World) -> None:
    log(followed)
    followed.day(change=lambda: followed.amend(A, descriptionModule__briefSummary="Another summary, written for a test."))
    assert b"minor" in log(followed)["changes.jsonl"]
    assert news(followed) == ""


def test_words_of_the_registry_are_no_tag_no_mention_and_no_link(followed: World) -> None:
    log(followed)
    nasty = "{{ site.secret }} {% include x %} @octocat closes #12 [x](https://example.org/phish)"
    followed.day(change=lambda: followed.amend(A, statusModule__overallStatus="SUSPENDED", statusModule__whyStopped=nasty))
    followed.day(change=lambda: followed.amend(A, identificationModule__briefTitle=nasty))
    pages = b"\n".join(body for name, body in log(followed).items() if name.endswith(".md")).decode()
    assert "octocat" in pages
    assert "{{" not in pages
    assert "{%" not in pages
    told = news(followed)
    assert "octocat" in told
    assert "@octocat" not in told
    assert "#12" not in told
    assert "[x](" not in told + pages
