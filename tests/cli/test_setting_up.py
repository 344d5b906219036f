"""``init``, ``check``, ``add``, ``remove``, ``migrate`` and ``backup``."""

from __future__ import annotations

import json
import sqlite3
import stat
import tomllib
from pathlib import Path

import pytest

from tests.cli.conftest import A, B, Run
from tests.cli.program import inside, process
from tests.world import World

SEARCH = "https://clinicaltrials.gov/search?cond=Lupus&aggFilters=status:rec"


def tables(file: Path) -> set[str]:
    with sqlite3.connect(file) as database:
        found = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    database.close()
    return found


# --- init -----------------------------------------------------------------------------------------------------------


def test_init_writes_a_configuration_that_works_and_a_database(tmp_path: Path) -> None:
    ended = process("init", "--mail", "me@example.org", folder=tmp_path)
    assert (ended.code, ended.err) == (0, "")
    config, database = tmp_path / "config.toml", tmp_path / "snapshots" / "tracker.db"
    assert f"Wrote {config}" in ended.out
    assert f"Database ready: sqlite:///{database}" in ended.out
    assert {"trials", "snapshots", "events"} <= tables(database)
    assert stat.S_IMODE(config.stat().st_mode) == 0o600, "it may come to hold passwords"
    assert inside("check", "--config", config).code == 0
    assert inside("list", "--config", config).code == 0


def test_init_with_a_search_follows_it(tmp_path: Path) -> None:
    config = tmp_path / "deep" / "in" / "config.toml"
    ended = inside("init", "--search", SEARCH, "--config", config, "--json")
    assert ended.code == 0
    assert ended.json["written"] is True
    [watch] = tomllib.loads(config.read_text("utf-8"))["watch"]
    assert watch["search"] == SEARCH
    assert "trials" not in watch


def test_init_never_overwrites(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    inside("init", "--config", config)
    config.write_text(config.read_text("utf-8") + "# mine\n", "utf-8")
    text = config.read_text("utf-8")
    (tmp_path / "snapshots" / "tracker.db").unlink()
    assert inside("init", "--config", config).code == 1, "the database that was used is missing"
    ended = inside("init", "--new", "--config", config)
    assert ended.code == 0
    assert f"Kept {config}" in ended.out
    assert tables(tmp_path / "snapshots" / "tracker.db"), "the database is made where it is missing"
    refused = inside("init", "--config", config, "--mail", "me@example.org")
    assert refused.code == 2
    assert "exists and is not overwritten" in refused.err
    assert config.read_text("utf-8") == text


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--search", "https://example.org/?cond=lupus", "Searches of example.org are not understood."),
        ("--mail", "not an address", "This is not an e-mail address."),
    ],
)
def test_init_writes_nothing_when_what_it_was_given_is_wrong(tmp_path: Path, option: str, value: str, words: str) -> None:
    ended = inside("init", option, value, "--config", tmp_path / "config.toml")
    assert ended.code == 2
    assert f"{tmp_path / 'config.toml'} was not written: it would be wrong." in ended.err
    assert words in ended.err
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder", "utf-8")
    ended = process("--config", tmp_path / "file" / "config.toml", "init", folder=tmp_path)
    assert ended.code == 1
    assert ended.err.startswith(f"error: {tmp_path / 'file' / 'config.toml'} cannot be written: ")


# --- check ----------------------------------------------------------------------------------------------------------

FIVE = """
[store]
url = "mysql://localhost/tracker"

[http]
contcat = "me@example.org"

[[channel]]
name = "me"
url = "mailto:me@example.org"

[[watch]]
name = "mine"
trials = ["NCT123"]
kinds = ["recruitment_status_chnaged"]

[[watch.send]]
to = "you"
when = "daily"
"""


