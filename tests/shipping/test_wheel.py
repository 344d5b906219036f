"""The wheel holds the program and all it needs, installs elsewhere, and shares databases with this working copy."""

from __future__ import annotations

import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.shipping.shipped import ROOT, Installed, build, run
from tracker import __version__

MIGRATIONS = "tracker/store/migrations"


def members(wheel: Path) -> dict[str, int]:
    """Every file of a wheel with its checksum, but for the list of checksums itself."""
    with zipfile.ZipFile(wheel) as archive:
        return {item.filename: item.CRC for item in archive.infolist() if not item.filename.endswith("/RECORD")}


def here(folder: Path) -> set[str]:
    """The files that a folder of the working copy means to ship."""
    return {
        path.relative_to(ROOT).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc"
    }


def test_the_wheel_holds_the_whole_package_and_nothing_else(wheel: Path) -> None:
    """Templates and the demo's data are files of the package like any other."""
    names = set(members(wheel))
    migrations = {name.replace("alembic", MIGRATIONS, 1) for name in here(ROOT / "alembic")}
    metadata = {name for name in names if name.startswith(f"trial_registry_tracker-{__version__}.dist-info/")}
    assert names - metadata == here(ROOT / "tracker") | migrations
    assert {name.rpartition("/")[2] for name in metadata} == {"METADATA", "WHEEL", "entry_points.txt", "LICENSE"}


def test_the_wheel_holds_templates_demo_data_and_migrations(wheel: Path) -> None:
    """Named here one by one, so that moving them away by mistake is noticed."""
    names = set(members(wheel))
    assert {"tracker/render/templates/message.html.j2", "tracker/demo/data/days.toml", "tracker/demo/data/config.toml"} <= names
    assert {f"{MIGRATIONS}/env.py", f"{MIGRATIONS}/script.py.mako", f"{MIGRATIONS}/versions/0001_first_schema.py"} <= names
    assert not {name for name in names if name.startswith(f"{MIGRATIONS}/") and name.endswith("__init__.py")}, "alembic's, no package"


def test_the_sdist_builds_the_same_wheel(sdist: Path, wheel: Path, tmp_path: Path) -> None:
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    [source] = tmp_path.iterdir()
    [again] = build(source, tmp_path / "dist", "wheel")
    assert members(again) == members(wheel)


def test_the_sdist_holds_what_an_administrator_and_a_tester_need(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = {"README.md", "CHANGELOG.md", "LICENSE", "Makefile", "config.toml", "constraints.txt", "alembic.ini"}
    assert wanted | here(ROOT / "deploy") | here(ROOT / "docs") | here(ROOT / "tests") <= names
    assert not {name for name in names if name.startswith((".venv", ".git/", "demo-output")) or name.endswith((".db", ".pyc"))}


def test_the_installed_program_is_the_wheels(installed: Installed, tmp_path: Path) -> None:
    assert installed.tracker("--version", cwd=tmp_path).stdout == f"tracker, version {__version__}\n"
    found = installed.python("import tracker; print(tracker.__file__)", tmp_path)
    assert Path(found).is_relative_to(installed.folder)


def test_the_installed_program_sets_up_and_plays_the_demo_far_from_the_working_copy(
    installed: Installed, tmp_path: Path
) -> None:
    """Init needs the migrations, the demo its data, the mails the templates."""
    assert "Database ready" in installed.tracker("init", "--mail", "you@example.org", cwd=tmp_path).stdout
    installed.tracker("check", cwd=tmp_path)
    told = installed.tracker("demo", "--folder", "out", cwd=tmp_path).stdout
    assert "Day 3" in told
    assert list((tmp_path / "out").glob("mail-*.html"))


@pytest.mark.parametrize("maker", ["wheel", "working copy"])
def test_wheel_and_working_copy_share_databases(installed: Installed, tmp_path: Path, maker: str) -> None:
    """A database made by one is opened by the other without a migration, and tells the same."""

    def by_wheel(*args: str) -> str:
        return installed.tracker(*args, cwd=tmp_path).stdout

    def by_working_copy(*args: str) -> str:
        return run(sys.executable, "-m", "tracker", *args, cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}).stdout

    make, other = (by_wheel, by_working_copy) if maker == "wheel" else (by_working_copy, by_wheel)
    make("demo", "--folder", "out")
    config = ("--config", "out/config.toml")
    assert "up to date" in other(*config, "migrate")
    assert other(*config, "changes", "--format", "csv") == make(*config, "changes", "--format", "csv")
    assert other(*config, "--json", "show", "NCT09900007") == make(*config, "--json", "show", "NCT09900007")
