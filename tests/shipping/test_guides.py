"""The guides work as they are written: every configuration is read and synced, the workflow runs step by step in git."""

from __future__ import annotations

import os
import plistlib
import re
import shutil
import subprocess
import textwrap
import tomllib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.program import process
from tests.shipping.shipped import ROOT, Installed
from tests.world import World, study
from tracker import clock
from tracker.cli import COMMANDS

GUIDES = ROOT / "docs" / "guides"
SECRETS = {"SMTP_PASSWORD": "secret", "PING_KEY": "key", "PAGER_URL": "ntfy://pager"}
A, B = "NCT07177911", "NCT06801119"


def blocks(page: str, language: str) -> list[str]:
    """The code blocks of a guide, those in a list without its indent."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^\1```$", (GUIDES / page).read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return [textwrap.dedent(text) for _, text in found]


CONFIGURATIONS = [(page.name, text) for page in sorted(GUIDES.glob("*.md")) for text in blocks(page.name, "toml")]


def place(folder: Path, page: str, text: str) -> dict[str, Any]:
    """A guide's configuration in a folder, with the list of trials that it names."""
    (folder / "config.toml").write_text(text, "utf-8")
    (folder / "config.toml").chmod(0o600)
    config = tomllib.loads(text)
    for name in {watch["trials_file"] for watch in config["watch"] if "trials_file" in watch}:
        [listed] = blocks(page, "csv")
        (folder / name).write_text(listed, "utf-8")
    return config


def test_each_kind_of_reader_has_a_configuration_of_their_own() -> None:
    pages = {page for page, _ in CONFIGURATIONS}
    assert pages == {"patient-group.md", "analyst.md", "newsroom.md", "operator.md", "github-actions.md", "no-terminal.md"}


@pytest.mark.parametrize(("page", "text"), CONFIGURATIONS, ids=[page for page, _ in CONFIGURATIONS])
def test_every_configuration_is_in_order(tmp_path: Path, page: str, text: str) -> None:
    config = place(tmp_path, page, text)
    ended = process("check", folder=tmp_path, environ=SECRETS)
    assert ended.code == 0, ended.err
    notes = [line for line in ended.out.splitlines() if "note:" in line]
    if "channel" in config:
        assert notes == []
    else:
        assert all("sends to nobody" in note or "names no channel" in note for note in notes), "the issue is the message"


def at_home(text: str, world: World) -> str:
    """A guide's configuration with registry and mail server of this machine; what would go elsewhere is left out."""
    text = re.sub(r"^(user|password|ping|store|contact) = .*\n", "", text, flags=re.MULTILINE)
    text = re.sub(r'^url = "(sqlite|ntfy|hook|\$).*"$', 'url = "mailto:other@example.org"', text, flags=re.MULTILINE)
    text = text.replace('[store]\nurl = "mailto:other@example.org"\n', "")
    mail = rf'host = "127.0.0.1"\nport = {world.mailbox.port}\nsecurity = "none"'
    text = re.sub(r'host = ".*"\nport = \d+\nsecurity = ".*"', mail, text)
    return text + f'\n[sources.ctgov]\nbase_url = "{world.registry.base_url}"\npace = 1000\n'


@pytest.fixture
def lupus(tmp_path: Path) -> Iterator[World]:
    """A registry with the trials that the guides follow."""
    with World(tmp_path) as made:
        made.now = clock.now() - timedelta(days=2)
        near = {"facility": "Hospital", "city": "Munich", "zip": "80331", "country": "Germany", "status": "RECRUITING"}
        sponsor = {"name": "Charite University, Berlin, Germany", "class": "OTHER"}
        has: dict[str, Any] = {
            "conditionsModule__conditions": ["Lupus"],
            "contactsLocationsModule__locations": [near],
            "sponsorCollaboratorsModule__leadSponsor": sponsor,
        }
        made.studies = {nct: study(nct, **has) for nct in (A, B)}
        made.show()
        yield made


