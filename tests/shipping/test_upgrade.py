"""From one release to the next and back: stop, install, migrate, start; or put the named copy back."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.shipping.shipped import ROOT, Installed, build, install
from tests.store.revisions import SOME_EARLIER, as_of
from tests.store.test_schema import NEXT_HEAD, NEXT_REVISION
from tracker import __version__
from tracker.store.schema import head_revision

NEXT_VERSION = "99.0"


@pytest.fixture(scope="module")
def next_release(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """A release with one revision more, built and installed like any other."""
    folder = tmp_path_factory.mktemp("next")
    source = folder / "source"
    for name in ("tracker", "alembic"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    init = source / "tracker" / "__init__.py"
    init.write_text(init.read_text("utf-8").replace(__version__, NEXT_VERSION), encoding="utf-8")
    (source / "alembic" / "versions" / f"{NEXT_HEAD}_colour.py").write_text(NEXT_REVISION, encoding="utf-8")
    [wheel] = build(source, folder / "dist", "wheel")
    return install(wheel, folder / "venv")


def test_an_upgrade_backs_up_by_itself_and_that_copy_is_the_way_back(
    installed: Installed, next_release: Installed, wheel_demo: Path, tmp_path: Path
) -> None:
    shutil.copytree(wheel_demo, tmp_path / "out")
    config, log = ("--config", "out/config.toml"), ("changes", "--format", "csv")
    before = installed.tracker(*config, *log, cwd=tmp_path).stdout
    assert before.count("\n") > 20

    refused = next_release.tracker(*config, *log, cwd=tmp_path, code=1).stderr
    assert "tracker migrate" in refused
    told = next_release.tracker(*config, "migrate", cwd=tmp_path)
    assert f"from {head_revision()} to {NEXT_HEAD}" in told.stdout
    [copy] = re.findall(rf"\S+/tracker\.before-{NEXT_HEAD}-\d{{8}}T\d{{6}}Z\.db", told.stderr)
    assert next_release.tracker(*config, *log, cwd=tmp_path).stdout == before

    refused = installed.tracker(*config, *log, cwd=tmp_path, code=1).stderr
    assert f"has revision {NEXT_HEAD}, this program knows only {head_revision()}" in refused

    database = tmp_path / "out" / "tracker.db"
    for rest in database.parent.glob("tracker.db-*"):
        rest.unlink()
    shutil.copy(copy, database)
    assert installed.tracker(*config, *log, cwd=tmp_path).stdout == before


@pytest.mark.parametrize("revision", SOME_EARLIER)
def test_a_release_upgrades_what_each_earlier_one_left(
    installed: Installed, wheel_demo: Path, tmp_path: Path, revision: str
) -> None:
    """The wheel has every revision in it, not only the newest."""
    shutil.copytree(wheel_demo, tmp_path / "out")
    config, log = ("--config", "out/config.toml"), ("changes", "--format", "csv")
    before = installed.tracker(*config, *log, cwd=tmp_path).stdout
    database = tmp_path / "out" / "tracker.db"
    now = database.rename(tmp_path / "now.db")
    as_of(revision, f"sqlite:///{now}", f"sqlite:///{database}")

    assert "tracker migrate" in installed.tracker(*config, *log, cwd=tmp_path, code=1).stderr
    told = installed.tracker(*config, "migrate", cwd=tmp_path).stdout
    assert f"from {revision} to {head_revision()}" in told
    assert installed.tracker(*config, *log, cwd=tmp_path).stdout == before
