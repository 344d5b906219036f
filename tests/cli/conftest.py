"""A world whose registry runs here while the program runs outside, and the database that the demo leaves."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.program import Ended, inside, process
from tests.lab import Day
from tests.world import World, study

A, B, C = "NCT00000101", "NCT00000102", "NCT00000103"

Run = Callable[..., Ended]


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of one demo, to be read only."""
    folder = tmp_path_factory.mktemp("demo")
    ended = process("demo", "--folder", folder, folder=folder)
    assert ended.code == 0, ended.err
    assert ended.err == ""
    return folder


@pytest.fixture(scope="session")
def ask(demo: Path) -> Run:
    """The program in this process, reading the demo's database."""
    return lambda *args, **options: inside("--config", demo / "config.toml", *args, **options)


@pytest.fixture
def own_demo(demo: Path, tmp_path: Path) -> Path:
    """A copy of the demo's folder, to be written to; its registry and mail server are gone."""
    shutil.copytree(demo, tmp_path / "demo")
    config = tmp_path / "demo" / "config.toml"
    config.write_text(config.read_text("utf-8").replace(str(demo), str(config.parent)), "utf-8")
    return config.parent


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A registry with two studies, and a mailbox."""
    with World(tmp_path) as made:
        made.studies = {nct: study(nct) for nct in (A, B)}
        yield made


@pytest.fixture
def run(world: World) -> Run:
    """The program in this process, with the world's configuration."""
    return lambda *args, **options: inside("--config", world.config, *args, **options)


@pytest.fixture
def start(world: World) -> Run:
    """The program in a process of its own, with the world's configuration."""
    return lambda *args, **options: process("--config", world.config, *args, folder=world.folder, **options)


def publish(world: World) -> None:
    """Let the registry show what the world holds now, at the data timestamp of the world's day."""
    world.registry.show(Day(f"{world.now:%Y-%m-%d}T09:00:05", dict(world.studies), dict(world.pages)))
