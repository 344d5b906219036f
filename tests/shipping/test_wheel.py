"""The wheel holds the program and all it needs, installs elsewhere, and shares databases with this working copy."""

from __future__ import annotations

import sys
import tarfile
import zipfile
from datetime import timedelta
from pathlib import Path

from tests.shipping.conftest import A
from tests.shipping.shipped import ROOT, Installed, build, run
from tests.world import World
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
        if path.is_file() and not any(part == "__pycache__" or part.startswith(".") for part in path.relative_to(ROOT).parts)
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
    assert not {name for name in names if name.startswith(f"{MIGRATIONS}/") and name.endswith("__init__.py")}, (
        "alembic's, no package"
    )


def test_the_sdist_builds_the_same_wheel(sdist: Path, wheel: Path, tmp_path: Path) -> None:
    run("tar", "-xzf", sdist, "-C", tmp_path, cwd=tmp_path)
    [source] = tmp_path.iterdir()
    [again] = build(source, tmp_path / "dist", "wheel")
    assert members(again) == members(wheel)


def test_the_sdist_holds_what_an_administrator_and_a_tester_need(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = {"README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "LICENSE"}
    wanted |= {"Makefile", "config.toml", "constraints.txt", "alembic.ini"}
    assert wanted | here(ROOT / "deploy") | {"docs/deploy.md", "tests/conftest.py", "tests/shipping/test_wheel.py"} <= names
    assert not {name for name in names if name.startswith((".venv", ".git/", "demo-output")) or name.endswith((".db", ".pyc"))}


def test_the_installed_program_is_the_wheels(installed: Installed, tmp_path: Path) -> None:
    assert installed.tracker("--version", cwd=tmp_path).stdout == f"tracker, version {__version__}\n"
    found = installed.python("import tracker; print(tracker.__file__)", tmp_path)
    assert Path(found).is_relative_to(installed.folder)


def test_the_installed_program_sets_up_far_from_the_working_copy(installed: Installed, tmp_path: Path) -> None:
    """Init needs the migrations."""
    assert "Database ready" in installed.tracker("init", "--mail", "you@example.org", cwd=tmp_path).stdout
    assert "is in order" in installed.tracker("check", cwd=tmp_path).stdout


def test_the_installed_program_plays_the_demo(wheel_demo: Path) -> None:
    """The demo needs its data, its mails the templates."""
    assert list(wheel_demo.glob("mail-*.html"))


def by_working_copy(*args: str | Path, cwd: Path) -> str:
    """What the program of this working copy prints."""
    return run(sys.executable, "-m", "tracker", *args, cwd=cwd, env={"PYTHONPATH": str(ROOT)}).stdout


def test_the_working_copy_opens_a_database_that_the_wheel_made(installed: Installed, wheel_demo: Path) -> None:
    config = ("--config", wheel_demo / "config.toml")
    assert "up to date" in by_working_copy(*config, "migrate", cwd=wheel_demo)
    for reading in (("changes", "--format", "csv"), ("--json", "show", "NCT09900007")):
        told = installed.tracker(*config, *reading, cwd=wheel_demo).stdout
        assert by_working_copy(*config, *reading, cwd=wheel_demo) == told != ""


def test_the_wheel_opens_a_database_that_the_working_copy_made(installed: Installed, world: World) -> None:
    """It tells what is there, and syncs on."""
    world.sync()
    world.day(change=lambda: world.amend(A, statusModule__overallStatus="COMPLETED"))
    config = ("--config", world.config)
    assert "up to date" in installed.tracker(*config, "migrate", cwd=world.folder).stdout
    told = installed.tracker(*config, "changes", "--format", "csv", cwd=world.folder).stdout
    assert by_working_copy(*config, "changes", "--format", "csv", cwd=world.folder) == told
    assert A in told
    world.now += timedelta(days=1)
    world.amend(A, statusModule__overallStatus="UNKNOWN")
    world.show()
    installed.tracker(*config, "sync", cwd=world.folder)
    assert len(world.kinds()) > told.count("\n") - 1
