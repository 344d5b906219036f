"""The wheel and the sdist, built once, and the wheel installed in an environment of its own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.shipping.shipped import ROOT, Installed, build, install
from tests.world import SENDS, World, study
from tracker import clock

A, B = "NCT00000101", "NCT00000102"
LISTED = f'[[watch]]\nname = "mine"\ntrials = ["{A}", "{B}"]\n' + SENDS


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with wheel and sdist."""
    folder = tmp_path_factory.mktemp("dist")
    build(ROOT, folder)
    return folder


@pytest.fixture(scope="session")
def wheel(built: Path) -> Path:
    [found] = built.glob("*.whl")
    return found


@pytest.fixture(scope="session")
def sdist(built: Path) -> Path:
    [found] = built.glob("*.tar.gz")
    return found


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return install(wheel, tmp_path_factory.mktemp("installed") / "venv")


@pytest.fixture(scope="session")
def wheel_demo(installed: Installed, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the installed program's demo leaves, to be copied before anything is changed in it."""
    folder = tmp_path_factory.mktemp("demo")
    assert "Day 3" in installed.tracker("demo", "--folder", "out", cwd=folder).stdout
    return folder / "out"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A registry on the loopback address, two trials and a configuration that follows them."""
    with World(tmp_path) as made:
        made.now = clock.now() - timedelta(days=5)  # its days are played before the real program looks at them
        made.studies = {nct: study(nct) for nct in (A, B)}
        made.show()
        made.configure(LISTED)
        yield made