@pytest.mark.parametrize(("page", "text"), CONFIGURATIONS, ids=[page for page, _ in CONFIGURATIONS])
def test_every_configuration_syncs_and_welcomes_its_readers(lupus: World, tmp_path: Path, page: str, text: str) -> None:
    folder = tmp_path / "home"
    folder.mkdir()
    place(folder, page, at_home(text, lupus))
    ended = process("sync", folder=folder, environ=SECRETS)
    assert ended.code == 0, ended.err + ended.out
    if "[[channel]]" in text:
        assert [letter for letter in lupus.mailbox.letters if "Now following" in str(letter.message["Subject"])], ended.out


def test_the_property_list_for_macos_starts_a_command_of_this_program() -> None:
    [text] = blocks("installing.md", "xml")
    found = plistlib.loads(text.encode())
    program, option, config, command = found["ProgramArguments"]
    assert (Path(program).name, option, Path(config).name) == ("tracker", "--config", "config.toml")
    assert command in COMMANDS
    assert all(0 <= at["Hour"] < 24 and 0 <= at["Minute"] < 60 for at in found["StartCalendarInterval"])


# --- the workflow ---------------------------------------------------------------------------------------------------


def workflow() -> dict[str, Any]:
    [text] = blocks("github-actions.md", "yaml")
    found = yaml.load(text, yaml.BaseLoader)  # a plain `on` is a boolean to the other loaders
    assert isinstance(found, dict)
    return found


class Actions:
    """The runs of the workflow: each in a fresh clone, with a cache between them and a ``gh`` that keeps what it is asked."""

    def __init__(self, world: World, installed: Installed, wheel: Path, folder: Path) -> None:
        self.folder, self.installed, self.world = folder, installed, world
        self.origin, self.cache, self.issues = folder / "origin.git", folder / "cache.gpg", folder / "issues"
        self.runs = 0
        (folder / "bin").mkdir()
        self.issues.mkdir()
        gh = folder / "bin" / "gh"
        gh.write_text(_GH.format(issues=self.issues), "utf-8")
        gh.chmod(0o755)
        self.git("init", "-q", "--bare", "-b", "main", str(self.origin), at=folder)
        self.git("clone", "-q", str(self.origin), "begin", at=folder)
        begin = folder / "begin"
        [config] = blocks("github-actions.md", "toml")
        (begin / "config.toml").write_text(at_home(config, world), "utf-8")
        shutil.copy(wheel, begin)
        self.git("checkout", "-q", "-b", "main", at=begin)
        self.git("add", "--all", at=begin)
        self.git("commit", "-q", "-m", "Follow trials", at=begin)
        self.git("push", "-q", "-u", "origin", "main", at=begin)

    def git(self, *args: str, at: Path) -> str:
        own = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
        return subprocess.run(["git", *own, *args], cwd=at, check=True, capture_output=True, text=True).stdout

    def run(self, *, key: str = "a long key", begin_anew: bool = False) -> str:
        """One run, as GitHub does it: what its steps printed. A failed step ends all but those that run in any case."""
        self.runs += 1
        self.clone = self.folder / f"run{self.runs}"
        self.git("clone", "-q", str(self.origin), str(self.clone), at=self.folder)
        self.failed, printed = False, []
        for step in workflow()["jobs"]["sync"]["steps"]:
            if self.failed and "!cancelled()" not in step.get("if", ""):
                continue
            if "cache/restore" in step.get("uses", "") and self.cache.exists():
                shutil.copy(self.cache, self.clone / step["with"]["path"])
            elif "cache/save" in step.get("uses", "") and (self.clone / step["with"]["path"]).exists():
                shutil.copy(self.clone / step["with"]["path"], self.cache)
            elif "run" in step:
                done = self._step(step["run"], key, begin_anew)
                printed.append(done.stdout + done.stderr)
                self.failed = self.failed or done.returncode != 0
        return "\n".join(printed)

    def _step(self, script: str, key: str, begin_anew: bool) -> subprocess.CompletedProcess[str]:
        path = f"{self.folder / 'bin'}:{self.installed.scripts}:{os.environ['PATH']}"
        (self.folder / "gnupg").mkdir(mode=0o700, exist_ok=True)
        surroundings = {
            "PATH": path,
            "HOME": str(self.folder),
            "GNUPGHOME": str(self.folder / "gnupg"),
            "DATABASE_KEY": key,
            "BEGIN_ANEW": "true" if begin_anew else "",
            "PIP_NO_INDEX": "1",
            "PIP_NO_DEPS": "1",
        }
        return subprocess.run(
            ["bash", "-e", "-c", script], cwd=self.clone, env=surroundings, capture_output=True, text=True, check=False
        )

    @property
    def commits(self) -> list[str]:
        return self.git("log", "--format=%s", "main", at=self.origin).splitlines()

    @property
    def titles(self) -> list[str]:
        return [path.read_text("utf-8").splitlines()[0] for path in sorted(self.issues.iterdir())]

    def files(self) -> list[str]:
        return self.git("ls-tree", "-r", "--name-only", "main", at=self.origin).splitlines()