def test_check_names_every_mistake_at_once(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(FIVE, "utf-8")
    ended = process("check", folder=tmp_path)
    assert (ended.code, ended.out) == (2, "")
    mistakes = [line for line in ended.err.splitlines() if line.startswith("  - ")]
    for words in ("[store] url", "contcat", '"NCT123"', "recruitment_status_chnaged", '"you"', "[mail]"):
        assert any(words in mistake for mistake in mistakes), words
    assert len(mistakes) == 6, "a mailto: channel without [mail] is one too"
    listed = inside("check", "--json", "--config", config)
    assert listed.code == 2
    assert listed.json["config"] == str(config)
    assert len(listed.json["mistakes"]) == 6


def test_check_says_what_is_allowed_but_seldom_meant(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[[watch]]\nname = "mine"\ntrials = ["NCT07177911"]\n', "utf-8")
    ended = inside("check", "--config", config)
    assert ended.code == 0
    assert f"{config} is in order: 1 watch, 1 trial or page listed by hand, 0 channels.\n" in ended.out
    assert 'note: [[watch]] "mine" sends to nobody' in ended.out


def test_a_configuration_that_is_not_there_is_named_with_the_remedy(tmp_path: Path) -> None:
    ended = process("list", folder=tmp_path)
    assert (ended.code, ended.out) == (2, "")
    assert str(tmp_path / "config.toml") in ended.err
    assert "Run `tracker init`" in ended.err


# --- add and remove -------------------------------------------------------------------------------------------------


@pytest.fixture
def configured(world: World) -> World:
    """A commented configuration with two watches."""
    world.configure(
        f'[[watch]]  # the first\nname = "mine"\ntrials = [\n    "{A}",  # since 2025\n]\n\n'
        '[[watch]]\nname = "search"\nsearch = "https://clinicaltrials.gov/search?cond=Testitis"\n'
    )
    return world


def watches(world: World) -> dict[str, dict[str, object]]:
    return {watch["name"]: watch for watch in tomllib.loads(world.config.read_text("utf-8"))["watch"]}


def test_add_keeps_comments_and_takes_any_spelling(configured: World, run: Run) -> None:
    before = configured.config.read_text("utf-8")
    ended = run("add", " nct00000102 ", A)
    assert ended.code == 0
    assert "added" in ended.out
    assert watches(configured)["mine"]["trials"] == [A, B]
    after = configured.config.read_text("utf-8")
    assert [line for line in before.splitlines() if line not in after.splitlines()] == []
    assert "# since 2025" in after


def test_add_takes_the_address_of_a_page_and_a_named_watch(configured: World, run: Run) -> None:
    page = f"{configured.registry.meddatax_url}/clinical-trials/NCT07177911"
    assert run("add", page, "NCT00000104", "--watch", "search").code == 0
    assert watches(configured)["search"]["pages"] == [page]
    assert watches(configured)["search"]["trials"] == ["NCT00000104"]
    assert watches(configured)["mine"]["trials"] == [A]


@pytest.mark.parametrize(
    ("trial", "words"),
    [
        ("NCT123", "An NCT number is NCT and eight digits."),
        ("hello", "not a trial number of a registry known here"),
        ("https://example.org/trials/1", "No source of this version reads this page."),
    ],
)
def test_add_refuses_what_cannot_be_followed_and_leaves_the_file_alone(
    configured: World, run: Run, trial: str, words: str
) -> None:
    before = configured.config.read_bytes()
    ended = run("add", B, trial)
    assert ended.code == 2
    assert ended.out == ""
    assert words in ended.err
    assert configured.config.read_bytes() == before


def test_add_twice_changes_nothing_and_an_unknown_watch_is_refused(configured: World, run: Run) -> None:
    assert run("add", A).out == f'{A} was there already: watch "mine".\n'
    assert run("add", A, "--json").json["changed"] is False
    ended = run("add", B, "--watch", "mien")
    assert ended.code == 2
    assert 'There is no watch "mien".' in ended.err
    assert '"mine"' in ended.err


def test_remove_takes_out_of_lists_and_excludes_from_searches(configured: World, run: Run) -> None:
    run("add", B)
    assert run("remove", A).code == 0
    assert watches(configured)["mine"]["trials"] == [B]
    assert watches(configured)["search"]["exclude"] == [A]
    run("add", A, "--watch", "search")
    assert "exclude" not in watches(configured)["search"]


def test_the_last_trial_can_go_and_check_says_that_nothing_is_followed(configured: World, run: Run) -> None:
    assert run("remove", A, "--watch", "mine").code == 0
    assert watches(configured)["mine"]["trials"] == []
    ended = run("check")
    assert ended.code == 0
    assert 'note: [[watch]] "mine" follows nothing' in ended.out


def test_check_asks_the_registry_how_many_trials_a_search_holds_when_told_to(configured: World, run: Run) -> None:
    assert "trials; asked as" not in run("check").out
    ended = run("check", "--online")
    assert ended.code == 0
    assert "search of search: " in ended.out
    assert "trials; asked as query." in ended.out
    found = json.loads(run("check", "--online", "--json").out)["searches"]
    assert [one["state"] for one in found] == ["warning"], "this registry has no trial of it"


def test_the_sample_trial_of_init_can_go(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    inside("init", "--config", config)
    assert inside("remove", "NCT07177911", "--config", config).code == 0
    assert inside("check", "--config", config).code == 0


@pytest.mark.parametrize(
    "typed",
    [
        f"https://clinicaltrials.gov/study/{B}",
        f"https://www.clinicaltrials.gov/study/{B}?cond=Testitis&rank=2#locations",
        f"clinicaltrials.gov/study/{B.lower()}",
        f"https://clinicaltrials.gov/ct2/show/{B}",
        f"https://clinicaltrials.gov/api/v2/studies/{B}",
        f"\u200b{B.lower()}\ufeff",
        B.replace("NCT", "NCT\u00a0"),
    ],
)
def test_add_takes_a_study_however_it_was_copied(configured: World, run: Run, typed: str) -> None:
    ended = run("add", typed)
    assert ended.code == 0, ended.err
    assert watches(configured)["mine"]["trials"] == [A, B]
    assert f"added {B}" in ended.out


def test_add_says_what_is_new_and_what_was_there(configured: World, run: Run) -> None:
    ended = run("add", A.lower(), B)
    assert f"added {B}." in ended.out
    assert f'{A} was there already: watch "mine".' in ended.out
    assert run("add", A, B, "--json").json["already"] == {A: 'watch "mine"', B: 'watch "mine"'}


def test_a_trial_of_a_trials_file_is_there_already_and_remove_names_its_line(world: World, run: Run) -> None:
    (world.folder / "list.csv").write_text(f"sep=;\nnct_id;label\n{A};a\n", "utf-8")
    world.configure('[[watch]]\nname = "mine"\ntrials_file = "list.csv"\n')
    before = world.config.read_bytes()
    assert run("add", A).out == f"{A} was there already: list.csv line 3.\n"
    ended = run("remove", A)
    assert ended.code == 2
    assert f'{A} would stay followed by watch "mine": it stands in list.csv line 3.' in ended.err
    assert world.config.read_bytes() == before


def test_a_trial_that_a_former_search_brought_in_is_excluded_when_it_is_removed(world: World, run: Run) -> None:
    search = 'search = "https://clinicaltrials.gov/search?cond=Testitis"\n'
    world.configure(f'[[watch]]\nname = "mine"\n{search}')
    world.sync()
    world.configure('[[watch]]\nname = "mine"\ntrials = []\n')
    assert run("remove", A).code == 0
    assert watches(world)["mine"]["exclude"] == [A]
    world.sync()
    assert {member.trial for member in world.store.memberships()} == {f"ctgov:{B}"}


def test_remove_of_what_is_not_there_says_so(configured: World, run: Run) -> None:
    ended = run("remove", B, "--watch", "mine")
    assert ended.out == f"{configured.config} needed no change: it does not name {B}.\n"


# --- migrate and backup ---------------------------------------------------------------------------------------------


def test_migrate_makes_the_database_and_then_finds_nothing_to_do(configured: World, run: Run) -> None:
    missing = run("list")
    assert missing.code == 1
    assert "Run `tracker migrate` to make it." in missing.err
    first = run("migrate")
    assert first.code == 0
    assert first.out.startswith("The schema went from nothing to ")
    assert tables(configured.folder / "tracker.db")
    again = run("migrate")
    assert again.out.startswith("The schema is up to date (")
    assert again.err == ""
    assert run("migrate", "--json").json["backup"] is None


def test_a_database_of_a_newer_program_is_refused(own_demo: Path) -> None:
    with sqlite3.connect(own_demo / "tracker.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    for command in (["migrate"], ["list"], ["sync"]):
        ended = inside("--config", own_demo / "config.toml", *command)
        assert ended.code == 1
        assert "revision 9999" in ended.err
        assert "Install the version" in ended.err


def test_a_file_that_is_no_database_is_refused_and_kept(configured: World, run: Run) -> None:
    junk = b"this is no database, whatever its name says" * 50
    (configured.folder / "tracker.db").write_bytes(junk)
    for command in ("sync", "list"):
        ended = run(command)
        assert (ended.code, ended.out) == (1, "")
        assert "not a database" in ended.err
    assert (configured.folder / "tracker.db").read_bytes() == junk


def test_a_backup_opens_and_holds_the_same_change_log(demo: Path, ask: Run, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    ended = ask("backup", copy)
    assert ended.code == 0
    assert ended.out.startswith(f"Wrote {copy} (")
    assert [path.name for path in tmp_path.iterdir()] == ["copy.db"]
    config = tmp_path / "config.toml"
    text = (demo / "config.toml").read_text("utf-8")
    url = tomllib.loads(text)["store"]["url"]
    config.write_text(text.replace(url, f"sqlite:///{copy}"), "utf-8")
    assert inside("--config", config, "changes", "--json").out == ask("changes", "--json").out
    before = copy.read_bytes()
    again = ask("backup", copy)
    assert again.code == 1
    assert again.err == f"error: {copy} exists and is not overwritten. Name another file, or move it away.\n"
    assert copy.read_bytes() == before
    nowhere = ask("backup", tmp_path / "no" / "such" / "folder.db")
    assert nowhere.code == 1
    assert "could not be copied" in nowhere.err