_GH = """#!/bin/sh
# gh issue create --title TITLE --body-file FILE
set -e
[ "$1 $2 $3 $5" = "issue create --title --body-file" ]
{{ printf '%s\\n' "$4"; cat "$6"; }} > "{issues}/$(ls "{issues}" | wc -l | tr -d ' ')"
"""


@pytest.fixture
def actions(lupus: World, installed: Installed, wheel: Path, tmp_path: Path) -> Actions:
    folder = tmp_path / "github"
    folder.mkdir()
    return Actions(lupus, installed, wheel, folder)


def test_from_an_empty_repository_to_a_committed_digest(actions: Actions) -> None:
    printed = actions.run()
    assert not actions.failed, printed
    assert actions.titles == ["Following 2 trials"]
    assert actions.commits == ["Following 2 trials", "Follow trials"]
    assert {"log/README.md", "log/changes.jsonl", "log/feeds/all.atom"} <= set(actions.files())
    assert not [name for name in actions.files() if "snapshots" in name or name.endswith((".db", ".gpg", ".state"))]

    printed = actions.run()
    assert not actions.failed, printed
    assert len(actions.commits) == 2, "without news there is neither a commit nor an issue"
    assert len(actions.titles) == 1

    actions.world.now += timedelta(days=1)
    actions.world.amend(A, statusModule__overallStatus="SUSPENDED")
    actions.world.show()
    printed = actions.run()
    assert not actions.failed, printed
    assert len(actions.titles) == 2
    assert actions.commits[0] == actions.titles[1]
    assert [name for name in actions.files() if name.startswith("log/days/")]


def test_the_database_is_locked_and_never_begun_anew_by_itself(actions: Actions) -> None:
    actions.run()
    kept = actions.cache.read_bytes()
    assert b"SQLite" not in kept

    printed = actions.run(key="another key")
    assert actions.failed
    assert len(actions.commits) == 2, printed
    assert actions.cache.read_bytes() == kept, "a wrong key does not replace what it cannot open"

    assert "DATABASE_KEY is not set" in actions.run(key="")
    actions.cache.unlink()
    assert "The database is gone from the cache" in actions.run()
    assert actions.failed
    assert not actions.cache.exists()

    printed = actions.run(begin_anew=True)
    assert not actions.failed, printed
    assert actions.cache.exists()
    assert [name for name in actions.files() if name.startswith("log-until-")]
    assert len(actions.titles) == 2
    assert not actions.failed


def test_the_workflow_may_no_more_than_it_needs_and_names_no_release() -> None:
    found = workflow()
    assert set(found["permissions"]) == {"contents", "issues"}
    assert found["concurrency"]["cancel-in-progress"] == "false", "a run that is cut off may send twice"
    assert "gh release" not in str(found)
    scripts = [step["run"] for step in found["jobs"]["sync"]["steps"] if "run" in step]
    assert not [script for script in scripts if "${{" in script], "what others can write never becomes part of a script"
